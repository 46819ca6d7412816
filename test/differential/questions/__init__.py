# SPDX-License-Identifier: Apache-2.0
"""What is asked: each module here has COMPONENTS and SERVICES of a machine's config and REQUESTS to
it, in order, as (service, method, fields); the fields' JSON is that of protobuf's own mapping. Each
module has a machine of its own, with what its entries and requests name of the others' besides: the
real server takes minutes to build a machine of all."""
import importlib
import pkgutil


def _modules():
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name != "common"]
    return {name: importlib.import_module(f"{__name__}.{name}") for name in sorted(names)}


def _strings(value):
    """All strings in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return {text for part in value for text in _strings(part)}
    return {value} if isinstance(value, str) else set()


def _machine(module, everything):
    """The config: the module's entries, and as long as they name others, those too."""
    own = {kind: list(getattr(module, kind.upper(), [])) for kind in everything}
    named, size = _strings(module.REQUESTS), -1
    while size != sum(map(len, own.values())):
        size = sum(map(len, own.values()))
        named |= {text for entries in own.values() for entry in entries
                  for text in _strings({k: v for k, v in entry.items() if k != "name"})}
        for kind, entries in everything.items():
            own[kind] += [entry for entry in entries
                          if entry["name"] in named and entry not in own[kind]]
    return own


def machines(wanted=()):
    """[(name, config, requests)] of the modules wanted, of all when none is."""
    modules = _modules()
    everything = {kind: [entry for module in modules.values()
                         for entry in getattr(module, kind.upper(), [])]
                  for kind in ("components", "services")}
    return [(name, _machine(module, everything), module.REQUESTS)
            for name, module in modules.items() if not wanted or name in wanted]
