# SPDX-License-Identifier: Apache-2.0
from .common import every

COMPONENTS = [{"name": "gen", "api": "rdk:component:generic", "model": "fake"}]
SERVICES = [{"name": "gen-service", "api": "rdk:service:generic", "model": "fake"}]

DEEP = {"a": [1, "x", None, {"b": True}], "c": {"d": {}}}
BOTH = [("DoCommand", {"command": DEEP}), ("DoCommand", {}), ("GetStatus", {})]

REQUESTS = [
    *every("generic", ["gen", "nope"], [*BOTH, ("GetGeometries", {})]),
    *every("service.generic", ["gen-service", "gen", ""], BOTH),
]
