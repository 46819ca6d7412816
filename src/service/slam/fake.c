/* SPDX-License-Identifier: Apache-2.0
 *
 * SLAM without a robot: the map of a room, 6 m by 4 m, in which the machine goes round a table, a
 * step at every question. On the edited map the table is gone. The reference's fake plays back
 * recordings, which are not ours to give; kinds and properties are the same.
 */
#include "media/pcd.h"
#include "pb/common/v1/common.h"
#include "pb/service/slam/v1/slam.h"
#include "sinew/api/slam.h"
#include "sinew/driver.h"

#include <math.h>

enum {
    STEPS = 24, /* once around */
    CHUNK = 64 << 10,
    STATE_SIZE = 150000, /* bytes of the internal state: more than one chunk */
    OCCUPIED = 100,      /* percent sure; the blue of a point */
};

/* mm */
#define GRID 50.0
#define ROUND_RADIUS 1500.0

struct fake_slam {
    struct sn_slam base;
    uint32_t step; /* of STEPS */
};

/* ---- the room ---- */

/* Outlines, with their middle at the origin. */
static const struct fake_rectangle {
    double width, height; /* mm */
} room = {6000, 4000}, table = {1000, 600};

static size_t count_along(double length)
{
    return (size_t)(length / GRID);
}

static size_t count_points(const struct fake_rectangle *r)
{
    return 2 * (count_along(r->width) + count_along(r->height));
}

static void put(struct sn_pcd_writer *writer, double x, double y)
{
    sn_pcd_put(writer, (struct sn_point){x, y, 0, OCCUPIED});
}

/* Counter-clockwise, without the corner where the next side begins. */
static void put_outline(struct sn_pcd_writer *writer, const struct fake_rectangle *r)
{
    double x = r->width / 2, y = r->height / 2;

    for (size_t i = 0; i < count_along(r->width); i++) {
        put(writer, -x + (double)i * GRID, -y);
        put(writer, x - (double)i * GRID, y);
    }
    for (size_t i = 0; i < count_along(r->height); i++) {
        put(writer, x, -y + (double)i * GRID);
        put(writer, -x, y - (double)i * GRID);
    }
}

/* ---- operations ---- */

static int fake_position(struct sn_call *call, struct sn_slam *slam,
                         struct pb_service_slam_get_position_response *ret)
{
    struct fake_slam *fake = (struct fake_slam *)slam;
    struct pb_common_pose *pose = sn_arena_zalloc(call->arena, sizeof(*pose));

    if (!pose)
        return SN_ERR_RESOURCE_EXHAUSTED;
    double turned = 360.0 * fake->step / STEPS, angle = turned * acos(-1) / 180;
    *pose = (struct pb_common_pose){
        .x = ROUND_RADIUS * cos(angle),
        .y = ROUND_RADIUS * sin(angle),
        .o_z = 1,
        .theta = turned,
    };
    fake->step = (fake->step + 1) % STEPS;
    ret->pose = pose;
    return 0;
}

static int give(struct sn_call *call, const struct sn_slam_sink *sink, struct sn_str bytes)
{
    int code = 0;

    while (bytes.len && !code) {
        size_t len = bytes.len < CHUNK ? bytes.len : CHUNK;

        code = sink->chunk(call, sink, (struct sn_str){bytes.ptr, len});
        bytes = (struct sn_str){bytes.ptr + len, bytes.len - len};
    }
    return code;
}

static int fake_point_cloud_map(struct sn_call *call, struct sn_slam *slam, bool edited,
                                const struct sn_slam_sink *sink)
{
    size_t count = count_points(&room) + (edited ? 0 : count_points(&table));
    struct sn_pcd_writer writer;
    int code = sn_pcd_begin(&writer, count, true, call->arena);

    if (code)
        return code;
    put_outline(&writer, &room);
    if (!edited)
        put_outline(&writer, &table);
    return give(call, sink, sn_pcd_end(&writer));
}

/* A state that nobody can read, the same each time. */
static int fake_internal_state(struct sn_call *call, struct sn_slam *slam,
                               const struct sn_slam_sink *sink)
{
    char *state = sn_arena_alloc(call->arena, STATE_SIZE);

    if (!state)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < STATE_SIZE; i++)
        state[i] = (char)(i * 31 % 251);
    return give(call, sink, (struct sn_str){state, STATE_SIZE});
}

static int add_sensor(struct sn_call *call, struct pb_service_slam_get_properties_response *ret,
                      struct sn_str name, enum pb_service_slam_sensor_type type)
{
    struct pb_service_slam_sensor_info *sensor = sn_pb_add(&ret->sensor_info, call->arena);

    if (!sensor)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sensor->name = name;
    sensor->type = (int32_t)type;
    return 0;
}

static int fake_properties(struct sn_call *call, struct sn_slam *slam,
                           struct pb_service_slam_get_properties_response *ret)
{
    ret->mapping_mode = PB_SERVICE_SLAM_MAPPING_MODE_LOCALIZE_ONLY;
    ret->internal_state_file_type = SN_STR(".pbstream");
    ret->has_internal_state_file_type = true;
    int code = add_sensor(call, ret, SN_STR("my-camera"), PB_SERVICE_SLAM_SENSOR_TYPE_CAMERA);
    if (!code)
        code = add_sensor(call, ret, SN_STR("my-movement-sensor"),
                          PB_SERVICE_SLAM_SENSOR_TYPE_MOVEMENT_SENSOR);
    return code;
}

static const struct sn_slam_ops fake_ops = {
    .position = fake_position,
    .point_cloud_map = fake_point_cloud_map,
    .internal_state = fake_internal_state,
    .properties = fake_properties,
};

const struct sn_driver sn_service_slam_fake = {
    .api = SN_API_SLAM,
    .model = "rdk:builtin:fake",
    .help = "the map of a room in which the machine goes round a table",
    .size = sizeof(struct fake_slam),
    .ops = &fake_ops,
};
