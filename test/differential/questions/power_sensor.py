# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [{"name": "power", "api": "rdk:component:power_sensor", "model": "fake"}]

REQUESTS = every("powersensor", ["power", "nope"], [
    ("GetVoltage", {}), ("GetCurrent", {}), ("GetPower", {}), ("GetReadings", {}), *COMMON[:3]])
