# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "s1", "api": "rdk:component:sensor", "model": "fake"},
    {"name": "behind", "api": "rdk:component:sensor", "model": "fake", "depends_on": ["lonely"]},
    {"name": "twice", "api": "rdk:component:sensor", "model": "fake"},
    {"name": "twice", "api": "rdk:component:sensor", "model": "fake"},
]

REQUESTS = every("sensor", ["s1", "nope", "", "behind", "twice", "m1"],
                 [("GetReadings", {}), *COMMON])
