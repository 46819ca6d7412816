# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, INF, NAN, every


def base(name, **frame):
    entry = {"name": name, "api": "rdk:component:base", "model": "fake"}
    return {**entry, "frame": frame} if frame else entry


COMPONENTS = [
    base("base"),
    base("base-framed", parent="world", translation={"x": 100}, geometry={
        "type": "box", "x": 10, "y": 20, "z": 30, "translation": {"x": 1, "y": 2, "z": 3}}),
    base("base-labelled", parent="world", geometry={"r": 10, "label": "ball"}),
    base("base-bare", parent="world"),
]

REQUESTS = [
    *every("base", ["base", "base-framed", "base-labelled", "base-bare", "nope"], [
        ("GetGeometries", {}), ("GetProperties", {}), ("IsMoving", {}), ("Stop", {})]),
    *every("base", ["base"], [
        ("MoveStraight", {"distanceMm": 10, "mmPerSec": 5}), ("MoveStraight", {}),
        ("Spin", {"angleDeg": NAN, "degsPerSec": INF}), ("Spin", {}), ("SetPower", {}),
        ("SetPower", {"linear": {"y": 5}}), ("SetVelocity", {"angular": {"z": NAN}}),
        ("IsMoving", {}), *COMMON]),
]
