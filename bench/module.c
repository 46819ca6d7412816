/* SPDX-License-Identifier: Apache-2.0
 *
 * The module that bench/modules.py runs under both servers: a sensor, and a camera whose picture is
 * 1 MiB of nothing in particular.
 */
#include "sinew/module.h"
#include "sinew/api/camera.h"
#include "sinew/api/sensor.h"
#include "sinew/struct.h"

static const char picture[1 << 20];

static int readings(struct sn_call *call, struct sn_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *ret)
{
    static const char *const names[] = {"a", "b", "c"};
    int code = 0;

    for (int i = 0; i < 3 && !code; i++)
        code = sn_pb_struct_add(ret, sn_str_of(names[i]), sn_pb_number(i + 1), call->arena);
    return code;
}

static int images(struct sn_call *call, struct sn_camera *camera, const struct sn_str *sources,
                  size_t count, const struct pb_google_struct *extra,
                  struct pb_camera_get_images_response *ret)
{
    return sn_camera_add_image(call, ret, SN_STR("color"), SN_STR("image/jpeg"),
                               (struct sn_str){picture, sizeof(picture)}, call->env->unix_ns());
}

static int point_cloud(struct sn_call *call, struct sn_camera *camera, struct sn_str mime_type,
                       const struct pb_google_struct *extra,
                       struct pb_camera_get_point_cloud_response *ret)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "it has no point cloud");
}

/* Nothing is known of the lens. */
static int properties(struct sn_call *call, struct sn_camera *camera,
                      struct pb_camera_get_properties_response *ret)
{
    return 0;
}

static const struct sn_sensor_ops sensor_ops = {.readings = readings};
static const struct sn_camera_ops camera_ops = {
    .images = images, .point_cloud = point_cloud, .properties = properties};

static const struct sn_driver sensor = {.api = SN_API_SENSOR,
                                        .model = "sinew:bench:module",
                                        .size = sizeof(struct sn_sensor),
                                        .ops = &sensor_ops};
static const struct sn_driver camera = {.api = SN_API_CAMERA,
                                        .model = "sinew:bench:module",
                                        .size = sizeof(struct sn_camera),
                                        .ops = &camera_ops};

static const struct sn_driver *const drivers[] = {&sensor, &camera, NULL};

int main(int argc, char **argv)
{
    static const struct sn_module module = {.drivers = drivers};

    return sn_module_main(argc, argv, &module);
}
