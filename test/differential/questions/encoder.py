# SPDX-License-Identifier: Apache-2.0
"""The fake encoder, and the fake motor that turns it."""
from .common import COMMON, INF, NAN, every


def motor(name, **attributes):
    return {"name": name, "api": "rdk:component:motor", "model": "fake", "attributes": attributes}


COMPONENTS = [
    {"name": "encoder", "api": "rdk:component:encoder", "model": "fake"},
    {"name": "encoder-odd", "api": "rdk:component:encoder", "model": "fake",
     "attributes": {"update_rate_msec": -20}},
    motor("turner", encoder="encoder", ticks_per_rotation=100, max_rpm=6000),
    motor("mistaken", encoder="turner", ticks_per_rotation=100),
    motor("tickless", encoder="encoder", ticks_per_rotation=0),
    motor("boardless", board="encoder"),
]

ASK = ("GetPosition", {})

REQUESTS = [
    *every("encoder", ["encoder", "encoder-odd", "nope", "turner"], [
        ("GetProperties", {}), *[("GetPosition", {"positionType": kind}) for kind in (0, 1, 2, 7)],
        ASK, ("ResetPosition", {}), *COMMON]),
    *every("motor", ["mistaken", "tickless", "boardless"], [ASK]),
    *every("motor", ["turner"], [
        ("GetProperties", {}), ASK,
        *[step for rpm, revolutions in [(6000, 1), (-6000, 0.5), (6000, 0.255), (NAN, 1),
                                        (6000, NAN), (6000, INF)]
          for step in (("GoFor", {"rpm": rpm, "revolutions": revolutions}), ASK,
                       ("IsPowered", {}))],
        ("ResetZeroPosition", {"offset": 5}), ASK, ("ResetZeroPosition", {"offset": NAN}), ASK,
        ("ResetZeroPosition", {"offset": -2.5}), ASK,
        *[step for rpm, position in [(6000, 1), (-6000, 2), (6000, 2), (0, 1), (6000, NAN),
                                     (NAN, 1), (6000, INF), (INF, 0.5), (6000, -1.115)]
          for step in (("GoTo", {"rpm": rpm, "positionRevolutions": position}), ASK)],
        ("SetRPM", {"rpm": 60}), ASK, ("Stop", {})]),
    ("encoder", "GetPosition", {"name": "encoder"}),
    ("encoder", "ResetPosition", {"name": "encoder"}),
    ("motor", "GetPosition", {"name": "turner"}),
]
