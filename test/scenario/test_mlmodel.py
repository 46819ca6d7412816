# SPDX-License-Identifier: Apache-2.0
"""The ML model API over the wire. No model comes with either server; test/conform/mlmodel.c judges
what goes through one. (The SDK's own client wants numpy.)"""
import pytest
from viam.proto.common import GetStatusRequest
from viam.proto.service.mlmodel import InferRequest, MetadataRequest, MLModelServiceStub

from harness import outcome

CONFIG = {"services": [{"name": "m", "api": "rdk:service:mlmodel", "model": "acme:ml:model"}]}


@pytest.mark.parametrize("method, request_type", [
    ("Infer", InferRequest), ("Metadata", MetadataRequest), ("GetStatus", GetStatusRequest)])
@pytest.mark.parametrize("name", ["nope", ""])
async def test_unknown_name(server, method, request_type, name):
    async with server.channel() as channel:
        call = getattr(MLModelServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:service:mlmodel and name {name}")


async def test_unknown_model(server):
    async with server.channel() as channel:
        stub = MLModelServiceStub(channel)
        for call, request_type in (stub.Infer, InferRequest), (stub.Metadata, MetadataRequest):
            status, text = await outcome(call(request_type(name="m")))
            assert status == "UNKNOWN" and text.startswith(
                "resource rdk:service:mlmodel/m not available; reason=resource build error: "
                "unknown resource type: API rdk:service:mlmodel with model acme:ml:model not "
                "registered")
