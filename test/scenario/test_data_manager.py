# SPDX-License-Identifier: Apache-2.0
"""The data manager API over the wire; the SDK has its messages and stub only."""
import pytest
from viam.gen.service.datamanager.v1.data_manager_grpc import DataManagerServiceStub
from viam.gen.service.datamanager.v1.data_manager_pb2 import (SyncRequest,
                                                              UploadBinaryDataToDatasetsRequest)
from viam.proto.common import DoCommandRequest, GetStatusRequest

from harness import eventually, outcome, statuses

API = "rdk:service:data_manager"


def manager(name, **attributes):
    return {"name": name, "api": API, "model": "builtin", "attributes": attributes}


CONFIG = {"services": [manager(
    "dm", capture_dir="/tmp/nowhere", tags=["a", "b"], capture_disabled=True, sync_disabled=True,
    sync_interval_mins=0.5, additional_sync_paths=["/tmp/x"], selective_syncer_name="nobody",
    maximum_capture_file_size_bytes=1000, file_last_modified_millis=5,
    maximum_num_sync_threads=3, delete_every_nth_when_disk_full=2,
    disk_usage_deletion_threshold=0.8, capture_dir_deletion_threshold=0.1,
    mongo_capture_config={"uri": "", "database": "", "collection": ""})]}

NO_CLOUD = ("UNKNOWN", "not connected to the cloud")


async def test_there_is_no_cloud(server):
    async with server.channel() as channel:
        stub = DataManagerServiceStub(channel)
        assert await outcome(stub.Sync(SyncRequest(name="dm"))) == NO_CLOUD


@pytest.mark.differs("it crashes")
async def test_upload_without_a_cloud(server):
    request = UploadBinaryDataToDatasetsRequest(name="dm", binary_data=b"1", dataset_ids=["x"],
                                                mime_type=1)
    async with server.channel() as channel:
        stub = DataManagerServiceStub(channel)
        assert await outcome(stub.UploadBinaryDataToDatasets(request)) == NO_CLOUD


async def test_common(server):
    async with server.channel() as channel:
        stub = DataManagerServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="dm"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        assert dict((await stub.GetStatus(GetStatusRequest(name="dm"))).result) == {}
        assert await outcome(stub.Sync(SyncRequest(name="nope"))) == (
            "UNKNOWN", f"no node found with api {API} and name nope")


async def errors(server, count):
    """{name: error} of the data managers, when they are settled."""
    found = {}

    async def settled():
        found.update({name: row.error for name, row in (await statuses(server)).items()
                      if row.name.subtype == "data_manager" and row.state in (3, 5)})
        return len(found) == count
    await eventually(settled)
    return found


NEGATIVE = ["sync_interval_mins", "maximum_num_sync_threads", "maximum_capture_file_size_bytes",
            "file_last_modified_millis", "disk_usage_deletion_threshold",
            "capture_dir_deletion_threshold", "delete_every_nth_when_disk_full"]


async def test_negative_numbers(start):
    server = start({"services": [manager(f"dm-{i}", **{key: -1})
                                 for i, key in enumerate(NEGATIVE)]})
    assert await errors(server, len(NEGATIVE)) == {
        f"dm-{i}": f"resource config validation error: {key} can't be negative"
        for i, key in enumerate(NEGATIVE)}


async def test_there_is_one_only(start):
    found = await errors(start({"services": [manager(name) for name in "abc"]}), 3)
    text = f"resource build error: max instance number reached for resource type: {API}"
    assert sorted(found.values()) == ["", text, text]
