# SPDX-License-Identifier: Apache-2.0
"""The official TypeScript SDK in a real browser."""
import json
import pathlib
import subprocess

import pytest

import harness
from test_typescript import CONFIG  # pylint: disable=unused-import

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(name="browse", scope="module")
def fixture_browse():
    """Takes the steps of sdk_steps.mjs with that dial configuration; what the page said."""
    modules, chromium = harness.tool_folder("nodeenv"), harness.tool_folder("browser")

    def browse(**dial):
        done = subprocess.run(
            ["node", HERE / "browser.mjs", modules, chromium, json.dumps(dial)],
            capture_output=True, text=True, timeout=4 * harness.PATIENCE, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return browse


def test_by_grpc_web(server, browse):
    said = browse(host=f"http://localhost:{server.port}", disableSessions=True, noReconnect=True)
    assert said.count("ok ") == 9


@pytest.mark.differs("it does not find a browser on its own host that hides its addresses")
def test_by_webrtc(server, browse):
    """The browser hides its addresses behind names of mDNS."""
    said = browse(host=f"localhost:{server.port}", disableSessions=True, noReconnect=True,
                  signalingAddress=f"http://localhost:{server.port}")
    assert said.count("ok ") == 9
