# SPDX-License-Identifier: Apache-2.0
"""The audio APIs over the wire: microphone and speaker."""
import time

import pytest
from viam.components.audio_in import AudioIn
from viam.components.audio_out import AudioOut
from viam.proto.common import AudioInfo
from viam.proto.component.audioout import (AudioOutServiceStub, PlayRequest, PlayStreamChunk,
                                           PlayStreamInit, PlayStreamRequest)

from harness import idle, outcome, taking

CONFIG = {"components": [
    {"name": "mic", "api": "rdk:component:audio_in", "model": "fake"},
    {"name": "stereo", "api": "rdk:component:audio_in", "model": "fake",
     "attributes": {"sample_rate": 8000, "num_channels": 2}},
    {"name": "speaker", "api": "rdk:component:audio_out", "model": "fake"}]}

PCM = AudioInfo(codec="pcm16", sample_rate_hz=44100, num_channels=1)
QUARTER = bytes(22050)  # of a second


async def test_properties(server):
    async with server.machine() as machine:
        for part in (AudioIn.from_robot(machine, "mic"), AudioOut.from_robot(machine, "speaker")):
            properties = await part.get_properties()
            assert list(properties.supported_codecs) == ["pcm16"]
            assert (properties.sample_rate_hz, properties.num_channels) == (44100, 1)


@pytest.mark.parametrize("name, seconds, chunks, size", [
    ("mic", 0.25, 3, 8820), ("mic", 0.15, 2, 8820), ("stereo", 0.05, 1, 3200)])
async def test_hears_for_a_while(server, name, seconds, chunks, size):
    async with server.machine() as machine:
        stream = await AudioIn.from_robot(machine, name).get_audio("pcm16", seconds, 5000)
        heard = [response.audio async for response in stream]
    assert [chunk.sequence for chunk in heard] == list(range(chunks))
    assert {chunk.audio_data for chunk in heard} == {bytes(size)}
    assert [chunk.start_timestamp_nanoseconds for chunk in heard] == [
        5000 + i * 100_000_000 for i in range(chunks)]
    assert all(chunk.end_timestamp_nanoseconds - chunk.start_timestamp_nanoseconds == 100_000_000
               for chunk in heard)


async def test_hears_until_nobody_listens(server):
    async with server.machine() as machine:
        stream = await AudioIn.from_robot(machine, "mic").get_audio("pcm16", 0, 0)
        count = 0
        async for response in stream:
            assert abs(response.audio.start_timestamp_nanoseconds - time.time_ns()) < 60e9
            count += 1
            if count == 3:
                break
    assert count == 3
    await idle(server, "GetAudio")


async def test_plays(server):
    async with server.machine() as machine:
        with taking(0.25):
            await AudioOut.from_robot(machine, "speaker").play(QUARTER, PCM)


@pytest.mark.parametrize("data, info, text", [
    (b"", PCM, "no audio data provided"), (b"1234", None, "audio info is required"),
    (b"1234", AudioInfo(codec="mp3"), "codec mp3 not supported, only pcm16 is supported"),
    (b"1234", AudioInfo(codec="pcm16"),
     "invalid audio info, sample rate and num channels must be above zero")])
async def test_what_it_cannot_play(server, data, info, text):
    async with server.channel() as channel:
        request = PlayRequest(name="speaker", audio_data=data, audio_info=info)
        assert await outcome(AudioOutServiceStub(channel).Play(request)) == ("UNKNOWN", text)


async def play(channel, *requests):
    async with AudioOutServiceStub(channel).PlayStream.open() as stream:
        for request in requests:
            await stream.send_message(request)
        await stream.end()
        return await stream.recv_message()


def begin(name="speaker", info=PCM):
    return PlayStreamRequest(init=PlayStreamInit(name=name, audio_info=info))


CHUNK = PlayStreamRequest(audio_chunk=PlayStreamChunk(audio_data=QUARTER))


async def test_plays_a_stream(server):
    async with server.channel() as channel:
        with taking(0.5):
            assert await play(channel, begin(), CHUNK, PlayStreamRequest(), CHUNK) is not None
        assert await play(channel, begin()) is not None


@pytest.mark.differs("where it says: first PlayStreamRequest must be PlayStreamInit")
@pytest.mark.parametrize("first", [CHUNK, PlayStreamRequest()], ids=["chunk", "empty"])
async def test_stream_that_names_nobody(server, first):
    async with server.channel() as channel:
        assert await outcome(play(channel, first)) == (
            "UNKNOWN", "no node found with api rdk:component:audio_out and name ")


@pytest.mark.parametrize("request_, text", [
    (begin(info=None), "audio info is required"),
    (begin("nope"), "no node found with api rdk:component:audio_out and name nope")])
async def test_stream_that_begins_badly(server, request_, text):
    async with server.channel() as channel:
        assert await outcome(play(channel, request_)) == ("UNKNOWN", text)


async def test_a_new_sound_supersedes_the_old_one(server):
    """Ten minutes of sound don't hold up what comes after."""
    took = {}

    async def superseded(stub):
        async with stub.PlayStream.open() as stream:
            await stream.send_message(begin(info=AudioInfo(
                codec="pcm16", sample_rate_hz=1000, num_channels=1)))
            long = PlayStreamChunk(audio_data=bytes(2 * 1000 * 600))
            await stream.send_message(PlayStreamRequest(audio_chunk=long))
            await stream.send_message(CHUNK)
            began = time.monotonic()
            await stub.Play(PlayRequest(name="speaker", audio_data=b"1234", audio_info=PCM))
            took["new"] = time.monotonic() - began
            if server.is_peer:  # it plays the old one to its end, too
                await stream.cancel()
            else:
                await stream.recv_message()

    async with server.channel() as channel:
        code, _ = await outcome(superseded(AudioOutServiceStub(channel)))
    assert took["new"] < 300
    assert code == ("OK" if server.is_peer else "CANCELLED")
