# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

SERVICES = [{"name": "dm", "api": "rdk:service:data_manager", "model": "builtin"}]

# Not UploadBinaryDataToDatasets: the real server ends with a crash.
REQUESTS = every("service.datamanager", ["dm", "nope"], [*COMMON[:3], ("Sync", {})])
