# SPDX-License-Identifier: Apache-2.0
"""The real server speaks the older form of this API alone; what that doesn't have isn't asked."""
from .common import INF, NAN, every


def working(name, **attributes):
    return {"name": name, "type": "navigation",
            "attributes": {"base": "navbase", "store": {"type": "memory"}, **attributes}}


COMPONENTS = [
    {"name": "navbase", "api": "rdk:component:base", "model": "fake", "frame": {"parent": "world"}},
    {"name": "navgps", "api": "rdk:component:movement_sensor", "model": "fake",
     "frame": {"parent": "navbase", "translation": {"x": 1, "y": 2, "z": 3},
               "orientation": {"type": "ov_degrees", "value": {"x": 0, "y": 0, "z": 1, "th": 40}}}},
]

OBSTACLES = [
    {"location": {"latitude": 1, "longitude": 2}, "geometries": [
        {"type": "sphere", "r": 5, "label": "ball"}, {"x": 1, "y": 2, "z": 3}, {"r": 4},
        {"type": "capsule", "r": 5, "l": 20}, {"type": "point"}, {"type": "box", "x": 1}]},
    {"location": {"latitude": 100, "longitude": 999}, "geometries": []},
    {"location": {}, "geometries": [{"r": 1}]},
    {"location": {"latitude": 3, "longitude": 4}},
]

SERVICES = [
    working("roaming", movement_sensor="navgps", obstacles=OBSTACLES, bounding_regions=OBSTACLES),
    working("confined", map_type="None"),
    {"name": "nobase", "type": "navigation", "attributes": {"movement_sensor": "x"}},
    {"name": "nosensor", "type": "navigation", "attributes": {"base": "x"}},
    {"name": "nostore", "type": "navigation",
     "attributes": {"base": "x", "movement_sensor": "y", "store": {"type": "shelf"}}},
    {"name": "nomap", "type": "navigation", "attributes": {"base": "x", "map_type": "paper"}},
    {"name": "nospeed", "type": "navigation",
     "attributes": {"base": "x", "movement_sensor": "y", "meters_per_sec": -1}},
]

REQUESTS = every("service.navigation",
                 ["nobase", "nosensor", "nostore", "nomap", "nospeed", "nope", ""],
                 [("DoCommand", {}), ("GetStatus", {})])

# Ids differ from run to run, so waypoints are counted by their places alone.
OLDER = [
    *((method, {}) for method in ("GetMode", "GetLocation", "GetWaypoints", "GetObstacles",
                                  "GetPaths", "GetProperties")),
    *(ask for mode in (0, 1, 3, 4, -1) for ask in (("SetMode", {"mode": mode}), ("GetMode", {}))),
    ("SetMode", {"mode": 2}),
    ("SetMode", {"mode": 1, "extra": {"a": [1]}}),
    *(("AddWaypoint", {"location": location}) for location in (
        {}, {"latitude": 1.5, "longitude": -3}, {"latitude": 100, "longitude": -300},
        {"latitude": NAN, "longitude": INF})),
    ("AddWaypoint", {}),
    ("GetWaypoints", {"extra": {"a": {}}}),
    *(("RemoveWaypoint", {"id": waypoint}) for waypoint in (
        "", "x", "0" * 24, "0" * 23, "A" * 24, "Z" * 24, "0" * 23 + " ", "ß" * 12, "'" * 24)),
    ("GetWaypoints", {}),
    ("GetPaths", {}),
]

REQUESTS += every("service.navigation.older", ["roaming", "confined", "nobase", "nope", ""], OLDER)
