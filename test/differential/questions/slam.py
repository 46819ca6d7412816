# SPDX-License-Identifier: Apache-2.0
from .common import every

SERVICES = [
    {"name": "map", "api": "rdk:service:slam", "model": "fake"},
    {"name": "nomap", "api": "rdk:service:slam"},
]

REQUESTS = [
    *every("service.slam", ["map", "nomap", "nope"],
           [("GetProperties", {}), ("DoCommand", {}), ("GetStatus", {})]),
    *every("service.slam", ["nomap", "nope", ""], [("GetPosition", {})]),
]
