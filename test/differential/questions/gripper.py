# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "gripper", "api": "rdk:component:gripper", "model": "fake"},
    {"name": "gripper-body", "api": "rdk:component:gripper", "model": "fake", "frame": {
        "parent": "cam", "geometry": {"type": "box", "x": 10, "y": 20, "z": 30}}},
]

REQUESTS = [
    *every("gripper", ["gripper", "gripper-body"], [
        ("Open", {}), ("Grab", {}), ("IsHoldingSomething", {}), ("Stop", {}), ("IsMoving", {}),
        ("GetCurrentInputs", {}), ("GoToInputs", {"values": [1]}), ("GetCurrentInputs", {}),
        ("GetKinematics", {}), *COMMON]),
    *every("gripper", ["nope"], [("Grab", {}), ("GetKinematics", {})]),
]
