# SPDX-License-Identifier: Apache-2.0
import base64

from .common import COMMON, every


def uuid(text):
    return {"uuid": base64.b64encode(text.encode()).decode()}


SERVICES = [
    {"name": name, "api": "rdk:service:world_state_store", "model": "fake",
     "attributes": {"worldName": world}}
    for name, world in (("geos", "moving_geos"), ("cloud", "pcd_stream"))
]

REQUESTS = [
    *every("service.worldstatestore", ["cloud", "nope"], [("ListUUIDs", {})]),
    *every("service.worldstatestore", ["geos", "cloud", "nope"], [
        *COMMON[:3], ("GetTransform", {}), ("GetTransform", uuid("x"))]),
]
