# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

SERVICES = [{"name": "vid", "api": "rdk:service:video", "model": "fake"}]

REQUESTS = every("service.video", ["vid", "nope"], COMMON[:3])
