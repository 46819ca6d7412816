# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

SERVICES = [{"name": "disc", "api": "rdk:service:discovery", "model": "fake"}]

REQUESTS = [
    *every("service.discovery", ["disc", "nope"], [("DiscoverResources", {}),
                                                   ("DiscoverResources", {"extra": {"a": 1}})]),
    *every("service.discovery", ["disc"], COMMON[:3]),
]
