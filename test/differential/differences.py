# SPDX-License-Identifier: Apache-2.0
"""Where ours answers otherwise than the real server, and why that is wanted. The first rule that
matches counts: (service, method, pattern on `theirs -> ours`, reason)."""

RULES = [
    ("camera", "GetImages", r"^OK .*'image': .*-> OK .*'image': ",
     "another JPEG encoder: the same picture in other bytes"),
    ("", "", r"unknown resource type: .*provides this model.* -> .*provides this model.*models",
     "ours also says which models the API has"),
]
