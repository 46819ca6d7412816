# SPDX-License-Identifier: Apache-2.0
"""The shell API over the wire, terminals and files; the SDK has its messages and stub only."""
import asyncio
import contextlib
import os
import re
import stat
import subprocess
import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpclib.config import Configuration
from grpclib.exceptions import GRPCError
from viam.proto.common import DoCommandRequest, GetStatusRequest
from viam.proto.service.shell import (
    CopyFilesFromMachineRequest, CopyFilesFromMachineRequestMetadata, CopyFilesSourceType,
    CopyFilesToMachineRequest, CopyFilesToMachineRequestMetadata, FileData, ShellRequest,
    ShellServiceStub)

from harness import PATIENCE, Server, eventually, outcome

CONFIG = {"services": [{"name": "sh", "api": "rdk:service:shell", "model": "builtin"}]}

SINGLE = CopyFilesSourceType.COPY_FILES_SOURCE_TYPE_SINGLE_FILE
FOLDER = CopyFilesSourceType.COPY_FILES_SOURCE_TYPE_SINGLE_DIRECTORY
MANY = CopyFilesSourceType.COPY_FILES_SOURCE_TYPE_MULTIPLE_FILES


# ---- terminals ----

class Terminal:
    """A shell's stream."""

    def __init__(self, stream):
        self.stream, self.text, self.eof = stream, "", False

    async def type(self, text):
        await self.stream.send_message(ShellRequest(name="sh", data_in=text))

    async def resize(self, **fields):
        request = ShellRequest(name="sh")
        request.extra.update(fields)
        await self.stream.send_message(request)

    async def receive(self):
        """False at the stream's end."""
        response = await asyncio.wait_for(self.stream.recv_message(), PATIENCE)
        if response is None:
            return False
        self.text += response.data_out
        self.eof = self.eof or response.eof
        return True

    async def until(self, pattern):
        """What matches in the text printed so far and from here on."""
        while not (match := re.search(pattern, self.text)):
            assert await self.receive(), self.text
        self.text = self.text[match.end():]
        return match

    async def all_until(self, end):
        """The text that comes before `end`, much of it."""
        pieces = [self.text]
        while end not in "".join(pieces[-2:]):
            self.text = ""
            assert await self.receive(), self.text
            pieces.append(self.text)
        return "".join(pieces).partition(end)[0]

    async def until_eof(self):
        while not self.eof:
            assert await self.receive(), self.text


@contextlib.asynccontextmanager
async def terminal(channel, first="", cancel=True):
    async with ShellServiceStub(channel).Shell.open() as stream:
        await stream.send_message(ShellRequest(name="sh", data_in=first))
        yield Terminal(stream)
        if cancel:
            await stream.cancel()


async def test_a_terminal_runs_commands(server):
    async with server.channel() as channel, terminal(channel, "echo $((40+2))x $TERM\n") as shell:
        await shell.until(r"42x xterm-256color\r\n")
        await shell.type("test -t 0 && test -t 1 && test -t 2 && stty size\n")
        await shell.until(r"24 80\r\n")


async def test_the_end_of_a_shell_is_told(server):
    async with server.channel() as channel, terminal(channel, cancel=False) as shell:
        await shell.type("exit\n")
        await shell.until_eof()
        await shell.stream.end()
        while await shell.receive():
            pass


async def test_the_end_of_input_is_ctrl_d(server):
    async with server.channel() as channel, terminal(channel, "echo up\n", cancel=False) as shell:
        await shell.until(r"up\r\n(.|\n)*up\r\n")
        await shell.stream.end()
        await shell.until_eof()
        while await shell.receive():
            pass


@pytest.mark.parametrize("fields, size", [
    ({"cols": 101, "rows": 51}, "51 101"),
    ({"cols": 3.7, "rows": 8.9}, "8 3"),
    ({"cols": 0, "rows": 0}, "0 0"),
    ({"cols": "101", "rows": 51}, "24 80"),
    ({"rows": 51}, "24 80"),
    ({}, "24 80"),
    ({"message": "something-else", "cols": 101, "rows": 51}, "24 80"),
])
async def test_the_window_can_change(server, fields, size):
    async with server.channel() as channel, terminal(channel, "echo u''p\n") as shell:
        await shell.until(r"up\r\n")
        await shell.resize(**{"message": "window-change", **fields})
        await shell.type("echo $(stty size)''.\n")
        await shell.until(rf"{size}\.\r\n")


@pytest.mark.differs("there, the number's lowest 16 bits count")
@pytest.mark.parametrize("columns, shown", [(-5, 0), (70000, 65535)])
async def test_sizes_that_cannot_be(server, columns, shown):
    async with server.channel() as channel, terminal(channel, "echo u''p\n") as shell:
        await shell.until(r"up\r\n")
        await shell.resize(message="window-change", cols=columns, rows=20)
        await shell.type("echo $(stty size)''.\n")
        await shell.until(rf"20 {shown}\.")


@pytest.mark.differs("there, the terminal controls no session: no Ctrl-C, no jobs")
async def test_ctrl_c_interrupts(server):
    begin = "PS1='re''ady '; echo u''p; cat\n"
    async with server.channel() as channel, terminal(channel, begin) as shell:
        await shell.until(r"up\r\n")
        await shell.type("up\n")
        await shell.until(r"up\r\nup\r\n")  # the terminal's, and the program's
        await shell.type("\x03")
        await shell.until(r"\^C(.|\n)*ready ")  # till then, what is typed gets lost
        await shell.type("echo af''ter\n")
        await shell.until("after")


@pytest.mark.differs("there, the stream breaks: the wire takes UTF-8 only")
async def test_what_is_no_text_is_replaced(server):
    async with server.channel() as channel, terminal(channel) as shell:
        await shell.type("printf '<\\377\\376|\\303\\244>\\n'\n")
        await shell.until("<\ufffd\ufffd|ä>\r\n")
        await shell.type("printf 'ä%.0s' $(seq 20000); echo e''nd\n")
        await shell.until("^(.|\n)*ä{20000}end")


def processes(word):
    """Pids of living processes with that word in their command line."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit() and word.encode() in open(f"/proc/{entry}/cmdline", "rb").read():
                found.append(int(entry))
    return found


def written(pid):
    """Bytes that a process has written."""
    return int(re.search(r"wchar: (\d+)", open(f"/proc/{pid}/io").read()).group(1))


async def still(count, seconds=0.2):
    """Waits until `count()` stands still for so long."""
    async def stands():
        before = count()
        await asyncio.sleep(seconds)
        return count() == before
    await eventually(stands)


@pytest.mark.differs("there, processes outlive the stream")
@pytest.mark.parametrize("script", [
    "sleep {}\n", "trap '' HUP TERM; sleep {}\n", "nohup sleep {} & disown\n",
    "sleep {} & sleep 0.2; exit\n"])
async def test_processes_end_with_the_stream(server, script):
    word = f"{time.time_ns() % 10**9 + 10**6}.5"

    async def gone():
        return not processes(word)

    async with server.channel() as channel:
        async with terminal(channel, script.format(word)) as shell:
            if "exit" in script:
                await shell.until_eof()
            else:
                await eventually(lambda: processes(f"sleep\0{word}"))
        await eventually(gone)


@pytest.mark.differs("there, processes outlive the program")
async def test_processes_end_with_the_program(start):
    server, word = start(CONFIG), f"{time.time_ns() % 10**9 + 10**6}.25"
    async with server.channel() as channel:
        async with terminal(channel, f"trap '' HUP TERM; sleep {word}\n", cancel=False) as shell:
            await eventually(lambda: processes(f"sleep\0{word}"))
            server.stop()
            with pytest.raises(Exception):
                while await shell.receive():
                    pass
    await eventually(lambda: not processes(word))  # what was killed takes a moment


@pytest.mark.differs("there, 64 bytes at a time, which takes minutes")
async def test_a_slow_reader_holds_the_program_back(start):
    """What nobody reads stays in the terminal: memory has a limit, and nothing is lost."""
    server, last = start(CONFIG), time.time_ns() % 1000 + 400000
    small = Configuration(http2_connection_window_size=1 << 16, http2_stream_window_size=1 << 16)
    async with server.channel(small) as channel, terminal(channel) as shell:
        await shell.type(f"echo be''gin; seq 1 {last}; echo e''nd\n")
        await shell.until("begin\r\n")
        await eventually(lambda: processes(f"seq\0001\0{last}"))
        pid, = processes(f"seq\0001\0{last}")
        await eventually(lambda: written(pid))
        await still(lambda: written(pid))
        assert written(pid) < 500_000
        text = await shell.all_until("end\r\n")
        assert text.split() == [str(i) for i in range(1, last + 1)]


@pytest.mark.differs("there, what is typed faster than it is read is lost")
async def test_a_slow_program_holds_the_client_back(start, tmp_path):
    server, typed = start(CONFIG), 0
    async with server.channel() as channel, terminal(channel) as shell:
        async def type_all():
            nonlocal typed
            for _ in range(180):
                await shell.type("x" * 50000)
                typed += 50000

        await shell.type("stty raw -echo; echo re''ady; "
                         f"while ! test -e {tmp_path}/go; do sleep 0.02; done; "
                         "head -c 9000000 | cksum; stty sane\n")
        await shell.until("ready")
        before = server.rss_kb()
        typing = asyncio.ensure_future(type_all())
        await eventually(lambda: typed)
        await still(lambda: typed)
        assert typed < 3_000_000
        assert server.program.is_sanitized or server.rss_kb() < before + 4000
        (tmp_path / "go").touch()
        await shell.until(r"\d+ 9000000")
        await typing


async def test_many_terminals(server):
    async with server.channel() as channel:
        async def one(number):
            async with terminal(channel, f"echo $(({number}*1000))x\n") as shell:
                await shell.until(rf"{number}000x")
        await asyncio.gather(*(one(number) for number in range(1, 16)))


async def test_nothing_is_left_open(start):
    server = start(CONFIG)
    async with server.channel() as channel:
        async def settled():
            return server.open_files() <= before

        async with terminal(channel, "echo u''p\n") as shell:
            await shell.until("up")
        await asyncio.sleep(0.2)
        before = server.open_files()
        for _ in range(10):
            async with terminal(channel, "echo u''p\n") as shell:
                await shell.until("up")
        if not server.is_peer:  # it keeps its shells
            await eventually(settled)


# ---- files to the machine ----

def file(name, data=b"", **fields):
    """The messages that send a file."""
    return [FileData(name=name, size=len(data), data=data, **fields), FileData(eof=True)]


def folder(name, **fields):
    return [FileData(name=name, is_dir=True, eof=True, **fields)]


async def put(channel, files, destination, source_type=SINGLE, **fields):
    """The number of acknowledgements."""
    metadata = CopyFilesToMachineRequestMetadata(
        name="sh", source_type=source_type, destination=str(destination), **fields)
    async with ShellServiceStub(channel).CopyFilesToMachine.open() as stream:
        await stream.send_message(CopyFilesToMachineRequest(metadata=metadata))
        for data in files:
            await stream.send_message(CopyFilesToMachineRequest(file_data=data))
        await stream.end()
        return len([response async for response in stream if response.ack_last_file])


async def test_a_file_comes(server, tmp_path):
    (tmp_path / "old").write_text("what was there before")
    (tmp_path / "folder").mkdir()
    async with server.channel() as channel:
        assert await put(channel, file("a", b"new"), tmp_path / "new") == 1
        assert await put(channel, file("a", b"over"), tmp_path / "old") == 1
        assert await put(channel, file("a", b"into"), tmp_path / "folder") == 1
        assert await put(channel, file("empty"), tmp_path / "folder") == 1
    assert (tmp_path / "new").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert (tmp_path / "old").read_text() == "over"
    assert (tmp_path / "folder" / "a").read_text() == "into"
    assert (tmp_path / "folder" / "empty").read_text() == ""
    assert sorted(os.listdir(tmp_path)) == ["folder", "new", "old"]


async def test_a_large_file_comes_in_pieces(server, tmp_path):
    data = os.urandom(5_000_000)
    pieces = [data[i:i + 300_000] for i in range(0, len(data), 300_000)]
    messages = [FileData(name="a", size=len(data), data=pieces[0]),
                *(FileData(data=piece) for piece in pieces[1:]), FileData(eof=True)]
    async with server.channel() as channel:
        assert await put(channel, messages, tmp_path / "big") == 1
    assert (tmp_path / "big").read_bytes() == data


async def test_home_is_where_relative_paths_begin(server, tmp_path):
    home = server.program.home
    async with server.channel() as channel:
        await put(channel, file("a", b"1"), "relative.txt")
        await put(channel, file("a", b"2"), "~/tilde.txt")
        await put(channel, file("named.txt", b"3"), "")
    assert [(home / name).read_text() for name in ("relative.txt", "tilde.txt", "named.txt")] == [
        "1", "2", "3"]


async def test_mode_and_time_are_kept_if_asked(server, tmp_path):
    fields = {"mode": 0o751, "mod_time": Timestamp(seconds=1_000_000_000, nanos=5000)}
    async with server.channel() as channel:
        await put(channel, file("a", b"1", **fields), tmp_path / "plain")
        await put(channel, file("a", b"1", **fields), tmp_path / "kept", preserve=True)
        await put(channel, file("a", b"1", mode=0o4755), tmp_path / "setuid", preserve=True)
        await put(channel, folder("d", **fields), tmp_path / "dir", FOLDER, preserve=True)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode)
             for name in ("plain", "kept", "setuid", "dir")}
    assert modes == {"plain": 0o640, "kept": 0o751, "setuid": 0o755, "dir": 0o751}
    assert (tmp_path / "plain").stat().st_mtime > 1_700_000_000
    assert (tmp_path / "kept").stat().st_mtime_ns == 1_000_000_000_000_005_000
    assert (tmp_path / "dir").stat().st_mtime_ns == 1_000_000_000_000_005_000


def tree(path):
    return sorted(str(p.relative_to(path)) + ("/" if p.is_dir() else "") for p in path.rglob("*"))


FOLDERS = [*folder("src"), *file("src/a", b"1"), *folder("src/sub"), *file("src/sub/b", b"2"),
           *file("src/deep/er/c", b"3")]


async def test_a_folder_comes(server, tmp_path):
    (tmp_path / "there").mkdir()
    async with server.channel() as channel:
        assert await put(channel, FOLDERS, tmp_path / "named", FOLDER) == 5
        assert await put(channel, FOLDERS, tmp_path / "there", FOLDER) == 5
    inside = ["a", "deep/", "deep/er/", "deep/er/c", "sub/", "sub/b"]
    assert tree(tmp_path / "named") == inside
    assert tree(tmp_path / "there") == ["src/", *(f"src/{name}" for name in inside)]
    assert (tmp_path / "named/deep/er/c").read_text() == "3"
    assert stat.S_IMODE((tmp_path / "named").stat().st_mode) == 0o750


async def test_files_and_folders_come_together(server, tmp_path):
    async with server.channel() as channel:
        assert await put(channel, [*file("x", b"x"), *file("y", b"y"), *FOLDERS], tmp_path,
                         MANY) == 7
    assert tree(tmp_path) == ["src/", "src/a", "src/deep/", "src/deep/er/", "src/deep/er/c",
                              "src/sub/", "src/sub/b", "x", "y"]


@pytest.mark.parametrize("files, destination, source_type, text", [
    (file("a", b"1"), "no/such/place", SINGLE, "stat {}/no/such: no such file or directory"),
    (file("a", b"1"), "slash/", SINGLE, "stat {}/slash: no such file or directory"),
    (FOLDERS, "no/such", FOLDER, "stat {}/no: no such file or directory"),
    (FOLDERS, "file", FOLDER, 'destination "{}/file" is an existing file'),
    (file("a", b"1"), "missing", MANY, '"{}/missing" does not exist or is not a directory'),
    (file("a", b"1"), "file", MANY, '"{}/file" does not exist or is not a directory'),
    (file("a", b"1"), "x", 0, 'do not know how to process source copy type "Unknown"'),
    (file("a", b"1"), "x", 9, 'do not know how to process source copy type "Unknown"'),
    (file("", b"1"), "x", SINGLE, "file name blank"),
    ([FileData(name="a", data=b"1"), FileData(name="b", data=b"2")], "x", SINGLE,
     'unexpected file name "b" while reading current file "a"'),
])
async def test_files_that_cannot_come(server, tmp_path, files, destination, source_type, text):
    (tmp_path / "file").write_text("stays")
    async with server.channel() as channel:
        with pytest.raises(GRPCError) as error:
            await put(channel, files, f"{tmp_path}/{destination}", source_type)
    assert (error.value.status.name, error.value.message) == ("UNKNOWN", text.format(tmp_path))
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "stays"


@pytest.mark.differs("there, the reason is lost: send on closed channel")
@pytest.mark.parametrize("destination, text", [
    ("/proc/nothing", "open /proc/nothing: no such file or directory"),
    ("/dev/null", "open /dev/null: not a regular file"),
    ("{}/" + "x" * 300, "open {}/" + "x" * 300 + ": file name too long"),
    ("{}/" + "x/" * 3000, "destination too long"),
    ("{}/a\0b", "destination too long"),
])
async def test_places_that_take_no_file(server, tmp_path, destination, text):
    async with server.channel() as channel:
        with pytest.raises(GRPCError) as error:
            await put(channel, file("a", b"1"), destination.format(tmp_path))
    assert (error.value.status.name, error.value.message) == ("UNKNOWN", text.format(tmp_path))


@pytest.mark.differs("there, bytes that come with the end are lost")
async def test_a_file_in_one_message(server, tmp_path):
    async with server.channel() as channel:
        whole = [FileData(name="a", size=5, data=b"whole", eof=True)]
        assert await put(channel, whole, tmp_path / "a") == 1
    assert (tmp_path / "a").read_text() == "whole"


async def test_a_copy_that_breaks_off_changes_nothing(server, tmp_path):
    (tmp_path / "old").write_text("stays")
    metadata = CopyFilesToMachineRequestMetadata(name="sh", source_type=SINGLE,
                                                 destination=str(tmp_path / "old"))

    async def is_clean():
        return os.listdir(tmp_path) == ["old"]

    async with server.channel() as channel:
        for ends in (True, False):
            async with ShellServiceStub(channel).CopyFilesToMachine.open() as stream:
                await stream.send_message(CopyFilesToMachineRequest(metadata=metadata))
                await stream.send_message(CopyFilesToMachineRequest(
                    file_data=FileData(name="a", size=10, data=b"half")))
                await eventually(lambda: len(os.listdir(tmp_path)) == 2)
                if ends:
                    await stream.end()
                    assert [response async for response in stream] == []
                else:
                    await stream.cancel()
            await eventually(is_clean)
    assert (tmp_path / "old").read_text() == "stays"


@pytest.mark.parametrize("request_", [
    CopyFilesToMachineRequest(),
    CopyFilesToMachineRequest(metadata=CopyFilesToMachineRequestMetadata(name="sh"))])
async def test_what_is_no_file(server, tmp_path, request_):
    metadata = CopyFilesToMachineRequestMetadata(name="sh", source_type=SINGLE,
                                                 destination=str(tmp_path / "x"))
    async with server.channel() as channel:
        with pytest.raises(GRPCError, match="expected copy request file data"):
            async with ShellServiceStub(channel).CopyFilesToMachine.open() as stream:
                await stream.send_message(CopyFilesToMachineRequest(metadata=metadata))
                await stream.send_message(request_, end=True)
                await stream.recv_message()


# ---- files from the machine ----

async def get(channel, *paths, acks=1000, **fields):
    """(source type, the messages); as many acknowledgements as there may be come first."""
    metadata = CopyFilesFromMachineRequestMetadata(name="sh", paths=[str(p) for p in paths],
                                                   **fields)
    async with ShellServiceStub(channel).CopyFilesFromMachine.open() as stream:
        await stream.send_message(CopyFilesFromMachineRequest(metadata=metadata))
        for _ in range(acks):
            await stream.send_message(CopyFilesFromMachineRequest(ack_last_file=True))
        await stream.end()
        responses = [response async for response in stream]
    return responses[0].metadata.source_type, [response.file_data for response in responses[1:]]


def contents(messages):
    """{name: bytes, or None of a folder}"""
    found, name = {}, None
    for message in messages:
        if message.name:
            name = message.name
            found[name] = None if message.is_dir else b""
        if not message.is_dir:
            found[name] += message.data
    return found


@pytest.fixture
def files(tmp_path):
    (tmp_path / "dir/sub/empty").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"x" * 10)
    (tmp_path / "file").chmod(0o751)
    os.utime(tmp_path / "file", ns=(0, 1_000_000_000_000_005_000))
    (tmp_path / "none").touch()
    (tmp_path / "dir/a").write_bytes(b"a")
    (tmp_path / "dir/sub/b").write_bytes(b"b")
    (tmp_path / "dir/link").symlink_to("a")
    return tmp_path


async def test_a_file_goes(server, files):
    async with server.channel() as channel:
        kind, messages = await get(channel, files / "file", acks=1)
        assert (kind, contents(messages)) == (SINGLE, {"file": b"x" * 10})
        assert messages[0].size == 10
        assert not messages[0].HasField("mode")
        assert not messages[0].HasField("mod_time")
        assert [message.eof for message in messages] == [False, True]
        _, messages = await get(channel, files / "file", acks=1, preserve=True)
        assert messages[0].mode == 0o751
        assert (messages[0].mod_time.seconds, messages[0].mod_time.nanos) == (1_000_000_000, 5000)
        _, messages = await get(channel, files / "none", acks=1)
        assert [(m.name, m.data, m.eof) for m in messages] == [("none", b"", True)]
        kind, messages = await get(channel, "/proc/self/status", acks=1)
        assert b"VmRSS" in contents(messages)["status"]


async def test_a_large_file_goes_in_pieces(server, files):
    data = os.urandom(9_000_000)
    (files / "big").write_bytes(data)
    async with server.channel() as channel:
        _, messages = await get(channel, files / "big", acks=1)
        assert contents(messages) == {"big": data}


async def test_a_folder_goes(server, files):
    async with server.channel() as channel:
        for path in (files / "dir", f"{files}/dir/"):
            kind, messages = await get(channel, path, acks=6, allow_recursion=True, preserve=True)
            assert (kind, contents(messages)) == (FOLDER, {
                "dir/a": b"a", "dir/link": b"a", "dir/sub/b": b"b", "dir/sub/empty": None,
                "dir/sub": None, "dir": None})
            names = [message.name for message in messages if message.name]
            assert names[-1] == "dir"
            assert names.index("dir/sub") > names.index("dir/sub/b")
            assert messages[-1].mode == 1 << 31 | 0o755
        _, messages = await get(channel, f"{files}/dir/.", acks=6, allow_recursion=True)
        assert set(contents(messages)) == {"a", "link", "sub/b", "sub/empty", "sub", "."}


async def test_several_go(server, files):
    async with server.channel() as channel:
        kind, messages = await get(channel, files / "file", files / "none", acks=2)
        assert (kind, contents(messages)) == (MANY, {"file": b"x" * 10, "none": b""})
        _, messages = await get(channel, files / "file", files / "dir/sub", acks=4,
                                allow_recursion=True)
        assert set(contents(messages)) == {"file", "sub/b", "sub/empty", "sub"}


async def test_the_next_file_awaits_the_acknowledgement(server, files):
    metadata = CopyFilesFromMachineRequestMetadata(
        name="sh", paths=[str(files / "file"), str(files / "none")])
    async with server.channel() as channel:
        async with ShellServiceStub(channel).CopyFilesFromMachine.open() as stream:
            await stream.send_message(CopyFilesFromMachineRequest(metadata=metadata))
            while not (await stream.recv_message()).file_data.eof:
                pass
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.recv_message(), 0.2)
            await stream.cancel()
        with pytest.raises(GRPCError, match="^\\(<Status.UNKNOWN: 2>, 'EOF'"):
            await get(channel, files / "file", acks=0)


@pytest.mark.parametrize("paths, fields, answer", [
    ([], {}, ("UNKNOWN", "no files provided to copy")),
    ([""], {}, ("UNKNOWN", "unexpected empty path")),
    (["{}/missing"], {}, ("UNKNOWN", "open {}/missing: no such file or directory")),
    (["{}/file", "{}/missing"], {}, ("UNKNOWN", "open {}/missing: no such file or directory")),
    (["~/missing"], {}, ("UNKNOWN", "open ~home/missing: no such file or directory")),
    (["{}/dir"], {}, ("INVALID_ARGUMENT", "file is a directory but copy recursion not used")),
    (["{}/file/x"], {}, ("UNKNOWN", "open {}/file/x: not a directory")),
])
async def test_files_that_cannot_go(server, files, paths, fields, answer):
    async with server.channel() as channel:
        with pytest.raises(GRPCError) as error:
            await get(channel, *(path.format(files) for path in paths), **fields)
    text = answer[1].format(files).replace("~home", str(server.program.home))
    assert (error.value.status.name, error.value.message) == (answer[0], text)


@pytest.mark.differs("there, a pipe is waited for, a device read without end")
async def test_only_files_and_folders_go(server, files):
    os.mkfifo(files / "pipe")
    async with server.channel() as channel:
        for path in (files / "pipe", "/dev/zero"):
            with pytest.raises(GRPCError, match="not a regular file"):
                await get(channel, path, acks=1)


async def test_circles_of_links_end(server, files):
    (files / "dir/sub/up").symlink_to("..")
    async with server.channel() as channel:
        with pytest.raises(GRPCError, match="too many levels of symbolic links|folders deep"):
            await get(channel, files / "dir", allow_recursion=True)


@pytest.mark.parametrize("method, request_type", [
    ("CopyFilesToMachine", CopyFilesToMachineRequest),
    ("CopyFilesFromMachine", CopyFilesFromMachineRequest)])
async def test_unknown_name_of_copies(server, method, request_type):
    metadata = {"CopyFilesToMachine": CopyFilesToMachineRequestMetadata,
                "CopyFilesFromMachine": CopyFilesFromMachineRequestMetadata}[method](name="nope")
    async with server.channel() as channel:
        with pytest.raises(GRPCError, match="no node found with api rdk:service:shell and "):
            async with getattr(ShellServiceStub(channel), method).open() as stream:
                await stream.send_message(request_type(metadata=metadata), end=True)
                await stream.recv_message()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's rights")
@pytest.mark.differs("there, the reason is lost on the way to the machine")
async def test_what_is_forbidden(program, tmp_path):
    """A server without rights: UNKNOWN, and the system's reason."""
    for path in (*reversed(tmp_path.parents), tmp_path):
        if path.stat().st_uid == 0 and path != path.parent and str(path).startswith("/tmp/"):
            path.chmod(path.stat().st_mode | 0o055)
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "closed").mkdir(mode=0o755)
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    server = Server(_Nobody(program, home), CONFIG)
    try:
        async with server.channel() as channel:
            for call in (get(channel, tmp_path / "secret"),
                         put(channel, file("a", b"1"), tmp_path / "closed/x"),
                         put(channel, FOLDERS, tmp_path / "closed", FOLDER)):
                status, text = await outcome(call)
                assert status == "UNKNOWN"
                assert text.endswith(": permission denied")
    finally:
        server.stop()


class _Nobody:
    """The program, run by a user with no rights."""

    def __init__(self, program, home):
        self.path, self.home, self.is_peer = program.path, home, program.is_peer

    def spawn(self, arguments, more=None):
        environment = {**os.environ, "HOME": str(self.home), **(more or {})}
        return subprocess.Popen([self.path, *map(str, arguments)], env=environment, cwd=self.home,
                                user=65534, group=65534, extra_groups=[], stdout=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)


# ---- the rest ----

async def test_commands_are_not_known(server):
    async with server.channel() as channel:
        stub = ShellServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="sh"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        assert dict((await stub.GetStatus(GetStatusRequest(name="sh"))).result) == {}


async def test_there_is_none_in_an_untrusted_environment(program, tmp_path):
    class Untrusted:
        path, home, is_peer = program.path, program.home, program.is_peer

        @staticmethod
        def spawn(arguments, more=None):
            return program.spawn([*arguments, "-untrusted-env"], more)

    server = Server(Untrusted, CONFIG)
    try:
        assert server.log.wait_for("shell service disabled in an untrusted environment")
        async with server.channel() as channel:
            with pytest.raises(GRPCError, match="no node found with api rdk:service:shell and "):
                async with ShellServiceStub(channel).Shell.open() as stream:
                    await stream.send_message(ShellRequest(name="sh"), end=True)
                    await stream.recv_message()
    finally:
        server.stop()
