# SPDX-License-Identifier: Apache-2.0
"""A module that brings an API of its own: the upstream examples' gizmo, model `sinew:test:gizmo`.

DoOne fails with status, text, details and trailers when its argument is `fail`, and waits until it
is cancelled when that is `wait`. DoTwo returns the metadata, the time left, the process and how
many answers the last server stream sent, as JSON. The server
stream sends as many answers as its argument says, of 64 KiB each after `big`, and after `forever`
until it is cancelled. The bidirectional stream answers each request at once with its padding."""
import asyncio
import json
import os

from google.rpc.error_details_pb2 import ErrorInfo
from grpclib import GRPCError, Status
from viam.components.component_base import ComponentBase
from viam.module.module import Module
from viam.resource.registry import (Registry, ResourceCreatorRegistration, ResourceRegistration)
from viam.resource.rpc_service_base import ResourceRPCServiceBase
from viam.resource.types import API, Model

import gizmo_grpc
import gizmo_pb2

BIG = bytes(64 << 10)
SENT = {"count": 0}  # answers of the last server stream


def trace(*what):
    with open(os.environ["PROBE_TRACE"], "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


class Gizmo(ComponentBase):
    API = API("acme", "component", "gizmo")
    MODEL = Model.from_string("sinew:test:gizmo")

    @classmethod
    def new(cls, config, _):
        return cls(config.name)

class GizmoService(gizmo_grpc.GizmoServiceBase, ResourceRPCServiceBase):
    RESOURCE_TYPE = Gizmo

    async def DoOne(self, stream):
        request = await stream.recv_message()
        self.get_resource(request.name)
        if request.arg1 == "wait":
            await until_cancelled("DoOne")
        if request.arg1 == "fail":
            await stream.send_trailing_metadata(
                status=Status.DATA_LOSS, status_message="half a gizmo: 50 % é",
                status_details=[ErrorInfo(reason="HALF", domain="acme")],
                metadata={"gizmo-left": "one", "gizmo-raw-bin": b"\x00\xff"})
            return
        await stream.send_message(gizmo_pb2.DoOneResponse(ret1=request.arg1 == "arg1"))

    async def DoOneClientStream(self, stream):
        arguments = [(request.name, request.arg1) async for request in stream]
        self.get_resource(arguments[0][0])
        await stream.send_message(gizmo_pb2.DoOneClientStreamResponse(
            ret1=all(argument == "arg1" for _, argument in arguments) and len(arguments) > 1))

    async def DoOneServerStream(self, stream):
        request = await stream.recv_message()
        self.get_resource(request.name)
        kind, _, count = request.arg1.partition(" ")
        SENT["count"] = 0
        trace("streams")
        padding = BIG if kind == "big" else b""
        for _ in range(int(count or (1 << 60 if kind == "forever" else kind))):
            try:
                await stream.send_message(
                    gizmo_pb2.DoOneServerStreamResponse(ret1=True, padding=padding))
                if kind == "forever":
                    await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                trace("cancelled", "DoOneServerStream")
                raise
            SENT["count"] += 1

    async def DoOneBiDiStream(self, stream):
        async for request in stream:
            self.get_resource(request.name)
            if request.arg1 == "fail":
                raise GRPCError(Status.ABORTED, "asked to")
            await stream.send_message(gizmo_pb2.DoOneBiDiStreamResponse(
                ret1=request.arg1 == "arg1", padding=request.padding))

    async def DoTwo(self, stream):
        request = await stream.recv_message()
        self.get_resource(request.name)
        left = stream.deadline.time_remaining() if stream.deadline else None
        metadata = {key: str(value) for key, value in stream.metadata.items()}
        await stream.send_message(gizmo_pb2.DoTwoResponse(
            ret1=json.dumps({"metadata": metadata, "left": left, "sent": SENT["count"],
                             "pid": os.getpid()})))


async def until_cancelled(what):
    trace("waits", what)
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        trace("cancelled", what)
        raise


class GizmoClient(Gizmo):
    """The SDK makes one for each gizmo of the machine; nobody here calls one by it."""

    def __init__(self, name, channel):
        super().__init__(name)
        self.channel = channel


Registry.register_api(ResourceRegistration(Gizmo, GizmoService, GizmoClient))
Registry.register_resource_creator(Gizmo.API, Gizmo.MODEL, ResourceCreatorRegistration(Gizmo.new))


if __name__ == "__main__":
    asyncio.run(Module.run_from_registry())
