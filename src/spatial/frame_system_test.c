/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame system: places as upstream's program gives them, what is dropped and why, and random
 * trees against the plain definition.
 */
#include "spatial/frame_system.h"
#include "spatial/model_testing.h"

static struct memory memory;

static struct sn_frame_part part(const char *name, const char *parent, double x)
{
    return (struct sn_frame_part){
        .name = name, .parent = parent, .pose = {{x, 0, 0}, SN_QUAT_IDENTITY}};
}

static struct sn_frame_system *build(const struct sn_frame_part *parts, uint32_t count)
{
    struct sn_frame_system *s = NULL;

    assert_int_equal(sn_frame_system_build(parts, count, &memory.arena, &s), 0);
    return s;
}

static const struct sn_frame_inputs no_inputs = {NULL, 0};

static struct sn_pose see(const struct sn_frame_system *s, const char *from, const char *to,
                          struct sn_frame_inputs inputs)
{
    struct sn_pose pose = {{1, 2, 3}, {1, 0, 0, 0}}, seen = pose;
    struct sn_error error = {0};

    if (sn_frame_system_transform(s, sn_str_of(from), &pose, sn_str_of(to), inputs, &seen,
                                  &error) != 0)
        fail_msg("%s", error.text);
    return seen;
}

static void expect_place(struct sn_pose got, double x, double y, double z, double theta)
{
    struct sn_pose_wire wire = sn_pose_to_wire(&got);

    expect_near(wire.x, x, 1e-4);
    expect_near(wire.y, y, 1e-4);
    expect_near(wire.z, z, 1e-4);
    expect_near(wire.theta, theta, 1e-3);
}

static void expect_unknown(const struct sn_frame_system *s, const char *from, const char *to,
                           const char *text)
{
    struct sn_pose pose = SN_POSE_IDENTITY;
    struct sn_error error = {0};

    assert_int_equal(sn_frame_system_transform(s, sn_str_of(from), &pose, sn_str_of(to), no_inputs,
                                               &pose, &error),
                     SN_ERR_NOT_FOUND);
    assert_string_equal(error.text, text);
}

static struct sn_frame_system *arm_and_tool(void)
{
    static struct sn_frame_part parts[3];

    parts[0] = part("g1", "ur5e", 0);
    parts[0].pose.point = sn_vec3(0, 0, 50);
    parts[1] = (struct sn_frame_part){.name = "ur5e", .parent = "world"};
    parts[1].pose = sn_pose_from_wire(&(struct sn_pose_wire){100, 0, 10, 1, 2, 3, 60});
    parts[1].model = load_model(&memory, "ur5e");
    parts[2] = part("side", "ur5e:forearm_link", 0);
    return build(parts, 3);
}

static void places_are_upstreams(void **state)
{
    const struct sn_frame_system *s = arm_and_tool();
    const double joints[] = {sn_radians(10), sn_radians(-20), sn_radians(-30),
                             sn_radians(40), sn_radians(50),  sn_radians(60)};
    const double *const v[] = {NULL, joints};
    struct sn_frame_inputs inputs = {v, 2};

    assert_int_equal(s->dropped_count, 0);
    expect_place(see(s, "ur5e", "world", inputs), 903.9678, -112.5803, 472.7761, 109.281);
    expect_place(see(s, "world", "ur5e", inputs), -158.1101, -534.0335, -855.2081, -174.4563);
    expect_place(see(s, "ur5e:forearm_link", "world", inputs), 727.1467, -106.8786, 632.338,
                 36.987);
    expect_place(see(s, "world", "ur5e:forearm_link", inputs), 955.9484, 58.6699, 144.6753,
                 66.1036);
    expect_place(see(s, "ur5e_origin", "world", inputs), 98.691, 1.5545, 13.1416, 60);
    expect_place(see(s, "g1", "ur5e", inputs), 1, 2, 53, 0);
    expect_place(see(s, "world", "world", inputs), 1, 2, 3, 0);
    expect_pose(see(s, "side", "world", inputs), see(s, "ur5e:forearm_link", "world", inputs));
}

static void count_part(void *arg, uint32_t index)
{
    *(uint32_t *)arg |= 1u << index;
}

static void only_what_moves_a_frame_is_asked(void **state)
{
    const struct sn_frame_system *s = arm_and_tool();
    struct sn_error error;
    uint32_t movers = 0;
    int32_t frame;

    assert_int_equal(sn_frame_system_find(s, SN_STR("g1"), &frame, &error), 0);
    sn_frame_system_movers(s, frame, count_part, &movers);
    assert_int_equal(movers, 2);
    movers = 0;
    assert_int_equal(sn_frame_system_find(s, SN_STR("ur5e_origin"), &frame, &error), 0);
    sn_frame_system_movers(s, frame, count_part, &movers);
    assert_int_equal(movers, 0);
}

static void what_is_not_linked_is_dropped(void **state)
{
    const struct sn_frame_part parts[] = {
        part("a", "world", 1),       part("b", "nowhere", 1),  part("c", "b", 1),
        part("d", "e", 1),           part("e", "d", 1),        part("self", "self", 1),
        part("world", "a", 1),       part("twin", "world", 1), part("twin", "a", 2),
        part("last", "a_origin", 1),
    };
    const struct sn_frame_system *s = build(parts, sizeof(parts) / sizeof(parts[0]));
    static const char *const dropped[] = {"b", "c", "d", "e", "self", "world", "twin", "twin"};

    assert_int_equal(s->dropped_count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(s->dropped[i], dropped[i]);
    expect_unknown(s, "b", "world", "frame with name \"b\" not in frame system");
    expect_unknown(s, "world", "e_origin", "frame with name \"e_origin\" not in frame system");
    expect_unknown(s, "", "world", "frame with name \"\" not in frame system");
    expect_unknown(s, "a%b\n\t\"ü\x01", "world",
                   "frame with name \"a%b\\n\\t\\\"ü\\x01\" not in frame system");
    expect_unknown(s, "twin", "world", "frame with name \"twin\" not in frame system");
    expect_place(see(s, "last", "world", no_inputs), 3, 2, 3, 0);
}

static struct sn_frame_system *extended(const struct sn_frame_system *base, struct sn_frame_part a,
                                        struct sn_frame_part b, struct sn_error *error)
{
    struct sn_frame_part *parts = sn_arena_alloc(&memory.arena, 2 * sizeof(*parts));
    struct sn_frame_system *s = NULL;

    parts[0] = a;
    parts[1] = b;
    int code = sn_frame_system_extend(base, parts, b.name ? 2 : 1, &memory.arena, &s, error);
    return code ? NULL : s;
}

static void parts_can_be_added_for_a_while(void **state)
{
    const struct sn_frame_part parts[] = {part("a", "world", 100)};
    const struct sn_frame_part none = {0};
    const struct sn_frame_system *base = build(parts, 1), *s;
    struct sn_error error = {0};

    s = extended(base, part("s2", "s", 1), part("s", "a", 5), &error);
    expect_place(see(s, "s2", "world", no_inputs), 107, 2, 3, 0);
    expect_place(see(s, "a", "s", no_inputs), -4, 2, 3, 0);
    expect_unknown(base, "s", "world", "frame with name \"s\" not in frame system");
    assert_null(extended(base, part("s", "nope", 1), part("t", "world", 1), &error));
    assert_string_equal(error.text, "Cannot construct frame system. Some parts are not linked to "
                                    "the world frame. Parts: [s]");
    assert_null(extended(base, part("s", "s", 1), none, &error));
    s = extended(base, part("a", "world", 1), none, &error);
    expect_unknown(s, "a", "world", "frame with name \"a\" not in frame system");
    expect_place(see(s, "world", "world", no_inputs), 1, 2, 3, 0);
    s = extended(base, part("s", "world", 1), part("s", "world", 50), &error);
    expect_unknown(s, "s", "world", "frame with name \"s\" not in frame system");
    struct sn_frame_part many[SN_FRAME_EXTRA_MAX + 1] = {{0}};
    struct sn_frame_system *too_many = NULL;
    assert_int_equal(sn_frame_system_extend(base, many, SN_FRAME_EXTRA_MAX + 1, &memory.arena,
                                            &too_many, &error),
                     SN_ERR_INVALID_ARGUMENT);
}

/* ---- random trees ---- */

enum { PARTS = 24 };

/* The definition: parents' poses one after another; false when they don't reach world. */
static bool define(const struct sn_frame_part *parts, const char *name, int depth,
                   struct sn_pose *ret_place)
{
    struct sn_pose parent;

    *ret_place = SN_POSE_IDENTITY;
    if (strcmp(name, "world") == 0)
        return true;
    for (int i = 0; i < PARTS && depth < PARTS + 2; i++) {
        if (strcmp(parts[i].name, name) != 0)
            continue;
        if (!define(parts, parts[i].parent, depth + 1, &parent))
            return false;
        *ret_place = sn_pose_compose(&parent, &parts[i].pose);
        return true;
    }
    return false;
}

static void random_trees_are_as_defined(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g",     "h",      "i",
                                        "j", "k", "l", "m", "n", "o", "p",     "q",      "r",
                                        "s", "t", "u", "v", "w", "x", "world", "nowhere"};
    struct sn_random random;

    sn_random_init(&random, 9);
    for (int round = 0; round < 500; round++) {
        struct sn_frame_part parts[PARTS];
        struct sn_pose place, wanted;
        struct sn_error error = {0};
        uint32_t dropped = 0;

        for (int i = 0; i < PARTS; i++)
            parts[i] = (struct sn_frame_part){
                .name = names[i],
                .parent =
                    names[sn_random_next(&random) % 3 ? sn_random_next(&random) % (PARTS + 2) : 24],
                .pose = random_pose(&random)};
        const struct sn_frame_system *s = build(parts, PARTS);
        for (int i = 0; i < PARTS; i++) {
            int32_t frame;
            bool linked = define(parts, names[i], 0, &wanted);

            dropped += !linked;
            assert_int_equal(sn_frame_system_find(s, sn_str_of(names[i]), &frame, &error) == 0,
                             linked);
            if (!linked)
                continue;
            place = sn_frame_system_place(s, frame, no_inputs);
            expect_near(sn_vec3_norm(sn_vec3_sub(place.point, wanted.point)), 0, 1e-8);
            expect_quat(place.rotation, wanted.rotation, 1e-8);
        }
        assert_int_equal(s->dropped_count, dropped);
        sn_arena_fini(&memory.arena);
        sn_arena_init(&memory.arena, &memory.pool, 64 << 20);
    }
}

static int setup(void **state)
{
    memory_init(&memory);
    return 0;
}

static int teardown(void **state)
{
    memory_fini(&memory);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(places_are_upstreams),          TEST(only_what_moves_a_frame_is_asked),
        TEST(what_is_not_linked_is_dropped), TEST(parts_can_be_added_for_a_while),
        TEST(random_trees_are_as_defined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
