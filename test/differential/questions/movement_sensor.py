# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every


def component(api, name, model, **attributes):
    return {"name": name, "api": f"rdk:component:{api}", "model": model, "attributes": attributes}


def sensor(name, model, **attributes):
    return component("movement_sensor", name, model, **attributes)


KINDS = ["position", "orientation", "compass_heading", "linear_velocity", "angular_velocity",
         "linear_acceleration"]

COMPONENTS = [
    sensor("move", "fake"),
    sensor("merged", "merged", **{kind: ["move"] for kind in KINDS}),
    *(sensor(f"merged-{kind}", "merged", **{kind: ["move"]}) for kind in KINDS),
    sensor("merged-none", "merged"), sensor("merged-unable", "merged", linear_acceleration=["odo"]),
    sensor("merged-odo", "merged", position=["odo"], linear_acceleration=["odo", "move"],
           compass_heading=["odo", "move"]),
    component("encoder", "odo-encoder", "fake"),
    component("motor", "odo-left", "fake", encoder="odo-encoder", ticks_per_rotation=10,
              max_rpm=100),
    component("motor", "odo-right", "fake", encoder="odo-encoder", ticks_per_rotation=10,
              max_rpm=100),
    component("motor", "odo-blind", "fake", max_rpm=100),
    component("base", "odo-base", "wheeled", left=["odo-left"], right=["odo-right"], width_mm=100,
              wheel_circumference_mm=100),
    component("base", "odo-flat", "fake"),
    *(sensor(name, "wheeled-odometry", **{
        "left_motors": ["odo-left"], "right_motors": ["odo-right"], "base": "odo-base",
        "time_interval_msecs": 50, **more})
      for name, more in [
          ("odo", {}), ("odo-unable", {"left_motors": ["odo-blind"]}),
          ("odo-wide", {"left_motors": ["odo-left", "odo-right"]}),
          ("odo-thin", {"base": "odo-flat"}), ("odo-mistaken", {"base": "odo-left"})]),
]

METHODS = ["GetPosition", "GetLinearVelocity", "GetAngularVelocity", "GetLinearAcceleration",
           "GetCompassHeading", "GetOrientation", "GetProperties", "GetAccuracy", "GetReadings"]
ALL = [(method, {}) for method in METHODS]


def command(**fields):
    return "DoCommand", {"command": fields}


ODOMETRY = [
    *ALL, ("GetPosition", {"extra": {"return_relative_pos_m": True}}),
    ("GetPosition", {"extra": {"return_relative_pos_m": "yes"}}),
    *(step for order in [
        {"moveX": 3}, {"moveY": -4.5}, {"moveX": "far"}, {"moveX": 1, "moveY": 2}, {"setLat": 10},
        {"setLong": 20}, {"setLat": 10, "setLong": 20}, {"setLat": 95, "setLong": 200},
        {"use_compass": True}, {"use_compass": 1}, {"reset": False}, {"reset": "x"},
        {"reset": True, "moveX": 5}, {"nothing": 1}, {}]
      for step in (command(**order),
                   ("GetPosition", {"extra": {"return_relative_pos_m": True}}))),
    *COMMON[:3],
]

REQUESTS = [
    *every("movementsensor", ["move", "nope"], [
        *ALL, ("GetReadings", {"extra": {"a": {"b": [1]}}}), *COMMON]),
    *every("movementsensor", ["merged", *(f"merged-{kind}" for kind in KINDS), "merged-none"],
           [*ALL, *COMMON]),
    *every("movementsensor", ["merged-unable", "merged-odo", "odo-unable", "odo-wide", "odo-thin",
                              "odo-mistaken"], ALL),
    *every("movementsensor", ["odo"], ODOMETRY),
]
