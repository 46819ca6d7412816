# SPDX-License-Identifier: Apache-2.0
"""The switch API over the wire."""
import pytest
from viam.components.switch import Switch
from viam.proto.component.switch import SetPositionRequest, SwitchServiceStub

from harness import outcome


def switch(name, **attributes):
    return {"name": name, "api": "rdk:component:switch", "model": "fake", "attributes": attributes}


CONFIG = {"components": [
    switch("plain"), switch("three", position_count=3, labels=["off", "low", "high"]),
    switch("mislabelled", position_count=3, labels=["off"])]}


async def test_positions(server):
    async with server.machine() as machine:
        assert await Switch.from_robot(machine, "plain").get_number_of_positions() == (2, [])
        assert await Switch.from_robot(machine, "three").get_number_of_positions() == (
            3, ["off", "low", "high"])
        assert await Switch.from_robot(machine, "mislabelled").get_number_of_positions() == (3, [])


async def test_is_where_it_was_put(server):
    async with server.machine() as machine:
        three = Switch.from_robot(machine, "three")
        for position in (2, 0, 1):
            await three.set_position(position)
            assert await three.get_position() == position


@pytest.mark.parametrize("position", [3, 4294967295])
async def test_position_that_is_not_there(server, position):
    async with server.channel() as channel:
        request = SetPositionRequest(name="three", position=position)
        assert await outcome(SwitchServiceStub(channel).SetPosition(request)) == (
            "UNKNOWN", f"switch component rdk:component:switch/three position {position} is "
            "invalid (valid range: 0-2)")


@pytest.mark.parametrize("value, text", [
    (-1, "'position_count' cannot parse value as 'uint32': -1.000000 overflows uint"),
    ("two", "'position_count' expected type 'uint32', got unconvertible type 'string'")])
def test_count_that_is_none(program, tmp_path, value, text):
    config = tmp_path / "machine.json"
    config.write_text(str({"components": [switch("bad", position_count=value)]}).replace("'", '"'))
    code, output = program.run("-config", config)
    assert code == 1
    assert text in output
