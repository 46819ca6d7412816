# SPDX-License-Identifier: Apache-2.0
import base64
import struct

from .common import every

COMPONENTS = [
    {"name": "fake_camera", "api": "rdk:component:camera", "model": "fake",
     "attributes": {"width": 64, "height": 48}},
]

SERVICES = [
    {"name": "eye", "api": "rdk:service:vision", "model": "fake"},
    {"name": "eye2", "type": "vision", "model": "rdk:builtin:fake"},
    {"name": "blind", "api": "rdk:service:vision"},
]


def image(*parts):
    return base64.b64encode(b"".join(parts)).decode()


RGBA = image(b"RGBA", struct.pack(">II", 10, 6), bytes(240))
DEPTH = image(b"DEPTHMAP", struct.pack(">QQ", 10, 6), bytes(120))
QOI = image(b"qoif", struct.pack(">II", 10, 6), b"\4\0\xfd\0", bytes(7), b"\1")
CUT = image(b"RGBA", struct.pack(">I", 10))
JPEG = image(b"\xff\xd8\xff\xe0\0\4ab\xff\xd9")

ON_IMAGE = [
    {}, {"image": RGBA}, {"image": DEPTH}, {"image": QOI, "mimeType": "image/qoi"},
    {"image": QOI, "mimeType": "image/png"}, {"image": CUT}, {"image": JPEG},
    {"image": CUT, "mimeType": "image/vnd.viam.rgba"}, {"image": RGBA, "mimeType": "nonsense"},
    {"image": RGBA, "mimeType": "image/vnd.viam.rgba+lazy"}, {"image": image(b"nothing")},
    {"image": image(b"RGBA", bytes(8))},
]
ON_CAMERA = [{}, {"cameraName": "cam"}, {"cameraName": "nope"}, {"cameraName": "eye"},
             {"cameraName": "fake_camera", "extra": {"a": 1}}]
WISHES = [{}, {"returnDetections": True, "returnClassifications": True},
          {"returnObjectPointClouds": True}, {"returnImage": True}]

EYE = [
    ("GetProperties", {}),
    *(("GetDetections", fields) for fields in ON_IMAGE),
    *(("GetClassifications", {**fields, "n": n}) for fields in ON_IMAGE[1:4] for n in (-1, 0, 2)),
    *(("GetDetectionsFromCamera", fields) for fields in ON_CAMERA),
    *(("GetClassificationsFromCamera", fields) for fields in ON_CAMERA),
    *(("GetObjectPointClouds", fields) for fields in ON_CAMERA),
    *(("CaptureAllFromCamera", {**fields, **wish}) for fields in ON_CAMERA for wish in WISHES),
    ("GetDetections3D", {}), ("DoCommand", {}), ("GetStatus", {}),
]

REQUESTS = [
    *every("service.vision", ["eye"], EYE),
    *every("service.vision", ["eye2", "blind", "nope", ""], [
        ("GetProperties", {}), ("GetDetectionsFromCamera", {"cameraName": "cam"}),
        ("CaptureAllFromCamera", {}), ("DoCommand", {}), ("GetStatus", {})]),
]
