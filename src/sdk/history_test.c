/* SPDX-License-Identifier: Apache-2.0
 *
 * Random histories: a machine that adds, changes, removes and gives up in any order, and drivers
 * that take their time. Whatever happens, each call ends once, nothing is open twice or used when
 * it is closed, and nothing is left.
 */
#include "sdk/testing.h"

enum { NAMES = 5, TAPES = 6, STEPS = 60, HISTORIES = 2000 };

static const char *const names[NAMES] = {"a", "b", "c", "d", "e"};

/* What is under way in drivers, and what they have open. */
static struct sn_call *pending[32];
static size_t pending_count;
static int open_count[NAMES];
static uint32_t seed;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % below;
}

/* ---- a driver that takes its time, or not ---- */

struct part {
    struct sn_sensor base;
    struct sn_sensor *needs[NAMES];
    bool open;
};

static size_t index_of(const struct sn_resource *resource)
{
    return (size_t)(resource->name[0] - 'a');
}

static void forget(const struct sn_call *call)
{
    for (size_t i = 0; i < pending_count; i++)
        if (pending[i] == call)
            pending[i] = pending[--pending_count];
}

static void cancel(struct sn_call *call)
{
    if (chance(2)) /* the others are slow to hear of it */
        return;
    forget(call);
    call->holder = NULL;
    sn_call_done(call, sn_call_cancelled(call));
}

static int later(struct sn_call *call)
{
    if (chance(3) || pending_count == sizeof(pending) / sizeof(pending[0]))
        return chance(5) ? 0 : SN_ERR_UNKNOWN;
    pending[pending_count++] = call;
    call->on_cancel = cancel;
    return SN_PENDING;
}

static int readings(struct sn_call *call, struct sn_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *ret_readings)
{
    const struct part *part = (const struct part *)sensor;

    assert_true(part->open);
    for (size_t i = 0; i < NAMES; i++)
        if (part->needs[i] && !part->needs[i]->base.elsewhere)
            return sn_sensor_readings(call, part->needs[i], extra, ret_readings);
    return later(call);
}

static void find(struct part *part)
{
    for (size_t i = 0; i < NAMES; i++)
        part->needs[i] = (struct sn_sensor *)sn_dependency_if_there(&part->base.base, SN_API_SENSOR,
                                                                    sn_str_of(names[i]));
}

static int start(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct part *part = (struct part *)resource;
    int code = later(call);

    find(part);
    part->open = code == 0 || code == SN_PENDING;
    open_count[index_of(resource)] += part->open;
    assert_in_range(open_count[index_of(resource)], 0, 1);
    return code;
}

static int shut(struct sn_call *call, struct sn_resource *resource)
{
    struct part *part = (struct part *)resource;
    int code = later(call);

    assert_true(part->open);
    part->open = false;
    open_count[index_of(resource)]--;
    return code;
}

/* One whose open failed later on was never closed. */
static void fini(struct sn_resource *resource)
{
    struct part *part = (struct part *)resource;

    if (part->open)
        open_count[index_of(resource)]--;
}

static int reconfigure(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    assert_true(((struct part *)resource)->open);
    find((struct part *)resource);
    return later(call);
}

static const struct sn_sensor_ops ops = {.readings = readings};

#define DRIVER                                                                                    \
    .api = SN_API_SENSOR, .size = sizeof(struct part), .ops = &ops, .open = start, .close = shut, \
    .fini = fini

static const struct sn_driver plain = {DRIVER, .model = "acme:test:plain"};
static const struct sn_driver agile = {DRIVER, .model = "acme:test:agile",
                                       .reconfigure = reconfigure};
static const struct sn_driver *const drivers[] = {&plain, &agile, NULL};
static const struct sn_module module = {.drivers = drivers};

/* ---- a machine without a plan ---- */

static void check_end(const struct tape *tape)
{
    const char *end = strstr(tape->log, "end");

    assert_true(!end || !strstr(end + 1, "end"));
}

static void put(struct tape *tape, bool is_new)
{
    size_t index = chance(NAMES);
    struct pb_app_component_config config = {.name = sn_str_of(names[index]),
                                             .api = SN_STR(SN_API_SENSOR),
                                             .model = index % 2 ? SN_STR("acme:test:agile")
                                                                : SN_STR("acme:test:plain")};
    struct sn_str depends[NAMES];
    uint32_t count = 0;

    for (size_t i = 0; i < index; i++)
        if (chance(2))
            depends[count++] = sn_arena_printf(&fixture->arena, SN_API_SENSOR "/%s", names[i]);
    struct pb_module_add_resource_request add = {.config = &config,
                                                 .dependencies = {depends, count, count}};
    struct pb_module_reconfigure_resource_request change = {
        .config = &config, .dependencies = {depends, count, count}};
    if (is_new)
        begin(tape, "/viam.module.v1.ModuleService/AddResource",
              &pb_module_add_resource_request_msg, &add, SN_SECONDS(5));
    else
        begin(tape, "/viam.module.v1.ModuleService/ReconfigureResource",
              &pb_module_reconfigure_resource_request_msg, &change, SN_SECONDS(5));
}

static void take_away(struct tape *tape)
{
    BEGIN(tape, "RemoveResource", remove_resource_request,
          .name = sn_arena_printf(&fixture->arena, SN_API_SENSOR "/%s", names[chance(NAMES)]));
}

static void ask(struct tape *tape)
{
    begin(tape, "/viam.component.sensor.v1.SensorService/GetReadings",
          &pb_common_get_readings_request_msg,
          &(struct pb_common_get_readings_request){.name = sn_str_of(names[chance(NAMES)])},
          SN_SECONDS(3));
}

static void finish_one(void)
{
    if (!pending_count)
        return;
    struct sn_call *call = pending[chance((uint32_t)pending_count)];
    forget(call);
    sn_call_done(call, chance(4) ? 0 : SN_ERR_UNKNOWN);
}

static void call_something(struct tape *tape)
{
    check_end(tape);
    if (tape->stream.rpc && !strstr(tape->log, "end"))
        sn_server_abort(&tape->stream); /* the machine gives it up */
    switch (chance(5)) {
    case 0:
    case 1:
        put(tape, true);
        break;
    case 2:
        put(tape, false);
        break;
    case 3:
        take_away(tape);
        break;
    default:
        ask(tape);
    }
}

static void step(struct tape tapes[TAPES])
{
    switch (chance(4)) {
    case 0:
        sn_timers_advance(&fixture->timers, fixture->timers.now_ns + SN_SECONDS(1));
        break;
    case 1:
        finish_one();
        break;
    default:
        call_something(&tapes[chance(TAPES)]);
    }
    machine_answer();
}

static void history(uint32_t number)
{
    static struct tape tapes[TAPES];

    seed = number;
    memset(tapes, 0, sizeof(tapes));
    memset(open_count, 0, sizeof(open_count));
    fixture_init(&module, chance(2));
    BEGIN(&tapes[0], "Ready", ready_request, .parent_address = SN_STR("/run/machine.sock"));
    machine_answer();
    for (int i = 0; i < STEPS; i++)
        step(tapes);
    sn_sdk_close(fixture->sdk, fixture_closed, NULL);
    while (pending_count)
        finish_one();
    assert_int_equal(fixture->closed, 1);
    for (size_t i = 0; i < TAPES; i++)
        check_end(&tapes[i]);
    for (size_t i = 0; i < NAMES; i++)
        assert_int_equal(open_count[i], 0);
    fixture_fini();
}

static void random_histories(void **state)
{
    sn_log_set_level(SN_LOG_ERROR + 1);
    for (uint32_t i = 0; i < HISTORIES; i++)
        history(i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_histories)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
