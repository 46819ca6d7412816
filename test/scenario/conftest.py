# SPDX-License-Identifier: Apache-2.0
"""Options and fixtures of the scenarios; tests that are coroutines run in a loop of their own."""
import asyncio
import inspect
import os
import pathlib
import shutil

import pytest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--server", default=os.environ.get(
        "SINEW_SERVER", str(ROOT / "build/bin/sinew-server")),
        help="program under test; `peer` is the real server that PEER names")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "differs(why): on purpose unlike the real server, so not run against it")
    config.addinivalue_line(
        "markers", "missing(what): not built yet, so run against the real server only")


def server_path(config):
    path = config.getoption("--server")
    return os.environ.get("PEER", "") if path == "peer" else path


def pytest_collection_modifyitems(config, items):
    is_peer = pathlib.Path(server_path(config)).name == "viam-server"
    for item in items:
        name = "differs" if is_peer else "missing"
        mark = item.get_closest_marker(name)
        if mark:
            item.add_marker(pytest.mark.skip(reason=f"{name}: {mark.args[0]}"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), 3 * harness.PATIENCE))
    return True


@pytest.fixture(scope="session")
def program(request, tmp_path_factory):
    """The program, with a home folder of its own."""
    path = pathlib.Path(server_path(request.config)).resolve()
    if not os.access(path, os.X_OK):
        pytest.exit(f"no program at {path}", returncode=2)
    return harness.Program(path, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def examples(program, tmp_path_factory):
    """A folder with the example programs, of the same build as the server where it has them."""
    beside = pathlib.Path(program.path).parents[1] / "examples"
    source = beside if beside.is_dir() else ROOT / "build/examples"
    source = pathlib.Path(os.environ.get("SINEW_EXAMPLES", source))
    if not (source / "geared").exists():
        pytest.skip(f"no example modules in {source}")
    folder = tmp_path_factory.mktemp("examples")
    for name in ("geared", "tally", "thermometer"):
        shutil.copy2(source / name, folder / name)
    return folder


@pytest.fixture
def start(program):
    """start(config): a server for this test alone, or several."""
    servers = []

    def start_one(config=None, **options):
        servers.append(
            harness.Server(program, harness.FAKES if config is None else config, **options))
        return servers[-1]
    yield start_one
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(request, program):
    """A server shared by the tests of a file: with the file's CONFIG, or a fake motor m1 and a fake
    sensor s1."""
    shared = harness.Server(program, getattr(request.module, "CONFIG", harness.FAKES))
    yield shared
    shared.stop()
