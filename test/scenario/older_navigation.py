# SPDX-License-Identifier: Apache-2.0
"""The older form of the navigation API, which the real server and the TypeScript SDK speak and the
Python SDK doesn't: messages compiled from proto/, and a stub of its methods."""
import functools
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpclib.client import UnaryUnaryMethod

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
FILE = "service/navigation/older/v1/navigation.proto"
SERVICE = "viam.service.navigation.v1.NavigationService"
METHODS = ("GetMode", "SetMode", "GetLocation", "GetWaypoints", "AddWaypoint", "RemoveWaypoint",
           "GetObstacles", "GetPaths", "GetProperties")

MANUAL, WAYPOINT, EXPLORE = 1, 2, 3  # modes
NONE, GPS = 1, 2  # map types


@functools.cache
def declarations():
    """The file's descriptor, in a pool of its own: the SDK has others of the same names."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "set"
        subprocess.run(["protoc", f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={out}",
                        FILE], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool.FindFileByName(FILE)


def message(name):
    """The class of a message, by its short name."""
    return message_factory.GetMessageClass(declarations().message_types_by_name[name])


class Stub:
    """As grpclib's generated stubs are: a callable member per method."""

    def __init__(self, channel):
        for name in METHODS:
            setattr(self, name, UnaryUnaryMethod(channel, f"/{SERVICE}/{name}",
                                                 message(f"{name}Request"),
                                                 message(f"{name}Response")))

    async def ask(self, method, name, **fields):
        """The response to a request with those fields."""
        call = getattr(self, method)
        return await call(call.request_type(name=name, **fields))
