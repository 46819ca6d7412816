# SPDX-License-Identifier: Apache-2.0
"""Motors and encoders on a fake board: the pins after each operation."""
from .common import INF, NAN, every


def motor(name, model, **attributes):
    return {"name": name, "api": "rdk:component:motor", "model": model,
            "attributes": {"board": "pins", **attributes}}


def encoder(name, model, **attributes):
    return {"name": name, "api": "rdk:component:encoder", "model": model,
            "attributes": {"board": "pins", **attributes}}


def pins(prefix, *names):
    return {name: f"{prefix}-{name}" for name in names}


ENCODER = {"encoder": "quad", "ticks_per_rotation": 100}

ODD_PINS = [("a",), ("b",), ("dir",), ("pwm",), ("a", "pwm"), ("b", "pwm"), ("a", "dir"),
            ("b", "dir"), ("a", "dir", "pwm"), ("en_high",)]

COMPONENTS = [
    # nothing ticks before it is asked for: fast enough, no tick comes in between
    {"name": "pins", "api": "rdk:component:board", "model": "fake",
     "attributes": {"digital_interrupts": [{"name": "i1", "pin": "3"},
                                           {"name": "i2", "pin": "4"}]}},
    motor("gpio-abp", "gpio", pins=pins("abp", "a", "b", "pwm"), max_rpm=6000),
    motor("gpio-ab", "gpio", pins=pins("ab", "a", "b"), max_rpm=6000, dir_flip=True),
    motor("gpio-dp", "gpio", pins=pins("dp", "dir", "pwm", "en_high", "en_low"), max_rpm=6000,
          pwm_freq=1234, min_power_pct=0.3, max_power_pct=0.6),
    motor("gpio-ramp", "gpio", pins=pins("ramp", "a", "b", "pwm"), **ENCODER),
    motor("gpio-control", "gpio", pins=pins("control", "a", "b", "pwm"), **ENCODER,
          control_parameters={"p": 0.1, "i": 0.2, "d": 0}),
    motor("stepper", "gpiostepper", pins=pins("st", "step", "dir", "en_high", "en_low"),
          ticks_per_rotation=200, max_rpm=6000),
    motor("stepper-bare", "gpiostepper", pins=pins("bare", "step", "dir"), ticks_per_rotation=200),
    encoder("quad", "incremental", pins={"a": "i1", "b": "i2"}),
    encoder("lost", "incremental", pins={"a": "i1", "b": "nope"}),
    encoder("one", "single", pins={"i": "i1"}),
    motor("pinless", "gpio", max_rpm=1),
    *(motor(f"pins-{'-'.join(names)}", "gpio", pins=pins("x", *names), max_rpm=1)
      for names in ODD_PINS),
    motor("ramp-down", "gpio", pins=pins("y", "a", "b"), **ENCODER, ramp_rate=-1),
    motor("ramp-unused", "gpio", pins=pins("z", "a", "b"), **ENCODER, ramp_rate=-1,
          control_parameters={"p": 1, "i": 1, "d": 1}),
    motor("speedless", "gpio", pins=pins("x", "a", "b")),
    motor("weak", "gpio", pins=pins("x", "a", "b"), max_rpm=1, max_power_pct=0.01),
    motor("wrong-encoder", "gpio", pins=pins("x", "a", "b"), encoder="gpio-abp",
          ticks_per_rotation=1),
    motor("step-less", "gpiostepper", pins={"dir": "d"}, ticks_per_rotation=1),
]


def look(*names):
    return [("board", method, {"name": "pins", "pin": pin})
            for pin in names for method in ("GetGPIO", "PWM", "PWMFrequency")]


def each(name, operations, *names):
    """Each operation, what the motor says of itself then, and its pins."""
    return [request for method, fields in operations
            for request in [("motor", method, {**fields, "name": name}),
                            ("motor", "IsPowered", {"name": name}),
                            ("motor", "IsMoving", {"name": name}), *look(*names)]]


POWERS = [("SetPower", {"powerPct": power})
          for power in (0.5, -0.3, 5, 0.01, 0.011, f"-{INF}", 0)]
REFUSED = [("SetRPM", {"rpm": 0.05}), ("SetRPM", {"rpm": 0}), ("GoFor", {"rpm": 0.05}),
           ("GoFor", {"rpm": 10, "revolutions": 0}), ("GoTo", {"rpm": 0, "positionRevolutions": 9})]
SPEEDS = [("SetRPM", {"rpm": rpm}) for rpm in (3000, -1e6)]
MOVES = [("GoFor", {"rpm": 6000, "revolutions": 1}), ("GoFor", {"rpm": 6000, "revolutions": -1}),
         ("GoFor", {"rpm": 50, "revolutions": 0.01}), ("GoFor", {"rpm": NAN, "revolutions": 1}),
         ("GoFor", {"rpm": 60, "revolutions": NAN})]
STOP = [("Stop", {})]
PLACES = [("GetPosition", {}), ("GetProperties", {}), ("ResetZeroPosition", {"offset": 1}),
          ("GetPosition", {}), ("GoTo", {"rpm": 100, "positionRevolutions": -0.95}),
          ("DoCommand", {"command": {"get_tuned_pid": True}}), ("DoCommand", {"command": {"x": 1}})]

REQUESTS = [
    *each("gpio-abp", POWERS + SPEEDS + REFUSED + MOVES + PLACES + STOP, "abp-a", "abp-b",
          "abp-pwm"),
    *each("gpio-ab", POWERS + SPEEDS + REFUSED + MOVES + STOP, "ab-a", "ab-b"),
    *each("gpio-dp", POWERS + SPEEDS + STOP, "dp-dir", "dp-pwm", "dp-en_high", "dp-en_low"),
    *each("gpio-ramp", POWERS + REFUSED[:4] + STOP, "ramp-a", "ramp-b", "ramp-pwm"),
    *each("gpio-control", POWERS + REFUSED[:4] + STOP, "control-a", "control-b", "control-pwm"),
    *every("motor", ["gpio-control"], PLACES[-2:]),
    *each("stepper", [*POWERS[:2], *STOP, ("ResetZeroPosition", {"offset": 1}),
                      ("GetPosition", {}), *MOVES[:2], ("GetPosition", {}), *SPEEDS, *STOP,
                      *REFUSED[2:], ("SetRPM", {"rpm": 0})],
          "st-step", "st-dir", "st-en_high", "st-en_low"),
    *each("stepper-bare", POWERS[:4] + STOP, "bare-step"),
    *every("encoder", ["quad", "one", "lost"], [
        ("GetProperties", {}), ("ResetPosition", {}), ("GetPosition", {"positionType": 2}),
        ("DoCommand", {"command": {"x": 1}}), ("GetStatus", {})]),
    *every("motor", ["pinless", *(f"pins-{'-'.join(names)}" for names in ODD_PINS), "ramp-down",
                     "ramp-unused", "speedless", "weak", "wrong-encoder", "step-less"],
           [("IsPowered", {})]),
]
