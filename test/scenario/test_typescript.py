# SPDX-License-Identifier: Apache-2.0
"""The official TypeScript SDK in Node, by gRPC-Web as in a browser."""
import pathlib
import subprocess

import pytest

import harness

HERE = pathlib.Path(__file__).resolve().parent
BOARD = {"name": "b1", "api": "rdk:component:board", "model": "fake",
         "attributes": {"digital_interrupts": [{"name": "i1", "pin": "35"}]}}
CONFIG = {"components": [harness.MOTOR, harness.SENSOR, BOARD]}


@pytest.fixture(name="modules", scope="module")
def fixture_modules():
    return harness.tool_folder("nodeenv")


def test_typescript_sdk(server, modules):
    done = subprocess.run(["node", HERE / "typescript.mjs", modules, f"http://localhost:{server.port}"],
                          capture_output=True, text=True, timeout=3 * harness.PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == 7
