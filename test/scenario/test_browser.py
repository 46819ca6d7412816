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


# ---- where credentials are wanted ----

LOGIN = ("8b6b1c9e-2f0f-4a39-9d9b-6d2d54a4f1a0", "the key of the test")


@pytest.fixture(name="guarded", scope="module")
def fixture_guarded(program):
    auth = {"handlers": [{"type": "api-key", "config": {"keys": [LOGIN[0]], LOGIN[0]: LOGIN[1]}}]}
    server = harness.Server(program, {**CONFIG, "auth": auth}, login=LOGIN)
    yield server
    server.stop()


def ways(server):
    """Dial configurations without credentials, by the way they take."""
    url = f"http://localhost:{server.port}"
    common = {"disableSessions": True, "noReconnect": True}
    return {"grpc-web": {"host": url, **common},
            "webrtc": {"host": f"localhost:{server.port}", "signalingAddress": url, **common}}


@pytest.mark.parametrize("way", [
    "grpc-web", pytest.param("webrtc", marks=pytest.mark.differs(
        "it does not find a browser on its own host that hides its addresses"))])
def test_credentials(guarded, browse, way):
    credentials = {"type": "api-key", "authEntity": LOGIN[0], "payload": LOGIN[1]}
    assert browse(**ways(guarded)[way], credentials=credentials).count("ok ") == 9


@pytest.mark.parametrize("way", ["grpc-web", "webrtc"])
@pytest.mark.parametrize("payload", [None, "wrong"], ids=["none", "wrong"])
def test_bad_credentials(guarded, browse, way, payload):
    credentials = {"type": "api-key", "authEntity": LOGIN[0], "payload": payload}
    dial = {**ways(guarded)[way], **({"credentials": credentials} if payload else {})}
    with pytest.raises(AssertionError, match="FAILED to connect"):
        browse(**dial)
