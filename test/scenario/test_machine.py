# SPDX-License-Identifier: Apache-2.0
"""RobotService: what a machine tells about itself, and how it is ended."""
import re
import uuid

import pytest
from grpclib.exceptions import StreamTerminatedError
from viam.components.motor import Motor
from viam.proto.component.motor import IsPoweredRequest, MotorServiceStub, SetPowerRequest
from viam.proto.robot import (BlockForOperationRequest, CancelOperationRequest, GetCloudMetadataRequest,
                              GetMachineStatusRequest, GetMachineStatusResponse,
                              GetModelsFromModulesRequest, GetOperationsRequest,
                              GetSessionsRequest, GetStatusRequest, GetVersionRequest,
                              LogRequest, PeerConnectionType, ResourceNamesRequest,
                              ResourceRPCSubtypesRequest, ResourceStatus, RestartModuleRequest,
                              RobotServiceStub, SendSessionHeartbeatRequest,
                              StartSessionRequest, StopAllRequest)

from harness import FAKES, MOTOR, SENSOR, eventually, outcome

MOTION = "rdk:service:motion/builtin"
UNKNOWN_MODEL = {"name": "strange", "api": "rdk:component:motor", "model": "acme:demo:nothing"}


def full_name(name):
    return f"{name.namespace}:{name.type}:{name.subtype}/{name.name}"


async def statuses(stub):
    """{full name: status}"""
    reply = await stub.GetMachineStatus(GetMachineStatusRequest())
    return {full_name(status.name): status for status in reply.resources}


async def test_resource_names(server):
    async with server.machine() as machine:
        names = {full_name(name) for name in machine.resource_names}
    assert names == {MOTION, "rdk:component:motor/m1", "rdk:component:sensor/s1"}


async def test_resource_rpc_subtypes(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).ResourceRPCSubtypes(ResourceRPCSubtypesRequest())
    services = {row.subtype.subtype: row.proto_service for row in reply.resource_rpc_subtypes}
    assert services["motor"] == "viam.component.motor.v1.MotorService"
    assert services["sensor"] == "viam.component.sensor.v1.SensorService"
    assert not any(row.subtype.name for row in reply.resource_rpc_subtypes)


async def test_machine_status(server):
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        reply = await stub.GetMachineStatus(GetMachineStatusRequest())
        found = await statuses(stub)
    assert reply.state == GetMachineStatusResponse.STATE_RUNNING
    assert reply.HasField("config") and reply.config.last_updated.seconds > 1.7e9
    for name in ("rdk:component:motor/m1", "rdk:component:sensor/s1"):
        status = found[name]
        assert status.state == ResourceStatus.STATE_READY and not status.error
        assert status.last_updated.seconds > 1.7e9
        assert status.HasField("cloud_metadata")


async def test_revision_is_echoed(start):
    server = start({**FAKES, "revision": "r7"})
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        assert (await stub.GetMachineStatus(GetMachineStatusRequest())).config.revision == "r7"
        assert (await statuses(stub))["rdk:component:motor/m1"].revision == "r7"


async def test_version(server):
    async with server.machine() as machine:
        version = await machine.get_version()
    assert version.platform == "rdk"
    assert version.version
    assert re.fullmatch(r"v0\.1\.\d+", version.api_version)


async def test_operations(server):
    """None runs; ending one that does not exist is no error."""
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)

        async def none_runs():
            return not (await stub.GetOperations(GetOperationsRequest())).operations
        await eventually(none_runs)
        for name in ("", "x", str(uuid.uuid4())):
            await stub.CancelOperation(CancelOperationRequest(id=name))
            await stub.BlockForOperation(BlockForOperationRequest(id=name))


async def test_operation_id_is_a_header(server):
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        given = str(uuid.uuid4())
        for metadata in ({}, {"opid": given}):
            async with stub.GetVersion.open(metadata=metadata) as stream:
                await stream.send_message(GetVersionRequest(), end=True)
                await stream.recv_message()
            uuid.UUID(stream.initial_metadata["opid"])
        assert stream.initial_metadata["opid"] == given


async def test_stop_all(server):
    async with server.channel() as channel:
        motor = MotorServiceStub(channel)
        await motor.SetPower(SetPowerRequest(name="m1", power_pct=0.5))
        await RobotServiceStub(channel).StopAll(StopAllRequest())
        assert (await motor.IsPowered(IsPoweredRequest(name="m1"))).power_pct == 0


async def test_sessions_last_two_seconds(server):
    async with server.channel() as channel:
        session = await RobotServiceStub(channel).StartSession(StartSessionRequest())
    assert session.heartbeat_window.ToTimedelta().total_seconds() == 2


async def test_sessions(start):
    server = start({**FAKES, "network": {"sessions": {"heartbeat_window": "1m"}}})
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        session = await stub.StartSession(StartSessionRequest())
        uuid.UUID(session.id)
        assert session.heartbeat_window.ToTimedelta().total_seconds() == 60
        await stub.SendSessionHeartbeat(SendSessionHeartbeatRequest(id=session.id))
        assert session.id in [s.id for s in
                              (await stub.GetSessions(GetSessionsRequest())).sessions]
        again = await stub.StartSession(StartSessionRequest(resume=session.id))
        assert again.id == session.id
        other = await stub.StartSession(StartSessionRequest(resume=str(uuid.uuid4())))
        assert other.id != session.id


async def test_the_sdk_keeps_a_session(start):
    """What its client moves goes on while it is there, and stops when it has gone."""
    server = start({**FAKES, "network": {"sessions": {"heartbeat_window": "5s"}}})
    async with server.channel() as channel:
        motors, stub = MotorServiceStub(channel), RobotServiceStub(channel)
        async with server.machine(sessions=True) as machine:
            await Motor.from_robot(machine, "m1").set_power(0.5)
            session, = (await stub.GetSessions(GetSessionsRequest())).sessions
            assert session.peer_connection_info.type == (
                PeerConnectionType.PEER_CONNECTION_TYPE_GRPC)
            assert (await motors.IsPowered(IsPoweredRequest(name="m1"))).is_on

        async def stands():
            return not (await motors.IsPowered(IsPoweredRequest(name="m1"))).is_on
        await eventually(stands)


async def test_session_errors(server):
    async with server.channel() as channel:
        beat = RobotServiceStub(channel).SendSessionHeartbeat
        assert await outcome(beat(SendSessionHeartbeatRequest(id="x"))) == (
            "UNKNOWN", "invalid UUID length: 1")
        assert await outcome(beat(SendSessionHeartbeatRequest(id=str(uuid.uuid4())))) == (
            "INVALID_ARGUMENT", "SESSION_EXPIRED")


@pytest.mark.parametrize("method, request_, expected", [
    ("GetCloudMetadata", GetCloudMetadataRequest(), ("UNKNOWN", "cloud metadata not available")),
    ("Log", LogRequest(), ("UNKNOWN", "LogRequest received with no associated logs")),
    ("GetStatus", GetStatusRequest(), ("UNIMPLEMENTED", "method GetStatus not implemented")),
])
async def test_errors(server, method, request_, expected):
    async with server.channel() as channel:
        call = getattr(RobotServiceStub(channel), method)
        assert await outcome(call(request_)) == expected


async def test_restart_of_no_module(server):
    async with server.channel() as channel:
        restart = RobotServiceStub(channel).RestartModule
        assert await outcome(restart(RestartModuleRequest(module_name="m"))) == (
            "NOT_FOUND", "module not found with id=, name=m. make sure it is configured and "
            "running on your machine")


async def test_models_from_modules(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetModelsFromModules(GetModelsFromModulesRequest())
    assert not reply.models


async def test_unknown_model_spoils_only_its_resource(start):
    server = start({"components": [UNKNOWN_MODEL, MOTOR, SENSOR]})
    reason = ("unknown resource type: API rdk:component:motor with model acme:demo:nothing not "
              "registered; There may be no module in config that provides this model")
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        found = await statuses(stub)
        names = await stub.ResourceNames(ResourceNamesRequest())
        answer = await outcome(MotorServiceStub(channel).IsPowered(
            IsPoweredRequest(name="strange")))
    assert found["rdk:component:motor/m1"].state == ResourceStatus.STATE_READY
    strange = found["rdk:component:motor/strange"]
    assert strange.state == ResourceStatus.STATE_UNHEALTHY
    assert reason in strange.error
    assert "strange" not in [name.name for name in names.resources]
    assert answer[0] == "UNKNOWN"
    assert answer[1].startswith("resource rdk:component:motor/strange not available; reason=")
    assert reason in answer[1]


@pytest.mark.parametrize("component, reason", [
    ({**MOTOR, "name": "a b"}, "name"),
    ({**MOTOR, "name": "x" * 61}, "name"),
    ({**MOTOR, "name": "needy", "depends_on": ["gone"]}, "gone"),
])
async def test_unhealthy(start, component, reason):
    server = start({"components": [component, SENSOR]})
    async with server.channel() as channel:
        found = await statuses(RobotServiceStub(channel))
    bad = found[f"rdk:component:motor/{component['name']}"]
    assert bad.state == ResourceStatus.STATE_UNHEALTHY
    assert reason in bad.error
    assert found["rdk:component:sensor/s1"].state == ResourceStatus.STATE_READY


async def test_duplicates_vanish(start):
    server = start({"components": [MOTOR, MOTOR, SENSOR]})
    async with server.channel() as channel:
        found = await statuses(RobotServiceStub(channel))
    assert "rdk:component:motor/m1" not in found
    assert "rdk:component:sensor/s1" in found


async def test_same_name_of_two_apis(start):
    server = start({"components": [{**MOTOR, "name": "x"}, {**SENSOR, "name": "x"}]})
    async with server.channel() as channel:
        found = await statuses(RobotServiceStub(channel))
    for name in ("rdk:component:motor/x", "rdk:component:sensor/x"):
        assert found[name].state == ResourceStatus.STATE_READY


@pytest.mark.parametrize("component", [
    {"name": "m1", "type": "motor", "model": "fake"},
    {"name": "m1", "namespace": "rdk", "type": "motor", "model": "rdk:builtin:fake"},
    {"name": "m1", "api": {"namespace": "rdk", "type": "component", "subtype": "motor"},
     "model": {"namespace": "rdk", "model_family": "builtin", "name": "fake"}},
    {"NAME": "m1", "api": "rdk:component:motor", "Model": "fake", "someday": {"more": [1]}},
])
async def test_spellings_of_a_component(start, component):
    server = start({"components": [component], "disable_partial_start": True})
    async with server.channel() as channel:
        found = await statuses(RobotServiceStub(channel))
    assert found["rdk:component:motor/m1"].state == ResourceStatus.STATE_READY


async def test_an_empty_machine(start):
    server = start({})
    async with server.machine() as machine:
        assert {full_name(name) for name in machine.resource_names} <= {MOTION}


async def test_shutdown_by_the_sdk(start):
    """It is answered before it happens. The real server may be gone before its answer."""
    server = start()
    async with server.machine() as machine:
        try:
            await machine.shutdown()
        except StreamTerminatedError:
            assert server.is_peer
        assert server.wait() == 0
