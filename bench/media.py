# SPDX-License-Identifier: Apache-2.0
"""Figures of pictures and point clouds at 1280x720, one client that asks again and again."""
import measure
import scale

CAMERA = "/viam.component.camera.v1.CameraService/"
SHAPE = "1280x720, 1 conn x 1"

ROTATE = {"type": "rotate", "attributes": {"angle_degs": 180}}
RESIZE = {"type": "resize", "attributes": {"width_px": 640, "height_px": 360}}


def transform(name, *pipeline):
    return {"name": name, "api": "rdk:component:camera", "model": "transform",
            "attributes": {"source": "still", "pipeline": list(pipeline)}}


COMPONENTS = [
    scale.fake("camera", "still"),
    scale.fake("camera", "moving", attributes={"animated": True}),
    transform("rotated", ROTATE), transform("resized", RESIZE), transform("both", ROTATE, RESIZE),
]

# key, camera, method, what
LOADS = [
    ("still", "still", "GetImages", "camera GetImages, fake: encode JPEG"),
    ("moving", "moving", "GetImages", "camera GetImages, fake, animated: draw, encode"),
    ("rotated", "rotated", "GetImages", "camera GetImages, transform of the fake: rotate"),
    ("resized", "resized", "GetImages", "camera GetImages, transform of the fake: resize to 640x360"),
    ("both", "both", "GetImages", "camera GetImages, transform of the fake: rotate, resize"),
    ("points", "still", "GetPointCloud", "camera GetPointCloud, fake: 921,600 points"),
]

# as in bench/run
ROWS = [(f"{figure} {key}", f"{title}, {what}", SHAPE, "ms", None)
        for key, _, _, what in LOADS
        for figure, title in (("cpu", "CPU per call"), ("mean", "mean latency"),
                              ("p99", "p99 latency"))]


def figures(program, options):
    """One round: {row's key: figure}."""
    found = {}
    with scale.Machine(program, COMPONENTS) as machine:
        for key, camera, method, _ in LOADS:
            machine.calls[key] = (CAMERA + method, measure.name_is(camera))
            machine.load(key, "--calls", 3)
            values = measure.under_load(machine, key, 1, 1, options.seconds)
            for figure, value in zip(("cpu", "mean", "p99"), values):
                found[f"{figure} {key}"] = value / 1e3
    return found
