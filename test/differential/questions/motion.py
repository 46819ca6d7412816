# SPDX-License-Identifier: Apache-2.0
from .common import NAN, every

SERVICES = [
    {"name": "second", "type": "motion", "attributes": {"num_threads": 1}},
    {"name": "threads", "type": "motion", "attributes": {"num_threads": -1}},
    {"name": "smooth", "type": "motion", "attributes": {"teleop_smooth_alpha": 1.5}},
]

BALL = {"label": "ball", "center": {"z": 1}, "sphere": {"radiusMm": 3}}
FAR = {"referenceFrame": "world", "pose": {"x": 100000, "oZ": 1}}
POINT = {"latitude": 1, "longitude": NAN}


def around(*geometries):
    return {"obstacles": [{"referenceFrame": "world", "geometries": list(geometries)}]}


MOTION = [
    *(("GetPose", fields) for fields in [
        {}, {"componentName": "arm"}, {"componentName": "nope"}, {"componentName": "world"},
        {"componentName": "arm", "destinationFrame": "cam"},
        {"componentName": "cam", "destinationFrame": "zz"},
        {"componentName": "t", "supplementalTransforms": [{"referenceFrame": "t"}]},
        {"componentName": "t", "supplementalTransforms": [
            {"referenceFrame": "t", "poseInObserverFrame": {
                "referenceFrame": "arm", "pose": {"x": 5}}}]}]),
    *(("Move", fields) for fields in [
        {}, {"destination": FAR}, {"componentName": "nope", "destination": FAR},
        {"componentName": "arm"}, {"componentName": "arm", "destination": {"pose": {"x": 1}}},
        {"componentName": "arm", "destination": {"referenceFrame": "zz", "pose": {}}},
        {"componentName": "arm", "destination": FAR, "worldState": around({})},
        {"componentName": "arm", "destination": FAR, "worldState": around(BALL, BALL)},
        {"componentName": "arm", "destination": FAR,
         "worldState": {"transforms": [{"referenceFrame": "t"}]}},
        {"componentName": "arm", "destination": FAR}]),
    *(("MoveOnMap", fields) for fields in [
        {}, {"destination": {}}, {"destination": {}, "componentName": "b"},
        {"destination": {}, "slamServiceName": "s"},
        {"destination": {}, "componentName": "b", "slamServiceName": "s"},
        {"destination": {"x": NAN}, "componentName": "b", "slamServiceName": "s",
         "obstacles": [{}]}]),
    *(("MoveOnGlobe", fields) for fields in [
        {}, {"destination": POINT}, {"destination": POINT, "componentName": "b"},
        {"destination": POINT, "movementSensorName": "s"},
        {"destination": POINT, "componentName": "b", "movementSensorName": "s"},
        {"destination": POINT, "componentName": "b", "movementSensorName": "s",
         "obstacles": [{"location": POINT, "geometries": [{}]}]}]),
    *(("GetPlan", fields) for fields in [
        {}, {"componentName": "b"}, {"componentName": "b", "executionId": ""},
        {"componentName": "b", "executionId": "01234567-89ab-cdef-0123-456789abcdef"},
        {"componentName": "b", "lastPlanOnly": True, "executionId": "x" * 36}]),
    ("StopPlan", {}), ("StopPlan", {"componentName": "b"}), ("ListPlanStatuses", {}),
    *(("DoCommand", {"command": fields}) for fields in [
        {}, {"what": 1}, {"plan": 1}, {"plan": None}, {"plan": [1]}, {"plan": {}},
        {"execute": []}, {"execute": None}, {"execute": 1}, {"execute": {}},
        {"teleop_status": 1}, {"teleop_stop": 1}, {"teleop_start": False}, {"teleop_move": 1}]),
    ("DoCommand", {}), ("GetStatus", {}),
]

REQUESTS = [
    *every("service.motion", ["builtin"], MOTION),
    *every("service.motion", ["second", "threads", "smooth", "nope", ""], [
        ("GetPose", {"componentName": "arm"}), ("ListPlanStatuses", {}), ("GetStatus", {})]),
]
