# SPDX-License-Identifier: Apache-2.0
"""The discovery API over the wire."""
from viam.proto.service.discovery import DiscoverResourcesRequest, DiscoveryServiceStub
from viam.services.discovery import DiscoveryClient

from harness import outcome

CONFIG = {"services": [{"name": "d", "api": "rdk:service:discovery", "model": "fake"}]}


async def test_finds_two(server):
    async with server.machine() as machine:
        found = await DiscoveryClient.from_robot(machine, "d").discover_resources()
        assert [(f.name, f.namespace, f.type, f.model, f.api, dict(f.attributes)) for f in found] == [
            ("fake1", "rdk", "movement_sensor", "rdk:builtin:fake", "rdk:component:movement_sensor",
             {}),
            ("fake2", "rdk", "camera", "rdk:builtin:fake", "rdk:component:camera", {})]


async def test_commands_come_back(server):
    async with server.machine() as machine:
        discovery = DiscoveryClient.from_robot(machine, "d")
        assert await discovery.do_command({"look": ["here", 2]}) == {"look": ["here", 2]}
        assert await discovery.get_status() == {}


async def test_unknown_name(server):
    async with server.channel() as channel:
        request = DiscoverResourcesRequest(name="nope")
        assert await outcome(DiscoveryServiceStub(channel).DiscoverResources(request)) == (
            "UNKNOWN", "no node found with api rdk:service:discovery and name nope")
