# SPDX-License-Identifier: Apache-2.0
"""The real server speaks an older form of this API: only what both have is asked."""
from .common import every

SERVICES = [
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
