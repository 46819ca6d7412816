/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematics files in JSON: spatial vectors (links and joints) or Denavit-Hartenberg parameters.
 */
#include "spatial/json_read.h"
#include "spatial/orientation.h"

struct reader {
    struct sn_arena *arena;
    struct sn_error *error;
    struct sn_model_part *parts;
    uint32_t count;
};

static int read_geometry(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    const json_t *geometry = NULL;
    int code = sn_json_object(json, "geometry", &geometry, r->error);

    if (code || !geometry)
        return code;
    struct sn_geometry *g = sn_arena_alloc(r->arena, sizeof(*g));
    if (!g)
        return sn_json_no_memory(r->error);
    part->geometries = g;
    part->geometry_count = 1;
    return sn_json_geometry(geometry, r->arena, g, r->error);
}

static int read_names(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    int code = sn_json_text(json, "id", r->arena, &part->id, r->error);

    return code ? code : sn_json_text(json, "parent", r->arena, &part->parent, r->error);
}

static int read_link(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    const json_t *orientation = NULL;
    int code = read_names(r, json, part);

    part->offset = SN_POSE_IDENTITY;
    if (!code)
        code = sn_json_vec3(json, "translation", &part->offset.point, r->error);
    if (!code)
        code = sn_json_object(json, "orientation", &orientation, r->error);
    if (!code)
        code = sn_json_orientation(orientation, &part->offset.rotation, r->error);
    return code ? code : read_geometry(r, json, part);
}

/* The offset is in radians (upstream's program takes it so), while limits are in degrees. */
static int read_mimic(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    const json_t *mimic = NULL;
    int code = sn_json_object(json, "mimic", &mimic, r->error);

    if (code || !mimic)
        return code;
    if (part->min != 0 || part->max != 0)
        return sn_error_set(r->error, SN_ERR_INVALID_ARGUMENT,
                            "mimic joint must not specify min/max limits; limits are determined by "
                            "the source joint: joint \"%s\"",
                            part->id);
    code = sn_json_text(mimic, "joint", r->arena, &part->mimic, r->error);
    if (!code)
        code = sn_json_number(mimic, "multiplier", &part->multiplier, r->error);
    if (!code)
        code = sn_json_number(mimic, "offset", &part->addend, r->error);
    if (part->multiplier == 0)
        part->multiplier = 1;
    return code;
}

static int read_kind(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    const char *type = "";
    int code = sn_json_string(json, "type", &type, r->error);

    if (code)
        return code;
    if (strcmp(type, "revolute") == 0)
        part->kind = SN_FRAME_REVOLUTE;
    else if (strcmp(type, "prismatic") == 0)
        part->kind = SN_FRAME_PRISMATIC;
    else
        return sn_error_set(r->error, SN_ERR_INVALID_ARGUMENT,
                            "unsupported joint type detected: \"%s\"", type);
    return 0;
}

static int read_limits(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    int code = sn_json_number(json, "min", &part->min, r->error);

    if (!code)
        code = sn_json_number(json, "max", &part->max, r->error);
    if (part->kind == SN_FRAME_REVOLUTE) {
        part->min = sn_radians(part->min);
        part->max = sn_radians(part->max);
    }
    return code;
}

static int read_joint(struct reader *r, const json_t *json, struct sn_model_part *part)
{
    int code = read_names(r, json, part);

    if (!code)
        code = read_kind(r, json, part);
    if (!code)
        code = sn_json_vec3(json, "axis", &part->axis, r->error);
    if (!code)
        code = read_limits(r, json, part);
    if (!code)
        code = read_mimic(r, json, part);
    return code ? code : read_geometry(r, json, part);
}

/* A row of DH parameters is a joint about z, "<id>_j", and the link "<id>" behind it. */
static int read_dh(struct reader *r, const json_t *json, struct sn_model_part *joint,
                   struct sn_model_part *link)
{
    double a = 0, d = 0, alpha = 0;
    int code = read_names(r, json, link);

    if (!code)
        code = sn_json_number(json, "a", &a, r->error);
    if (!code)
        code = sn_json_number(json, "d", &d, r->error);
    if (!code)
        code = sn_json_number(json, "alpha", &alpha, r->error);
    if (code)
        return code;
    *joint = (struct sn_model_part){
        .parent = link->parent, .kind = SN_FRAME_REVOLUTE, .axis = {0, 0, 1}, .multiplier = 1};
    joint->id = sn_arena_printf(r->arena, "%s_j", link->id).ptr;
    if (!joint->id)
        return sn_json_no_memory(r->error);
    link->parent = joint->id;
    link->offset =
        sn_pose(sn_vec3(a, 0, d), sn_quat_from_euler((struct sn_euler){.roll = sn_radians(alpha)}));
    code = read_limits(r, json, joint);
    return code ? code : read_geometry(r, json, link);
}

/* Returns codes of its own, so that whoever checks the code knows that there are parts. */
static int reserve(struct reader *r, size_t count)
{
    if (count > SN_MODEL_FRAMES_MAX) {
        sn_error_set(r->error, SN_ERR_INVALID_ARGUMENT, "%zu links and joints; %d at most", count,
                     SN_MODEL_FRAMES_MAX);
        return SN_ERR_INVALID_ARGUMENT;
    }
    r->parts = sn_arena_zalloc(r->arena, (count + 1) * sizeof(*r->parts));
    if (!r->parts) {
        sn_json_no_memory(r->error);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

static int read_sva(struct reader *r, const json_t *json)
{
    const json_t *links = NULL, *joints = NULL;
    int code = sn_json_array(json, "links", &links, r->error);

    if (!code)
        code = sn_json_array(json, "joints", &joints, r->error);
    if (!code)
        code = reserve(r, json_array_size(links) + json_array_size(joints));
    for (size_t i = 0; !code && i < json_array_size(joints); i++) {
        r->parts[r->count].multiplier = 1;
        code = read_joint(r, json_array_get(joints, i), &r->parts[r->count++]);
    }
    for (size_t i = 0; !code && i < json_array_size(links); i++)
        code = read_link(r, json_array_get(links, i), &r->parts[r->count++]);
    return code;
}

static int read_all_dh(struct reader *r, const json_t *json)
{
    const json_t *rows = NULL;
    int code = sn_json_array(json, "dhParams", &rows, r->error);
    size_t n = json_array_size(rows);

    if (!code)
        code = reserve(r, 2 * n);
    for (size_t i = 0; !code && i < n; i++)
        code = read_dh(r, json_array_get(rows, i), &r->parts[i], &r->parts[n + i]);
    r->count = (uint32_t)(2 * n);
    return code;
}

static int read_parts(struct reader *r, const json_t *json, const char *param_type)
{
    if (!param_type[0] || strcmp(param_type, "SVA") == 0)
        return read_sva(r, json);
    if (strcmp(param_type, "DH") == 0)
        return read_all_dh(r, json);
    return sn_error_set(r->error, SN_ERR_INVALID_ARGUMENT,
                        "unsupported param type: %s, supported params are SVA and DH", param_type);
}

static int too_many_outputs(const json_t *outputs, struct sn_error *error)
{
    char list[512] = "";
    size_t used = 0;

    for (size_t i = 0; i < json_array_size(outputs) && used < sizeof(list); i++) {
        const char *name = json_string_value(json_array_get(outputs, i));

        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? " " : "",
                                 name ? name : "");
    }
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "multiple output frames are not yet supported, got [%s]", list);
}

static int read_output(struct reader *r, const json_t *json, const char **ret_output)
{
    const json_t *outputs = NULL;
    int code = sn_json_array(json, "output_frames", &outputs, r->error);

    *ret_output = NULL;
    if (code || json_array_size(outputs) == 0)
        return code;
    if (json_array_size(outputs) > 1)
        return too_many_outputs(outputs, r->error);
    *ret_output = json_string_value(json_array_get(outputs, 0));
    return 0;
}

static int read_model(struct reader *r, const json_t *json, const char *name,
                      struct sn_model **ret_model)
{
    const char *param_type = "", *output = NULL;
    int code = sn_json_text(json, "kinematic_param_type", r->arena, &param_type, r->error);

    if (!code && !name)
        code = sn_json_text(json, "name", r->arena, &name, r->error);
    if (!code)
        code = read_parts(r, json, param_type);
    if (!code)
        code = read_output(r, json, &output);
    if (!code)
        code = sn_model_build(name, r->parts, r->count, output, r->arena, ret_model, r->error);
    if (!code)
        (*ret_model)->param_type = param_type;
    return code;
}

int sn_json_model(struct sn_str source, const char *name, struct sn_arena *arena,
                  struct sn_model **ret_model, struct sn_error *error)
{
    struct reader r = {.arena = arena, .error = error};
    json_error_t where;
    struct sn_model *model = NULL;

    if (source.len > SN_MODEL_SIZE_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "a kinematics file of %zu bytes; %d at most", source.len,
                            SN_MODEL_SIZE_MAX);
    json_t *json = json_loadb(source.ptr ? source.ptr : "", source.len, 0, &where);
    if (!json || !json_is_object(json)) {
        json_decref(json);
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "failed to unmarshal json file: %s (line %d, column %d)",
                            json ? "not an object" : where.text, where.line, where.column);
    }
    int code = read_model(&r, json, name, &model);
    json_decref(json);
    if (code)
        return code;
    model->format = SN_MODEL_SVA;
    model->source = sn_arena_copy(arena, source);
    if (!model->source.ptr)
        return sn_json_no_memory(error);
    *ret_model = model;
    return 0;
}
