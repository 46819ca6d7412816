/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds without a world, as the reference's. "moving_geos": a box that turns, a sphere that goes
 * to and fro, a capsule that swells; and every six seconds a box comes before one of them and stays
 * for three. "pcd_stream": a landscape.
 *
 * All is a function of the time since the start, so nothing runs while nobody looks; a timer does
 * while there are streams. Each stream hears of every change since it began. (The reference gives
 * each change to one stream only, and to the first what piled up before.)
 */
#include "pb/common/v1/common.h"
#include "pb/google/protobuf/field_mask.h"
#include "pb/service/worldstatestore/v1/world_state_store.h"
#include "service/world_state_store/terrain.h"
#include "sinew/api/world_state_store.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/struct.h"
#include "sinew/timers.h"

#include <math.h>
#include <time.h>

enum { BOX, SPHERE, CAPSULE, SHAPES };
enum { MESSAGE_MAX = 32 << 10, LANDSCAPE_MAX = 1 << 20 };

static const uint64_t period_ns = SN_MS(100), visit_ns = SN_SECONDS(3);
static const double degrees_per_second = 72;

typedef struct pb_service_worldstatestore_stream_transform_changes_response change_message;

struct fake_attrs {
    struct sn_str world_name;
};

struct fake_world {
    struct sn_world base;
    struct sn_arena arena;   /* of the landscape */
    struct sn_str landscape; /* a PCD file; empty: the world of shapes */
    uint64_t start_ns, start_unix_ns;
    uint64_t told;          /* the visit streams know of, see visit_at() */
    struct sn_timer timer;  /* runs while there are streams */
    struct sn_list streams; /* fake_stream.link */
};

struct fake_stream {
    struct sn_list link; /* fake_world.streams */
    struct sn_call *call;
    const struct sn_world_sink *sink;
};

static struct fake_world *fake_of(struct sn_world *world)
{
    return (struct fake_world *)world;
}

static uint64_t age_ns(const struct fake_world *fake)
{
    return fake->base.base.env->timers->now_ns - fake->start_ns;
}

/* ---- building a thing ---- */

/* A transform with all it may point to, in one piece. */
struct thing {
    struct pb_common_transform transform;
    struct pb_common_pose_in_frame frame;
    struct pb_common_pose pose;
    struct pb_common_geometry geometry;
    struct pb_common_rectangular_prism box;
    struct pb_common_vector3 dims;
    struct pb_common_sphere sphere;
    struct pb_common_capsule capsule;
    struct pb_common_point_cloud cloud;
    struct pb_google_struct metadata, color;
};

struct look {
    struct sn_str uuid, frame;
    double x, opacity, red, green, blue;
};

static const struct look looks[SHAPES] = {
    [BOX] = {{"box-001", 7}, {"static-box", 10}, -5000, 0.5, 255, 0, 0},
    [SPHERE] = {{"sphere-001", 10}, {"static-sphere", 13}, 0, 0.7, 0, 0, 255},
    [CAPSULE] = {{"capsule-001", 11}, {"static-capsule", 14}, 5000, 1, 0, 255, 0},
};

static struct thing *thing_create(struct sn_arena *arena, const struct look *look)
{
    struct thing *thing = sn_arena_zalloc(arena, sizeof(*thing));

    if (!thing)
        return NULL;
    thing->transform.uuid = look->uuid;
    thing->transform.reference_frame = look->frame;
    thing->transform.pose_in_observer_frame = &thing->frame;
    thing->transform.physical_object = &thing->geometry;
    thing->frame.reference_frame = SN_STR("world");
    thing->frame.pose = &thing->pose;
    thing->pose = (struct pb_common_pose){.x = look->x, .o_z = 1};
    return thing;
}

static int paint(struct thing *thing, const struct look *look, struct sn_arena *arena)
{
    struct pb_google_struct *color = &thing->color;

    thing->transform.metadata = &thing->metadata;
    if (sn_pb_struct_add(color, SN_STR("r"), sn_pb_number(look->red), arena) ||
        sn_pb_struct_add(color, SN_STR("g"), sn_pb_number(look->green), arena) ||
        sn_pb_struct_add(color, SN_STR("b"), sn_pb_number(look->blue), arena) ||
        sn_pb_struct_add(&thing->metadata, SN_STR("color"), sn_pb_struct(color), arena) ||
        sn_pb_struct_add(&thing->metadata, SN_STR("opacity"), sn_pb_number(look->opacity), arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

static void make_box(struct thing *thing, double side_mm)
{
    thing->geometry.which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_BOX;
    thing->geometry.box = &thing->box;
    thing->box.dims_mm = &thing->dims;
    thing->dims = (struct pb_common_vector3){side_mm, side_mm, side_mm};
}

/* Turned, moved or swollen as the shape is at that age; what never changes comes from the look. */
static void animate(struct thing *thing, int shape, uint64_t ns)
{
    double degrees = degrees_per_second * ((double)ns / 1e9);
    double swing = sin(degrees * acos(-1) / 180);

    switch (shape) {
    case BOX:
        thing->pose.theta = degrees;
        break;
    case SPHERE:
        thing->pose.y = 2000 * swing;
        break;
    default:
        thing->geometry.which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_CAPSULE;
        thing->geometry.capsule = &thing->capsule;
        thing->capsule.radius_mm = 125 * (1 + swing / 2);
        thing->capsule.length_mm = 1000 * (1 + swing / 2);
    }
}

static struct thing *shape_create(struct sn_arena *arena, int shape, uint64_t ns)
{
    struct thing *thing = thing_create(arena, &looks[shape]);

    if (!thing || paint(thing, &looks[shape], arena))
        return NULL;
    if (shape == BOX)
        make_box(thing, 1000);
    if (shape == SPHERE) {
        thing->geometry.which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_SPHERE;
        thing->geometry.sphere = &thing->sphere;
        thing->sphere.radius_mm = 500;
    }
    animate(thing, shape, ns);
    return thing;
}

/* ---- visitors ---- */

/* The number of the visit at that age: even ones have a visitor, odd ones none. */
static uint64_t visit_at(uint64_t ns)
{
    return ns / visit_ns;
}

static bool is_there(uint64_t visit)
{
    return visit % 2 == 0;
}

static int visited(uint64_t visit)
{
    return (int)(visit / 2 % SHAPES);
}

static struct sn_str visitor_uuid(const struct fake_world *fake, uint64_t visit,
                                  struct sn_arena *arena)
{
    static const char *const words[SHAPES] = {"box", "sphere", "capsule"};
    time_t at = (time_t)((fake->start_unix_ns + visit * visit_ns) / SN_SECONDS(1));
    struct tm local;
    char text[32] = "";

    if (localtime_r(&at, &local))
        strftime(text, sizeof(text), "%Y%m%d%H%M%S", &local);
    return sn_arena_printf(arena, "box-front-%s-%s", words[visited(visit)], text);
}

static struct thing *visitor_create(const struct fake_world *fake, uint64_t visit,
                                    struct sn_arena *arena)
{
    struct look look = {visitor_uuid(fake, visit, arena),
                        {"dynamic-box", 11},
                        looks[visited(visit)].x,
                        0.3,
                        255,
                        0,
                        255};
    struct thing *thing = look.uuid.ptr ? thing_create(arena, &look) : NULL;

    if (!thing || paint(thing, &look, arena))
        return NULL;
    thing->pose.y = -2000;
    make_box(thing, 500);
    return thing;
}

/* ---- the landscape ---- */

static const struct look landscape_look = {.uuid = {"pointcloud-001", 14},
                                           .frame = {"static-pointcloud", 17}};

static struct thing *landscape_create(const struct fake_world *fake, struct sn_arena *arena)
{
    struct thing *thing = thing_create(arena, &landscape_look);

    if (!thing)
        return NULL;
    thing->geometry.which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_POINTCLOUD;
    thing->geometry.pointcloud = &thing->cloud;
    thing->cloud.point_cloud = fake->landscape;
    return thing;
}

/* ---- what there is ---- */

static int add_uuid(struct pb_service_worldstatestore_list_uui_ds_response *ret, struct sn_str uuid,
                    struct sn_arena *arena)
{
    struct sn_str *added = uuid.ptr ? sn_pb_add(&ret->uuids, arena) : NULL;

    if (!added)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *added = uuid;
    return 0;
}

static int fake_uuids(struct sn_call *call, struct sn_world *world,
                      const struct pb_google_struct *extra,
                      struct pb_service_worldstatestore_list_uui_ds_response *ret)
{
    const struct fake_world *fake = fake_of(world);
    uint64_t visit = visit_at(age_ns(fake));
    int code = 0;

    if (fake->landscape.len)
        return add_uuid(ret, landscape_look.uuid, call->arena);
    for (int shape = 0; shape < SHAPES && !code; shape++)
        code = add_uuid(ret, looks[shape].uuid, call->arena);
    if (!code && is_there(visit))
        code = add_uuid(ret, visitor_uuid(fake, visit, call->arena), call->arena);
    return code;
}

/* NULL without memory; `*ret_known` says whether there is such a thing at all. */
static struct thing *find(const struct fake_world *fake, struct sn_str uuid, struct sn_arena *arena,
                          bool *ret_known)
{
    uint64_t visit = visit_at(age_ns(fake));

    *ret_known = true;
    if (fake->landscape.len && sn_str_eq(uuid, landscape_look.uuid))
        return landscape_create(fake, arena);
    for (int shape = 0; shape < SHAPES && !fake->landscape.len; shape++)
        if (sn_str_eq(uuid, looks[shape].uuid))
            return shape_create(arena, shape, age_ns(fake));
    if (!fake->landscape.len && is_there(visit) &&
        sn_str_eq(uuid, visitor_uuid(fake, visit, arena)))
        return visitor_create(fake, visit, arena);
    *ret_known = false;
    return NULL;
}

static int fake_transform(struct sn_call *call, struct sn_world *world, struct sn_str uuid,
                          const struct pb_google_struct *extra,
                          struct pb_service_worldstatestore_get_transform_response *ret)
{
    bool known;
    struct thing *thing = find(fake_of(world), uuid, call->arena, &known);

    if (!known)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "transform not found");
    if (!thing)
        return SN_ERR_RESOURCE_EXHAUSTED;
    ret->transform = &thing->transform;
    return 0;
}

/* ---- changes ---- */

static void end_stream(struct fake_stream *stream, int code)
{
    sn_list_remove(&stream->link);
    sn_call_done(stream->call, code);
}

static void tell_all(struct fake_world *fake, const change_message *change)
{
    struct sn_list *node = fake->streams.next;

    while (node != &fake->streams) {
        struct fake_stream *stream = sn_container_of(node, struct fake_stream, link);

        node = node->next;
        int code = stream->sink->change(stream->call, stream->sink, change);
        if (code)
            end_stream(stream, code);
    }
}

static void tell_of_visitor(struct fake_world *fake, uint64_t visit, struct sn_arena *arena)
{
    change_message change = {.change_type = PB_SERVICE_WORLDSTATESTORE_TRANSFORM_CHANGE_TYPE_ADDED};
    struct thing *thing;

    if (is_there(visit)) {
        thing = visitor_create(fake, visit, arena);
        if (!thing)
            return;
    } else {
        struct look gone = {.uuid = visitor_uuid(fake, visit - 1, arena)};

        thing = thing_create(arena, &gone);
        if (!thing)
            return;
        change.change_type = PB_SERVICE_WORLDSTATESTORE_TRANSFORM_CHANGE_TYPE_REMOVED;
        thing->transform.pose_in_observer_frame = NULL;
        thing->transform.physical_object = NULL;
    }
    change.transform = &thing->transform;
    tell_all(fake, &change);
}

/* Only what has changed is in the message; its paths are as the reference spells them. */
static void tell_of_shape(struct fake_world *fake, int shape, uint64_t ns, struct sn_arena *arena)
{
    static struct sn_str paths[SHAPES][2] = {
        [BOX] = {{"poseInObserverFrame.pose.theta", 30}},
        [SPHERE] = {{"poseInObserverFrame.pose.y", 26}},
        [CAPSULE] = {{"physicalObject.geometryType.value.radiusMm", 42},
                     {"physicalObject.geometryType.value.lengthMm", 42}},
    };
    struct pb_google_field_mask mask = {.paths = {paths[shape], shape == CAPSULE ? 2 : 1, 0}};
    struct look look = {.uuid = looks[shape].uuid};
    struct thing *thing = thing_create(arena, &look);

    if (!thing)
        return;
    thing->frame.reference_frame = SN_STR_NULL;
    thing->pose.o_z = 0;
    animate(thing, shape, ns);
    if (shape == CAPSULE)
        thing->transform.pose_in_observer_frame = NULL;
    else
        thing->transform.physical_object = NULL;
    change_message change = {
        .change_type = PB_SERVICE_WORLDSTATESTORE_TRANSFORM_CHANGE_TYPE_UPDATED,
        .transform = &thing->transform,
        .updated_fields = &mask,
    };
    tell_all(fake, &change);
}

static void on_period(struct sn_timer *timer)
{
    struct fake_world *fake = sn_container_of(timer, struct fake_world, timer);
    struct sn_env *env = fake->base.base.env;
    uint64_t ns = age_ns(fake);
    struct sn_arena arena;

    if (sn_list_empty(&fake->streams))
        return;
    sn_timer_start(env->timers, timer, period_ns, on_period);
    sn_arena_init(&arena, env->blocks, MESSAGE_MAX);
    while (fake->told < visit_at(ns))
        tell_of_visitor(fake, ++fake->told, &arena);
    for (int shape = 0; shape < SHAPES; shape++)
        tell_of_shape(fake, shape, ns, &arena);
    sn_arena_fini(&arena);
}

static void fake_cancel(struct sn_call *call)
{
    end_stream(call->holder, sn_call_cancelled(call));
}

static void begin_to_watch(struct fake_world *fake)
{
    if (fake->landscape.len || !sn_list_empty(&fake->streams))
        return;
    fake->told = visit_at(age_ns(fake));
    sn_timer_start(fake->base.base.env->timers, &fake->timer, period_ns, on_period);
}

static int fake_changes(struct sn_call *call, struct sn_world *world,
                        const struct pb_google_struct *extra, const struct sn_world_sink *sink)
{
    struct fake_stream *stream = sn_arena_zalloc(call->arena, sizeof(*stream));
    int code = sink->ready ? sink->ready(call, sink) : 0;

    if (code)
        return code;
    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    stream->call = call;
    stream->sink = sink;
    begin_to_watch(fake_of(world));
    sn_list_append(&fake_of(world)->streams, &stream->link);
    call->holder = stream;
    call->on_cancel = fake_cancel;
    return SN_PENDING;
}

/* ---- life ---- */

static int fake_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    struct pb_google_struct *result = sn_arena_zalloc(call->arena, sizeof(*result));

    if (!result)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_result = result;
    return sn_pb_struct_add(result, SN_STR("status"),
                            sn_pb_string(SN_STR("command not implemented")), call->arena);
}

static int fake_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct fake_world *fake = (struct fake_world *)resource;
    const struct fake_attrs *a = attrs;

    sn_list_init(&fake->streams);
    fake->start_ns = resource->env->timers->now_ns;
    fake->start_unix_ns = resource->env->unix_ns();
    sn_arena_init(&fake->arena, resource->env->blocks, LANDSCAPE_MAX);
    return sn_str_is(a->world_name, "pcd_stream") ? sn_terrain(&fake->arena, &fake->landscape) : 0;
}

static int fake_close(struct sn_call *call, struct sn_resource *resource)
{
    struct fake_world *fake = (struct fake_world *)resource;

    sn_timer_stop(resource->env->timers, &fake->timer);
    while (!sn_list_empty(&fake->streams))
        end_stream(sn_container_of(fake->streams.next, struct fake_stream, link),
                   SN_ERR_UNAVAILABLE);
    return 0;
}

static void fake_fini(struct sn_resource *resource)
{
    sn_arena_fini(&((struct fake_world *)resource)->arena);
}

static const struct sn_attr fake_attrs[] = {
    {"worldName", SN_ATTR_STRING, offsetof(struct fake_attrs, world_name),
     .help = "moving_geos (the default) or pcd_stream"},
    {0},
};

static const struct sn_world_ops fake_ops = {
    .common.do_command = fake_do_command,
    .uuids = fake_uuids,
    .transform = fake_transform,
    .changes = fake_changes,
};

const struct sn_driver sn_service_world_state_store_fake = {
    .api = SN_API_WORLD_STATE_STORE,
    .model = "rdk:builtin:fake",
    .help = "shapes that move, or a landscape",
    .size = sizeof(struct fake_world),
    .attrs_size = sizeof(struct fake_attrs),
    .attrs = fake_attrs,
    .ops = &fake_ops,
    .open = fake_open,
    .close = fake_close,
    .fini = fake_fini,
};
