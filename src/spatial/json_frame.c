/* SPDX-License-Identifier: Apache-2.0
 *
 * Orientations, geometries and frames from a config's JSON.
 */
#include "spatial/json_read.h"
#include "spatial/orientation.h"

/* The numbers of an orientation's value; each kind names those it has. */
struct numbers {
    double x, y, z, th, w;
};

static int read_numbers(const json_t *value, const char *const keys[5], struct numbers *n,
                        struct sn_error *e)
{
    double *const into[] = {&n->x, &n->y, &n->z, &n->th, &n->w};
    int code = 0;

    for (size_t i = 0; i < 5 && !code; i++)
        if (keys[i])
            code = sn_json_number(value, keys[i], into[i], e);
    return code;
}

static int vector_of(const struct numbers *n, double theta, const char *kind,
                     struct sn_quat *ret_rotation, struct sn_error *e)
{
    if (n->x == 0 && n->y == 0 && n->z == 0)
        return sn_error_set(e, SN_ERR_INVALID_ARGUMENT,
                            "%s has a normal of 0, probably X, Y, and Z are all 0", kind);
    *ret_rotation =
        sn_quat_from_orientation_vector((struct sn_orientation_vector){n->x, n->y, n->z, theta});
    return 0;
}

static int from_ov_degrees(const struct numbers *n, struct sn_quat *ret, struct sn_error *e)
{
    return vector_of(n, sn_radians(n->th), "OrientationVectorDegrees", ret, e);
}

static int from_ov_radians(const struct numbers *n, struct sn_quat *ret, struct sn_error *e)
{
    return vector_of(n, n->th, "OrientationVector", ret, e);
}

static int from_euler(const struct numbers *n, struct sn_quat *ret, struct sn_error *e)
{
    *ret = sn_quat_from_euler((struct sn_euler){n->x, n->y, n->z});
    return 0;
}

static int from_axis_angles(const struct numbers *n, struct sn_quat *ret, struct sn_error *e)
{
    /* Upstream's program ends here. */
    if (n->x == 0 && n->y == 0 && n->z == 0)
        return sn_error_set(e, SN_ERR_INVALID_ARGUMENT,
                            "cannot normalize R4AA, divide by zero: X, Y and Z are all 0");
    *ret = sn_quat_from_axis_angle((struct sn_axis_angle){n->x, n->y, n->z, n->th});
    return 0;
}

static int from_quaternion(const struct numbers *n, struct sn_quat *ret, struct sn_error *e)
{
    *ret = sn_quat_normalize(sn_quat(n->w, n->x, n->y, n->z));
    return 0;
}

static const struct orientation_kind {
    const char *name;
    const char *keys[5]; /* for x, y, z, th, w */
    int (*make)(const struct numbers *numbers, struct sn_quat *ret, struct sn_error *e);
} orientation_kinds[] = {
    {"ov_degrees", {"x", "y", "z", "th"}, from_ov_degrees},
    {"ov_radians", {"x", "y", "z", "th"}, from_ov_radians},
    {"euler_angles", {"roll", "pitch", "yaw"}, from_euler},
    {"axis_angles", {"x", "y", "z", "th"}, from_axis_angles},
    {"quaternion", {"x", "y", "z", NULL, "w"}, from_quaternion},
};
enum { ORIENTATION_KINDS = sizeof(orientation_kinds) / sizeof(orientation_kinds[0]) };

int sn_json_orientation(const json_t *json, struct sn_quat *ret_rotation, struct sn_error *error)
{
    const char *type = "";
    const json_t *value = NULL;
    struct numbers numbers = {0};
    int code = sn_json_string(json, "type", &type, error);

    if (!code && type[0])
        code = sn_json_object(json, "value", &value, error);
    if (code)
        return code;
    *ret_rotation = SN_QUAT_IDENTITY;
    if (!type[0])
        return 0;
    for (size_t i = 0; i < ORIENTATION_KINDS; i++) {
        const struct orientation_kind *kind = &orientation_kinds[i];

        if (strcmp(kind->name, type) != 0)
            continue;
        code = read_numbers(value, kind->keys, &numbers, error);
        return code ? code : kind->make(&numbers, ret_rotation, error);
    }
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "Orientation type %s unsupported in json configuration", type);
}

static int read_pose(const json_t *json, struct sn_pose *ret_pose, struct sn_error *error)
{
    const json_t *orientation = NULL;

    *ret_pose = SN_POSE_IDENTITY;
    int code = sn_json_vec3(json, "translation", &ret_pose->point, error);
    if (!code)
        code = sn_json_object(json, "orientation", &orientation, error);
    return code ? code : sn_json_orientation(orientation, &ret_pose->rotation, error);
}

static const struct {
    const char *name;
    enum sn_geometry_kind kind;
} geometry_kinds[] = {
    {"box", SN_GEOMETRY_BOX},         {"sphere", SN_GEOMETRY_SPHERE},
    {"capsule", SN_GEOMETRY_CAPSULE}, {"cylinder", SN_GEOMETRY_CYLINDER},
    {"point", SN_GEOMETRY_POINT},     {"mesh", SN_GEOMETRY_MESH},
};
enum { GEOMETRY_KINDS = sizeof(geometry_kinds) / sizeof(geometry_kinds[0]) };

/* Without a type the sizes say which it is. */
static int find_kind(const char *type, struct sn_geometry *g, struct sn_error *error)
{
    for (size_t i = 0; i < GEOMETRY_KINDS; i++) {
        if (strcmp(geometry_kinds[i].name, type) == 0) {
            g->kind = geometry_kinds[i].kind;
            return 0;
        }
    }
    if (!type[0] && (g->size.x > 0 || g->size.y > 0 || g->size.z > 0))
        g->kind = SN_GEOMETRY_BOX;
    else if (!type[0] && g->radius > 0 && g->length > 0)
        g->kind = SN_GEOMETRY_CAPSULE;
    else if (!type[0] && g->radius > 0 && g->length == 0)
        g->kind = SN_GEOMETRY_SPHERE;
    else
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "unsupported Geometry type: %s", type);
    return 0;
}

static int read_sizes(const json_t *json, struct sn_geometry *g, struct sn_error *error)
{
    static const char *const keys[] = {"x", "y", "z", "r", "l"};
    double *const into[] = {&g->size.x, &g->size.y, &g->size.z, &g->radius, &g->length};
    int code = 0;

    for (size_t i = 0; i < 5 && !code; i++)
        code = sn_json_number(json, keys[i], into[i], error);
    return code;
}

int sn_json_geometry(const json_t *json, struct sn_arena *arena, struct sn_geometry *ret_geometry,
                     struct sn_error *error)
{
    struct sn_geometry g = {.kind = SN_GEOMETRY_POINT};
    const char *type = "", *label = "", *format = "";
    int code = sn_json_string(json, "type", &type, error);

    if (!code)
        code = read_sizes(json, &g, error);
    if (!code)
        code = find_kind(type, &g, error);
    if (!code)
        code = read_pose(json, &g.pose, error);
    if (!code)
        code = sn_json_text(json, "Label", arena, &label, error);
    if (!code && g.kind == SN_GEOMETRY_MESH) {
        code = sn_json_text(json, "mesh_content_type", arena, &format, error);
        if (!code)
            code = sn_json_bytes(json, "mesh_data", arena, &g.data, error);
    }
    g.label = sn_str_of(label);
    g.format = sn_str_of(format);
    if (!code)
        code = sn_geometry_normalize(&g, error);
    if (!code)
        *ret_geometry = g;
    return code;
}

int sn_json_frame(const json_t *json, struct sn_arena *arena, struct sn_frame_config *ret_frame,
                  struct sn_error *error)
{
    struct sn_frame_config frame = {.geometry = NULL};
    const json_t *geometry = NULL;
    int code = sn_json_text(json, "id", arena, &frame.id, error);

    if (!code)
        code = sn_json_text(json, "parent", arena, &frame.parent, error);
    if (!code && !frame.parent[0])
        code = sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "frame config is missing a parent");
    if (!code)
        code = read_pose(json, &frame.pose, error);
    if (!code)
        code = sn_json_object(json, "geometry", &geometry, error);
    if (!code && geometry) {
        struct sn_geometry *g = sn_arena_alloc(arena, sizeof(*g));

        code = g ? sn_json_geometry(geometry, arena, g, error) : sn_json_no_memory(error);
        frame.geometry = g;
    }
    if (!code)
        *ret_frame = frame;
    return code;
}
