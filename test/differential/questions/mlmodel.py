# SPDX-License-Identifier: Apache-2.0
from .common import every

SERVICES = [
    {"name": "model", "api": "rdk:service:mlmodel", "model": "acme:ml:model"},
    {"name": "none", "api": "rdk:service:mlmodel"},
]

REQUESTS = every("service.mlmodel", ["model", "none", "nope", ""],
                 [("Infer", {}), ("Metadata", {}), ("GetStatus", {})])
