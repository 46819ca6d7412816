# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, NAN, every

COMPONENTS = [{"name": "gantry", "api": "rdk:component:gantry", "model": "fake"}]

REQUESTS = [
    *every("gantry", ["gantry"], [
        ("GetPosition", {}), ("GetLengths", {}),
        ("MoveToPosition", {"positionsMm": [60], "speedsMmPerSec": [10]}), ("GetPosition", {}),
        ("GetGeometries", {}), ("MoveToPosition", {"positionsMm": [100.5]}),
        ("MoveToPosition", {"positionsMm": [-1]}),
        ("MoveToPosition", {"positionsMm": [1, 2]}), ("GetPosition", {}), ("Home", {}),
        ("Stop", {}), ("IsMoving", {}), ("GetKinematics", {}), *COMMON,
        ("MoveToPosition", {"positionsMm": [NAN]}), ("GetPosition", {}),
        ("MoveToPosition", {"positionsMm": [7]}), ("GetPosition", {})]),
    *every("gantry", ["nope"], [("GetPosition", {}), ("Stop", {}), ("GetKinematics", {})]),
]
