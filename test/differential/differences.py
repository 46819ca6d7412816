# SPDX-License-Identifier: Apache-2.0
"""Where ours answers otherwise than the real server, and why that is wanted. The first rule that
matches counts: (service, method, pattern on `theirs -> ours`, reason)."""

RULES = [
    ("robot", "ResourceNames|ResourceRPCSubtypes|GetMachineStatus", r"",
     "compared by resource below: lists differ by services that aren't built yet"),
    ("", "", r"unknown resource type: .*provides this model.* -> .*provides this model.*models",
     "ours also says which models the API has"),
]
