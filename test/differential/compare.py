# SPDX-License-Identifier: Apache-2.0
"""compare.py OURS THEIRS [MODULE]...: asks both servers the same and lists the differences."""
import asyncio
import importlib
import pathlib
import pkgutil
import re
import sys
import tempfile

from google.protobuf import json_format
from grpclib.client import Channel
from grpclib.exceptions import GRPCError

import harness
import older_navigation
import questions
from differences import RULES

# What no two runs share; and the kinematic files, which are our own.
VOLATILE = {"lastUpdated", "started", "id", "timeNs", "time", "capturedAt", "revision",
            "localAddress", "remoteAddress", "original_file", "kinematicsData"}


def stub_of(service, channel):
    """`service` is "robot", a component's package ("motor", "powersensor"), or "service." and that
    of a service ("service.vision"); "service.navigation.older" is one that the SDK lacks."""
    if service == "service.navigation.older":
        return older_navigation.Stub(channel)
    kind, _, package = service.rpartition(".")
    path = "robot.v1" if service == "robot" else f"{kind or 'component'}.{package}.v1"
    folder = importlib.import_module(f"viam.gen.{path}")
    stems = [m.name[:-5] for m in pkgutil.iter_modules(folder.__path__) if m.name.endswith("_grpc")]
    importlib.import_module(f"viam.gen.{path}.{stems[0]}_pb2")
    module = importlib.import_module(f"viam.gen.{path}.{stems[0]}_grpc")
    names = [name for name in vars(module) if name.endswith("ServiceStub")]
    assert len(stems) == len(names) == 1, (stems, names)
    return getattr(module, names[0])(channel)


def steady(value):
    """The value without what changes from run to run. Floats are rounded, and what is zero then is
    as absent as the wire has it (0 and -0 differ there)."""
    if isinstance(value, dict):
        kept = {k: steady(v) for k, v in sorted(value.items()) if k not in VOLATILE}
        if kept.get("theta") == -180.0:  # the same turn, by the last bit of a sum
            kept["theta"] = 180.0
        return {k: v for k, v in kept.items() if v != 0 or isinstance(v, bool)}
    if isinstance(value, list):
        return [steady(v) for v in value]
    return round(value, 4) + 0.0 if isinstance(value, float) else value


def name_of(row):
    """Where lists of resources carry the name."""
    return row.get("subtype") if isinstance(row.get("subtype"), dict) else row.get("name", row)


def sorted_lists(value):
    """Lists of resources have no order; what is inside the machine is its own business."""
    for key in ("resources", "resourceRpcSubtypes"):
        rows = value.get(key)
        if not isinstance(rows, list):
            continue
        names = [name_of(row) if isinstance(name_of(row), dict) else row for row in rows]
        kept = [row for row, name in zip(rows, names) if name.get("namespace") != "rdk-internal"]
        value[key] = sorted(kept, key=str)
    if "frameSystemConfigs" in value:
        value["frameSystemConfigs"].sort(key=lambda row: row["frame"]["referenceFrame"])
    return value


async def ask(stub, method, fields):
    call = getattr(stub, method)
    request = json_format.ParseDict(fields, call.request_type())
    try:
        reply = await call(request, timeout=20)
    except GRPCError as error:
        return f"{error.status.name} {error.message}"
    return f"OK {sorted_lists(steady(json_format.MessageToDict(reply)))}"


async def ask_all(program, config, requests):
    server = harness.Server(program, config)
    channel = Channel("127.0.0.1", server.port)
    answers = []
    try:
        for service, method, fields in requests:
            answers.append(await ask(stub_of(service, channel), method, fields))
    finally:
        channel.close()
        if server.is_peer:  # what it says of itself is not ours to judge
            server.process.terminate()
            server.wait()
        else:
            server.stop()
    return answers


def reason_of(service, method, theirs, ours):
    for rule_service, rule_method, pattern, reason in RULES:
        if (re.fullmatch(rule_service or ".*", service) and
                re.fullmatch(rule_method or ".*", method) and
                re.search(pattern, f"{theirs} -> {ours}", re.S)):
            return reason
    return None


def compare(programs, config, requests):
    """(wanted, others) of one machine's differences; the others are printed."""
    answers = [asyncio.run(ask_all(program, config, requests)) for program in programs]
    unwanted = wanted = 0
    for (service, method, fields), our, their in zip(requests, *answers):
        if our == their:
            continue
        reason = reason_of(service, method, their, our)
        wanted += reason is not None
        if reason is None:
            unwanted += 1
            print(f"{service} {method} {fields}\n  theirs: {their[:400]}\n  ours:   {our[:400]}")
    return wanted, unwanted


def main():
    ours, theirs = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    asked = wanted = unwanted = 0
    with tempfile.TemporaryDirectory() as home:
        programs = [harness.Program(path, pathlib.Path(home)) for path in (ours, theirs)]
        for name, config, requests in questions.machines(sys.argv[3:]):
            found = compare(programs, config, requests)
            print(f"{name}: {len(requests)} requests, {found[0]} wanted differences, "
                  f"{found[1]} others", flush=True)
            asked, wanted, unwanted = asked + len(requests), wanted + found[0], unwanted + found[1]
    print(f"{asked} requests, {wanted} wanted differences, {unwanted} others")
    return 1 if unwanted else 0


if __name__ == "__main__":
    sys.exit(main())
