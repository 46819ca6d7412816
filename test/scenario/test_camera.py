# SPDX-License-Identifier: Apache-2.0
"""The camera API over the wire: images, point clouds, properties."""
import math
import struct
import time

import pytest
from viam.components.camera import Camera
from viam.media.utils.pil import viam_to_pil_image
from viam.proto.common import DoCommandRequest, GetGeometriesRequest, GetStatusRequest
from viam.proto.component.camera import (CameraServiceStub, GetImagesRequest,
                                         GetPointCloudRequest, GetPropertiesRequest)

from harness import outcome

SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}
WIDTH, HEIGHT = 64, 48


def camera(name, **attributes):
    return {"name": name, "api": "rdk:component:camera", "model": "fake",
            "attributes": attributes}


# Cameras: small, animated, with a lens, of the default size.
CONFIG = {"components": [
    SENSOR, camera("small", width=WIDTH, height=HEIGHT),
    camera("animated", width=WIDTH, height=HEIGHT, animated=True),
    camera("lens", width=WIDTH, height=HEIGHT, model=True), camera("big")]}


def jpeg_size(data):
    """(width, height) that a JPEG's start of frame tells."""
    at = 2
    while at < len(data):
        marker, length = struct.unpack(">HH", data[at:at + 4])
        if marker == 0xFFC0:
            height, width = struct.unpack(">HH", data[at + 5:at + 9])
            return width, height
        at += 2 + length
    return None


def points(pcd):
    """(header lines, [(x, y, z, rgb)]) of a binary point cloud."""
    head, _, body = pcd.partition(b"DATA binary\n")
    return head.decode().splitlines(), list(struct.iter_unpack("<fffi", body))


# ---- images ----

@pytest.mark.parametrize("name, size", [("small", (WIDTH, HEIGHT)), ("big", (1280, 720))])
async def test_images(server, name, size):
    """One JPEG of no name, taken now."""
    async with server.machine() as machine:
        began = time.time()
        images, metadata = await Camera.from_robot(machine, name).get_images(extra={"a": 1})
    assert [(image.name, str(image.mime_type)) for image in images] == [("", "image/jpeg")]
    assert images[0].data.startswith(b"\xff\xd8\xff") and images[0].data.endswith(b"\xff\xd9")
    assert jpeg_size(images[0].data) == size
    assert began - 1 < metadata.captured_at.ToNanoseconds() / 1e9 < time.time() + 1


async def test_the_picture_is_the_gradient(server):
    """Blue grows with the distance from the top left; JPEG leaves it nearly as it was."""
    async with server.machine() as machine:
        image = (await Camera.from_robot(machine, "big").get_images())[0][0]
    picture = viam_to_pil_image(image).convert("RGB")
    for x, y in [(0, 0), (1, 0), (640, 0), (0, 360), (640, 360), (900, 700), (1279, 719)]:
        blue = math.hypot(x, y) / math.hypot(1280, 720) * 255
        assert picture.getpixel((x, y)) == pytest.approx((255 - blue, 255 - blue, blue), abs=8)


async def test_the_picture_stands_still(server):
    async with server.machine() as machine:
        small = Camera.from_robot(machine, "small")
        one, other = [(await small.get_images())[0][0].data for _ in range(2)]
    assert one == other


@pytest.mark.parametrize("names", [["nope"], [""], ["a", "b"]])
async def test_the_fake_ignores_source_names(server, names):
    async with server.machine() as machine:
        images = (await Camera.from_robot(machine, "small").get_images(
            filter_source_names=names))[0]
    assert [image.name for image in images] == [""]


@pytest.mark.parametrize("names, twice", [
    (["a", "a"], "a"), (["", ""], ""), (["a", "b", "c", "b", "a"], "b")])
async def test_a_source_named_twice(server, names, twice):
    async with server.machine() as machine:
        small = Camera.from_robot(machine, "small")
        assert await outcome(small.get_images(filter_source_names=names)) == (
            "UNKNOWN", f"duplicate source name in filter: {twice}")


async def test_images_carry_no_annotations(server):
    async with server.channel() as channel:
        reply = await CameraServiceStub(channel).GetImages(GetImagesRequest(name="small"))
    assert not reply.images[0].annotations.ListFields()


# ---- point clouds ----

async def test_point_cloud(server):
    """A point of each pixel in metres, yellow to blue."""
    async with server.machine() as machine:
        cloud, kind = await Camera.from_robot(machine, "small").get_point_cloud(extra={"a": 1})
    count = WIDTH * HEIGHT
    assert kind == "pointcloud/pcd"
    head, found = points(cloud)
    assert head == [
        "VERSION .7", "FIELDS x y z rgb", "SIZE 4 4 4 4", "TYPE F F F I", "COUNT 1 1 1 1",
        f"WIDTH {count}", "HEIGHT 1", "VIEWPOINT 0 0 0 1 0 0 0", f"POINTS {count}"]
    assert len(set((x, y) for x, y, _, _ in found)) == count
    by_place = {(x, y): (z, rgb) for x, y, z, rgb in found}
    assert by_place[0, 0] == (0, 0xFFFF00)
    assert max(x for x, y in by_place) == pytest.approx((WIDTH - 1) / 1000)
    assert max(y for x, y in by_place) == pytest.approx((HEIGHT - 1) / 1000)


async def test_points_that_are_known(server):
    async with server.machine() as machine:
        cloud = (await Camera.from_robot(machine, "small").get_point_cloud())[0]
    found = points(cloud)[1]
    expected = [(0, 0, 0, 0xFFFF00), (0, 0.001, 0.0031875, 0xFBFB03),
                (0, 0.002, 0.006375, 0xF8F806), (0, 0.003, 0.0095625, 0xF5F509)]
    for point in expected:
        nearest = min(found, key=lambda p, to=point: abs(p[0] - to[0]) + abs(p[1] - to[1]))
        assert nearest[:3] == pytest.approx(point[:3], abs=1e-7)
        assert nearest[3] == point[3]


@pytest.mark.parametrize("mime_type", ["pointcloud/pcd", "image/jpeg", "", "nonsense"])
async def test_a_point_cloud_is_one_kind_only(server, mime_type):
    async with server.channel() as channel:
        reply = await CameraServiceStub(channel).GetPointCloud(
            GetPointCloudRequest(name="small", mime_type=mime_type))
    assert reply.mime_type == "pointcloud/pcd"


async def test_a_big_point_cloud(server):
    """14 MB in one message."""
    async with server.machine() as machine:
        cloud = (await Camera.from_robot(machine, "big").get_point_cloud())[0]
    assert len(points(cloud)[1]) == 1280 * 720


# ---- properties, body ----

@pytest.mark.parametrize("name", ["small", "animated", "big"])
async def test_properties(server, name):
    async with server.machine() as machine:
        properties = await Camera.from_robot(machine, name).get_properties()
    assert properties.supports_pcd
    assert not properties.HasField("intrinsic_parameters")
    assert not properties.HasField("distortion_parameters")
    assert not properties.mime_types and properties.frame_rate == 0


async def test_properties_of_a_lens(server):
    async with server.machine() as machine:
        properties = await Camera.from_robot(machine, "lens").get_properties()
    lens, bend = properties.intrinsic_parameters, properties.distortion_parameters
    assert (lens.width_px, lens.height_px) == (WIDTH, HEIGHT)
    assert (lens.focal_x_px, lens.focal_y_px, lens.center_x_px, lens.center_y_px) == (
        821.32642889, 821.68607359, 494.95941428, 370.70529534)
    assert bend.model == "brown_conrady"
    assert list(bend.parameters) == [
        0.11297234, -0.21375332, -0.01584774, -0.00302002, 0.19969297]


async def test_geometries(server):
    async with server.machine() as machine:
        body, = await Camera.from_robot(machine, "small").get_geometries(extra={"a": 1})
    assert body.label == "box"
    assert (body.box.dims_mm.x, body.box.dims_mm.y, body.box.dims_mm.z) == (40, 40, 10)
    center = body.center
    assert (center.x, center.y, center.z, center.o_x, center.o_y, center.o_z, center.theta) == (
        0, 0, 0, 0, 0, 1, 0)


# ---- the rest ----

async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = CameraServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="small"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        status = await stub.GetStatus(GetStatusRequest(name="small"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_type", [
    ("GetPointCloud", GetPointCloudRequest), ("GetProperties", GetPropertiesRequest),
    ("DoCommand", DoCommandRequest), ("GetStatus", GetStatusRequest),
    ("GetGeometries", GetGeometriesRequest)])
@pytest.mark.parametrize("name", ["nope", "s1", "", "a%b\n\tü"])
async def test_unknown_name(server, method, request_type, name):
    async with server.channel() as channel:
        call = getattr(CameraServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:component:camera and name {name}")


@pytest.mark.parametrize("name", ["nope", "s1", "", "a%b\n\tü"])
async def test_images_of_an_unknown_name(server, name):
    async with server.channel() as channel:
        assert await outcome(CameraServiceStub(channel).GetImages(GetImagesRequest(name=name))) == (
            "UNKNOWN", "camera server GetImages had an error getting the camera component: "
            f"no node found with api rdk:component:camera and name {name}")


@pytest.mark.parametrize("attributes", [
    {"width": 63}, {"height": 47}, {"width": 20000}, {"height": 20000}, {"width": -2},
])
async def test_a_camera_that_cannot_be(start, attributes):
    name, = attributes
    server = start({"components": [camera("c1", **attributes)]})
    async with server.channel() as channel:
        status, text = await outcome(CameraServiceStub(channel).GetProperties(
            GetPropertiesRequest(name="c1")))
    assert status == "UNKNOWN"
    assert text.startswith("resource rdk:component:camera/c1 not available; reason=")
    assert name in text
