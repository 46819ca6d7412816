/* SPDX-License-Identifier: Apache-2.0
 *
 * From URDF's links and joints to a model's parts.
 */
#include "spatial/urdf_private.h"

#include <strings.h>

struct builder {
    struct urdf *u;
    struct sn_model_part *parts;
    uint32_t count;
    struct sn_model_mesh *meshes;
    uint32_t mesh_count;
};

static int wrong_type(const struct builder *b, const struct urdf_joint *joint)
{
    return sn_error_set(b->u->error, SN_ERR_INVALID_ARGUMENT,
                        "unsupported joint type detected: \"%s\"", joint->type);
}

static bool is_identity(const struct sn_pose *pose)
{
    return sn_pose_almost_equal(pose, &SN_POSE_IDENTITY, 0, 0);
}

/* The frame a joint starts from: the parent link, moved by the joint's origin. */
static int add_origin(struct builder *b, const struct urdf_joint *joint, const char **ret_parent)
{
    *ret_parent = joint->parent;
    if (is_identity(&joint->origin))
        return 0;
    const char *id = sn_arena_printf(b->u->arena, "%s_origin", joint->name).ptr;
    if (!id)
        return sn_urdf_no_memory(b->u);
    b->parts[b->count++] = (struct sn_model_part){
        .id = id, .parent = joint->parent, .kind = SN_FRAME_STATIC, .offset = joint->origin};
    *ret_parent = id;
    return 0;
}

static int add_joint(struct builder *b, const struct urdf_joint *joint)
{
    struct sn_model_part part = {.id = joint->name,
                                 .axis = joint->axis,
                                 .mimic = joint->mimic,
                                 .multiplier = joint->multiplier};
    double unit = 1;

    if (strcmp(joint->type, "fixed") == 0) {
        part.parent = joint->parent;
        part.offset = joint->origin;
        b->parts[b->count++] = part;
        return 0;
    }
    part.min = joint->lower;
    part.max = joint->upper;
    part.kind = SN_FRAME_REVOLUTE;
    if (strcmp(joint->type, "continuous") == 0) {
        part.min = -INFINITY;
        part.max = INFINITY;
    } else if (strcmp(joint->type, "prismatic") == 0) {
        part.kind = SN_FRAME_PRISMATIC;
        unit = 1000;
    } else if (strcmp(joint->type, "revolute") != 0) {
        return wrong_type(b, joint);
    }
    part.min *= unit;
    part.max *= unit;
    part.addend = joint->addend * unit;
    int code = add_origin(b, joint, &part.parent);
    b->parts[b->count++] = part;
    return code;
}

/* ---- bodies ---- */

static struct sn_str format_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    if (dot && strcasecmp(dot, ".stl") == 0)
        return SN_STR("stl");
    return dot && strcasecmp(dot, ".ply") == 0 ? SN_STR("ply") : SN_STR_NULL;
}

/* "package://robot/meshes/a.stl" -> "meshes/a.stl" */
static const char *path_of(const char *written)
{
    static const char scheme[] = "package://";

    if (strncmp(written, scheme, sizeof(scheme) - 1) != 0)
        return written;
    const char *rest = written + sizeof(scheme) - 1, *slash = strchr(rest, '/');
    return slash ? slash + 1 : rest;
}

/* One that was loaded for another body; NULL: none. */
static const struct sn_model_mesh *find_mesh(const struct builder *b, const char *path)
{
    for (uint32_t i = 0; i < b->mesh_count; i++)
        if (strcmp(b->meshes[i].path, path) == 0)
            return &b->meshes[i];
    return NULL;
}

static int load_mesh(struct builder *b, struct urdf_body *body)
{
    struct sn_geometry *g = &body->geometry;
    struct sn_urdf_files *files = b->u->files;
    const char *path = path_of(body->mesh);
    const struct sn_model_mesh *loaded = find_mesh(b, path);

    g->format = format_of(body->mesh);
    if (!g->format.len)
        return sn_error_set(b->u->error, SN_ERR_INVALID_ARGUMENT,
                            "unsupported mesh file \"%.200s\": .stl and .ply are known",
                            body->mesh);
    if (loaded) {
        g->data = loaded->data;
        return 0;
    }
    int code = files->load(files, path, body->mesh, b->u->arena, &g->data, b->u->error);
    if (code)
        return code;
    b->meshes[b->mesh_count++] = (struct sn_model_mesh){path, g->format, g->data};
    return 0;
}

/* Three bodies, one of them a cylinder and two spheres on its ends, are a capsule. */
static bool is_capsule(const struct urdf_link *link, struct sn_geometry *ret_capsule)
{
    const struct sn_geometry *cylinder = NULL, *spheres[2];
    uint32_t count = 0;

    if (link->bodies != 3)
        return false;
    for (const struct urdf_body *body = link->first; body; body = body->next) {
        if (body->geometry.kind == SN_GEOMETRY_CYLINDER)
            cylinder = &body->geometry;
        else if (body->geometry.kind == SN_GEOMETRY_SPHERE && body->shaped && count < 2)
            spheres[count++] = &body->geometry;
    }
    if (!cylinder || count < 2)
        return false;
    double side = 0;
    for (int i = 0; i < 2; i++) {
        struct sn_pose seen = sn_pose_between(&cylinder->pose, &spheres[i]->pose);

        if (fabs(spheres[i]->radius - cylinder->radius) > 0.01 ||
            fabs(fabs(seen.point.z) - cylinder->length / 2) > 0.01 ||
            hypot(seen.point.x, seen.point.y) > 0.01)
            return false;
        side += seen.point.z;
    }
    *ret_capsule = sn_geometry_around_cylinder(cylinder);
    return fabs(side) <= 0.02;
}

static int add_bodies(struct builder *b, const struct urdf_link *link, struct sn_model_part *part)
{
    struct sn_geometry *list = sn_arena_alloc(b->u->arena, (link->bodies + 1) * sizeof(*list));
    int code = 0;

    if (!list)
        return sn_urdf_no_memory(b->u);
    part->geometries = list;
    if (is_capsule(link, list)) {
        part->geometry_count = 1;
        return sn_geometry_normalize(list, b->u->error);
    }
    for (struct urdf_body *body = link->first; body && !code; body = body->next) {
        if (!body->shaped || (body->mesh && !b->u->files))
            continue;
        if (body->mesh)
            code = load_mesh(b, body);
        if (!code)
            code = sn_geometry_normalize(&body->geometry, b->u->error);
        list[part->geometry_count++] = body->geometry;
    }
    return code;
}

static int add_link(struct builder *b, const struct urdf_link *link)
{
    struct sn_model_part *part = &b->parts[b->count];

    *part = (struct sn_model_part){
        .id = link->name, .parent = "", .kind = SN_FRAME_STATIC, .offset = SN_POSE_IDENTITY};
    for (const struct urdf_joint *joint = b->u->joints; joint; joint = joint->next)
        if (strcmp(joint->child, link->name) == 0)
            part->parent = joint->name;
    if (strcmp(link->name, "world") == 0 && !part->parent[0])
        return 0;
    b->count++;
    return add_bodies(b, link, part);
}

static int check_ends(const struct builder *b)
{
    for (const struct urdf_joint *joint = b->u->joints; joint; joint = joint->next) {
        const struct urdf_link *link = b->u->links;

        while (link && strcmp(link->name, joint->child) != 0)
            link = link->next;
        if (!link)
            return sn_error_set(b->u->error, SN_ERR_INVALID_ARGUMENT,
                                "frame named '%s' not in the list of transforms", joint->child);
    }
    return 0;
}

int sn_urdf_build(struct urdf *u, struct sn_model **ret_model)
{
    struct builder b = {.u = u};
    size_t most = 2 * (size_t)u->joint_count + u->link_count + 1;
    int code = check_ends(&b);

    b.parts = sn_arena_zalloc(u->arena, most * sizeof(*b.parts));
    b.meshes = sn_arena_alloc(u->arena, (u->body_count + 1) * sizeof(*b.meshes));
    if (!b.parts || !b.meshes)
        return sn_urdf_no_memory(u);
    for (const struct urdf_joint *joint = u->joints; joint && !code; joint = joint->next)
        code = add_joint(&b, joint);
    for (const struct urdf_link *link = u->links; link && !code; link = link->next)
        code = add_link(&b, link);
    if (!code)
        code = sn_model_build(u->name, b.parts, b.count, NULL, u->arena, ret_model, u->error);
    if (code)
        return code;
    (*ret_model)->meshes = b.meshes;
    (*ret_model)->mesh_count = b.mesh_count;
    return 0;
}
