/* SPDX-License-Identifier: Apache-2.0
 *
 * Which geometries can be.
 */
#include "spatial/geometry.h"

#include <stdint.h>

static bool is_length(double length)
{
    return length >= 0 && isfinite(length);
}

static int bad_size(struct sn_error *error, const char *kind)
{
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "Invalid dimension(s) for Geometry type *spatialmath.%s", kind);
}

static int normalize_capsule(struct sn_geometry *g, struct sn_error *error)
{
    if (!is_length(g->length) || !is_length(g->radius) || g->radius == 0 || g->length == 0)
        return bad_size(error, "capsule");
    if (g->length < 2 * g->radius)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "Capsule total length %f cannot be less than 2x radius %f", g->length,
                            g->radius);
    if (g->length == 2 * g->radius)
        g->kind = SN_GEOMETRY_SPHERE;
    return 0;
}

int sn_geometry_normalize(struct sn_geometry *g, struct sn_error *error)
{
    if (!sn_vec3_finite(g->pose.point))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "a geometry's translation is not a number");
    switch (g->kind) {
    case SN_GEOMETRY_BOX:
        if (!is_length(g->size.x) || !is_length(g->size.y) || !is_length(g->size.z))
            return bad_size(error, "box");
        return 0;
    case SN_GEOMETRY_SPHERE:
        return is_length(g->radius) && g->radius > 0 ? 0 : bad_size(error, "sphere");
    case SN_GEOMETRY_CAPSULE:
        return normalize_capsule(g, error);
    case SN_GEOMETRY_CYLINDER:
        if (!is_length(g->length) || !is_length(g->radius) || g->radius == 0 || g->length == 0)
            return bad_size(error, "Cylinder");
        return 0;
    case SN_GEOMETRY_MESH:
        return sn_mesh_check(g->format, g->data, error);
    default:
        return 0;
    }
}

struct sn_geometry sn_geometry_around_cylinder(const struct sn_geometry *cylinder)
{
    struct sn_geometry around = *cylinder;

    around.kind = SN_GEOMETRY_CAPSULE;
    around.length += 2 * around.radius;
    return around;
}

/* Binary STL: a head of 80 bytes, the number of triangles, 50 bytes each. */
enum { STL_HEAD = 84, STL_TRIANGLE = 50 };

static int check_stl(struct sn_str data, struct sn_error *error)
{
    const uint8_t *bytes = (const uint8_t *)data.ptr;

    if (data.len < STL_HEAD)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "STL file too small");
    uint64_t count = bytes[80] | (uint32_t)bytes[81] << 8 | (uint32_t)bytes[82] << 16 |
                     (uint32_t)bytes[83] << 24;
    uint64_t wanted = STL_HEAD + count * STL_TRIANGLE;
    if (data.len != wanted)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "STL file size mismatch: expected %llu bytes, got %zu",
                            (unsigned long long)wanted, data.len);
    return 0;
}

int sn_mesh_check(struct sn_str format, struct sn_str data, struct sn_error *error)
{
    if (!data.len)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "mesh geometry requires mesh data");
    if (sn_str_is(format, "stl"))
        return check_stl(data, error);
    if (!sn_str_is(format, "ply"))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "unsupported Mesh type: %.*s",
                            SN_STR_ARGS(format));
    if (!sn_str_has_prefix(data, SN_STR("ply")))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "error reading mesh: Invalid ply file");
    return 0;
}

/* A corner of an STL triangle is three floats, little-endian as in the PLY written here, behind the
 * 12 bytes of the normal. Corners are not shared. */
struct sn_str sn_mesh_to_ply(struct sn_str stl, struct sn_arena *arena)
{
    size_t count = (stl.len - STL_HEAD) / STL_TRIANGLE;
    struct sn_str head = sn_arena_printf(arena,
                                         "ply\nformat binary_little_endian 1.0\n"
                                         "element vertex %zu\nproperty float x\nproperty float y\n"
                                         "property float z\nelement face %zu\n"
                                         "property list uchar uint vertex_indices\nend_header\n",
                                         3 * count, count);
    size_t len = head.len + count * (36 + 13);
    uint8_t *ply = head.ptr ? sn_arena_alloc(arena, len) : NULL;

    if (!ply)
        return SN_STR_NULL;
    memcpy(ply, head.ptr, head.len);
    uint8_t *at = ply + head.len;
    for (size_t i = 0; i < count; i++, at += 36)
        memcpy(at, stl.ptr + STL_HEAD + i * STL_TRIANGLE + 12, 36);
    for (size_t corner = 0; corner < 3 * count; corner++) {
        if (corner % 3 == 0)
            *at++ = 3;
        for (int shift = 0; shift < 32; shift += 8)
            *at++ = (uint8_t)(corner >> shift);
    }
    return (struct sn_str){(const char *)ply, len};
}
