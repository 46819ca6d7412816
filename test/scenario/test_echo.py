# SPDX-License-Identifier: Apache-2.0
"""The test echo over the wire: every kind of stream."""
import asyncio

import pytest
from viam.gen.component.testecho.v1.testecho_grpc import TestEchoServiceStub as EchoStub
from viam.gen.component.testecho.v1.testecho_pb2 import (EchoBiDiRequest, EchoMultipleRequest,
                                                         EchoRequest, StopRequest)

from harness import outcome

pytestmark = pytest.mark.differs("the real server has no echo built in")

CONFIG = {"components": [{"name": "e", "api": "rdk:component:testecho", "model": "fake"}]}


async def test_unary(server):
    async with server.channel() as channel:
        assert (await EchoStub(channel).Echo(EchoRequest(name="e", message="grüß"))).message == "grüß"
        await EchoStub(channel).Stop(StopRequest(name="e"))


async def test_server_stream(server):
    async with server.channel() as channel:
        replies = await EchoStub(channel).EchoMultiple(EchoMultipleRequest(name="e", message="grüß"))
    assert [reply.message for reply in replies] == ["g", "r", "ü", "ß"]


async def test_bidi_stream(server):
    async with server.channel() as channel:
        async with EchoStub(channel).EchoBiDi.open() as stream:
            for i in range(100):
                await stream.send_message(EchoBiDiRequest(name="e", message=str(i)))
                assert (await stream.recv_message()).message == str(i)
            await stream.end()
            assert await stream.recv_message() is None


async def test_bidi_all_at_once(server):
    messages = [f"{i}-" + "x" * (i * 37 % 5000) for i in range(500)]
    async with server.channel() as channel:
        async with EchoStub(channel).EchoBiDi.open() as stream:
            await stream.send_message(EchoBiDiRequest(name="e", message=messages[0]))

            async def send():
                for message in messages[1:]:
                    await stream.send_message(EchoBiDiRequest(name="e", message=message))
                await stream.end()
            sending = asyncio.create_task(send())
            assert [reply.message async for reply in stream] == messages
            await sending


async def test_unknown_name(server):
    async with server.channel() as channel:
        assert await outcome(EchoStub(channel).Echo(EchoRequest(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:testecho and name nope")
