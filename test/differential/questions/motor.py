# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, INF, NAN, every

COMPONENTS = [
    {"name": "m1", "api": "rdk:component:motor", "model": "fake", "attributes": {"max_rpm": 6000}},
    {"name": "odd", "type": "motor", "model": "rdk:builtin:fake"},
    {"name": "broken", "api": "rdk:component:motor", "model": "fake",
     "attributes": {"encoder": "e"}},
    {"name": "lonely", "api": "rdk:component:motor", "model": "fake", "depends_on": ["nobody"]},
    {"name": "strange", "api": "rdk:component:motor", "model": "acme:demo:strange"},
]

MOTOR = [
    ("SetPower", {"powerPct": 0.5}), ("IsPowered", {}), ("IsMoving", {}),
    ("SetPower", {"powerPct": 5}), ("IsPowered", {}), ("SetPower", {"powerPct": NAN}),
    ("IsPowered", {}), ("SetPower", {"powerPct": INF}), ("IsPowered", {}), ("Stop", {}),
    ("IsPowered", {}), ("GoFor", {"rpm": 6000, "revolutions": 1}),
    ("GoFor", {"rpm": -6000, "revolutions": 1}), ("GoFor", {"rpm": 0, "revolutions": 1}),
    ("GoFor", {"rpm": 1, "revolutions": 0}), ("GoFor", {"rpm": NAN, "revolutions": 1}),
    ("IsPowered", {}), ("GoTo", {"rpm": 10, "positionRevolutions": 1}), ("SetRPM", {"rpm": 100}),
    ("IsPowered", {}), ("SetRPM", {"rpm": 0}), ("SetRPM", {"rpm": -1e9}), ("IsPowered", {}),
    ("Stop", {"extra": {"a": [1, {"b": None}]}}), ("ResetZeroPosition", {"offset": 1}),
    ("GetPosition", {}), ("GetProperties", {}),
]

REQUESTS = [
    *every("motor", ["m1", "odd"], [*MOTOR, *COMMON]),
    *every("motor", ["nope", "broken", "lonely", "strange", "s1"],
           [("IsPowered", {}), ("GoFor", {"rpm": 0}), ("DoCommand", {}), ("GetGeometries", {})]),
]
