/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in the files: every vertex on its body, every triangle seen from outside.
 */
#include "spatial/glb.h"
#include "spatial/testing.h"

#include <jansson.h>

struct drawn {
    struct memory memory;
    json_t *json;
    const unsigned char *vertices, *indices;
    size_t vertex_count, index_count;
};

static uint32_t u32(const unsigned char *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static struct sn_vec3 vec3(const unsigned char *at)
{
    float parts[3];

    for (int i = 0; i < 3; i++) {
        uint32_t bits = u32(at + 4 * i);

        memcpy(&parts[i], &bits, sizeof(bits));
    }
    return sn_vec3(parts[0], parts[1], parts[2]);
}

static struct sn_vec3 place_of(const struct drawn *drawn, size_t vertex)
{
    return vec3(drawn->vertices + vertex * 24);
}

static struct sn_vec3 normal_of(const struct drawn *drawn, size_t vertex)
{
    return vec3(drawn->vertices + vertex * 24 + 12);
}

static struct sn_vec3 vec3_of(json_t *list)
{
    return sn_vec3(json_number_value(json_array_get(list, 0)),
                   json_number_value(json_array_get(list, 1)),
                   json_number_value(json_array_get(list, 2)));
}

static void draw(struct drawn *drawn, const struct sn_geometry *geometry)
{
    struct sn_str glb;
    json_t *views, *accessors;

    memory_init(&drawn->memory);
    assert_int_equal(sn_geometry_to_glb(geometry, &drawn->memory.arena, &glb), 0);
    const unsigned char *at = (const unsigned char *)glb.ptr;
    assert_memory_equal(at, "glTF\2\0\0", 7);
    assert_int_equal(u32(at + 8), glb.len);
    size_t len = u32(at + 12);
    assert_int_equal(len % 4, 0);
    assert_memory_equal(at + 16, "JSON", 4);
    drawn->json = json_loadb(glb.ptr + 20, len, 0, NULL);
    assert_non_null(drawn->json);
    const unsigned char *binary = at + 20 + len;
    assert_int_equal(u32(binary) % 4, 0);
    assert_int_equal(20 + len + 8 + u32(binary), glb.len);
    assert_memory_equal(binary + 4, "BIN", 4);
    assert_int_equal(
        json_unpack(drawn->json, "{s:o,s:o}", "bufferViews", &views, "accessors", &accessors), 0);
    json_t *places = json_array_get(accessors, 0);
    drawn->vertex_count = (size_t)json_integer_value(json_object_get(places, "count"));
    drawn->index_count =
        (size_t)json_integer_value(json_object_get(json_array_get(accessors, 2), "count"));
    drawn->vertices = binary + 8;
    drawn->indices =
        binary + 8 + json_integer_value(json_object_get(json_array_get(views, 1), "byteOffset"));
    assert_int_equal(drawn->indices - drawn->vertices, drawn->vertex_count * 24);
    assert_int_equal(glb.ptr + glb.len - (const char *)drawn->indices, drawn->index_count * 2);
}

static void undraw(struct drawn *drawn)
{
    json_decref(drawn->json);
    memory_fini(&drawn->memory);
}

static void expect_bounds(const struct drawn *drawn, struct sn_vec3 metres)
{
    json_t *places = json_array_get(json_object_get(drawn->json, "accessors"), 0);
    struct sn_vec3 max = vec3_of(json_object_get(places, "max")),
                   min = vec3_of(json_object_get(places, "min")), seen = {0, 0, 0};

    for (size_t i = 0; i < drawn->vertex_count; i++) {
        struct sn_vec3 place = place_of(drawn, i);

        seen = sn_vec3(fmax(seen.x, place.x), fmax(seen.y, place.y), fmax(seen.z, place.z));
        expect_near(sn_vec3_norm(normal_of(drawn, i)), 1, 1e-6);
    }
    expect_near(sn_vec3_norm(sn_vec3_sub(max, metres)), 0, 1e-6);
    expect_near(sn_vec3_norm(sn_vec3_add(min, metres)), 0, 1e-6);
    expect_near(sn_vec3_norm(sn_vec3_sub(seen, metres)), 0, 1e-6);
}

/* The corners of a triangle, seen from outside, go round against the clock. */
static void expect_outside(const struct drawn *drawn)
{
    for (size_t i = 0; i < drawn->index_count; i += 3) {
        struct sn_vec3 corners[3], normals = {0, 0, 0};

        for (size_t k = 0; k < 3; k++) {
            const unsigned char *at = drawn->indices + 2 * (i + k);
            size_t vertex = at[0] | (size_t)at[1] << 8;

            assert_true(vertex < drawn->vertex_count);
            corners[k] = place_of(drawn, vertex);
            normals = sn_vec3_add(normals, normal_of(drawn, vertex));
        }
        struct sn_vec3 face =
            sn_vec3_cross(sn_vec3_sub(corners[1], corners[0]), sn_vec3_sub(corners[2], corners[0]));
        assert_true(sn_vec3_dot(face, normals) > -1e-12);
    }
}

static void a_sphere_is_round(void **state)
{
    struct sn_geometry sphere = {.kind = SN_GEOMETRY_SPHERE, .radius = 70};
    struct drawn drawn;

    draw(&drawn, &sphere);
    for (size_t i = 0; i < drawn.vertex_count; i++)
        expect_near(sn_vec3_norm(place_of(&drawn, i)), 0.07, 1e-6);
    expect_bounds(&drawn, sn_vec3(0.07, 0.07, 0.07));
    expect_outside(&drawn);
    undraw(&drawn);
}

static void a_capsule_has_its_length(void **state)
{
    struct sn_geometry capsule = {.kind = SN_GEOMETRY_CAPSULE, .radius = 60, .length = 260};
    struct drawn drawn;

    draw(&drawn, &capsule);
    for (size_t i = 0; i < drawn.vertex_count; i++) {
        struct sn_vec3 place = place_of(&drawn, i);

        place.z -= copysign(fmin(fabs(place.z), 0.07), place.z);
        expect_near(sn_vec3_norm(place), 0.06, 1e-6);
    }
    expect_bounds(&drawn, sn_vec3(0.06, 0.06, 0.13));
    expect_outside(&drawn);
    undraw(&drawn);
}

static void a_box_has_its_sides(void **state)
{
    struct sn_geometry box = {.kind = SN_GEOMETRY_BOX, .size = {10, 20, 30}};
    struct drawn drawn;

    draw(&drawn, &box);
    assert_int_equal(drawn.index_count, 36);
    expect_bounds(&drawn, sn_vec3(0.005, 0.01, 0.015));
    expect_outside(&drawn);
    undraw(&drawn);
}

static void what_is_no_solid_is_not_drawn(void **state)
{
    struct sn_geometry cloud = {.kind = SN_GEOMETRY_CLOUD}, box = {.kind = SN_GEOMETRY_BOX};
    struct sn_arena none = {0};
    struct sn_str glb;

    assert_int_equal(sn_geometry_to_glb(&cloud, &none, &glb), SN_ERR_UNIMPLEMENTED);
    assert_int_equal(sn_geometry_to_glb(&box, &none, &glb), SN_ERR_RESOURCE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sphere_is_round),
        cmocka_unit_test(a_capsule_has_its_length),
        cmocka_unit_test(a_box_has_its_sides),
        cmocka_unit_test(what_is_no_solid_is_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
