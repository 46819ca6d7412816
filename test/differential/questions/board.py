# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, NAN, every

COMPONENTS = [
    {"name": "b1", "api": "rdk:component:board", "model": "fake", "attributes": {
        "analogs": [{"name": "a1", "pin": "1"}, {"name": "a2", "pin": "2"}],
        "digital_interrupts": [{"name": "i0", "pin": "0"}, {"name": "i5", "pin": "5"}]}},
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

REQUESTS = [
    *every("board", ["b1"], [*BOARD, *COMMON]),
    *[("board", method, {**fields, "boardName": "b1"}) for method, fields in BOARD_READS],
    *every("board", ["nope"], [("GetGPIO", {"pin": "1"}), ("PWM", {})]),
]
