# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [{"name": "servo", "api": "rdk:component:servo", "model": "fake"}]

REQUESTS = every("servo", ["servo", "nope"], [
    ("GetPosition", {}), ("Move", {"angleDeg": 90}), ("GetPosition", {}), ("IsMoving", {}),
    ("Move", {"angleDeg": 4294967295}), ("GetPosition", {}), ("Stop", {}), ("GetPosition", {}),
    ("Move", {}), ("GetPosition", {}), *COMMON])
