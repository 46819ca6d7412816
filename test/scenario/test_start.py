# SPDX-License-Identifier: Apache-2.0
"""Starting and not starting: flags, config files, exit codes, signals, reload."""
import asyncio
import json
import os
import pathlib
import re
import resource
import signal
import socket
import threading
import time

import pytest
from viam.proto.robot import ResourceNamesRequest, ResourceStatus, RobotServiceStub

from harness import FAKES, MOTOR, PATIENCE, SENSOR, eventually, statuses

NETWORK = 'Error validating. Path: "network" Error: '


def run_with(program, text):
    """(exit code, output) with a config file of this content."""
    path = program.home / "broken.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return program.run("-config", path)


def test_without_a_config(program):
    """Supervisors rely on exit code 0 here."""
    code, output = program.run()
    assert code == 0
    assert "please specify a config file through the -config parameter." in output


def test_missing_file(program):
    code, output = program.run("-config", program.home / "nowhere.json")
    assert code == 1
    assert f"open {program.home}/nowhere.json: no such file or directory" in output


def test_a_folder(program):
    code, output = program.run("-config", program.home)
    assert code == 1
    assert "is a directory" in output


@pytest.mark.parametrize("text", ["", "{", '{"a":', "[]", '"x"', '{"components": {}}',
                                  '{"components": [5]}', "not json", "\x00",
                                  '{"x":' + "[" * 100000 + "]" * 100000 + "}"],
                         ids=["empty", "brace", "half", "list", "text", "object", "number",
                              "words", "nul", "deep"])
def test_no_config(program, text):
    code, output = run_with(program, text)
    assert code == 1
    assert "failed to decode Config from json: " in output


@pytest.mark.differs("the reference gives its parser's words alone")
@pytest.mark.parametrize("text, complaint", [
    ("", "it is empty; {} is the smallest config"),
    ("\ufeff{}", "it begins with a byte order mark; save it as UTF-8 without one"),
    ("{}".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    ("{}".encode("utf-16-be"), "it is UTF-16; save it as UTF-8"),
    ("{\n  // no\n}", "line 2, column 3: string or '}' expected near '/' (JSON has no comments)"),
    ('{"a": "\\u0000"}', "\\u0000 is not allowed (in "),
], ids=["empty", "mark", "little", "big", "comment", "nul"])
def test_what_is_wrong_with_the_file(program, text, complaint):
    """The complaint says what the text is, and which file has it."""
    code, output = run_with(program, text)
    assert code == 1
    assert complaint in output
    assert f"(in {program.home}/broken.json)" in output


@pytest.mark.differs("the reference is silent about keys it doesn't know")
def test_unknown_keys(start):
    server = start({"componets": [], "components": [
        {**MOTOR, "attributes": {"max_rmp": 1}}, {**SENSOR, "dependson": []}]})
    for text in ('"componets" in the config is ignored; there are components, ',
                 '"max_rmp" in components.0.attributes is ignored; rdk:builtin:fake has ',
                 '"dependson" in components.1 is ignored; there are name, api, '):
        assert server.log.wait_for("unknown key " + re.escape(text))


@pytest.mark.parametrize("component, text", [
    ({**MOTOR, "api": "rdk:component"}, "not a valid API config string. Input: `rdk:component`"),
    ({**MOTOR, "model": "a:b"}, "not a valid Model config string. Input: `a:b`"),
    ({**MOTOR, "model": 5}, "is not a valid model. models must be of the form"),
    ({**MOTOR, "attributes": {"max_rpm": "fast"}},
     "error converting attributes for (rdk:component:motor, rdk:builtin:fake): "),
    ({**MOTOR, "name": 7}, "failed to decode Config from json: "),
])
def test_a_component_that_spoils_the_file(program, component, text):
    code, output = run_with(program, json.dumps({"components": [component, SENSOR]}))
    assert code == 1
    assert text in output


@pytest.mark.parametrize("network, text", [
    ({"bind_address": "foo"},
     NETWORK + "error validating bind_address: address foo: missing port in address"),
    ({"tls_cert_file": "x"}, NETWORK + "must provide both tls_cert_file and tls_key_file"),
    ({"sessions": {"heartbeat_window": "1ms"}}, 'Error validating. Path: "network.sessions" Error: '
     "heartbeat_window must be between [30ms, 1m]"),
    ({"sessions": {"heartbeat_window": "soon"}}, "failed to decode Config from json: "),
    ({"bind_address": "127.0.0.1:99999"}, "99999"),
    ({"bind_address": "256.1.1.1:80"}, "256.1.1.1"),
])
def test_bad_network(program, network, text):
    code, output = run_with(program, json.dumps({"network": network}))
    assert code == 1
    assert text in output


def test_port_in_use(program):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = run_with(program,
                                json.dumps({"network": {"bind_address": f"127.0.0.1:{port}"}}))
    assert code == 1
    assert f"127.0.0.1:{port}" in output and "address already in use" in output


@pytest.mark.parametrize("arguments, text", [
    (["-nosuch"], "flag provided but not defined: -nosuch"),
    (["-config"], "flag needs an argument: -config"),
    (["-help"], "-config"),
])
def test_flags(program, arguments, text):
    code, output = program.run(*arguments)
    assert code == 1
    assert text in output


@pytest.mark.parametrize("flag", ["-version", "--version"])
def test_version(program, flag):
    code, output = program.run(flag)
    assert code == 0 and output.strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(start, number):
    server = start()
    server.process.send_signal(number)
    assert server.wait() == 0


def test_log_lines(start):
    """Time, level, logger, place, message and fields, with tabs between."""
    server = start()
    time, level, logger, _place, text, fields = server.log.wait_for(r"\bserving\b").split("\t")
    assert time.endswith("Z") and time[10] == "T"
    assert (level, logger, text) == ("INFO", "rdk", "serving")
    assert json.loads(fields) == {"url": f"http://{server.address}"}


async def names(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).ResourceNames(ResourceNamesRequest())
    return {name.name for name in reply.resources if name.type == "component"}


def rewrite(server, config):
    whole = {"network": {"bind_address": server.address}, **config}
    server.config_path.write_text(json.dumps(whole))


async def test_reload(start):
    """The file is followed; one that can't be read is left alone."""
    server = start({"components": [MOTOR]})
    rewrite(server, FAKES)
    await eventually(lambda: has(server, {"m1", "s1"}))
    server.config_path.write_text("{")
    found = await asyncio.to_thread(server.log.wait_for, r"\tERROR\t")
    assert found and await has(server, {"m1", "s1"})
    rewrite(server, {"components": [SENSOR]})
    await eventually(lambda: has(server, {"s1"}))


async def test_reload_of_a_file_without_rest(start):
    """It is read now and then, also while it changes all the time."""
    server = start({"components": [MOTOR]})
    deadline = time.monotonic() + PATIENCE
    while await names(server) != {"m1", "s1"}:
        assert time.monotonic() < deadline
        rewrite(server, FAKES)
        await asyncio.sleep(0.05)


@pytest.mark.differs("the reference was not asked for pipes")
async def test_reload_of_a_pipe(start):
    server = start({"components": [MOTOR]})
    server.config_path.unlink()
    os.mkfifo(server.config_path)
    assert await asyncio.to_thread(server.log.wait_for, "error reading config after it changed")
    server.config_path.unlink()
    rewrite(server, FAKES)
    await eventually(lambda: has(server, {"m1", "s1"}))


@pytest.mark.differs("these are settings of ours")
def test_descriptors_for_connections(start):
    """As many as the settings want, and some for the server itself, if the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    allowed = int(re.search(r"Max open files +(\d+)", limits)[1])
    assert allowed == min(hard, 2000 + 256)


async def test_reload_by_another_link(start):
    """Releases side by side and a link to the present one: a change replaces the link alone."""
    server = start({"components": [MOTOR]})
    path = server.config_path
    for release, components in ("old", [MOTOR]), ("new", [MOTOR, SENSOR]):
        (path.parent / release).mkdir()
        (path.parent / release / path.name).write_text(json.dumps(
            {"network": {"bind_address": server.address}, "components": components}))
    link(path.parent / "now", "old")
    link(path, f"now/{path.name}")
    await eventually(lambda: has(server, {"m1"}))
    link(path.parent / "now", "new")
    await eventually(lambda: has(server, {"m1", "s1"}))


def link(path, target):
    """As ln -sfn does."""
    (path.parent / "link").symlink_to(target)
    (path.parent / "link").replace(path)


async def test_placeholders(start, monkeypatch):
    """Dotted ones are resolved in attributes; what can't be is told and stays as it is."""
    monkeypatch.setenv("SINEW_BOARD", "b1")
    server = start()
    board = {"name": "b1", "api": "rdk:component:board", "model": "fake"}
    motor = {**MOTOR, "attributes": {"board": "${environment.SINEW_BOARD}",
                                     "max_rpm": 60, "other": "${packages.nope} ${what.is}"}}
    rewrite(server, {"components": [board, motor]})
    line = await asyncio.to_thread(server.log.wait_for, "during placeholder replacement")
    assert 'find a package named "nope" for placeholder "packages.nope"' in line.replace("\\", "")
    assert 'invalid placeholder "${what.is}"' in line.replace("\\", "")
    await eventually(lambda: is_ready(server, "m1"))


async def is_ready(server, name):
    status = (await statuses(server)).get(name)
    return status and status.state == ResourceStatus.STATE_READY


async def has(server, expected):
    return await names(server) == expected


def test_environment_in_the_file(program, start, monkeypatch):
    """$NAME is replaced when the file is read at the start."""
    monkeypatch.setenv("SINEW_TEST_NAME", "from-env")
    server = start({"components": [{**MOTOR, "name": "$SINEW_TEST_NAME"},
                                   {**MOTOR, "name": "${SINEW_UNSET:-fallback}"}]})
    assert asyncio.run(names(server)) == {"from-env", "fallback"}


def test_several_at_once(start):
    """Servers share nothing but the machine."""
    servers = [start() for _ in range(3)]
    threads = [threading.Thread(target=server.stop) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(server.wait() == 0 for server in servers)
