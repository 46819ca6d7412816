# SPDX-License-Identifier: Apache-2.0
"""What is asked: per API a config and the requests, in order. Requests are (service, method,
fields); the fields' JSON is that of protobuf's own mapping."""

NAN, INF = "NaN", "Infinity"

CONFIG = {"components": [
    {"name": "s1", "api": "rdk:component:sensor", "model": "fake"},
    {"name": "m1", "api": "rdk:component:motor", "model": "fake", "attributes": {"max_rpm": 6000}},
    {"name": "odd", "type": "motor", "model": "rdk:builtin:fake"},
    {"name": "broken", "api": "rdk:component:motor", "model": "fake",
     "attributes": {"encoder": "e"}},
    {"name": "lonely", "api": "rdk:component:motor", "model": "fake", "depends_on": ["nobody"]},
    {"name": "behind", "api": "rdk:component:sensor", "model": "fake", "depends_on": ["lonely"]},
    {"name": "strange", "api": "rdk:component:motor", "model": "acme:demo:strange"},
    {"name": "twice", "api": "rdk:component:sensor", "model": "fake"},
    {"name": "twice", "api": "rdk:component:sensor", "model": "fake"},
    {"name": "b1", "api": "rdk:component:board", "model": "fake", "attributes": {
        "analogs": [{"name": "a1", "pin": "1"}, {"name": "a2", "pin": "2"}],
        "digital_interrupts": [{"name": "i0", "pin": "0"}, {"name": "i5", "pin": "5"}]}},
    {"name": "arm", "api": "rdk:component:arm", "model": "fake",
     "attributes": {"arm-model": "ur5e"}, "frame": {
         "parent": "world", "translation": {"x": 10, "y": 20, "z": 30},
         "orientation": {"type": "ov_degrees", "value": {"x": 0, "y": 0, "z": 1, "th": 90}}}},
    {"name": "plain", "api": "rdk:component:arm", "model": "fake"},
    {"name": "cam", "api": "rdk:component:camera", "model": "fake",
     "attributes": {"width": 64, "height": 48}, "frame": {
         "parent": "arm", "translation": {"x": 1, "y": 2, "z": 3}}},
]}


def every(service, names, methods):
    """Each method on each name."""
    return [(service, method, {**fields, "name": name})
            for name in names for method, fields in methods]


COMMON = [("DoCommand", {"command": {"what": 1}}), ("DoCommand", {}), ("GetStatus", {}),
          ("GetGeometries", {})]

MOTOR = [
    ("SetPower", {"powerPct": 0.5}), ("IsPowered", {}), ("IsMoving", {}),
    ("SetPower", {"powerPct": 5}), ("IsPowered", {}), ("SetPower", {"powerPct": NAN}),
    ("IsPowered", {}), ("SetPower", {"powerPct": INF}), ("IsPowered", {}), ("Stop", {}),
    ("IsPowered", {}), ("GoFor", {"rpm": 6000, "revolutions": 1}),
    ("GoFor", {"rpm": -6000, "revolutions": 1}), ("GoFor", {"rpm": 0, "revolutions": 1}),
    ("GoFor", {"rpm": 1, "revolutions": 0}), ("GoFor", {"rpm": NAN, "revolutions": 1}),
    ("IsPowered", {}), ("GoTo", {"rpm": 10, "positionRevolutions": 1}), ("SetRPM", {"rpm": 100}),
    ("IsPowered", {}), ("SetRPM", {"rpm": 0}), ("SetRPM", {"rpm": -1e9}), ("IsPowered", {}),
    ("Stop", {"extra": {"a": [1, {"b": None}]}}), ("ResetZeroPosition", {"offset": 1}),
    ("GetPosition", {}), ("GetProperties", {}),
]

BOARD = [
    ("GetGPIO", {"pin": "7"}), ("SetGPIO", {"pin": "7", "high": True}), ("GetGPIO", {"pin": "7"}),
    ("SetGPIO", {"pin": "7"}), ("GetGPIO", {"pin": "7"}), ("GetGPIO", {}),
    ("PWM", {"pin": "8"}), ("SetPWM", {"pin": "8", "dutyCyclePct": 0.25}), ("PWM", {"pin": "8"}),
    ("SetPWM", {"pin": "8", "dutyCyclePct": 7}), ("PWM", {"pin": "8"}),
    ("SetPWM", {"pin": "8", "dutyCyclePct": NAN}), ("PWM", {"pin": "8"}),
    ("PWMFrequency", {"pin": "8"}), ("SetPWMFrequency", {"pin": "8", "frequencyHz": 1000}),
    ("PWMFrequency", {"pin": "8"}), ("SetGPIO", {"pin": "8", "high": True}),
    ("PWM", {"pin": "8"}), ("PWMFrequency", {"pin": "8"}),
    ("WriteAnalog", {"pin": "a1", "value": 12}), ("WriteAnalog", {"pin": "1", "value": 12}),
    ("WriteAnalog", {"pin": "nope", "value": 1}),
    ("SetPowerMode", {"powerMode": "POWER_MODE_NORMAL"}), ("SetPowerMode", {}),
]

BOARD_READS = [
    ("ReadAnalogReader", {"analogReaderName": "a1"}),
    ("ReadAnalogReader", {"analogReaderName": "a2"}),
    ("ReadAnalogReader", {"analogReaderName": "a2"}),
    ("ReadAnalogReader", {"analogReaderName": "nope"}),
    ("GetDigitalInterruptValue", {"digitalInterruptName": "i0"}),
    ("GetDigitalInterruptValue", {"digitalInterruptName": "i0"}),
    ("GetDigitalInterruptValue", {"digitalInterruptName": "i5"}),
    ("GetDigitalInterruptValue", {"digitalInterruptName": "nope"}),
]

SIX = {"values": [10, -20, 30, -40, 50, -60]}

ARM = [
    ("GetEndPosition", {}), ("GetJointPositions", {}),
    ("MoveToJointPositions", {"positions": SIX}), ("GetEndPosition", {}),
    ("GetJointPositions", {}), ("MoveToJointPositions", {"positions": {"values": [1]}}),
    ("MoveToJointPositions", {"positions": {"values": [1000, 0, 0, 0, 0, 0]}}),
    ("MoveToJointPositions", {}), ("GetJointPositions", {}),
    ("MoveThroughJointPositions", {"positions": [SIX, {"values": [0, 0, 0, 0, 0, 0]}]}),
    ("GetEndPosition", {}), ("IsMoving", {}), ("Stop", {}),
    ("MoveToPosition", {"to": {"x": 1e6}}), ("MoveToPosition", {}),
]

CAMERA = [
    ("GetProperties", {}), ("GetImages", {"filterSourceNames": ["a", "a"]}),
    ("GetImages", {"filterSourceNames": ["nope"]}),
]

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

REQUESTS = [
    *every("sensor", ["s1", "nope", "", "behind", "twice", "m1"], [("GetReadings", {}), *COMMON]),
    *every("motor", ["m1", "odd"], [*MOTOR, *COMMON]),
    *every("motor", ["nope", "broken", "lonely", "strange", "s1"],
           [("IsPowered", {}), ("GoFor", {"rpm": 0}), ("DoCommand", {}), ("GetGeometries", {})]),
    *every("board", ["b1"], [*BOARD, *COMMON]),
    *[("board", method, {**fields, "boardName": "b1"}) for method, fields in BOARD_READS],
    *every("board", ["nope"], [("GetGPIO", {"pin": "1"}), ("PWM", {})]),
    *every("arm", ["arm", "plain"], [*ARM, *COMMON]),
    *every("arm", ["nope"], [("GetEndPosition", {}), ("GetKinematics", {})]),
    *every("camera", ["cam"], [*CAMERA, *COMMON]),
    *every("camera", ["nope"], [("GetImages", {}), ("GetProperties", {})]),
    *[("robot", method, fields) for method, fields in ROBOT],
]
