# SPDX-License-Identifier: Apache-2.0
"""A module without the SDK, for handshakes that it would not let go wrong. BARE says how:

exit         ends at once
deaf         never listens
garbage      answers bytes that are no HTTP/2
silent       never answers Ready
unready      says ready=false ten times, then serves
failing      answers Ready with an error
leaving      ends when it is asked Ready
unreflected  serves an API of its own, whose service its reflection doesn't know
strange      serves an API that is neither component nor service
sound        serves

It serves model `sinew:test:bare` of the sensor API: all readings are 1."""
import asyncio
import os
import sys

import viam.gen.component.sensor.v1.sensor_pb2  # noqa: F401 what reflection finds
from grpclib import GRPCError, Status
from grpclib.reflection.service import ServerReflection
from grpclib.server import Server
from grpclib.utils import graceful_exit
from viam.proto.common import GetReadingsResponse, ResourceName
from viam.proto.component.sensor import SensorServiceBase
from viam.proto.module import (AddResourceResponse, HandlerDefinition, HandlerMap,
                               ModuleServiceBase, ReadyResponse, ReconfigureResourceResponse,
                               RemoveResourceResponse, ValidateConfigResponse)
from viam.proto.robot import ResourceRPCSubtype
from viam.utils import dict_to_struct

MODE = os.environ["BARE"]
READY_AFTER = 10


class Sensors(SensorServiceBase):
    async def GetReadings(self, stream):
        await stream.recv_message()
        await stream.send_message(GetReadingsResponse(
            readings={"value": dict_to_struct({"value": 1}).fields["value"]}))

    async def refuse(self, stream):
        await stream.recv_message()
        raise GRPCError(Status.UNIMPLEMENTED)

    DoCommand = GetGeometries = GetStatus = refuse


class ModuleService(ModuleServiceBase):
    def __init__(self):
        self.asked = 0

    async def Ready(self, stream):
        await stream.recv_message()
        self.asked += 1
        if MODE == "silent":
            await asyncio.sleep(3600)
        if MODE == "failing":
            raise GRPCError(Status.FAILED_PRECONDITION, "no licence")
        if MODE == "leaving":
            os._exit(4)
        if MODE == "unready" and self.asked <= READY_AFTER:
            await stream.send_message(ReadyResponse(ready=False))
            return
        subtype = ResourceName(namespace="rdk", type="component", subtype="sensor")
        service = "viam.component.sensor.v1.SensorService"
        if MODE == "strange":
            subtype.type = "gadget"
        if MODE == "unreflected":
            subtype.subtype, service = "nowhere", "sinew.test.NowhereService"
        await stream.send_message(ReadyResponse(ready=True, handlermap=HandlerMap(handlers=[
            HandlerDefinition(subtype=ResourceRPCSubtype(subtype=subtype, proto_service=service),
                              models=["sinew:test:bare"])])))

    async def ValidateConfig(self, stream):
        await stream.recv_message()
        await stream.send_message(ValidateConfigResponse())

    async def AddResource(self, stream):
        await stream.recv_message()
        await stream.send_message(AddResourceResponse())

    async def ReconfigureResource(self, stream):
        await stream.recv_message()
        await stream.send_message(ReconfigureResourceResponse())

    async def RemoveResource(self, stream):
        await stream.recv_message()
        await stream.send_message(RemoveResourceResponse())


async def answer_garbage(reader, writer):
    writer.write(b"220 mail.example.com ESMTP\r\n" * 100)
    await reader.read()
    writer.close()


async def main():
    if MODE == "exit":
        print("the serial port is gone", file=sys.stderr)
        sys.exit(3)
    if MODE == "deaf":
        await asyncio.sleep(3600)
    if MODE == "garbage":
        async with await asyncio.start_unix_server(answer_garbage, sys.argv[1]) as server:
            await server.serve_forever()
    server = Server(ServerReflection.extend([ModuleService(), Sensors()]))
    with graceful_exit([server]):
        await server.start(path=sys.argv[1])
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
