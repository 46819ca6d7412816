/* SPDX-License-Identifier: Apache-2.0
 *
 * From JSON to the message that modules get.
 */
#include "module/component_config.h"
#include "api/geometry.h"
#include "pb/app/v1/robot.h"
#include "resource/attr.h"
#include "resource/name.h"
#include "spatial/json.h"

/* What is free-form in an entry. */
struct service {
    struct sn_str type;
    struct pb_google_struct *attributes;
};

struct parts {
    struct pb_google_struct *attributes;
    struct sn_attr_list services;
};

static const struct sn_attr service_table[] = {
    {.key = "type", .type = SN_ATTR_STRING, .offset = offsetof(struct service, type)},
    {.key = "attributes", .type = SN_ATTR_STRUCT, .offset = offsetof(struct service, attributes)},
    {0},
};

static const struct sn_attr parts_table[] = {
    {.key = "attributes", .type = SN_ATTR_STRUCT, .offset = offsetof(struct parts, attributes)},
    {.key = "service_configs",
     .type = SN_ATTR_OBJECTS,
     .offset = offsetof(struct parts, services),
     .sub = service_table,
     .sub_size = sizeof(struct service)},
    {0},
};

static int fail_memory(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
}

static int set_frame(const struct sn_config_resource *entry, struct sn_arena *arena,
                     struct pb_app_component_config *config, struct sn_error *error)
{
    struct sn_frame_config frame;
    struct pb_app_frame *out = sn_arena_zalloc(arena, sizeof(*out));
    struct pb_app_translation *at = sn_arena_zalloc(arena, sizeof(*at));
    struct pb_app_orientation *turn = sn_arena_zalloc(arena, sizeof(*turn));
    struct pb_app_orientation_quaternion *q = sn_arena_zalloc(arena, sizeof(*q));
    struct pb_common_geometry *geometry = sn_arena_zalloc(arena, sizeof(*geometry));

    if (!out || !at || !turn || !q || !geometry)
        return fail_memory(error);
    int code = sn_json_frame(entry->frame, arena, &frame, error);
    if (code)
        return code;
    *at = (struct pb_app_translation){frame.pose.point.x, frame.pose.point.y, frame.pose.point.z};
    *q = (struct pb_app_orientation_quaternion){frame.pose.rotation.w, frame.pose.rotation.x,
                                                frame.pose.rotation.y, frame.pose.rotation.z};
    turn->which_type = PB_APP_ORIENTATION_TYPE_QUATERNION;
    turn->quaternion = q;
    *out = (struct pb_app_frame){
        .parent = sn_str_of(frame.parent), .translation = at, .orientation = turn};
    if (frame.geometry && sn_geometry_to_pb(frame.geometry, arena, geometry) == 0)
        out->geometry = geometry;
    config->frame = out;
    return 0;
}

static int set_services(const struct sn_attr_list *services, struct sn_arena *arena,
                        struct pb_app_component_config *config)
{
    const struct service *service = services->v;

    for (size_t i = 0; i < services->count; i++) {
        struct pb_app_resource_level_service_config *row =
            sn_pb_add(&config->service_configs, arena);

        if (!row)
            return SN_ERR_RESOURCE_EXHAUSTED;
        row->type = service[i].type;
        row->attributes = service[i].attributes;
    }
    return 0;
}

static int set_names(const struct sn_config_resource *entry, struct sn_arena *arena,
                     struct pb_app_component_config *config)
{
    struct pb_app_log_configuration *log = sn_arena_zalloc(arena, sizeof(*log));
    struct sn_triplet api = {0};

    if (!log || sn_triplet_parse(sn_str_of(entry->api), &api))
        return SN_ERR_RESOURCE_EXHAUSTED;
    config->name = sn_str_of(entry->name);
    config->namespace_ = api.space;
    config->type = api.name;
    config->model = sn_str_of(entry->model);
    config->api = sn_str_of(entry->api);
    if (*entry->log.level) {
        log->level = sn_str_of(entry->log.level);
        config->log_configuration = log;
    }
    for (size_t i = 0; i < entry->depends_on.count; i++) {
        struct sn_str *name = sn_pb_add(&config->depends_on, arena);

        if (!name)
            return SN_ERR_RESOURCE_EXHAUSTED;
        *name = sn_str_of(entry->depends_on.v[i]);
    }
    return 0;
}

int sn_component_config(const struct sn_config_resource *entry, struct sn_arena *arena,
                        struct pb_app_component_config *ret_config, struct sn_error *error)
{
    void *read;
    int code = sn_attrs_decode(parts_table, sizeof(struct parts), entry->json, arena, &read, error);

    if (code)
        return code;
    struct parts *parts = read;
    ret_config->attributes =
        parts->attributes ? parts->attributes : sn_arena_zalloc(arena, sizeof(*parts->attributes));
    if (!ret_config->attributes || set_names(entry, arena, ret_config) ||
        set_services(&parts->services, arena, ret_config))
        return fail_memory(error);
    return entry->frame ? set_frame(entry, arena, ret_config, error) : 0;
}
