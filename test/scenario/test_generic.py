# SPDX-License-Identifier: Apache-2.0
"""The generic APIs, component and service, over the wire."""
from viam.components.generic import Generic as GenericComponent
from viam.proto.common import DoCommandRequest
from viam.proto.service.generic import GenericServiceStub
from viam.services.generic import Generic as GenericService

from harness import outcome

CONFIG = {
    "components": [{"name": "g", "api": "rdk:component:generic", "model": "fake"}],
    "services": [{"name": "g", "api": "rdk:service:generic", "model": "fake"}],
}

COMMAND = {"list": [1, "x", {"deep": True}], "map": {"empty": {}}}


async def test_commands_come_back(server):
    async with server.machine() as machine:
        for kind in (GenericComponent, GenericService):
            generic = kind.from_robot(machine, "g")
            assert await generic.do_command(COMMAND) == COMMAND
            assert await generic.do_command({}) == {}


async def test_the_component_has_no_geometries(server):
    async with server.machine() as machine:
        assert await GenericComponent.from_robot(machine, "g").get_geometries() == []


async def test_unknown_name(server):
    async with server.channel() as channel:
        request = DoCommandRequest(name="nope")
        assert await outcome(GenericServiceStub(channel).DoCommand(request)) == (
            "UNKNOWN", "no node found with api rdk:service:generic and name nope")
