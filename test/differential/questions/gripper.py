# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, INF, NAN, every
from .gantry import MODELS

BOX = {"type": "box", "x": 10, "y": 20, "z": 30}


def gripper(name, path=None, **frame):
    entry = {"name": name, "api": "rdk:component:gripper", "model": "fake"}
    if path:
        entry["attributes"] = {"model-path": str(path)}
    return {**entry, "frame": {"parent": "world", **frame}} if frame else entry


COMPONENTS = [
    gripper("gripper"), gripper("gripper-jaw", MODELS / "gantry/models/fake.json", geometry=BOX),
    gripper("gripper-lost", "/nowhere/model.json"), gripper("gripper-strange", "model.txt"),
]

INPUTS = ("GetCurrentInputs", {})

REQUESTS = [
    *every("gripper", ["gripper", "gripper-jaw", "nope"], [
        ("Open", {}), ("Grab", {}), ("IsHoldingSomething", {}), ("IsMoving", {}), ("Stop", {}),
        ("GetKinematics", {}), ("GetGeometries", {}), INPUTS,
        *[step for values in ([], [20], [30, 40], [1e9], [NAN], [INF], [25])
          for step in (("GoToInputs", {"values": values}), INPUTS)],
        ("GetGeometries", {}), *COMMON[:3]]),
    *every("gripper", ["gripper-lost", "gripper-strange"], [("Open", {})]),
]
