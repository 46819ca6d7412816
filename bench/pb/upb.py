# SPDX-License-Identifier: Apache-2.0
"""Python's upb, of the official SDK, in the comparison: FOLDER CASE decode|encode, as ours.c.

What an empty message takes (the call from Python) is subtracted, so that upb itself is measured."""
import pathlib
import sys
import time

from google.protobuf.internal import api_implementation
from viam.proto.common import GetReadingsResponse
from viam.proto.component.camera import GetImagesResponse
from viam.proto.robot import ResourceNamesResponse

MEASURED_NS = 200e6
MESSAGES = {"readings": GetReadingsResponse, "resources": ResourceNamesResponse,
            "image": GetImagesResponse}


def measure(once):
    count, start = 0, time.process_time_ns()
    while (spent := time.process_time_ns() - start) < MEASURED_NS:
        for _ in range(100):
            once()
        count += 100
    return spent / count


def figure(message, what, data):
    if what == "decode":
        decode = message.FromString
        return measure(lambda: decode(data))
    return measure(message.FromString(data).SerializeToString)


def main():
    if api_implementation.Type() != "upb":
        sys.exit("upb.py: this protobuf is not upb")
    folder, case, what = sys.argv[1:]
    data = (pathlib.Path(folder) / case).read_bytes()
    print(f"{figure(MESSAGES[case], what, data) - figure(MESSAGES[case], what, b''):.1f}")


main()
