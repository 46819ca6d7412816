# SPDX-License-Identifier: Apache-2.0
"""The world state store API over the wire."""
import asyncio
import struct

import pytest
from viam.proto.service.worldstatestore import (StreamTransformChangesRequest, TransformChangeType,
                                                WorldStateStoreServiceStub)
from viam.services.worldstatestore import WorldStateStoreClient

from harness import PATIENCE, idle, outcome

API = "rdk:service:world_state_store"


def world(name, **attributes):
    return {"name": name, "api": API, "model": "fake", "attributes": attributes}


CONFIG = {"services": [world("geos", worldName="moving_geos"), world("plain"),
                       world("odd", worldName="nowhere"), world("cloud", worldName="pcd_stream")]}

SHAPES = [b"box-001", b"sphere-001", b"capsule-001"]


@pytest.mark.parametrize("name", ["geos", "plain", "odd"])
async def test_shapes(server, name):
    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, name)
        assert set(await store.list_uuids()) >= set(SHAPES)
        box, sphere, capsule = [await store.get_transform(uuid) for uuid in SHAPES]
    assert (box.reference_frame, sphere.reference_frame, capsule.reference_frame) == (
        "static-box", "static-sphere", "static-capsule")
    assert [s.pose_in_observer_frame.pose.x for s in (box, sphere, capsule)] == [-5000, 0, 5000]
    assert {s.pose_in_observer_frame.reference_frame for s in (box, sphere, capsule)} == {"world"}
    assert box.physical_object.box.dims_mm.x == 1000
    assert sphere.physical_object.sphere.radius_mm == 500
    assert abs(sphere.pose_in_observer_frame.pose.y) <= 2000
    grown = capsule.physical_object.capsule
    assert 62.5 <= grown.radius_mm <= 187.5
    assert grown.length_mm == pytest.approx(8 * grown.radius_mm)
    assert dict(box.metadata)["opacity"] == 0.5
    assert dict(dict(box.metadata)["color"]) == {"r": 255, "g": 0, "b": 0}


async def test_what_is_not_there(server):
    async with server.machine() as machine:
        for name in ("geos", "cloud"):
            store = WorldStateStoreClient.from_robot(machine, name)
            for uuid in (b"nope", b""):
                assert await outcome(store.get_transform(uuid)) == ("UNKNOWN", "transform not found")


async def changes_until(store, enough):
    """The changes of a stream until `enough(them)`."""
    seen = []
    async for change in store.stream_transform_changes():
        seen.append(change)
        if enough(seen):
            return seen
    return seen


async def test_shapes_change(server):
    def all_updated(seen):
        return {c.transform.uuid for c in seen} >= set(SHAPES)

    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, "geos")
        seen = await asyncio.wait_for(changes_until(store, all_updated), PATIENCE)
    assert seen[0].change_type == TransformChangeType.TRANSFORM_CHANGE_TYPE_UNSPECIFIED
    paths = {c.transform.uuid: list(c.updated_fields.paths) for c in seen
             if c.change_type == TransformChangeType.TRANSFORM_CHANGE_TYPE_UPDATED}
    assert paths == {
        b"box-001": ["poseInObserverFrame.pose.theta"],
        b"sphere-001": ["poseInObserverFrame.pose.y"],
        b"capsule-001": ["physicalObject.geometryType.value.radiusMm",
                         "physicalObject.geometryType.value.lengthMm"]}


async def test_visitors_come_and_go(server):
    added, removed = (TransformChangeType.TRANSFORM_CHANGE_TYPE_ADDED,
                      TransformChangeType.TRANSFORM_CHANGE_TYPE_REMOVED)

    def came_and_went(seen):
        kinds = [c.change_type for c in seen]
        return added in kinds and removed in kinds[kinds.index(added):]

    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, "plain")
        seen = await asyncio.wait_for(changes_until(store, came_and_went), PATIENCE)
    come = next(c for c in seen if c.change_type == added).transform
    assert come.uuid.startswith(b"box-front-")
    assert come.reference_frame == "dynamic-box"
    assert come.physical_object.box.dims_mm.z == 500
    assert come.pose_in_observer_frame.pose.y == -2000
    assert seen[-1].transform.uuid == come.uuid


@pytest.mark.differs("there, each change goes to one of the streams only")
async def test_every_stream_hears_of_every_change(server):
    heard = [[], []]

    async def hear(store, changes):
        def enough(seen):
            changes.append(seen[-1].SerializeToString(deterministic=True))
            return len(set(heard[0][1:]) & set(heard[1][1:])) >= 6
        await changes_until(store, enough)

    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, "odd")
        await asyncio.wait_for(
            asyncio.gather(*(hear(store, changes) for changes in heard)), PATIENCE)


async def test_landscape(server):
    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, "cloud")
        assert await store.list_uuids() == [b"pointcloud-001"]
        found = await store.get_transform(b"pointcloud-001")
    assert found.reference_frame == "static-pointcloud"
    head, _, points = found.physical_object.pointcloud.point_cloud.partition(b"DATA binary\n")
    assert b"FIELDS x y z rgb\n" in head
    assert b"POINTS 10000\n" in head
    rows = list(struct.iter_unpack("<fffI", points))
    assert len(rows) == 10000
    assert rows[0][:2] == (0, 0)
    assert rows[-1][:2] == pytest.approx((0.99, 0.99))
    assert {row[3] for row in rows} <= {0x2188d9, 0xddba98, 0x4cba50, 0x46b24a, 0x6f6960}
    assert len({row[3] for row in rows}) > 2


async def test_a_landscape_stands_still(server):
    async with server.channel() as channel:
        async with WorldStateStoreServiceStub(channel).StreamTransformChanges.open() as stream:
            await stream.send_message(StreamTransformChangesRequest(name="cloud"), end=True)
            first = await asyncio.wait_for(stream.recv_message(), PATIENCE)
            assert not first.HasField("transform")
            await stream.cancel()


async def test_command_and_status(server):
    async with server.machine() as machine:
        store = WorldStateStoreClient.from_robot(machine, "geos")
        assert await store.do_command({"a": 1}) == {"status": "command not implemented"}
        assert await store.get_status() == {}


async def test_streams_of_clients_that_go_end(server):
    async with server.channel() as channel:
        stub = WorldStateStoreServiceStub(channel)
        for _ in range(20):
            async with stub.StreamTransformChanges.open() as stream:
                await stream.send_message(StreamTransformChangesRequest(name="geos"), end=True)
                await stream.recv_message()
                await stream.cancel()
    await idle(server, "StreamTransformChanges")
