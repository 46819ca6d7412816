# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every


def switch(name, **attributes):
    return {"name": name, "api": "rdk:component:switch", "model": "fake", "attributes": attributes}


COMPONENTS = [
    switch("sw"), switch("sw3", position_count=3, labels=["off", "low", "high"]),
    switch("sw-odd", position_count=2, labels=["a", "b", "c"]), switch("sw-none", position_count=0),
    switch("sw-real", position_count=2.7),
]

REQUESTS = [
    *every("switch", ["sw", "sw3", "sw-odd", "sw-none", "sw-real", "nope"], [
        ("GetNumberOfPositions", {}), ("GetPosition", {}), ("SetPosition", {"position": 1}),
        ("GetPosition", {}), ("SetPosition", {"position": 2}),
        ("SetPosition", {"position": 4294967295}), ("GetPosition", {})]),
    *every("switch", ["sw"], COMMON[:3]),
]
