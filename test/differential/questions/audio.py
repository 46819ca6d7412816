# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "mic", "api": "rdk:component:audio_in", "model": "fake"},
    {"name": "speaker", "api": "rdk:component:audio_out", "model": "fake"},
]

PCM = {"codec": "pcm16", "sampleRateHz": 44100, "numChannels": 1}

REQUESTS = [
    *every("audioin", ["mic", "nope"], [("GetProperties", {}), *COMMON]),
    *every("audioout", ["speaker", "nope"], [
        ("GetProperties", {}), ("Play", {}), ("Play", {"audioData": "AAAAAA=="}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": PCM}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {**PCM, "codec": "mp3"}}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {"codec": "pcm16"}}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {**PCM, "numChannels": -1}}), *COMMON]),
    *every("posetracker", ["nope"], [("GetPoses", {}), ("DoCommand", {})]),
]
