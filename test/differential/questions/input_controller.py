# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, NAN, every

NAMES = ["input", "web"]
COMPONENTS = [
    {"name": "input", "api": "rdk:component:input_controller", "model": "fake",
     "attributes": {"event_value": 0.25}},
    {"name": "web", "api": "rdk:component:input_controller", "model": "webgamepad"}]

EVENTS = [
    {"time": "2020-01-01T00:00:00Z", "event": "ButtonPress", "control": "ButtonSouth", "value": 1},
    {"event": "Odd", "control": "ButtonSouth", "value": NAN},
    {"control": "ButtonSouth"}, {"event": "Odd", "control": "ButtonSouth", "value": -5}]

REQUESTS = [
    *(("inputcontroller", method, {"controller": name, **fields})
      for name in [*NAMES, "nope"]
      for method, fields in [
          ("GetControls", {}), ("GetEvents", {}),
          *(("TriggerEvent", {"event": event}) for event in EVENTS), ("TriggerEvent", {}),
          ("GetEvents", {"extra": {"a": 1}})]),
    *every("inputcontroller", ["input", "web"], COMMON),
]
