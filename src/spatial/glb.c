/* SPDX-License-Identifier: Apache-2.0
 *
 * glTF files: a head, a chunk of JSON that says what is where, a chunk of vertices and triangles.
 * A capsule is a globe pulled apart at its equator, a sphere one that isn't.
 */
#include "spatial/glb.h"

enum {
    SLICES = 16,      /* of a globe */
    STACKS = 4,       /* of half a globe */
    VERTEX_SIZE = 24, /* place and normal, 3 floats each */
    HEAD_SIZE = 12,
    CHUNK_HEAD_SIZE = 8,
};

struct mesh {
    uint8_t *at; /* where the next vertex or index goes */
    uint32_t vertices, indices;
    struct sn_vec3 half; /* mm: no vertex is farther from the centre */
};

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

static uint8_t *put_vec3(uint8_t *at, struct sn_vec3 v)
{
    float parts[] = {(float)v.x, (float)v.y, (float)v.z};

    for (int i = 0; i < 3; i++) {
        uint32_t bits;

        memcpy(&bits, &parts[i], sizeof(bits));
        at = put_u32(at, bits);
    }
    return at;
}

static void put_vertex(struct mesh *mesh, struct sn_vec3 mm, struct sn_vec3 normal)
{
    mesh->at = put_vec3(mesh->at, sn_vec3_scale(mm, 1e-3));
    mesh->at = put_vec3(mesh->at, normal);
}

static void put_triangle(struct mesh *mesh, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t corners[] = {a, b, c};

    for (int i = 0; i < 3; i++) {
        *mesh->at++ = (uint8_t)corners[i];
        *mesh->at++ = (uint8_t)(corners[i] >> 8);
    }
}

/* ---- globes ---- */

/* Each half has its own row at the equator; every row ends where it began, once more. */
enum {
    GLOBE_ROWS = 2 * (STACKS + 1),
    GLOBE_VERTICES = GLOBE_ROWS * (SLICES + 1),
    GLOBE_INDICES = (GLOBE_ROWS - 1) * SLICES * 6,
};

static void put_globe(struct mesh *mesh, double radius, double half_length)
{
    for (int row = 0; row < GLOBE_ROWS; row++) {
        bool upper = row > STACKS;
        double latitude = SN_PI / 2 * ((double)(upper ? row - 1 : row) / STACKS - 1);
        double rise = upper ? half_length - radius : radius - half_length;

        for (int slice = 0; slice <= SLICES; slice++) {
            double longitude = 2 * SN_PI * slice / SLICES;
            struct sn_vec3 normal = sn_vec3(cos(latitude) * cos(longitude),
                                            cos(latitude) * sin(longitude), sin(latitude));
            struct sn_vec3 place = sn_vec3_scale(normal, radius);

            place.z += rise;
            put_vertex(mesh, place, normal);
        }
    }
    for (uint32_t row = 0; row + 1 < GLOBE_ROWS; row++) {
        for (uint32_t slice = 0; slice < SLICES; slice++) {
            uint32_t low = row * (SLICES + 1) + slice, high = low + SLICES + 1;

            put_triangle(mesh, low, low + 1, high + 1);
            put_triangle(mesh, low, high + 1, high);
        }
    }
}

/* ---- boxes ---- */

enum { BOX_VERTICES = 24, BOX_INDICES = 36 };

static void put_box(struct mesh *mesh, struct sn_vec3 half)
{
    static const struct sn_vec3 axes[] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

    for (int face = 0; face < 6; face++) {
        struct sn_vec3 normal = sn_vec3_scale(axes[face / 2], face % 2 ? 1 : -1);
        struct sn_vec3 u = axes[(face / 2 + 1) % 3], v = sn_vec3_cross(normal, u);

        for (int corner = 0; corner < 4; corner++) {
            struct sn_vec3 to = sn_vec3_add(sn_vec3_scale(u, corner == 1 || corner == 2 ? 1 : -1),
                                            sn_vec3_scale(v, corner / 2 ? 1 : -1));

            to = sn_vec3_add(to, normal);
            put_vertex(mesh, sn_vec3(to.x * half.x, to.y * half.y, to.z * half.z), normal);
        }
    }
    for (uint32_t face = 0; face < 6; face++) {
        put_triangle(mesh, face * 4, face * 4 + 1, face * 4 + 2);
        put_triangle(mesh, face * 4, face * 4 + 2, face * 4 + 3);
    }
}

/* ---- the file ---- */

/* Chunks end at multiples of 4: spaces behind the JSON. */
static struct sn_str describe(const struct mesh *mesh, struct sn_arena *arena)
{
    uint32_t vertices = mesh->vertices * VERTEX_SIZE, indices = mesh->indices * 2;
    struct sn_vec3 max = sn_vec3_scale(mesh->half, 1e-3);
    struct sn_str json = sn_arena_printf(
        arena,
        "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],"
        "\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,"
        "\"NORMAL\":1},\"indices\":2,\"material\":0}]}],"
        "\"materials\":[{\"pbrMetallicRoughness\":{\"baseColorFactor\":[0.8,0.8,0.82,1],"
        "\"metallicFactor\":0}}],\"buffers\":[{\"byteLength\":%u}],\"bufferViews\":["
        "{\"buffer\":0,\"byteLength\":%u,\"byteStride\":%d,\"target\":34962},"
        "{\"buffer\":0,\"byteOffset\":%u,\"byteLength\":%u,\"target\":34963}],\"accessors\":["
        "{\"bufferView\":0,\"componentType\":5126,\"count\":%u,\"type\":\"VEC3\","
        "\"min\":[%.9g,%.9g,%.9g],\"max\":[%.9g,%.9g,%.9g]},"
        "{\"bufferView\":0,\"byteOffset\":12,\"componentType\":5126,\"count\":%u,"
        "\"type\":\"VEC3\"},"
        "{\"bufferView\":1,\"componentType\":5123,\"count\":%u,\"type\":\"SCALAR\"}]}   ",
        vertices + indices, vertices, VERTEX_SIZE, vertices, indices, mesh->vertices, (float)-max.x,
        (float)-max.y, (float)-max.z, (float)max.x, (float)max.y, (float)max.z, mesh->vertices,
        mesh->indices);

    json.len -= json.len % 4;
    return json;
}

static bool measure(const struct sn_geometry *geometry, struct mesh *mesh)
{
    double r = geometry->radius;

    *mesh = (struct mesh){.vertices = GLOBE_VERTICES, .indices = GLOBE_INDICES};
    switch (geometry->kind) {
    case SN_GEOMETRY_SPHERE:
        mesh->half = sn_vec3(r, r, r);
        return true;
    case SN_GEOMETRY_CAPSULE:
        mesh->half = sn_vec3(r, r, geometry->length / 2);
        return true;
    case SN_GEOMETRY_BOX:
        *mesh = (struct mesh){.vertices = BOX_VERTICES,
                              .indices = BOX_INDICES,
                              .half = sn_vec3_scale(geometry->size, 0.5)};
        return true;
    default:
        return false;
    }
}

int sn_geometry_to_glb(const struct sn_geometry *geometry, struct sn_arena *arena,
                       struct sn_str *ret_glb)
{
    struct mesh mesh;

    if (!measure(geometry, &mesh))
        return SN_ERR_UNIMPLEMENTED;
    struct sn_str json = describe(&mesh, arena);
    uint32_t binary = mesh.vertices * VERTEX_SIZE + mesh.indices * 2;
    size_t size = HEAD_SIZE + CHUNK_HEAD_SIZE + json.len + CHUNK_HEAD_SIZE + binary;
    uint8_t *file = sn_arena_alloc(arena, size);
    if (!json.ptr || !file)
        return SN_ERR_RESOURCE_EXHAUSTED;
    uint8_t *at = put_u32(file, 0x46546c67); /* "glTF" */
    at = put_u32(put_u32(at, 2), (uint32_t)size);
    at = put_u32(put_u32(at, (uint32_t)json.len), 0x4e4f534a); /* "JSON" */
    memcpy(at, json.ptr, json.len);
    mesh.at = put_u32(put_u32(at + json.len, binary), 0x004e4942); /* "BIN" */
    if (geometry->kind == SN_GEOMETRY_BOX)
        put_box(&mesh, mesh.half);
    else
        put_globe(&mesh, geometry->radius, mesh.half.z);
    *ret_glb = (struct sn_str){(const char *)file, size};
    return 0;
}
