/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the machine is, by its movement sensor.
 */
#include "api/geometry.h"
#include "pb/service/navigation/v1/navigation.h"
#include "service/navigation/builtin.h"

#include <math.h>

enum { POSITION, HEADING, MOUNTING };

/* Asks for one after the other. */
struct steps {
    struct sn_call call; /* first; the present step's */
    struct navigation_look look;
    int step;
};

static int begin_step(struct sn_call *call)
{
    struct steps *steps = (struct steps *)call;
    struct navigation_look *look = &steps->look;
    struct builtin_navigation *self = look->self;

    if (steps->step == POSITION)
        return sn_movement_sensor_position(call, self->sensor, NULL, look->point, &look->altitude);
    if (steps->step == HEADING)
        return sn_movement_sensor_compass_heading(call, self->sensor, NULL, &look->heading);
    return sn_machine_pose(call, &self->base.base, sn_str_of(self->sensor->base.name),
                           sn_str_of(self->wheels->name), NULL, 0, &look->mounted);
}

/* Where the sensor's y axis points to on the base's plane says how much further round than the base
 * it is; the sign is upstream's. */
static void turn_to_base(struct navigation_look *look)
{
    struct sn_pose pose = sn_pose_from_pb(look->mounted->pose);
    struct sn_vec3 y = sn_quat_rotate(pose.rotation, (struct sn_vec3){0, 1, 0});
    double turned = look->heading + atan2(y.x, y.y) * (180 / M_PI);

    look->heading = fmod(fmod(turned, 360) + 360, 360);
}

static int make_answer(struct navigation_look *look)
{
    struct {
        struct pb_service_navigation_position position;
        struct pb_common_geo_pose pose;
    } *made = sn_arena_zalloc(look->call->arena, sizeof(*made));

    if (!made)
        return SN_ERR_RESOURCE_EXHAUSTED;
    made->position.which_value = PB_SERVICE_NAVIGATION_POSITION_VALUE_GEO_POSE;
    made->position.geo_pose = &made->pose;
    made->pose.location = look->point;
    made->pose.altitude = (double)look->altitude;
    if (look->has_heading) {
        made->pose.which_orientation = PB_COMMON_GEO_POSE_ORIENTATION_HEADING;
        made->pose.heading = look->heading;
    }
    return look->answer(look, &made->position);
}

static void take_step(struct steps *steps, int step);

/* A sensor without a compass still knows where it is, unless that won't do. One that has no frame
 * is taken for mounted straight. */
static void step_ended(struct sn_call *call, int code)
{
    struct steps *steps = (struct steps *)call;
    struct navigation_look *look = &steps->look;
    bool last = steps->step == MOUNTING || (steps->step == HEADING && code);
    bool fatal = steps->step == POSITION || (steps->step == HEADING && look->must_have_heading);

    if (steps->step == HEADING)
        look->has_heading = !code;
    if (steps->step == MOUNTING && !code)
        turn_to_base(look);
    if (!last && !code) {
        take_step(steps, steps->step + 1);
        return;
    }
    if (code && fatal)
        sn_call_fail(look->call, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    else
        code = sn_call_cancelled(look->call) ? sn_call_cancelled(look->call) : make_answer(look);
    sn_call_done(look->call, code);
}

static void take_step(struct steps *steps, int step)
{
    struct sn_call *call = steps->look.call;

    steps->step = step;
    sn_call_init(&steps->call, call->env, call->arena, call);
    steps->call.start = begin_step;
    steps->call.end = step_ended;
    sn_call_start(&steps->call);
}

int sn_navigation_look(struct sn_call *call, struct sn_navigation *navigation,
                       const struct navigation_look *given)
{
    struct builtin_navigation *self = sn_navigation_builtin(navigation);
    struct steps *steps = sn_arena_zalloc(call->arena, sizeof(*steps));

    if (!self->sensor)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no way to get location");
    if (!steps)
        return SN_ERR_RESOURCE_EXHAUSTED;
    steps->look = *given;
    steps->look.call = call;
    steps->look.self = self;
    steps->look.point = sn_arena_zalloc(call->arena, sizeof(*steps->look.point));
    if (!steps->look.point)
        return SN_ERR_RESOURCE_EXHAUSTED;
    take_step(steps, POSITION);
    return SN_PENDING;
}
