# SPDX-License-Identifier: Apache-2.0
"""Where ours answers otherwise than the real server, and why that is wanted. The first rule that
matches counts: (service, method, pattern on `theirs -> ours`, reason)."""

RULES = [
    ("gantry", "GetPosition", r"^OK {} -> OK {'positionsMm': ",
     "sent to no positions at all, the real fake forgets the one it has"),
    ("gantry", "MoveToPosition", r"index out of range.* -> INVALID_ARGUMENT 2 positions for 1 axes",
     "the real server crashes in its handler"),
    ("camera", "GetImages", r"^OK .*'image': .*-> OK .*'image': ",
     "another JPEG encoder: the same picture in other bytes"),
    ("arm", "Get3DModels", r"^OK {'models': .*-> OK {'models': ",
     "pictures of our own, of the same links"),
    ("arm", "MoveToPosition", r"too far max: .* -> .*too far max: ",
     "another bound on how far an arm reaches; both refuse"),
    ("arm", "MoveToPosition", r"nil pointer dereference -> UNKNOWN pose cannot be nil",
     "the real server crashes in its handler"),
    ("service.vision", "CaptureAllFromCamera", r"^OK .*'image': .*-> OK .*'image': ",
     "another JPEG encoder: the same picture in other bytes"),
    ("service.vision", "GetDetections3D", r"UNIMPLEMENTED Unimplemented -> UNIMPLEMENTED ",
     "newer than the real server; ours has the method, the fake lacks it"),
    ("service.motion", "Move", r"-> UNIMPLEMENTED motion planning is not built yet",
     "motion planning isn't built yet"),
    ("inputcontroller", "TriggerEvent", r"nil pointer dereference -> UNKNOWN event cannot be nil",
     "the real server crashes in its handler"),
    ("motor", "DoCommand", r"interface conversion: .* -> OK",
     "the real server crashes in its handler"),
    ("robot", "ListTunnels", r"-> UNIMPLEMENTED", "tunnels aren't built yet"),
    ("robot", "FrameSystemConfig", r"'orientation': {'type': ''}",
     "an orientation that isn't given has no type"),
    ("", "", r"unknown resource type: .*provides this model.* -> .*provides this model.*model",
     "ours also says which models the API has"),
]
