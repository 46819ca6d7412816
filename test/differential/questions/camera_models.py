# SPDX-License-Identifier: Apache-2.0
from .common import every


def camera(name, model, **attributes):
    return {"name": name, "api": "rdk:component:camera", "model": model, "attributes": attributes}


COMPONENTS = [
    camera("pizza", "image_file", preloaded_image="pizza"), camera("no-file", "image_file"),
    camera("gone", "image_file", color_image_file_path="/nonexistent/x.png"),
    camera("turned", "transform", source="cam", pipeline=[{"type": "rotate"}]),
    camera("cut", "transform", source="cam", pipeline=[
        {"type": "crop", "attributes": {"x_min_px": 100, "y_min_px": 50, "x_max_px": 300,
                                        "y_max_px": 200}}]),
    camera("stepless", "transform", source="cam", pipeline=[]),
]

REQUESTS = every("camera", ["pizza", "no-file", "gone", "turned", "cut", "stepless"], [
    ("GetProperties", {}), ("GetGeometries", {}), ("GetImages", {"filterSourceNames": ["color"]}),
    ("GetImages", {"filterSourceNames": ["nope"]}), ("GetPointCloud", {})])
