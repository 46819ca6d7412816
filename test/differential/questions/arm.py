# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import random

from .common import COMMON, INF, NAN, every

# Ours; both servers get the same files where they take one.
FILES = pathlib.Path(__file__).resolve().parents[3] / "src/driver/arm/models"
MODELS = ["dofbot", "lite6", "ur20", "ur5e", "ur7e", "xarm6", "xarm7"]


def arm(name, model, **attributes):
    return {"name": name, "api": "rdk:component:arm", "model": model, "attributes": attributes}


COMPONENTS = [
    {"name": "arm", "api": "rdk:component:arm", "model": "fake",
     "attributes": {"arm-model": "ur5e"}, "frame": {
         "parent": "world", "translation": {"x": 10, "y": 20, "z": 30},
         "orientation": {"type": "ov_degrees", "value": {"x": 0, "y": 0, "z": 1, "th": 90}}}},
    {"name": "plain", "api": "rdk:component:arm", "model": "fake"},
    *(arm(model, "fake", **{"arm-model": model}) for model in MODELS),
    arm("simulated", "simulated",
        **{"arm-model": "xarm6", "speed": 1000, "simulate-time": True}),
    arm("wrapper", "wrapper_arm",
        **{"arm-name": "ur7e", "model-path": str(FILES / "ur5e.json")}),
    arm("other-wrapper", "wrapper_arm",
        **{"arm-name": "dofbot", "model-path": str(FILES / "ur5e.json")}),
]

SIX = {"values": [10, -20, 30, -40, 50, -60]}

ARM = [
    ("GetEndPosition", {}), ("GetJointPositions", {}),
    ("MoveToJointPositions", {"positions": SIX}), ("GetEndPosition", {}),
    ("GetJointPositions", {}), ("MoveToJointPositions", {"positions": {"values": [1]}}),
    ("MoveToJointPositions", {"positions": {"values": [1000, 0, 0, 0, 0, 0]}}),
    ("MoveToJointPositions", {}), ("GetJointPositions", {}),
    ("MoveThroughJointPositions", {"positions": [SIX, {"values": [0, 0, 0, 0, 0, 0]}]}),
    ("GetEndPosition", {}), ("IsMoving", {}), ("Stop", {}),
    ("MoveToPosition", {"to": {"x": 1e6}}), ("MoveToPosition", {}),
]



def limits_of(model):
    """[(min, max)] of its joints in degrees, as far as real ones turn."""
    kinematics = json.loads((FILES / f"{model}.json").read_text())
    joints = kinematics["dhParams" if "dhParams" in kinematics else "joints"]
    return [(joint["min"], joint["max"]) for joint in joints]


def places(model, count=6):
    """Where the end and the links are, at random."""
    chance = random.Random(f"{model}, away from poles")  # there angles are the noise of theirs
    for _ in range(count):
        values = [chance.uniform(*limits) for limits in limits_of(model)]
        yield "MoveToJointPositions", {"positions": {"values": values}}
        yield "GetEndPosition", {}
        yield "GetGeometries", {}


def beyond(model):
    """Each joint too far both ways: the answers name its limits."""
    joints = len(limits_of(model))
    for joint in range(joints):
        for angle in (1e4, -1e4):
            values = [angle if i == joint else 0 for i in range(joints)]
            yield "MoveToJointPositions", {"positions": {"values": values}}


# Poses that are none, and a way that is refused in its midst.
ODD = [
    ("MoveToJointPositions", {"positions": {"values": [0, 0, 0, 0, 0, 0]}}),
    ("MoveToPosition", {"to": {"x": NAN, "oZ": 1}}), ("MoveToPosition", {"to": {"y": INF}}),
    ("MoveToPosition", {"to": {"x": 100, "z": 300, "oZ": NAN}}),
    ("MoveToPosition", {"to": {"z": 100, "oZ": 1}}), ("GetJointPositions", {}),
]
WAYS = [
    ("MoveToJointPositions", {"positions": {"values": [0, 0, 0, 0, 0, 0]}}),
    ("MoveThroughJointPositions", {"positions": [
        {"values": [1, 0, 0, 0, 0, 0]}, {"values": [0, 0, 400, 0, 0, 0]}]}),
    ("GetJointPositions", {}),
    ("MoveThroughJointPositions", {"positions": [{"values": [2, 0, 0, 0, 0, 0]}, {}]}),
    ("GetJointPositions", {}),
    ("MoveThroughJointPositions", {
        "positions": [{"values": [2, 0, 0, 0, 0, 0]}, {"values": [4, 0, 0, 0, 0, 0]}],
        "options": {"maxVelDegsPerSec": 5000}}),
    ("GetJointPositions", {}), ("MoveThroughJointPositions", {}),
    ("MoveToJointPositions", {"positions": {"values": [INF, 0, 0, 0, 0, 0]}}),
    ("MoveToJointPositions", {"positions": {"values": [0, 0, 190, 0, 0, 0]}}),
    ("MoveToJointPositions", {}), ("MoveToJointPositions", {"positions": {}}),
    ("IsMoving", {}), ("Stop", {}), ("IsMoving", {}), ("Get3DModels", {}), *COMMON,
]

REQUESTS = [
    *(row for model in MODELS for row in every("arm", [model], places(model))),
    *(row for model in MODELS for row in every("arm", [model], beyond(model))),
    *every("arm", MODELS, [("Get3DModels", {})]),
    *every("arm", ["ur5e"], ODD),
    *every("arm", ["ur5e", "simulated", "wrapper"], WAYS),
    *every("arm", ["other-wrapper"], [
        ("GetJointPositions", {}), ("GetEndPosition", {}), ("GetGeometries", {}),
        ("MoveToPosition", {"to": {"x": 100}}), ("Get3DModels", {}),
        ("MoveToJointPositions", {"positions": {"values": [0, 0, 0, 0, 0]}}),
        ("MoveThroughJointPositions", {"positions": [{"values": [0, 0, 0, 0, 0]}]})]),
    *every("arm", ["arm", "plain"], [*ARM, *COMMON]),
    *every("arm", ["nope"], [("GetEndPosition", {}), ("GetKinematics", {})]),
]
