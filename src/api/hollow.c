/* SPDX-License-Identifier: Apache-2.0
 *
 * Responses that say nothing where they must say something. A module's response passes through
 * undecoded, so what the reference's typed way through would find in it isn't found; but that one
 * is empty shows without decoding. Texts are upstream's.
 */
#include "api/api.h"

static const struct {
    const char *path, *text; /* "%s": the resource's name */
} hollow[] = {
    {"/viam.component.arm.v1.ArmService/GetJointPositions", "jointPositions cannot be nil"},
    {"/viam.component.inputcontroller.v1.InputControllerService/GetControls",
     "input controller component %s Controls should not return nil controls"},
    {"/viam.component.inputcontroller.v1.InputControllerService/GetEvents",
     "input controller component %s Events should not return nil events"},
    {"/viam.component.powersensor.v1.PowerSensorService/GetReadings",
     "power-sensor component %s Readings should not return nil readings"},
    {"/viam.component.sensor.v1.SensorService/GetReadings",
     "sensor component %s Readings should not return nil readings"},
    {"/viam.service.mlmodel.v1.MLModelService/Infer", "protobuf FlatTensors is nil"},
    {"/viam.service.motion.v1.MotionService/GetPlan", "received nil *pb.PlanWithStatus"},
    {"/viam.service.navigation.v1.NavigationService/GetProperties", "map type unspecified"},
    {"/viam.service.slam.v1.SLAMService/GetProperties", "mapping mode unspecified"},
    {"/viam.service.worldstatestore.v1.WorldStateStoreService/GetTransform",
     "world state store service returned a nil response"},
    {"/viam.service.worldstatestore.v1.WorldStateStoreService/ListUUIDs",
     "world state store service returned a nil response"},
};
enum { HOLLOW_COUNT = sizeof(hollow) / sizeof(hollow[0]) };

const char *sn_api_hollow(const struct sn_method *method)
{
    for (size_t i = 0; i < HOLLOW_COUNT; i++)
        if (sn_str_is(method->path, hollow[i].path))
            return hollow[i].text;
    return NULL;
}

const char *sn_api_hollow_path(size_t index)
{
    return index < HOLLOW_COUNT ? hollow[index].path : NULL;
}
