# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [{"name": "button", "api": "rdk:component:button", "model": "fake"}]

REQUESTS = every("button", ["button", "nope"], [("Push", {}), *COMMON[:3]])
