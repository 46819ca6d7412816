# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every


def servo(name, pin, **attributes):
    return {"name": name, "api": "rdk:component:servo", "model": "gpio",
            "attributes": {"board": "servo-board", "pin": pin, **attributes}}


COMPONENTS = [
    {"name": "servo", "api": "rdk:component:servo", "model": "fake"},
    {"name": "servo-board", "api": "rdk:component:board", "model": "fake"},
    servo("servo-1", "1"), servo("servo-2", "2", frequency_hz=450, starting_position_deg=33.9),
    servo("servo-3", "3", min_angle_deg=10, max_angle_deg=170, max_width_us=2000),
    servo("servo-few", "4", min_width_us=0), servo("servo-many", "4", max_width_us=2501),
    servo("servo-below", "4", min_angle_deg=-1), servo("servo-flat", "5", max_angle_deg=0),
    servo("servo-outside", "4", starting_position_deg=181), servo("servo-pinless", ""),
    {**servo("servo-mistaken", "4"), "attributes": {"board": "servo", "pin": "4"}},
]

PINS = {"servo-1": "1", "servo-2": "2", "servo-3": "3"}

FAKE = every("servo", ["servo", "nope"], [
    ("GetPosition", {}), ("Move", {"angleDeg": 90}), ("GetPosition", {}), ("IsMoving", {}),
    ("Move", {"angleDeg": 4294967295}), ("GetPosition", {}), ("Stop", {}), ("GetPosition", {}),
    ("Move", {}), ("GetPosition", {}), *COMMON])

MOVES = [
    (service, method, {"name": name if service == "servo" else "servo-board", **fields})
    for name, pin in PINS.items()
    for step in ([("servo", "GetPosition", {})],
                 *([("servo", "Move", {"angleDeg": angle}), ("servo", "GetPosition", {})]
                   for angle in (0, 45, 91, 180, 4294967295)),
                 [("servo", "Stop", {}), ("servo", "IsMoving", {})])
    for service, method, fields in [*step, ("board", "PWM", {"pin": pin}),
                                    ("board", "PWMFrequency", {"pin": pin})]]

REQUESTS = [*FAKE, *MOVES, *every("servo", [
    "servo-few", "servo-many", "servo-below", "servo-flat", "servo-outside", "servo-pinless",
    "servo-mistaken"], [("GetPosition", {})])]
