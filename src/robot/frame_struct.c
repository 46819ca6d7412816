/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematics as FrameSystemConfig shows them: a kinematics file's JSON as a Struct. Whatever the
 * file was, it is shown as links and joints, orientations as quaternions.
 */
#include "robot/frames.h"
#include "sinew/struct.h"
#include "spatial/orientation.h"

/* Limits of a joint that has none: degrees, mm. JSON knows no infinity. */
#define ENDLESS 1e9

struct out {
    struct sn_arena *arena;
    bool failed; /* no memory; all that follows does nothing */
};

static void put(struct out *o, struct pb_google_struct *to, const char *key,
                struct pb_google_value value)
{
    if (!o->failed && sn_pb_struct_add(to, sn_str_of(key), value, o->arena))
        o->failed = true;
}

static void put_number(struct out *o, struct pb_google_struct *to, const char *key, double number)
{
    put(o, to, key, sn_pb_number(number));
}

static void put_text(struct out *o, struct pb_google_struct *to, const char *key, const char *text)
{
    put(o, to, key, sn_pb_string(sn_str_of(text)));
}

/* Without memory any one, so that callers need not care. */
static struct pb_google_struct *put_struct(struct out *o, struct pb_google_struct *to,
                                           const char *key)
{
    static struct pb_google_struct nowhere;
    struct pb_google_struct *made = sn_arena_zalloc(o->arena, sizeof(*made));

    if (!made) {
        o->failed = true;
        return &nowhere;
    }
    put(o, to, key, sn_pb_struct(made));
    return made;
}

static struct pb_google_list_value *put_list(struct out *o, struct pb_google_struct *to,
                                             const char *key, size_t count)
{
    static struct pb_google_list_value nowhere;
    struct pb_google_list_value *made = sn_arena_zalloc(o->arena, sizeof(*made));

    if (!made ||
        sn_pb_list_reserve(&made->values, sizeof(*made->values.v), (uint32_t)count, o->arena)) {
        o->failed = true;
        return &nowhere;
    }
    put(o, to, key, sn_pb_list(made));
    return made;
}

static void append(struct out *o, struct pb_google_list_value *list, struct pb_google_value value)
{
    if (!o->failed && sn_pb_list_value_add(list, value, o->arena))
        o->failed = true;
}

static struct pb_google_struct *append_struct(struct out *o, struct pb_google_list_value *list)
{
    static struct pb_google_struct nowhere;
    struct pb_google_struct *made = sn_arena_zalloc(o->arena, sizeof(*made));

    if (!made) {
        o->failed = true;
        return &nowhere;
    }
    append(o, list, sn_pb_struct(made));
    return made;
}

/* Bytes are a list of numbers, as the reference's JSON has them. */
static void put_bytes(struct out *o, struct pb_google_struct *to, const char *key,
                      struct sn_str bytes)
{
    struct pb_google_list_value *list = put_list(o, to, key, bytes.len);

    for (size_t i = 0; i < bytes.len && !o->failed; i++)
        append(o, list, sn_pb_number((unsigned char)bytes.ptr[i]));
}

static void put_vector(struct out *o, struct pb_google_struct *to, const char *key,
                       struct sn_vec3 v)
{
    struct pb_google_struct *made = put_struct(o, to, key);

    put_number(o, made, "X", v.x);
    put_number(o, made, "Y", v.y);
    put_number(o, made, "Z", v.z);
}

static void put_rotation(struct out *o, struct pb_google_struct *to, struct sn_quat q)
{
    struct pb_google_struct *made = put_struct(o, to, "orientation");

    if (sn_quat_angle(q, SN_QUAT_IDENTITY) == 0)
        return;
    put_text(o, made, "type", "quaternion");
    struct pb_google_struct *value = put_struct(o, made, "value");
    put_number(o, value, "W", q.w);
    put_number(o, value, "X", q.x);
    put_number(o, value, "Y", q.y);
    put_number(o, value, "Z", q.z);
}

static void put_geometry(struct out *o, struct pb_google_struct *to, const struct sn_geometry *g)
{
    static const char *const types[] = {
        [SN_GEOMETRY_POINT] = "point",       [SN_GEOMETRY_SPHERE] = "sphere",
        [SN_GEOMETRY_BOX] = "box",           [SN_GEOMETRY_CAPSULE] = "capsule",
        [SN_GEOMETRY_CYLINDER] = "cylinder", [SN_GEOMETRY_MESH] = "mesh",
        [SN_GEOMETRY_CLOUD] = "pointcloud",
    };
    struct pb_google_struct *made = put_struct(o, to, "geometry");

    put_text(o, made, "type", types[g->kind]);
    put_number(o, made, "x", g->size.x);
    put_number(o, made, "y", g->size.y);
    put_number(o, made, "z", g->size.z);
    put_number(o, made, "r", g->radius);
    put_number(o, made, "l", g->length);
    put_vector(o, made, "translation", g->pose.point);
    put_rotation(o, made, g->pose.rotation);
    put(o, made, "Label", sn_pb_string(g->label));
    if (g->kind != SN_GEOMETRY_MESH)
        return;
    put_bytes(o, made, "mesh_data", g->data);
    put(o, made, "mesh_content_type", sn_pb_string(g->format));
}

static void put_names(struct out *o, struct pb_google_struct *to, const struct sn_model_part *part)
{
    put_text(o, to, "id", part->id);
    put_text(o, to, "parent", part->parent[0] ? part->parent : "world");
    if (part->geometry_count)
        put_geometry(o, to, part->geometries);
}

static void put_link(struct out *o, struct pb_google_struct *to, const struct sn_model_part *part)
{
    put_names(o, to, part);
    put_vector(o, to, "translation", part->offset.point);
    put_rotation(o, to, part->offset.rotation);
}

static double limit(const struct sn_model_part *part, double value)
{
    double wire = part->kind == SN_FRAME_REVOLUTE ? sn_degrees(value) : value;

    return fmax(-ENDLESS, fmin(ENDLESS, wire));
}

static void put_joint(struct out *o, struct pb_google_struct *to, const struct sn_model_part *part)
{
    put_names(o, to, part);
    put_text(o, to, "type", part->kind == SN_FRAME_REVOLUTE ? "revolute" : "prismatic");
    put_vector(o, to, "axis", part->axis);
    put_number(o, to, "min", part->mimic ? 0 : limit(part, part->min));
    put_number(o, to, "max", part->mimic ? 0 : limit(part, part->max));
    if (!part->mimic)
        return;
    struct pb_google_struct *mimic = put_struct(o, to, "mimic");
    put_text(o, mimic, "joint", part->mimic);
    put_number(o, mimic, "multiplier", part->multiplier);
    put_number(o, mimic, "offset", part->addend);
}

static bool is_leaf(const struct sn_model *model, uint32_t frame)
{
    for (uint32_t i = 0; i < model->count; i++)
        if (model->frames[i].parent == (int32_t)frame)
            return false;
    return true;
}

/* The end has to be named only where it isn't the one leaf. */
static void put_output(struct out *o, struct pb_google_struct *to, const struct sn_model *model)
{
    uint32_t leaves = 0;

    for (uint32_t i = 0; i < model->count; i++)
        leaves += is_leaf(model, i);
    if (leaves == 1 && is_leaf(model, model->end))
        return;
    struct pb_google_list_value *outputs = put_list(o, to, "output_frames", 1);
    append(o, outputs, sn_pb_string(sn_str_of(model->frames[model->end].part->id)));
}

int sn_model_to_struct(const struct sn_model *model, struct sn_arena *arena,
                       struct pb_google_struct *ret)
{
    struct out o = {.arena = arena};

    put_text(&o, ret, "name", model->name);
    if (model->param_type[0])
        put_text(&o, ret, "kinematic_param_type", "SVA");
    struct pb_google_list_value *links = put_list(&o, ret, "links", model->count);
    struct pb_google_list_value *joints =
        model->dof ? put_list(&o, ret, "joints", model->dof) : NULL;
    for (uint32_t i = 0; i < model->count && !o.failed; i++) {
        const struct sn_model_part *part = &model->parts[i];

        if (part->kind == SN_FRAME_STATIC)
            put_link(&o, append_struct(&o, links), part);
        else
            put_joint(&o, append_struct(&o, joints), part);
    }
    put_output(&o, ret, model);
    struct pb_google_struct *file = put_struct(&o, ret, "original_file");
    put_bytes(&o, file, "bytes", model->source);
    put_text(&o, file, "extension", model->format == SN_MODEL_URDF ? "urdf" : "json");
    return o.failed ? SN_ERR_RESOURCE_EXHAUSTED : 0;
}
