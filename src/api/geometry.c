/* SPDX-License-Identifier: Apache-2.0
 *
 * Poses, geometries and kinematics as messages.
 */
#include "api/geometry.h"
#include "sinew/pb.h"

/* The wire's pose is the message's. */
_Static_assert(sizeof(struct sn_pose_wire) == sizeof(struct pb_common_pose) &&
                   offsetof(struct sn_pose_wire, o_x) == offsetof(struct pb_common_pose, o_x) &&
                   offsetof(struct sn_pose_wire, theta) == offsetof(struct pb_common_pose, theta),
               "a message is a pose");

struct sn_pose sn_pose_from_pb(const struct pb_common_pose *pb)
{
    struct sn_pose_wire wire;

    if (!pb)
        return SN_POSE_IDENTITY;
    memcpy(&wire, pb, sizeof(wire));
    return sn_pose_from_wire(&wire);
}

struct pb_common_pose sn_pose_to_pb(const struct sn_pose *pose)
{
    struct sn_pose_wire wire = sn_pose_to_wire(pose);
    struct pb_common_pose pb;

    memcpy(&pb, &wire, sizeof(pb));
    return pb;
}

static bool box_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                      struct pb_common_geometry *pb)
{
    struct pb_common_vector3 *size = sn_arena_alloc(arena, sizeof(*size));

    pb->which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_BOX;
    pb->box = sn_arena_zalloc(arena, sizeof(*pb->box));
    if (!size || !pb->box)
        return false;
    *size = (struct pb_common_vector3){g->size.x, g->size.y, g->size.z};
    pb->box->dims_mm = size;
    return true;
}

/* A point travels as a sphere of no size. */
static bool sphere_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                         struct pb_common_geometry *pb)
{
    pb->which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_SPHERE;
    pb->sphere = sn_arena_zalloc(arena, sizeof(*pb->sphere));
    if (pb->sphere && g->kind == SN_GEOMETRY_SPHERE)
        pb->sphere->radius_mm = g->radius;
    return pb->sphere;
}

static bool capsule_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                          struct pb_common_geometry *pb)
{
    pb->which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_CAPSULE;
    pb->capsule = sn_arena_alloc(arena, sizeof(*pb->capsule));
    if (pb->capsule)
        *pb->capsule = (struct pb_common_capsule){g->radius, g->length};
    return pb->capsule;
}

/* The wire has no cylinder. */
static bool cylinder_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                           struct pb_common_geometry *pb)
{
    struct sn_geometry around = sn_geometry_around_cylinder(g);

    return capsule_to_pb(&around, arena, pb);
}

static bool mesh_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                       struct pb_common_geometry *pb)
{
    pb->which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_MESH;
    pb->mesh = sn_arena_alloc(arena, sizeof(*pb->mesh));
    if (!pb->mesh)
        return false;
    *pb->mesh = (struct pb_common_mesh){.content_type = SN_STR("ply"), .mesh = g->data};
    if (sn_str_is(g->format, "stl"))
        pb->mesh->mesh = sn_mesh_to_ply(g->data, arena);
    return pb->mesh->mesh.ptr;
}

static bool cloud_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                        struct pb_common_geometry *pb)
{
    pb->which_geometry_type = PB_COMMON_GEOMETRY_GEOMETRY_TYPE_POINTCLOUD;
    pb->pointcloud = sn_arena_alloc(arena, sizeof(*pb->pointcloud));
    if (pb->pointcloud)
        *pb->pointcloud = (struct pb_common_point_cloud){g->data};
    return pb->pointcloud;
}

int sn_geometry_to_pb(const struct sn_geometry *g, struct sn_arena *arena,
                      struct pb_common_geometry *ret_pb)
{
    static bool (*const convert[])(const struct sn_geometry *g, struct sn_arena *arena,
                                   struct pb_common_geometry *pb) = {
        [SN_GEOMETRY_POINT] = sphere_to_pb,      [SN_GEOMETRY_SPHERE] = sphere_to_pb,
        [SN_GEOMETRY_BOX] = box_to_pb,           [SN_GEOMETRY_CAPSULE] = capsule_to_pb,
        [SN_GEOMETRY_CYLINDER] = cylinder_to_pb, [SN_GEOMETRY_MESH] = mesh_to_pb,
        [SN_GEOMETRY_CLOUD] = cloud_to_pb,
    };
    struct pb_common_geometry pb = {.label = g->label};

    pb.center = sn_arena_alloc(arena, sizeof(*pb.center));
    if (!pb.center)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *pb.center = sn_pose_to_pb(&g->pose);
    if (!convert[g->kind](g, arena, &pb))
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_pb = pb;
    return 0;
}

static bool shape_from_pb(const struct pb_common_geometry *pb, struct sn_geometry *g)
{
    const struct pb_common_vector3 *size;

    switch (pb->which_geometry_type) {
    case PB_COMMON_GEOMETRY_GEOMETRY_TYPE_SPHERE:
        g->kind = pb->sphere->radius_mm == 0 ? SN_GEOMETRY_POINT : SN_GEOMETRY_SPHERE;
        g->radius = pb->sphere->radius_mm;
        return true;
    case PB_COMMON_GEOMETRY_GEOMETRY_TYPE_BOX:
        size = pb->box->dims_mm;
        g->kind = SN_GEOMETRY_BOX;
        g->size = size ? sn_vec3(size->x, size->y, size->z) : sn_vec3(0, 0, 0);
        return true;
    case PB_COMMON_GEOMETRY_GEOMETRY_TYPE_CAPSULE:
        g->kind = SN_GEOMETRY_CAPSULE;
        g->radius = pb->capsule->radius_mm;
        g->length = pb->capsule->length_mm;
        return true;
    case PB_COMMON_GEOMETRY_GEOMETRY_TYPE_MESH:
        g->kind = SN_GEOMETRY_MESH;
        g->format = pb->mesh->content_type;
        g->data = pb->mesh->mesh;
        return true;
    case PB_COMMON_GEOMETRY_GEOMETRY_TYPE_POINTCLOUD:
        g->kind = SN_GEOMETRY_CLOUD;
        g->data = pb->pointcloud->point_cloud;
        return true;
    default:
        return false;
    }
}

int sn_geometry_from_pb(const struct pb_common_geometry *pb, struct sn_geometry *ret_geometry,
                        struct sn_error *error)
{
    struct sn_geometry g = {.label = pb->label};

    if (!pb->center)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "cannot have nil pose for geometry");
    g.pose = sn_pose_from_pb(pb->center);
    if (!shape_from_pb(pb, &g))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "unsupported Geometry type");
    int code = sn_geometry_normalize(&g, error);
    if (!code)
        *ret_geometry = g;
    return code;
}

int sn_geometries_to_pb(const struct sn_geometry *geometries, size_t count, struct sn_arena *arena,
                        struct pb_common_get_geometries_response *pb)
{
    for (size_t i = 0; i < count; i++) {
        struct pb_common_geometry *to = sn_pb_add(&pb->geometries, arena);
        int code = to ? sn_geometry_to_pb(&geometries[i], arena, to) : SN_ERR_RESOURCE_EXHAUSTED;

        if (code)
            return code;
    }
    return 0;
}

int sn_model_to_pb(const struct sn_model *model, struct sn_arena *arena,
                   struct pb_common_get_kinematics_response *pb)
{
    pb->format = (int32_t)model->format;
    pb->kinematics_data = model->source;
    for (uint32_t i = 0; i < model->mesh_count; i++) {
        const struct sn_model_mesh *mesh = &model->meshes[i];
        struct pb_common_get_kinematics_response_meshes_by_urdf_filepath_entry *entry =
            sn_pb_add(&pb->meshes_by_urdf_filepath, arena);

        if (!entry)
            return SN_ERR_RESOURCE_EXHAUSTED;
        entry->key = sn_str_of(mesh->path);
        entry->value = (struct pb_common_mesh){.content_type = mesh->format, .mesh = mesh->data};
    }
    return 0;
}
