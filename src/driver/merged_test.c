/* SPDX-License-Identifier: Apache-2.0
 *
 * What a merged movement sensor makes of its sources' accuracies, which no built-in sensor has.
 */
#include "base/heap.h"
#include "pb/component/movementsensor/v1/movementsensor.h"
#include "sinew/api/movement_sensor.h"
#include "sinew/driver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct sn_driver sn_driver_movement_sensor_merged;

/* A sensor of everything; its numbers are `k`. */
struct source {
    struct sn_movement_sensor sensor;
    float k;
    bool fails;
    int asked;
};

struct fixture {
    struct sn_block_pool blocks;
    struct sn_env env;
    struct sn_arena arena;
    struct source sources[2]; /* "a" and "b" */
    struct sn_movement_sensor *merged;
    struct pb_movementsensor_get_accuracy_response accuracy;
    const void *attrs;
    int code;
};

static struct fixture *fixture;

static int source_properties(struct sn_call *call, struct sn_movement_sensor *sensor,
                             const struct pb_google_struct *extra,
                             struct pb_movementsensor_get_properties_response *ret_properties)
{
    *ret_properties =
        (struct pb_movementsensor_get_properties_response){true, true, true, true, true, true};
    return 0;
}

static int source_accuracy(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_movementsensor_get_accuracy_response *ret_accuracy)
{
    struct source *source = (struct source *)sensor;
    struct pb_movementsensor_get_accuracy_response_accuracy_entry *entry =
        sn_pb_add(&ret_accuracy->accuracy, call->arena);

    assert_non_null(entry);
    source->asked++;
    if (source->fails)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no accuracy today");
    entry->key = SN_STR("k");
    entry->value = source->k;
    ret_accuracy->position_hdop = source->k;
    ret_accuracy->compass_degrees_error = source->k * 10;
    return 0;
}

static const struct sn_movement_sensor_ops source_ops = {.properties = source_properties,
                                                         .accuracy = source_accuracy};

static struct sn_resource *find(struct sn_resource *resource, struct sn_str name)
{
    for (size_t i = 0; i < 2; i++)
        if (sn_str_is(name, fixture->sources[i].sensor.base.name))
            return &fixture->sources[i].sensor.base;
    return NULL;
}

static const struct sn_neighbours neighbours = {.dependency = find};

static struct sn_resource resource_of(const char *name, const void *ops)
{
    return (struct sn_resource){.ops = ops,
                                .api = SN_API_MOVEMENT_SENSOR,
                                .name = name,
                                .env = &fixture->env,
                                .neighbours = &neighbours,
                                .refs = 1};
}

static int setup(void **state)
{
    const struct sn_driver *driver = &sn_driver_movement_sensor_merged;
    struct fixture *f = fixture = calloc(1, sizeof(*f));

    sn_block_pool_init(&f->blocks, &sn_heap, 4);
    f->env = (struct sn_env){.blocks = &f->blocks};
    sn_arena_init(&f->arena, &f->blocks, 1 << 20);
    f->sources[0] = (struct source){{resource_of("a", &source_ops)}, 1, false, 0};
    f->sources[1] = (struct source){{resource_of("b", &source_ops)}, 2, false, 0};
    f->merged = calloc(1, driver->size);
    f->merged->base = resource_of("merged", driver->ops);
    f->attrs = sn_arena_zalloc(&f->arena, driver->attrs_size);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_arena_fini(&f->arena);
    sn_block_pool_fini(&f->blocks);
    free(f->merged);
    free(f);
    return 0;
}

static int start_open(struct sn_call *call)
{
    return sn_driver_movement_sensor_merged.open(call, &fixture->merged->base, fixture->attrs);
}

static int start_accuracy(struct sn_call *call)
{
    return sn_movement_sensor_accuracy(call, fixture->merged, NULL, &fixture->accuracy);
}

static void ended(struct sn_call *call, int code)
{
    fixture->code = code;
}

static int run(int (*start)(struct sn_call *call))
{
    struct sn_call call;

    sn_call_init(&call, &fixture->env, &fixture->arena, NULL);
    call.start = start;
    call.end = ended;
    fixture->code = SN_PENDING;
    sn_call_start(&call);
    return fixture->code;
}

/* The attribute `key` becomes a list of this one name. */
static void give(const char *key, struct sn_str *name)
{
    const struct sn_attr *row = sn_driver_movement_sensor_merged.attrs;

    while (strcmp(row->key, key) != 0)
        row++;
    *(struct sn_attr_list *)(void *)((char *)(uintptr_t)fixture->attrs + row->offset) =
        (struct sn_attr_list){name, 1};
}

static float entry_of(const char *key)
{
    for (uint32_t i = 0; i < fixture->accuracy.accuracy.n; i++)
        if (sn_str_is(fixture->accuracy.accuracy.v[i].key, key))
            return fixture->accuracy.accuracy.v[i].value;
    fail_msg("no accuracy %s", key);
    return 0;
}

static void test_accuracy_is_of_all_sources(void **state)
{
    struct sn_str a = SN_STR("a"), b = SN_STR("b");

    give("position", &a);
    give("linear_velocity", &a);
    give("compass_heading", &b);
    assert_int_equal(run(start_open), 0);
    assert_int_equal(run(start_accuracy), 0);
    assert_int_equal(fixture->accuracy.accuracy.n, 2);
    assert_true(entry_of("a_k") == 1 && entry_of("b_k") == 2);
    assert_true(fixture->accuracy.position_hdop == 1);
    assert_true(fixture->accuracy.compass_degrees_error == 20);
    assert_int_equal(fixture->sources[0].asked, 1);
}

static void test_parts_without_a_source_are_unknown(void **state)
{
    struct sn_str b = SN_STR("b");

    give("orientation", &b);
    assert_int_equal(run(start_open), 0);
    assert_int_equal(run(start_accuracy), 0);
    assert_true(entry_of("b_k") == 2);
    assert_true(isnan(fixture->accuracy.position_hdop));
    assert_int_equal(fixture->accuracy.position_nmea_gga_fix, -1);
    assert_true(isnan(fixture->accuracy.compass_degrees_error));
}

static void test_a_failing_source_fails_it(void **state)
{
    struct sn_str a = SN_STR("a"), b = SN_STR("b");

    give("position", &a);
    give("compass_heading", &b);
    assert_int_equal(run(start_open), 0);
    fixture->sources[0].fails = true;
    assert_int_equal(run(start_accuracy), SN_ERR_UNKNOWN);
    assert_int_equal(fixture->sources[1].asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_accuracy_is_of_all_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts_without_a_source_are_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failing_source_fails_it, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
