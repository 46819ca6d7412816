# SPDX-License-Identifier: Apache-2.0
"""h2spec, the conformance tests of HTTP/2 servers, against the server."""
import subprocess
import xml.etree.ElementTree

import pytest

import harness

# It takes the default frame size for the largest; servers of gRPC allow more: 1 MiB, as the
# reference does.
EXPECTED = {"Sends a large size HEADERS frame that exceeds the SETTINGS_MAX_FRAME_SIZE"}


@pytest.fixture(name="h2spec", scope="module")
def fixture_h2spec():
    return harness.tool_folder("goenv") / "h2spec"


@pytest.mark.differs("the reference fails some")
def test_h2spec(server, h2spec, tmp_path):
    report = tmp_path / "report.xml"
    # Its patience is for a server under a sanitizer; only what never comes waits it out.
    subprocess.run([h2spec, "-h", "127.0.0.1", "-p", str(server.port), "-o", "15", "-j", report],
                   stdout=subprocess.DEVNULL, check=False)
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    wrong = {case.get("classname") for case in cases
             if any(case.find(word) is not None for word in ("failure", "error", "skipped"))}
    assert len(cases) >= 145
    assert wrong == EXPECTED
