# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "arm", "api": "rdk:component:arm", "model": "fake",
     "attributes": {"arm-model": "ur5e"}, "frame": {
         "parent": "world", "translation": {"x": 10, "y": 20, "z": 30},
         "orientation": {"type": "ov_degrees", "value": {"x": 0, "y": 0, "z": 1, "th": 90}}}},
    {"name": "plain", "api": "rdk:component:arm", "model": "fake"},
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

REQUESTS = [
    *every("arm", ["arm", "plain"], [*ARM, *COMMON]),
    *every("arm", ["nope"], [("GetEndPosition", {}), ("GetKinematics", {})]),
]
