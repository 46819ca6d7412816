# SPDX-License-Identifier: Apache-2.0
"""Calls as JSON over plain HTTP."""
import http.client
import json

import pytest

from test_web import BOARD, ORIGIN, fetch, fetch2
import harness

CONFIG = {"components": [harness.MOTOR, harness.SENSOR, BOARD]}
OPID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(name="ask", params=[fetch, fetch2], ids=["http1", "http2"])
def fixture_ask(request, server):
    """ask(verb, path): (HTTP status, JSON, headers)"""
    def ask(verb, path, headers=None, body=None):
        answer = request.param(server, "/api/v1" + path, verb, headers, body)
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.body), answer.headers
    return ask


def test_answer(ask):
    status, answer, headers = ask("GET", "/version")
    assert status == 200
    assert set(answer) == {"platform", "version", "api_version"} and answer["platform"] == "rdk"
    assert len(headers["grpc-metadata-opid"]) == 36
    assert headers["grpc-metadata-content-type"] == "application/grpc"


def test_nested_answer(ask):
    status, answer, _ = ask("GET", "/resources/list")
    assert status == 200
    assert {"namespace": "rdk", "type": "component", "subtype": "motor",
            "name": "m1"} in answer["resources"]
    assert ask("GET", "/component/sensor/s1/readings")[1] == {
        "readings": {"a": 1, "b": 2, "c": 3}}
    status, answer, _ = ask("GET", "/machine_status")
    assert answer["state"] == "STATE_RUNNING"


@pytest.mark.parametrize("query, power", [
    ("power_pct=0.5", 0.5), ("powerPct=0.25&unknown=1", 0.25), ("power_pct=-1e-1&", -0.1),
    ("extra={%22a%22:1}&power_pct=0.75", 0.75), ("extra.a=1&power_pct=1", 1)])
def test_values(ask, query, power):
    assert ask("PUT", "/component/motor/m1/power?" + query)[:2] == (200, {})
    status, answer, _ = ask("GET", "/component/motor/m1/powered")
    assert (status, answer) == (200, {"is_on": True, "power_pct": power})


def test_body_is_ignored_without_a_place_for_it(ask):
    assert ask("PUT", "/component/motor/m1/stop", None, b"{}")[:2] == (200, {})
    assert ask("PUT", "/component/motor/m1/power", None, b'{"power_pct":1}')[:2] == (200, {})
    assert ask("GET", "/component/motor/m1/powered")[1] == {}


@pytest.mark.parametrize("verb, path, status, code, message", [
    ("GET", "/nothing", 404, 5, "Not Found"), ("GET", "/component/motor/m1", 404, 5, "Not Found"),
    ("POST", "/version", 501, 12, "Method Not Allowed"),
    ("OPTIONS", "/version", 501, 12, "Method Not Allowed"),
    ("GET", "/component/motor/m1/power", 501, 12, "Method Not Allowed"),
    ("GET", "/component/motor/a%20%22b/position", 500, 2,
     'no node found with api rdk:component:motor and name a "b'),
    ("PUT", "/component/motor/m1/power?power_pct=zz", 400, 3,
     'parsing field "power_pct": strconv.ParseFloat: parsing "zz": invalid syntax')])
def test_errors(ask, verb, path, status, code, message):
    got, answer, _ = ask(verb, path)
    assert (got, answer) == (status, {"code": code, "message": message})


def test_metadata(ask):
    assert ask("GET", "/version", {"grpc-metadata-opid": OPID})[2]["grpc-metadata-opid"] == OPID
    assert ask("GET", "/version", {"opid": OPID})[2]["grpc-metadata-opid"] != OPID


def test_origin_may_read(ask):
    headers = ask("GET", "/version", {"origin": ORIGIN})[2]
    assert headers["access-control-allow-origin"] == "*"


def test_stream(server):
    """A line of JSON for each message."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/api/v1/component/board/b1/tick_stream?pin_names=i1")
    answer = connection.getresponse()
    assert answer.status == 200
    lines = [json.loads(answer.readline()) for _ in range(2)]
    connection.close()
    assert lines[0] == {"result": {}}
    assert lines[1]["result"]["pin_name"] == "i1"
