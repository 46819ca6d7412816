# SPDX-License-Identifier: Apache-2.0
"""`processes` of a config: own programs on the machine, run and watched by the server."""
import asyncio
import json
import os
import pathlib
import re
import signal
import socket
import time

import pytest
from viam.proto.robot import ResourceStatus

from harness import MOTOR, PATIENCE, eventually, statuses

pytestmark = pytest.mark.differs("processes are no longer run there")

State = ResourceStatus


def script(name, text, **more):
    """A process that is a shell's script."""
    return {"id": name, "name": "sh", "args": ["-c", text], **more}


def config(*processes, **more):
    return {"components": [MOTOR], "processes": list(processes), **more}


def rewrite(server, *processes):
    whole = json.loads(server.config_path.read_text())
    whole["processes"] = list(processes)
    server.config_path.write_text(json.dumps(whole))


def pids(word):
    """Numbers of living processes with that word in their command line."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


@pytest.fixture
def word():
    """No other process has it: a number, for sleep."""
    return f"{time.time_ns() % 10**9 + 10**6}.5"


async def state(server, name):
    status = (await statuses(server)).get(name)
    return status.state if status else None


# ---- running ----

async def test_output_and_environment(start, tmp_path):
    server = start(config(script(
        "talk", "echo out $A from $(pwd); echo err >&2; exec sleep 1000".replace("$A", "$$A"),
        log=True, env={"A": "value"}, cwd=str(tmp_path))))
    assert server.log.wait_for(rf"^\\_ out value from {tmp_path}$")
    assert server.log.wait_for(r"^\\_ err$")
    text = server.log.text()
    assert re.search(r"\tINFO\trdk\.process_manager\.talk\.StdOut\t.*\n\\_ out", text)
    assert re.search(r"\tERROR\trdk\.process_manager\.talk\.StdErr\t.*\n\\_ err", text)
    status = (await statuses(server))["talk"]
    assert status.state == State.STATE_READY
    assert (status.name.namespace, status.name.type, status.name.subtype) == (
        "rdk-internal", "service", "process")


async def test_once_before_the_resources(start):
    server = start(config(script("first", "echo once; sleep 0.3", one_shot=True, log=True)))
    assert server.log.wait_for("Now constructing resource")
    lines = server.log.text().splitlines()
    ran = next(i for i, line in enumerate(lines) if "process has run" in line)
    built = next(i for i, line in enumerate(lines) if "Now constructing resource" in line)
    assert ran < built
    assert await state(server, "first") == State.STATE_READY
    assert await state(server, "m1") == State.STATE_READY


async def test_a_failure_once_is_shown(start):
    server = start(config(script("first", "exit 3", one_shot=True)))
    status = (await statuses(server))["first"]
    assert status.state == State.STATE_UNHEALTHY
    assert status.error == 'error running process "sh": exit code 3'
    assert await state(server, "m1") == State.STATE_READY


async def test_it_is_started_again(start, word):
    server = start(config(script("lives", f"exec sleep {word}")))
    await eventually(lambda: pids(f"sleep\0{word}"))
    first, = pids(f"sleep\0{word}")
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: pids(f"sleep\0{word}") not in ([], [first]))
    assert server.log.wait_for(r"process exited before expected: killed by signal 9 \(Killed\)")


@pytest.mark.parametrize("entry, text", [
    ({"name": "/no/such"}, "/no/such: no such file or directory"),
    ({"name": "no-such-program"}, 'exec: "no-such-program": executable file not found in $PATH'),
    ({"name": "/etc/passwd"}, "/etc/passwd: permission denied"),
    ({"name": "/etc"}, "/etc: permission denied (it is a folder)"),
    ({"name": "true", "cwd": "/no/such"}, "working directory /no/such: no such file or directory"),
    ({"name": "true", "username": "no-such"}, 'user "no-such": there is none of that name'),
    ({"name": "true", "stop_signal": "FOO"}, '"FOO" is no signal'),
    ({"name": "true", "stop_timeout": "1ms"}, "stop_timeout should not be less than 100ms"),
    ({"name": "true", "isolation": {"netwrok": False}}, 'there is no "netwrok"'),
    ({}, 'missing required field. Field: "name"'),
], ids=["missing", "not-in-path", "not-executable", "folder", "cwd", "user", "signal", "timeout",
        "isolation", "nameless"])
async def test_what_cannot_run_is_named(start, word, entry, text):
    """And the rest runs on."""
    server = start(config({"id": "bad", **entry}, script("good", f"exec sleep {word}")))
    await eventually(lambda: pids(word))

    async def says_why():
        status = (await statuses(server))["bad"]
        return status.state == State.STATE_UNHEALTHY and text in status.error
    await eventually(says_why)
    assert server.log.wait_for(r"\tERROR\trdk\.process_manager\.bad\t.*" + re.escape(text))
    assert await state(server, "m1") == State.STATE_READY


async def test_another_processor(start, tmp_path):
    program = tmp_path / "foreign"
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\xf3\xff\x01")
    program.chmod(0o755)
    server = start(config({"id": "bad", "name": str(program)}))
    assert server.log.wait_for(re.escape(f"{program}: exec format error (built for another kind"))
    assert await state(server, "m1") == State.STATE_READY


async def test_the_second_of_an_id(start, word):
    server = start(config(script("same", f"exec sleep {word}"), {"id": "same", "name": "false"}))
    await eventually(lambda: pids(word))
    assert server.log.wait_for("another process has it; only the first one is run")
    assert await state(server, "same") == State.STATE_READY


def test_none_for_the_untrusted(program, word):
    path = program.home / "untrusted.json"
    path.write_text(json.dumps({**config(script("a", f"sleep {word}")),
                                "network": {"bind_address": "127.0.0.1:0"}}))
    process = program.spawn(["-untrusted-env", "-config", path])
    try:
        for line in process.stdout:
            if b"processes are disabled in an untrusted environment" in line:
                break
        else:
            raise AssertionError("ended without a word")
        assert not pids(word)
    finally:
        process.terminate()
        process.wait()


# ---- changes and the end ----

async def test_only_what_changed_is_touched(start, word):
    stays, goes, changes = script("stays", f"exec sleep {word}1"), script(
        "goes", f"exec sleep {word}2"), script("changes", f"exec sleep {word}3")
    server = start(config(stays, goes, changes))
    await eventually(lambda: len(pids(word)) == 3)
    before = pids(f"{word}1")
    rewrite(server, stays, script("changes", f"exec sleep {word}4"))
    await eventually(lambda: pids(f"{word}4") and not pids(f"{word}3") and not pids(f"{word}2"))
    assert pids(f"{word}1") == before

    async def gone():
        return await state(server, "goes") is None
    await eventually(gone)
    assert server.log.wait_for(r"rdk\.process_manager\.goes\t.*stopping process \d+ with signal "
                               "SIGTERM")


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_none_outlives_the_server(start, word, end):
    """Not even what a process started in turn, and when the server can do nothing about it."""
    server = start(config(script("a", f"sleep {word} & wait"), script("b", f"exec sleep {word}")))
    await eventually(lambda: len(pids(f"sleep\0{word}")) == 2)
    if end == "stop":
        server.stop()
        await eventually(lambda: not pids(word))  # what was killed takes a moment
        return
    server.process.kill()
    server.process.wait()
    await eventually(lambda: not pids(word))
    server.stop = lambda: None  # it did not end as it should


def guards(server):
    """The processes that would end what a killed server leaves."""
    return [pid for pid in pids("sinew-spawn\0guard")
            if int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            == server.process.pid]


async def test_another_guard_after_the_first(start, word):
    server = start(config(script("a", f"exec sleep {word}")))
    await eventually(lambda: pids(word))
    first, = guards(server)
    os.kill(first, signal.SIGKILL)
    rewrite(server, script("b", f"sleep {word}1 & wait"))
    await eventually(lambda: pids(f"sleep\0{word}1"))
    second, = guards(server)
    assert second != first
    server.process.kill()
    server.process.wait()
    await eventually(lambda: not pids(word) and second not in pids("guard"))
    server.stop = lambda: None


async def test_stop_signal_and_timeout(start, word):
    """One listens to another signal, one to none."""
    server = start(config(
        script("polite", "trap '' TERM; trap 'echo bye; exit' INT; echo polite is up; "
               f"while :; do sleep 0.01; done; : {word}", stop_signal="SIGINT", log=True),
        script("deaf", "trap '' TERM INT; echo deaf is up; "
               f"while :; do sleep 0.01; done; : {word}", stop_timeout="300ms", log=True)))
    for name in ("polite", "deaf"):
        assert server.log.wait_for(rf"^\\_ {name} is up$")
    rewrite(server)
    await eventually(lambda: not pids(word))
    assert server.log.wait_for(r"^\\_ bye$")
    assert server.log.wait_for(r"\.deaf\t.*process stopped: killed by signal 9 \(Killed\)")


async def test_a_flood_of_output(start):
    """It waits in its pipe: memory and the other clients don't notice."""
    server = start(config(script("flood", "yes 'a line that is as good as any other'", log=True)))
    assert server.log.wait_for(r"^\\_ a line")
    for _ in range(20):
        assert await asyncio.wait_for(state(server, "flood"), PATIENCE) == State.STATE_READY
        await asyncio.sleep(0.02)
    assert server.program.is_sanitized or server.rss_kb() < 300_000
    rewrite(server)

    async def gone():
        return await state(server, "flood") is None
    await eventually(gone)


# ---- isolation ----

async def test_isolation(start, tmp_path):
    """What this kernel can; the unit test module/isolation says what each means."""
    (tmp_path / "mine").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        call = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}))"
        server = start(config(script(
            "shut", f"echo x > {tmp_path}/forbidden; echo x > {tmp_path}/mine/allowed; "
            f'python3 -c "{call}" || echo no call; echo done; exec sleep 1000', log=True,
            isolation={"network": False, "read_only": True, "writable": [str(tmp_path / "mine")]})))
        assert server.log.wait_for(r"^\\_ done$")
    assert (tmp_path / "mine/allowed").exists()
    text = server.log.text()
    assert (tmp_path / "forbidden").exists() == ("read_only is not enforced" in text)
    assert ("\n\\_ no call\n" in text) == ("network: false is not enforced" not in text)


async def test_limits_that_cannot_be_kept_are_warned_about(start, word):
    server = start(config(script("slow", f"exec sleep {word}", isolation={"cpu_percent": 10})))
    await eventually(lambda: pids(word))
    if "/sinew-child-" not in pathlib.Path(f"/proc/{pids(word)[0]}/cgroup").read_text():
        assert server.log.wait_for(
            r"\tWARN\trdk\.process_manager\.slow\t.*no cgroup limits it \(.*\); cpu_percent is not "
            "enforced")
