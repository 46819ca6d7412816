# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, INF, NAN, every


def base(name, **frame):
    entry = {"name": name, "api": "rdk:component:base", "model": "fake"}
    return {**entry, "frame": frame} if frame else entry


def wheeled(name, **attributes):
    return {"name": name, "api": "rdk:component:base", "model": "wheeled", "attributes": {
        "left": ["wheel-l"], "right": ["wheel-r"], "width_mm": 200,
        "wheel_circumference_mm": 1000, **attributes}}


def controlled(name, **attributes):
    return {"name": name, "api": "rdk:component:base", "model": "sensor-controlled", "attributes": {
        "base": "wheeled", "movement_sensor": ["move"], **attributes}}


GAINS = {"p": 0.1, "i": 0.1, "d": 0}

ODD_GEOMETRIES = [
    {"type": "box", "x": -1, "y": 2, "z": 3}, {"type": "sphere"}, {"r": -3}, {"r": 3, "l": -20},
    {"type": "capsule", "r": 10, "l": 15}, {}, {"type": "nope"}, {"type": "mesh"},
    {"type": "mesh", "mesh_data": "AAAA", "mesh_content_type": "ply"},
    {"r": 1, "orientation": {"type": "nope", "value": {}}},
]

COMPONENTS = [
    *({"name": name, "api": "rdk:component:motor", "model": "fake",
       "attributes": {"max_rpm": 6000}} for name in ("wheel-l", "wheel-r")),
    wheeled("wheeled"), wheeled("wheeled-slip", spin_slip_factor=-2),
    wheeled("wheeled-lame", left=["wheel-l", "wheel-r"]), wheeled("wheeled-thin", width_mm=0),
    wheeled("wheeled-mistaken", right=["base"]), wheeled("wheeled-empty", left=[]),
    controlled("open"), controlled("closed", control_parameters=[
        {"type": kind, **GAINS} for kind in ("linear_velocity", "angular_velocity")]),
    controlled("blind", movement_sensor=["merged-none"]),
    controlled("half-blind", movement_sensor=["merged-orientation"],
               control_parameters=[{"type": "linear_velocity", **GAINS}]),
    controlled("mistaken", movement_sensor=["wheel-l"]), controlled("baseless", base="move"),
    controlled("typeless", control_parameters=[{"type": "speed", **GAINS}]),
    base("base"),
    base("base-framed", parent="world", translation={"x": 100}, geometry={
        "type": "box", "x": 10, "y": 20, "z": 30, "translation": {"x": 1, "y": 2, "z": 3}}),
    base("base-labelled", parent="world", geometry={"r": 10, "label": "ball"}),
    base("base-bare", parent="world"),
    *(base(f"base-odd-{i}", parent="world", geometry=geometry)
      for i, geometry in enumerate(ODD_GEOMETRIES)),
    base("base-unplaced", geometry={"r": 10}, orientation={"type": "nope", "value": {}}),
    {**wheeled("wheeled-odd"), "frame": {"parent": "world", "geometry": {"r": -1}}},
]

WHEELED = [
    ("GetProperties", "wheeled", {}), ("GetGeometries", "wheeled", {}),
    *[("MoveStraight", "wheeled", {"distanceMm": distance, "mmPerSec": speed})
      for distance, speed in [(1000, 50000), (-1000, 50000), (1000, -50000), (0, 1), (1, 0),
                              (100, 1e12), (100, NAN), (100, INF)]],
    *[("Spin", name, {"angleDeg": angle, "degsPerSec": speed})
      for name in ("wheeled", "wheeled-slip")
      for angle, speed in [(90, 18000), (-90, 18000), (90, -18000), (0, 1), (5e-5, 1), (90, 0),
                           (NAN, 1), (90, NAN), (90, INF)]],
    *[("SetPower", "wheeled", {"linear": {"y": forward}, "angular": {"z": turn}})
      for forward, turn in [(1, 0), (-0.5, 0), (0, 1), (0, -0.5), (1, 1), (0.5, 0.25), (-1, 0.3),
                            (-0.1, -1), (5, 3), (0, 0), (NAN, 0), (0.3, INF), ("-Infinity", 0)]],
    ("SetPower", "wheeled", {"linear": {"x": 1}, "angular": {"y": 1}}),
    ("SetPower", "wheeled", {}),
    *[("SetVelocity", "wheeled", {"linear": {"y": forward}, "angular": {"z": turn}})
      for forward, turn in [(100, 0), (-50, 0), (0, 45), (100, 30), (-50, 30), (0, 0), (NAN, 0),
                            (1e9, 0), (0, INF)]],
    ("SetVelocity", "wheeled", {"linear": {"x": 1}}), ("SetVelocity", "wheeled", {}),
    ("Stop", "wheeled", {}),
]

# What doesn't drive by its sensors.
CONTROLLED = [
    ("GetProperties", {}), ("GetGeometries", {}), ("IsMoving", {}), ("Stop", {}),
    ("MoveStraight", {}), ("MoveStraight", {"distanceMm": 10}), ("MoveStraight", {"mmPerSec": 10}),
    ("Spin", {}), ("Spin", {"angleDeg": 10}), ("Spin", {"degsPerSec": 10}),
    ("SetPower", {"linear": {"y": 0.5}}), ("IsMoving", {}), ("SetPower", {}), ("IsMoving", {}),
    ("SetPower", {"angular": {"z": NAN}}), ("Stop", {}), ("IsMoving", {}),
    ("DoCommand", {"command": {"get_tuned_pid": True}}), *COMMON[:3],
]
DRIVEN = [
    ("MoveStraight", {"distanceMm": 1000, "mmPerSec": 50000}), ("IsMoving", {}),
    ("Spin", {"angleDeg": 90, "degsPerSec": 18000}), ("SetVelocity", {"linear": {"y": 100}}),
    ("IsMoving", {}), ("SetVelocity", {}), ("IsMoving", {}), ("Stop", {}),
]

REQUESTS = [
    *every("base", ["open", "half-blind"], [*CONTROLLED, *DRIVEN]),
    *every("base", ["closed"], CONTROLLED),
    *every("base", ["blind", "mistaken", "baseless", "typeless"], CONTROLLED[:2]),
    *every("base", ["base", "base-framed", "base-labelled", "base-bare", "nope"], [
        ("GetGeometries", {}), ("GetProperties", {}), ("IsMoving", {}), ("Stop", {})]),
    *every("base", [*(f"base-odd-{i}" for i in range(len(ODD_GEOMETRIES))), "base-unplaced",
                    "wheeled-odd"], [("GetGeometries", {})]),
    *every("base", ["base"], [
        ("MoveStraight", {"distanceMm": 10, "mmPerSec": 5}), ("MoveStraight", {}),
        ("Spin", {"angleDeg": NAN, "degsPerSec": INF}), ("Spin", {}), ("SetPower", {}),
        ("SetPower", {"linear": {"y": 5}}), ("SetVelocity", {"angular": {"z": NAN}}),
        ("IsMoving", {}), *COMMON]),
    *every("base", ["wheeled-lame", "wheeled-thin", "wheeled-mistaken", "wheeled-empty"],
           [("GetProperties", {})]),
    *[(service, method, {"name": name, **fields})
      for move in WHEELED
      for service, method, name, fields in [
          ("base", *move), ("motor", "IsPowered", "wheel-l", {}),
          ("motor", "IsPowered", "wheel-r", {}), ("base", "IsMoving", "wheeled", {})]],
]
