# SPDX-License-Identifier: Apache-2.0
"""Cameras that show files, and cameras that change what others show."""
import pathlib
import struct
import tempfile

import pytest
from PIL import Image
from viam.components.camera import Camera
from viam.media.utils.pil import viam_to_pil_image
from viam.proto.component.camera import (CameraServiceStub, GetImagesRequest,
                                         GetPointCloudRequest)

from harness import outcome, statuses

FILES = pathlib.Path(tempfile.mkdtemp(prefix="sinew-pictures-"))
WIDTH, HEIGHT = 40, 20
LENS = {"width_px": WIDTH, "height_px": HEIGHT, "fx": 100, "fy": 100, "ppx": 20, "ppy": 10}
DISTANCES = [x * 10 + y for y in range(HEIGHT) for x in range(WIDTH)]


def color_of(x, y):
    return (x * 6, y * 12, 100)


def write_files():
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    for x in range(WIDTH):
        for y in range(HEIGHT):
            picture.putpixel((x, y), color_of(x, y))
    picture.save(FILES / "color.png")
    picture.save(FILES / "color.jpg", quality=95)
    (FILES / "cut.jpg").write_bytes((FILES / "color.jpg").read_bytes()[:100])
    Image.new("L", (6000, 4000)).save(FILES / "large.jpg")
    depth = Image.new("I;16", (WIDTH, HEIGHT))
    depth.putdata(DISTANCES)
    depth.save(FILES / "depth.png")
    Image.new("I;16", (WIDTH, HEIGHT)).save(FILES / "none.png")
    (FILES / "depth.dep").write_bytes(
        b"DEPTHMAP" + struct.pack(">QQ", WIDTH, HEIGHT) + struct.pack(">800H", *DISTANCES))
    (FILES / "two.pcd").write_text(
        "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\nHEIGHT 1\n"
        "VIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\nDATA ascii\n0.001 0.002 0.003\n1 2 3\n")


write_files()


def camera(name, model, **attributes):
    return {"name": name, "api": "rdk:component:camera", "model": model, "attributes": attributes}


def files(name, lens=False, **paths):
    attributes = {f"{kind}_file_path": str(FILES / path) for kind, path in paths.items()}
    if lens:
        attributes["intrinsic_parameters"] = LENS if lens is True else lens
    return camera(name, "image_file", **attributes)


def changed(name, *steps, source="color"):
    return camera(name, "transform", source=source,
                  pipeline=[{"type": kind, "attributes": attributes} for kind, attributes in steps])


CONFIG = {"components": [
    files("color", color_image="color.png"), files("jpeg", color_image="color.jpg"),
    files("depth", lens=True, depth_image="depth.png"), files("raw", depth_image="depth.dep"),
    files("both", lens=True, color_image="color.png", depth_image="depth.png"),
    files("cloud", pointcloud="two.pcd"), files("missing", color_image="nope.png"),
    files("cut", color_image="cut.jpg"), files("large", color_image="large.jpg"),
    files("blurred", lens={**LENS, "fy": 0}, depth_image="depth.png"),
    files("wrong", color_image="two.pcd"), files("flat", depth_image="color.jpg"),
    camera("nothing", "image_file"), camera("pizza", "image_file", preloaded_image="pizza"),
    camera("cat", "image_file", preloaded_image="cat"),
    changed("half-turn", ("rotate", {})), changed("quarter", ("rotate", {"angle_degs": 90})),
    changed("tilted", ("rotate", {"angle_degs": 30})),
    changed("small", ("resize", {"width_px": 10, "height_px": 5})),
    changed("part", ("crop", {"x_min_px": 10, "y_min_px": 5, "x_max_px": 30, "y_max_px": 25})),
    changed("middle", ("crop", {"x_min_px": 0.25, "y_min_px": 0.25, "x_max_px": 0.75,
                                "y_max_px": 0.5})),
    changed("framed", ("crop", {"x_min_px": 10, "y_min_px": 5, "x_max_px": 30, "y_max_px": 15,
                                "overlay_crop_box": True})),
    changed("outside", ("crop", {"x_min_px": 100, "y_min_px": 50, "x_max_px": 300,
                                 "y_max_px": 200})),
    changed("twice", ("rotate", {"angle_degs": 90}), ("resize", {"width_px": 8, "height_px": 8})),
    changed("far", ("rotate", {"angle_degs": 90}), source="depth"),
    changed("far-small", ("rotate", {}), ("resize", {"width_px": 4, "height_px": 4}),
            source="depth"),
    changed("same", ("", {}), source="depth"), changed("same-color", ("", {}), ("", {})),
    changed("lens-quarter", ("rotate", {"angle_degs": 90}), source="lens"),
    files("lens", lens=True, color_image="color.png"), files("other-file", pointcloud="color.png"),
    files("dull", lens=True, color_image="color.png", depth_image="none.png"),
    changed("chain", ("rotate", {"angle_degs": 90}), source="quarter"),
    changed("seen", ("detections", {"detector_name": "eye", "confidence_threshold": 0.5}),
            source="pizza"),
    changed("unsure", ("detections", {"detector_name": "eye", "confidence_threshold": 0.99}),
            source="pizza"),
    changed("other", ("detections", {"detector_name": "eye", "valid_labels": ["zebra"]}),
            source="pizza"),
    changed("named", ("classifications", {"classifier_name": "eye"}), source="pizza"),
    changed("blind", ("detections", {"detector_name": "nobody"})),
    changed("empty"), changed("odd", ("identity", {})), changed("flat-resize", ("resize", {})),
    changed("thin", ("crop", {"x_min_px": 5, "x_max_px": 3, "y_max_px": 9})),
    changed("negative", ("crop", {"x_min_px": -5, "x_max_px": 3, "y_max_px": 9})),
    changed("typed", ("rotate", {"angle_degs": "x"})),
], "services": [{"name": "eye", "api": "rdk:service:vision", "model": "fake"}]}


async def pictures(machine, name, *sources):
    """{source: PIL image or raw bytes}"""
    images, _ = await Camera.from_robot(machine, name).get_images(
        filter_source_names=list(sources) or None)
    return {image.name: image for image in images}


async def picture(machine, name):
    images = await pictures(machine, name)
    image, = images.values()
    return viam_to_pil_image(image).convert("RGB")


def close(a, b, by=40):
    return all(abs(x - y) <= by for x, y in zip(a, b))


@pytest.mark.parametrize("name", ["color", "jpeg"])
async def test_shows_a_file(server, name):
    async with server.machine() as machine:
        assert list(await pictures(machine, name)) == ["color"]
        shown = await picture(machine, name)
    assert shown.size == (WIDTH, HEIGHT)
    for x, y in ((2, 2), (37, 2), (2, 17), (37, 17)):
        assert close(shown.getpixel((x, y)), color_of(x, y))


async def test_a_jpeg_of_any_size_passes(server):
    async with server.machine() as machine:
        image, = (await pictures(machine, "large")).values()
    assert viam_to_pil_image(image).size == (6000, 4000)


@pytest.mark.parametrize("name", ["depth", "raw"])
async def test_shows_distances(server, name):
    async with server.machine() as machine:
        images = await pictures(machine, name)
        assert images["depth"].mime_type == "image/vnd.viam.dep"
        rows = images["depth"].bytes_to_depth_array()
    assert [distance for row in rows for distance in row] == DISTANCES


async def test_sources(server):
    async with server.machine() as machine:
        assert list(await pictures(machine, "both")) == ["color", "depth"]
        assert list(await pictures(machine, "both", "depth")) == ["depth"]
        assert list(await pictures(machine, "color", "depth")) == []
        assert list(await pictures(machine, "pizza")) == ["preloaded"]


async def test_files_are_read_each_time(start, tmp_path):
    path = tmp_path / "now.png"
    server = start({"components": [camera("now", "image_file",
                                          color_image_file_path=str(path))]})
    async with server.machine() as machine:
        for color in ((255, 0, 0), (0, 0, 255)):
            Image.new("RGB", (16, 16), color).save(path)
            assert close((await picture(machine, "now")).getpixel((8, 8)), color)


def points_of(data):
    head, body = data.split(b"DATA binary\n")
    fields = head.split(b"FIELDS ")[1].split(b"\n")[0].split()
    return [struct.unpack_from("<" + "f" * 3 + "I" * (len(fields) - 3), body, i)
            for i in range(0, len(body), 4 * len(fields))]


async def test_distances_become_a_cloud(server):
    async with server.machine() as machine:
        data, mime_type = await Camera.from_robot(machine, "depth").get_point_cloud()
    assert mime_type == "pointcloud/pcd"
    points = points_of(data)
    assert len(points) == sum(1 for distance in DISTANCES if distance)
    expected = {((x - 20) / 100 * (x * 10 + y) / 1000, (y - 10) / 100 * (x * 10 + y) / 1000,
                 (x * 10 + y) / 1000) for x in range(WIDTH) for y in range(HEIGHT) if x * 10 + y}
    assert sorted(tuple(round(v, 5) for v in point) for point in points) == sorted(
        tuple(round(v, 5) for v in point) for point in expected)


async def test_a_cloud_in_colour(server):
    async with server.machine() as machine:
        data, _ = await Camera.from_robot(machine, "both").get_point_cloud()
    points = points_of(data)
    assert len(points) == WIDTH * HEIGHT
    assert {point[3] for point in points} == {
        r << 16 | g << 8 | b for r, g, b in (color_of(x, y) for x in range(WIDTH)
                                             for y in range(HEIGHT))}


async def test_what_has_no_distance_is_one_point(server):
    async with server.machine() as machine:
        data, _ = await Camera.from_robot(machine, "dull").get_point_cloud()
    (x, y, z, color), = points_of(data)
    r, g, b = color_of(WIDTH - 1, HEIGHT - 1)
    assert (x, y, z, color) == (0, 0, 0, r << 16 | g << 8 | b)


@pytest.mark.differs("there it is a matter of chance how much is left")
async def test_what_a_lens_puts_out_of_range_is_in_no_cloud(server):
    """One without a height has no place for anything but the row on its axis."""
    async with server.machine() as machine:
        data, _ = await Camera.from_robot(machine, "blurred").get_point_cloud()
    assert len(points_of(data)) == WIDTH


async def test_clouds_of_changed_distances(server):
    """By the source's lens."""
    async with server.machine() as machine:
        same, _ = await Camera.from_robot(machine, "same").get_point_cloud()
        assert same == (await Camera.from_robot(machine, "depth").get_point_cloud())[0]
        data, mime_type = await Camera.from_robot(machine, "far").get_point_cloud()
    assert mime_type == "pointcloud/pcd"
    expected = {((HEIGHT - 1 - y - 20) / 100 * (x * 10 + y) / 1000,
                 (x - 10) / 100 * (x * 10 + y) / 1000, (x * 10 + y) / 1000)
                for x in range(WIDTH) for y in range(HEIGHT) if x * 10 + y}
    assert sorted(tuple(round(v, 5) for v in point) for point in points_of(data)) == sorted(
        tuple(round(v, 5) for v in point) for point in expected)


async def test_a_cloud_from_a_file(server):
    async with server.machine() as machine:
        data, _ = await Camera.from_robot(machine, "cloud").get_point_cloud()
    assert [tuple(round(v, 6) for v in point) for point in points_of(data)] == [
        (0.001, 0.002, 0.003), (1, 2, 3)]


@pytest.mark.parametrize("name, size, corners", [
    ("half-turn", (40, 20), {(0, 0): (39, 19), (39, 0): (0, 19)}),
    ("quarter", (20, 40), {(0, 0): (0, 19), (19, 0): (0, 0), (19, 39): (39, 0)}),
    ("part", (20, 15), {(0, 0): (10, 5), (19, 14): (29, 19)}),
    ("middle", (20, 5), {(0, 0): (10, 5), (19, 4): (29, 9)}),
    ("chain", (40, 20), {(0, 0): (39, 19)}),
])
async def test_changes(server, name, size, corners):
    async with server.machine() as machine:
        shown = await picture(machine, name)
    assert shown.size == size
    for at, source in corners.items():
        assert close(shown.getpixel(at), color_of(*source)), at


@pytest.mark.parametrize("name, size", [
    ("tilted", (45, 37)), ("small", (10, 5)), ("framed", (40, 20)), ("twice", (8, 8)),
    ("far", (20, 40))])
async def test_sizes(server, name, size):
    async with server.machine() as machine:
        assert (await picture(machine, name)).size == size


async def test_what_a_service_sees_is_drawn(server):
    async with server.machine() as machine:
        plain, seen = await picture(machine, "pizza"), await picture(machine, "seen")
        assert (await picture(machine, "unsure")).tobytes() == (
            await picture(machine, "other")).tobytes()
        # the fake sees something in the middle half; its frame is red
        edge = (plain.width // 4 + 40, plain.height // 4)
        assert seen.getpixel(edge)[0] > 180 and seen.getpixel(edge)[1] < 120
        assert (await picture(machine, "named")).size == plain.size


@pytest.mark.parametrize("name, text", [
    ("missing", f"open {FILES}/nope.png: no such file or directory"),
    ("wrong", "image: unknown format"),
    ("cut", "unexpected EOF"),
    ("flat", "don't know how to make DepthMap from *image.YCbCr"),
    ("nothing", "no image files to read, so not implemented"),
    ("outside", "videoSource: call to get Images failed: could not get images from camera: "
     "videoSource: call to get Images failed: crop transform cropped image to 0 pixels"),
    ("blind", "videoSource: call to get Images failed: could not get images from camera: "
     "videoSource: call to get Images failed: source_detector cant find vision service: no node "
     "found with api rdk:service:vision and name nobody")])
async def test_what_cannot_be_shown(server, name, text):
    async with server.channel() as channel:
        assert await outcome(CameraServiceStub(channel).GetImages(GetImagesRequest(name=name))) == (
            "UNKNOWN", f"camera server GetImages could not call Images on the camera: {text}")


async def test_unknown_source(server):
    async with server.channel() as channel:
        request = GetImagesRequest(name="both", filter_source_names=["infrared"])
        assert await outcome(CameraServiceStub(channel).GetImages(request)) == (
            "UNKNOWN", "camera server GetImages could not call Images on the camera: "
            "invalid source name: infrared")


NO_LENS = "camera intrinsics not found in config: camera intrinsic parameters are not available"
NO_CHANGED_CLOUD = ("function NextPointCloud not defined for last videosource in transform "
                    "pipeline: ")
NO_CHANGED_LENS = ("cannot do a projection to a point cloud: camera intrinsic parameters are not "
                   "available")


@pytest.mark.parametrize("name, text", [
    ("color", NO_LENS),
    ("other-file", f'do not know how to read file "{FILES / "color.png"}"'),
    ("quarter", NO_CHANGED_CLOUD + NO_CHANGED_LENS),
    ("far-small", NO_CHANGED_CLOUD + NO_CHANGED_LENS),
    ("same-color", NO_CHANGED_CLOUD + NO_LENS),
    ("lens-quarter", NO_CHANGED_CLOUD + "cannot project to a point cloud: don't know how to make "
     "DepthMap from *image.NRGBA")])
async def test_no_cloud(server, name, text):
    async with server.channel() as channel:
        request = GetPointCloudRequest(name=name, mime_type="pointcloud/pcd")
        assert await outcome(CameraServiceStub(channel).GetPointCloud(request)) == (
            "UNKNOWN", text)


@pytest.mark.parametrize("name, text", [
    ("cat", "config validation error: preloaded_image must be one of: pizza, dog, crowd. Got: cat"),
    ("empty", "build error: pipeline has no transforms in it"),
    ("odd", 'build error: do not  know camera transform of type "identity"'),
    ("flat-resize", "build error: new width for resize transform cannot be 0"),
    ("thin", "build error: cannot crop image to 0 width (x_min is >= x_max)"),
    ("negative", "build error: cannot set x_min or y_min to a negative number"),
    ("typed", "build error: cannot parse rotate attribute map: decoding failed due to the "
     "following error(s): 'angle_degs' expected type 'float64', got unconvertible type 'string'")])
async def test_what_cannot_be_built(server, name, text):
    assert (await statuses(server))[name].error == f"resource {text}"


@pytest.mark.differs("it works for a minute and takes a gigabyte")
async def test_a_picture_too_large(start):
    server = start({"components": [
        files("color", color_image="color.png"),
        changed("huge", ("resize", {"width_px": 50000, "height_px": 50000}))]})
    async with server.channel() as channel:
        code, text = await outcome(
            CameraServiceStub(channel).GetImages(GetImagesRequest(name="huge")))
    assert code == "UNKNOWN"
    assert "50000 x 50000 pixels; allowed:" in text
    assert server.program.is_sanitized or server.rss_kb() < 500 << 10
