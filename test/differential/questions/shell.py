# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

SERVICES = [{"name": "sh", "api": "rdk:service:shell", "model": "builtin"}]

REQUESTS = every("service.shell", ["sh", "nope"], COMMON[:3])
