# SPDX-License-Identifier: Apache-2.0
"""What is asked: each module here has COMPONENTS and SERVICES of one machine's config and REQUESTS
to it, in order, as (service, method, fields); the fields' JSON is that of protobuf's own mapping.
The modules' requests are asked in the order of their names, the robot's last."""
import importlib
import pkgutil

CONFIG = {"components": [], "services": []}
REQUESTS = []


def _collect():
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name != "common"]
    for name in sorted(names, key=lambda name: (name == "robot", name)):
        module = importlib.import_module(f"{__name__}.{name}")
        CONFIG["components"] += getattr(module, "COMPONENTS", [])
        CONFIG["services"] += getattr(module, "SERVICES", [])
        REQUESTS.extend(module.REQUESTS)


_collect()
