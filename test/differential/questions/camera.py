# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "cam", "api": "rdk:component:camera", "model": "fake",
     "attributes": {"width": 64, "height": 48}, "frame": {
         "parent": "arm", "translation": {"x": 1, "y": 2, "z": 3}}},
]

CAMERA = [
    ("GetProperties", {}), ("GetImages", {"filterSourceNames": ["a", "a"]}),
    ("GetImages", {"filterSourceNames": ["nope"]}),
]

REQUESTS = [
    *every("camera", ["cam"], [*CAMERA, *COMMON]),
    *every("camera", ["nope"], [("GetImages", {}), ("GetProperties", {})]),
]
