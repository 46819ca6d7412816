# SPDX-License-Identifier: Apache-2.0
"""The video API over the wire; the SDK has its messages only."""
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpclib.exceptions import GRPCError
from viam.gen.service.video.v1.video_grpc import VideoServiceStub
from viam.gen.service.video.v1.video_pb2 import GetVideoRequest
from viam.proto.common import DoCommandRequest, GetStatusRequest

CONFIG = {"services": [{"name": "v", "api": "rdk:service:video", "model": "fake"}]}

SPANS = [{}, {"start_timestamp": Timestamp(seconds=100), "end_timestamp": Timestamp(seconds=50)}]


async def pieces(channel, **fields):
    async with VideoServiceStub(channel).GetVideo.open() as stream:
        await stream.send_message(GetVideoRequest(**fields), end=True)
        return [piece async for piece in stream]


@pytest.mark.parametrize("span", SPANS, ids=["none", "backwards"])
async def test_six_pieces_whatever_the_span(server, span):
    async with server.channel() as channel:
        got = await pieces(channel, name="v", video_codec="h264", video_container="mp4",
                           request_id="r1", **span)
        payload = bytes(i * 17 % 251 for i in range(512))
        assert [piece.video_data for piece in got] == [
            f"fake-video-{i:02}\n".encode() + payload for i in range(6)]
        assert {(piece.video_container, piece.request_id) for piece in got} == {("mp4", "r1")}


async def test_a_client_that_goes_harms_nobody(server):
    async with server.channel() as channel:
        async with VideoServiceStub(channel).GetVideo.open() as stream:
            await stream.send_message(GetVideoRequest(name="v"), end=True)
            await stream.recv_message()
            await stream.cancel()
        assert len(await pieces(channel, name="v")) == 6


async def test_unknown_name(server):
    async with server.channel() as channel:
        with pytest.raises(GRPCError, match="no node found with api rdk:service:video and name no"):
            await pieces(channel, name="no")


async def test_commands_come_back(server):
    async with server.channel() as channel:
        stub, request = VideoServiceStub(channel), DoCommandRequest(name="v")
        request.command.update({"a": 1})
        assert dict((await stub.DoCommand(request)).result) == {"a": 1}
        assert dict((await stub.GetStatus(GetStatusRequest(name="v"))).result) == {}
