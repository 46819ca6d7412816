# SPDX-License-Identifier: Apache-2.0
import pathlib

from .common import COMMON, INF, NAN, every

MODELS = pathlib.Path(__file__).resolve().parents[3] / "src/driver"


def gantry(name, **attributes):
    return {"name": name, "api": "rdk:component:gantry", "model": "fake", "attributes": attributes,
            "frame": {"parent": "world", "translation": {"z": 100}}}


COMPONENTS = [
    gantry("gantry"), gantry("gantry-lost", model_path="/nowhere/model.json"),
    gantry("gantry-strange", model_path="model.txt"),
    gantry("gantry-armlike", model_path=str(MODELS / "arm/models/ur5e.json")),
    gantry("gantry-turning", model_path=str(MODELS / "arm/models/one_joint.json")),
]

ASK = [("GetPosition", {}), ("GetGeometries", {})]
MOVES = [step for positions in ([], [10], [99.5], [100.1], [-1], [INF], [1e21], [1, 2], [NAN])
         for step in (("MoveToPosition", {"positionsMm": positions, "speedsMmPerSec": [1, NAN]}),
                      ASK[0])]

REQUESTS = [
    *every("gantry", ["gantry"], [
        *ASK, ("GetLengths", {}), ("GetKinematics", {}), ("IsMoving", {}), ("Stop", {}),
        ("Home", {}), *MOVES, *ASK, ("MoveToPosition", {"positionsMm": [25]}), *ASK, *COMMON[:3]]),
    *every("gantry", ["gantry-turning", "gantry-lost", "gantry-strange", "gantry-armlike", "nope"],
           [*ASK, ("GetLengths", {}), ("MoveToPosition", {"positionsMm": [1]}), *ASK]),
]
