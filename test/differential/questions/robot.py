# SPDX-License-Identifier: Apache-2.0
ROBOT = [
    ("ResourceNames", {}), ("ResourceRPCSubtypes", {}), ("GetMachineStatus", {}),
    ("GetOperations", {}), ("GetSessions", {}), ("CancelOperation", {"id": "nope"}),
    ("CancelOperation", {}), ("BlockForOperation", {"id": "nope"}), ("GetCloudMetadata", {}),
    ("SendSessionHeartbeat", {"id": "x"}), ("SendSessionHeartbeat", {}),
    ("SendSessionHeartbeat", {"id": "01234567-89ab-4cde-8f01-23456789abcd"}),
    ("RestartModule", {"moduleId": "m"}), ("RestartModule", {}), ("GetModelsFromModules", {}),
    ("ListTunnels", {}), ("Log", {}), ("Log", {"logs": [{"level": "bogus"}]}), ("GetStatus", {}),
    ("FrameSystemConfig", {}), ("GetPose", {"componentName": "arm"}),
    ("GetPose", {"componentName": "cam", "destinationFrame": "arm"}),
    ("GetPose", {"componentName": "nope"}),
    ("TransformPose", {"source": {"referenceFrame": "cam", "pose": {"x": 1, "oZ": 1}},
                       "destination": "world"}),
    ("TransformPose", {"source": {"referenceFrame": "nope", "pose": {}}, "destination": "world"}),
    ("TransformPose", {"source": {"referenceFrame": "cam", "pose": {}}, "destination": "nope"}),
    ("StopAll", {}), ("StopAll", {"extra": [{"name": {"name": "x"}}]}),
]

REQUESTS = [("robot", method, fields) for method, fields in ROBOT]
