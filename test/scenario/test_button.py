# SPDX-License-Identifier: Apache-2.0
"""The button API over the wire."""
from viam.components.button import Button
from viam.proto.component.button import ButtonServiceStub, PushRequest

from harness import outcome

CONFIG = {"components": [{"name": "b", "api": "rdk:component:button", "model": "fake"}]}


async def test_push(server):
    async with server.machine() as machine:
        button = Button.from_robot(machine, "b")
        await button.push(extra={"hard": True})
        await button.push()
    assert server.log.wait_for("Button pushed")


async def test_unknown_name(server):
    async with server.channel() as channel:
        assert await outcome(ButtonServiceStub(channel).Push(PushRequest(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:button and name nope")
