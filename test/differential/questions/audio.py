# SPDX-License-Identifier: Apache-2.0
from .common import COMMON, every

COMPONENTS = [
    {"name": "mic", "api": "rdk:component:audio_in", "model": "fake"},
    *({"name": name, "api": "rdk:component:audio_in", "model": "fake", "attributes": attributes}
      for name, attributes in [("mic-slow", {"sample_rate": -1}), ("mic-few", {"num_channels": -2}),
                               ("mic-odd", {"sample_rate": -1, "num_channels": -1})]),
    {"name": "speaker", "api": "rdk:component:audio_out", "model": "fake"},
]

PCM = {"codec": "pcm16", "sampleRateHz": 44100, "numChannels": 1}

REQUESTS = [
    *every("audioin", ["mic", "nope"], [("GetProperties", {}), *COMMON]),
    *every("audioin", ["mic-slow", "mic-few", "mic-odd"], [("GetProperties", {})]),
    *every("audioout", ["speaker", "nope"], [
        ("GetProperties", {}), ("Play", {}), ("Play", {"audioData": "AAAAAA=="}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": PCM}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {**PCM, "codec": "mp3"}}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {"codec": "pcm16"}}),
        ("Play", {"audioData": "AAAAAA==", "audioInfo": {**PCM, "numChannels": -1}}), *COMMON]),
    *every("posetracker", ["nope"], [("GetPoses", {}), ("DoCommand", {})]),
]
