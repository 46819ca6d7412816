# SPDX-License-Identifier: Apache-2.0
"""The vision API over the wire, on the fake and its camera."""
import struct
import zlib

import pytest
from viam.components.camera import Camera
from viam.media.video import CameraMimeType
from viam.proto.common import DoCommandRequest, GetStatusRequest
from viam.proto.service.vision import (CaptureAllFromCameraRequest,
                                       GetClassificationsFromCameraRequest,
                                       GetClassificationsRequest, GetDetectionsFromCameraRequest,
                                       GetDetectionsRequest, GetObjectPointCloudsRequest,
                                       GetPropertiesRequest, VisionServiceStub)
from viam.services.vision import VisionClient

from harness import outcome

WIDTH, HEIGHT = 64, 48


def camera(name):
    return {"name": name, "api": "rdk:component:camera", "model": "fake",
            "attributes": {"width": WIDTH, "height": HEIGHT}}


CONFIG = {
    "components": [camera("fake_camera"), camera("other")],
    "services": [
        {"name": "eye", "api": "rdk:service:vision", "model": "fake"},
        {"name": "legacy", "type": "vision", "model": "rdk:builtin:fake"},
        {"name": "spelled", "namespace": "rdk", "type": "vision",
         "model": {"namespace": "rdk", "model_family": "builtin", "name": "fake"}},
        {"api": "rdk:service:vision", "model": "fake"},
    ],
}

RGBA = b"RGBA" + struct.pack(">II", 10, 6) + bytes(240)
DEPTH = b"DEPTHMAP" + struct.pack(">QQ", 10, 6) + bytes(120)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 6, 8, 0, 0, 0, 0))
       + chunk(b"IDAT", zlib.compress(bytes(11 * 6))) + chunk(b"IEND", b""))


def box(detection):
    return detection.x_min, detection.y_min, detection.x_max, detection.y_max


def normalized(detection):
    return (detection.x_min_normalized, detection.y_min_normalized, detection.x_max_normalized,
            detection.y_max_normalized)


# ---- the SDK's client, every method ----

@pytest.mark.parametrize("name", ["eye", "legacy", "spelled", "builtin"])
async def test_detections_from_camera(server, name):
    async with server.machine() as machine:
        vision = VisionClient.from_robot(machine, name)
        found, = await vision.get_detections_from_camera("other")
    assert box(found) == (WIDTH // 4, HEIGHT // 4, 3 * WIDTH // 4, 3 * HEIGHT // 4)
    assert normalized(found) == (0.25, 0.25, 0.75, 0.75)
    assert (found.class_name, found.confidence) == ("a_detection", 0.92)


async def test_detections(server):
    async with server.machine() as machine:
        vision = VisionClient.from_robot(machine, "eye")
        image = (await Camera.from_robot(machine, "other").get_images())[0][0]
        found, = await vision.get_detections(image)
    assert box(found) == (WIDTH // 4, HEIGHT // 4, 3 * WIDTH // 4, 3 * HEIGHT // 4)


@pytest.mark.parametrize("count", [-1, 0, 1, 2])
async def test_classifications(server, count):
    async with server.machine() as machine:
        vision = VisionClient.from_robot(machine, "eye")
        image = (await Camera.from_robot(machine, "other").get_images())[0][0]
        on_image = await vision.get_classifications(image, count)
        on_camera = await vision.get_classifications_from_camera("other", count)
    for found, in (on_image, on_camera):
        assert (found.class_name, found.confidence) == ("a_classification", 0.85)


async def test_properties(server):
    async with server.machine() as machine:
        properties = await VisionClient.from_robot(machine, "eye").get_properties()
    assert properties.classifications_supported and properties.detections_supported
    assert not properties.object_point_clouds_supported


async def test_capture_all(server):
    async with server.machine() as machine:
        vision = VisionClient.from_robot(machine, "eye")
        found = await vision.capture_all_from_camera(
            "other", return_image=True, return_classifications=True, return_detections=True,
            return_object_point_clouds=True)
        image = (await Camera.from_robot(machine, "other").get_images())[0][0]
    assert found.image.data == image.data and found.image.mime_type == CameraMimeType.JPEG
    assert [it.class_name for it in found.detections] == ["a_detection"]
    assert [it.class_name for it in found.classifications] == ["a_classification"]
    assert not found.objects


# ---- what is asked for ----

@pytest.mark.parametrize("wish", [
    "return_image", "return_classifications", "return_detections", "return_object_point_clouds",
    None,
])
async def test_capture_all_answers_what_is_asked_for(server, wish):
    wishes = {wish: True} if wish else {}
    async with server.channel() as channel:
        found = await VisionServiceStub(channel).CaptureAllFromCamera(
            CaptureAllFromCameraRequest(name="eye", camera_name="other", **wishes))
    assert found.HasField("image") and found.HasField("extra")
    assert bool(found.image.image) == (wish == "return_image")
    assert found.image.source_name == ("other" if wish == "return_image" else "")
    assert bool(found.detections) == (wish == "return_detections")
    assert bool(found.classifications) == (wish == "return_classifications")
    assert not found.objects


async def test_default_camera(server):
    async with server.channel() as channel:
        stub = VisionServiceStub(channel)
        found, = (await stub.GetDetectionsFromCamera(
            GetDetectionsFromCameraRequest(name="eye"))).detections
        assert found.x_max == 3 * WIDTH // 4
        all_ = await stub.CaptureAllFromCamera(
            CaptureAllFromCameraRequest(name="eye", return_image=True))
        assert all_.image.image and not all_.image.source_name


@pytest.mark.parametrize("name", ["nope", "eye", "a%b\n\tü"])
async def test_unknown_camera(server, name):
    expected = ("UNKNOWN", f"could not find camera named {name}: "
                f"no node found with api rdk:component:camera and name {name}")
    async with server.channel() as channel:
        stub = VisionServiceStub(channel)
        for call, request_type in [
                (stub.GetDetectionsFromCamera, GetDetectionsFromCameraRequest),
                (stub.GetClassificationsFromCamera, GetClassificationsFromCameraRequest),
                (stub.CaptureAllFromCamera, CaptureAllFromCameraRequest)]:
            assert await outcome(call(request_type(name="eye", camera_name=name))) == expected


async def test_no_3d_segmenter(server):
    async with server.channel() as channel:
        assert await outcome(VisionServiceStub(channel).GetObjectPointClouds(
            GetObjectPointCloudsRequest(name="eye", camera_name="nope"))) == (
                "UNKNOWN",
                'vision model "rdk:service:vision/eye" does not implement a 3D segmenter')


# ---- images ----

@pytest.mark.parametrize("image", [RGBA, DEPTH, PNG], ids=["RGBA", "DEPTH", "PNG"])
@pytest.mark.parametrize("claimed", [(10, 6), (0, 0), (-3, 1 << 40)])
async def test_the_bytes_tell_the_size(server, image, claimed):
    async with server.channel() as channel:
        found, = (await VisionServiceStub(channel).GetDetections(GetDetectionsRequest(
            name="eye", image=image, width=claimed[0], height=claimed[1]))).detections
    assert box(found) == (2, 1, 7, 4)


@pytest.mark.parametrize("image, kind", [
    (RGBA, "vnd.viam.rgba"), (DEPTH, "vnd.viam.dep"), (PNG, "png")], ids=["RGBA", "DEPTH", "PNG"])
@pytest.mark.parametrize("claimed", [
    "image/jpeg", "image/png", "image/qoi", "image/vnd.viam.rgba", "image/vnd.viam.dep",
    "nonsense"])
async def test_the_bytes_must_be_what_they_are_called(server, image, kind, claimed):
    async with server.channel() as channel:
        answer = await outcome(VisionServiceStub(channel).GetDetections(
            GetDetectionsRequest(name="eye", image=image, mime_type=claimed)))
    if claimed == f"image/{kind}":
        assert answer[0] == "OK"
    else:
        assert answer == ("UNKNOWN", "mime_type does not match the image bytes: "
                          f"expected {claimed}, got {kind}")


@pytest.mark.parametrize("image, mime_type, text", [
    (b"", "image/jpeg", "must provide image bytes to construct a named image from bytes"),
    (b"abc", "image/jpeg", "could not decode image config: image: unknown format"),
    (b"abc", "", "mime type not provided and could not infer mime type from bytes: "
     "image: unknown format"),
    (PNG[:20], "image/png", "could not decode image config: unexpected EOF"),
    (RGBA[:9], "image/png", "could not decode image config: unexpected EOF"),
    (DEPTH[:20], "", "mime type not provided and could not infer mime type from bytes: "
     "unexpected EOF"),
    (b"\xff\xd8", "image/jpeg", "could not decode image config: unexpected EOF"),
    (b"\xff\xd8\xff\xe0\0\4ab\xff\xd9", "image/jpeg",
     "could not decode image config: invalid JPEG format: missing SOS marker"),
])
async def test_what_is_no_image(server, image, mime_type, text):
    async with server.channel() as channel:
        stub = VisionServiceStub(channel)
        assert await outcome(stub.GetDetections(GetDetectionsRequest(
            name="eye", image=image, mime_type=mime_type))) == ("UNKNOWN", text)
        assert await outcome(stub.GetClassifications(GetClassificationsRequest(
            name="eye", image=image, mime_type=mime_type))) == ("UNKNOWN", text)


@pytest.mark.differs("the real server takes any size that a header claims, or panics")
@pytest.mark.parametrize("image", [
    b"RGBA" + b"\xff" * 8, b"DEPTHMAP" + b"\x01" * 16, b"DEPTHMAP" + b"\xff" * 16])
async def test_absurd_sizes(server, image):
    async with server.channel() as channel:
        status, text = await outcome(VisionServiceStub(channel).GetDetections(
            GetDetectionsRequest(name="eye", image=image)))
    assert status == "UNKNOWN" and "too large" in text


# ---- the rest ----

async def test_no_camera_at_all(start):
    server = start({"services": [{"name": "eye", "api": "rdk:service:vision", "model": "fake"}]})
    async with server.channel() as channel:
        assert await outcome(VisionServiceStub(channel).GetDetectionsFromCamera(
            GetDetectionsFromCameraRequest(name="eye"))) == (
                "UNKNOWN", "could not find camera named fake_camera: "
                "no node found with api rdk:component:camera and name fake_camera")


async def test_a_camera_that_is_not_there_yet(start):
    server = start({
        "components": [{"name": "c", "api": "rdk:component:camera", "model": "acme:a:b"}],
        "services": [{"name": "eye", "api": "rdk:service:vision", "model": "fake"}]})
    async with server.channel() as channel:
        status, text = await outcome(VisionServiceStub(channel).GetDetectionsFromCamera(
            GetDetectionsFromCameraRequest(name="eye", camera_name="c")))
    assert status == "UNKNOWN" and text.startswith(
        "could not find camera named c: resource rdk:component:camera/c not available; reason=")


async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = VisionServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="eye"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        status = await stub.GetStatus(GetStatusRequest(name="eye"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_type", [
    ("GetDetections", GetDetectionsRequest), ("GetClassifications", GetClassificationsRequest),
    ("GetDetectionsFromCamera", GetDetectionsFromCameraRequest),
    ("GetClassificationsFromCamera", GetClassificationsFromCameraRequest),
    ("GetObjectPointClouds", GetObjectPointCloudsRequest), ("GetProperties", GetPropertiesRequest),
    ("CaptureAllFromCamera", CaptureAllFromCameraRequest), ("DoCommand", DoCommandRequest),
    ("GetStatus", GetStatusRequest)])
@pytest.mark.parametrize("name", ["nope", "fake_camera", ""])
async def test_unknown_name(server, method, request_type, name):
    async with server.channel() as channel:
        call = getattr(VisionServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:service:vision and name {name}")
