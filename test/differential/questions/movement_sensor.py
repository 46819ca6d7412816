# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [{"name": "move", "api": "rdk:component:movement_sensor", "model": "fake"}]

METHODS = ["GetPosition", "GetLinearVelocity", "GetAngularVelocity", "GetLinearAcceleration",
           "GetCompassHeading", "GetOrientation", "GetProperties", "GetAccuracy", "GetReadings"]

REQUESTS = every("movementsensor", ["move", "nope"], [
    *((method, {}) for method in METHODS),
    ("GetReadings", {"extra": {"a": {"b": [1]}}}), *COMMON])
