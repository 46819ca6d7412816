/* SPDX-License-Identifier: Apache-2.0
 *
 * A module as its machine sees it.
 */
#include "sdk/testing.h"

/* ---- drivers ---- */

struct attrs {
    struct sn_str needs, wants;
    double value;
    bool slow;
};

struct part {
    struct sn_sensor base;
    struct sn_sensor *needs;
    double value;
};

static int readings(struct sn_call *call, struct sn_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *ret_readings)
{
    struct part *part = (struct part *)sensor;

    if (part->needs)
        return sn_sensor_readings(call, part->needs, extra, ret_readings);
    return sn_pb_struct_add(ret_readings, SN_STR("value"), sn_pb_number(part->value), call->arena);
}

static void cancel_open(struct sn_call *call)
{
    if (!fixture->stubborn)
        sn_call_done(call, sn_call_cancelled(call));
}

static int take(struct sn_call *call, struct part *part, const struct attrs *attrs)
{
    struct sn_resource *needs = NULL;
    int code = 0;

    if (attrs->value < 0)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%g is less than nothing", attrs->value);
    if (attrs->needs.len)
        code = sn_dependency(call, &part->base.base, SN_API_SENSOR, attrs->needs, &needs);
    if (code)
        return code;
    part->needs = (struct sn_sensor *)needs;
    part->value = attrs->value;
    return 0;
}

static int start(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    const struct attrs *a = attrs;
    int code = take(call, (struct part *)resource, a);

    fixture_note("%s %s;", code ? "fail" : "open", resource->name);
    if (code || !a->slow)
        return code;
    fixture->opening = call;
    call->on_cancel = cancel_open;
    return SN_PENDING;
}

static int reconfigure(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    int code = take(call, (struct part *)resource, attrs);

    fixture_note("%s %s;", code ? "refuse" : "change", resource->name);
    return code;
}

static int shut(struct sn_call *call, struct sn_resource *resource)
{
    fixture_note("close %s;", resource->name);
    return 0;
}

static int depends(const void *attrs, struct sn_depends *depends)
{
    int code = sn_depend_on(depends, SN_STR("clock"), true);

    return code ? code : sn_depend_on(depends, SN_STR_NULL, false);
}

static int validate(const void *attrs, struct sn_error *error)
{
    double value = ((const struct attrs *)attrs)->value;

    return value != 13 ? 0
                       : sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%g brings bad luck", value);
}

#define AT(member) offsetof(struct attrs, member)

static const struct sn_attr attrs[] = {
    {"needs", SN_ATTR_STRING, AT(needs), .help = "another", .dependency = true},
    {"wants", SN_ATTR_STRING, AT(wants), .help = "another", .dependency = true, .optional = true},
    {"value", SN_ATTR_NUMBER, AT(value), .help = "its reading", .required = true},
    {"slow", SN_ATTR_BOOL, AT(slow), .help = "opens when it is told to"},
    {0},
};

static const struct sn_sensor_ops ops = {.readings = readings};

#define DRIVER                                                                             \
    .api = SN_API_SENSOR, .size = sizeof(struct part), .attrs_size = sizeof(struct attrs), \
    .attrs = attrs, .ops = &ops, .validate = validate, .depends = depends, .open = start,  \
    .close = shut

static const struct sn_driver plain = {DRIVER, .model = "acme:test:plain"};
static const struct sn_driver agile = {DRIVER, .model = "acme:test:agile",
                                       .reconfigure = reconfigure};
static const struct sn_driver *const drivers[] = {&plain, &agile, NULL};
static const struct sn_module module = {.drivers = drivers};

static int setup(void **state)
{
    sn_log_set_level(SN_LOG_ERROR + 1);
    fixture_init(&module, false);
    return 0;
}

static int teardown(void **state)
{
    fixture_fini();
    return 0;
}

/* ---- what the machine says ---- */

/* "name" is of model plain, "name!" of agile. Behind it the attributes: value, needs. */
static struct pb_app_component_config *config(const char *name, double value, const char *needs)
{
    struct sn_arena *arena = &fixture->arena;
    struct pb_app_component_config *config = sn_arena_zalloc(arena, sizeof(*config));
    struct pb_google_struct *attributes = sn_arena_zalloc(arena, sizeof(*attributes));
    bool is_agile = name[strlen(name) - 1] == '!';

    *config = (struct pb_app_component_config){.name = {name, strlen(name) - is_agile},
                                               .api = SN_STR(SN_API_SENSOR),
                                               .model = is_agile ? SN_STR("acme:test:agile")
                                                                 : SN_STR("acme:test:plain"),
                                               .attributes = attributes};
    assert_int_equal(sn_pb_struct_add(attributes, SN_STR("value"), sn_pb_number(value), arena), 0);
    if (needs)
        assert_int_equal(
            sn_pb_struct_add(attributes, SN_STR("needs"), sn_pb_string(sn_str_of(needs)), arena),
            0);
    return config;
}

static struct pb_app_component_config *slow(const char *name)
{
    struct pb_app_component_config *slow = config(name, 1, NULL);

    assert_int_equal(
        sn_pb_struct_add(slow->attributes, SN_STR("slow"), sn_pb_bool(true), &fixture->arena), 0);
    return slow;
}

static void add(struct tape *tape, struct pb_app_component_config *config, const char *depends)
{
    struct sn_str name = sn_str_of(depends);

    BEGIN(tape, "AddResource", add_resource_request, .config = config,
          .dependencies = {&name, depends != NULL, 1});
}

static void change(struct tape *tape, struct pb_app_component_config *config, const char *depends)
{
    struct sn_str name = sn_str_of(depends);

    BEGIN(tape, "ReconfigureResource", reconfigure_resource_request, .config = config,
          .dependencies = {&name, depends != NULL, 1});
}

static void remove_one(struct tape *tape, const char *full)
{
    BEGIN(tape, "RemoveResource", remove_resource_request, .name = sn_str_of(full));
}

#define SENSOR(name) SN_API_SENSOR "/" name

static void added(const char *name, double value, const char *needs, const char *depends)
{
    struct tape tape;

    add(&tape, config(name, value, needs), depends);
    expect_end(&tape, 0, "");
    fixture->log[0] = '\0';
}

static void meet(struct tape *tape)
{
    BEGIN(tape, "Ready", ready_request, .parent_address = SN_STR("/run/machine.sock"));
}

static void met(void)
{
    struct tape tape;

    meet(&tape);
    machine_answer();
    expect_end(&tape, 0, "");
    expect_calls("ResourceNames;");
}

static void ask(struct tape *tape, const char *name)
{
    begin(tape, "/viam.component.sensor.v1.SensorService/GetReadings",
          &pb_common_get_readings_request_msg,
          &(struct pb_common_get_readings_request){.name = sn_str_of(name)}, SN_NEVER);
}

static double value_of(const struct tape *tape)
{
    struct pb_common_get_readings_response *response =
        response_of(tape, &pb_common_get_readings_response_msg);

    assert_int_equal(response->readings.n, 1);
    return response->readings.v[0].value.number_value;
}

static void expect_reading(const char *name, double value)
{
    struct tape tape;

    ask(&tape, name);
    expect_end(&tape, 0, "");
    assert_true(value_of(&tape) == value);
}

/* ---- Ready ---- */

static void ready_says_what_there_is(void **state)
{
    struct tape tape;

    meet(&tape);
    assert_string_equal(tape.log, "");
    machine_answer();
    expect_end(&tape, 0, "");
    struct pb_module_ready_response *response = response_of(&tape, &pb_module_ready_response_msg);
    assert_true(response->ready);
    assert_int_equal(response->webrtc_answer.len, 0);
    assert_int_equal(response->handlermap->handlers.n, 1);
    const struct pb_module_handler_definition *handler = response->handlermap->handlers.v;
    assert_true(
        sn_str_is(handler->subtype->proto_service, "viam.component.sensor.v1.SensorService"));
    assert_true(sn_str_is(handler->subtype->subtype->subtype, "sensor"));
    assert_int_equal(handler->subtype->subtype->name.len, 0);
    assert_int_equal(handler->models.n, 2);
    assert_true(sn_str_is(handler->models.v[0], "acme:test:agile"));
    assert_true(sn_str_is(handler->models.v[1], "acme:test:plain"));
}

static void ready_may_come_many_times(void **state)
{
    struct tape one, two, three;

    meet(&one);
    meet(&two); /* while the first isn't answered */
    machine_answer();
    expect_end(&one, 0, "");
    expect_end(&two, 0, "");
    for (int i = 0; i < 1000; i++) {
        meet(&three);
        expect_end(&three, 0, "");
    }
    assert_int_equal(fixture->dials, 1);
    BEGIN(&three, "Ready", ready_request, .raw_parent_address = SN_STR("127.0.0.1:99"));
    expect_end(&three, SN_ERR_FAILED_PRECONDITION,
               "this module belongs to the machine at \"unix:/run/machine.sock\" already");
}

static void ready_waits_for_a_machine_that_answers(void **state)
{
    struct tape tape;

    fixture->down = true;
    meet(&tape);
    machine_answer();
    expect_end(&tape, SN_ERR_UNAVAILABLE,
               "the machine can't be reached at \"unix:/run/machine.sock\": connection refused");
    fixture->down = false;
    meet(&tape);
    machine_answer();
    expect_end(&tape, 0, "");
}

static void test_alone(void **state)
{
    struct tape tape;

    fixture_fini();
    fixture_init(&module, true);
    BEGIN(&tape, "Ready", ready_request, .webrtc_offer = SN_STR(""));
    expect_end(&tape, 0, "");
    assert_int_equal(fixture->dials, 0);
    added("a", 1, NULL, NULL);
    expect_reading("a", 1);
}

static void ready_needs_an_address(void **state)
{
    struct tape tape;

    BEGIN(&tape, "Ready", ready_request, .webrtc_offer = SN_STR(""));
    expect_end(&tape, SN_ERR_INVALID_ARGUMENT, "\"\" is no address of a machine");
}

/* ---- ValidateConfig ---- */

static void validating(void **state)
{
    struct pb_app_component_config *bad = config("a", 13, NULL), *missing = config("a", 0, NULL);
    struct pb_app_component_config *unknown = config("a", 1, NULL), *odd = config("a", 1, NULL);
    struct pb_app_component_config *nameless = config(".", 1, NULL);
    const struct {
        struct pb_app_component_config *config;
        int code;
        const char *text;
    } rows[] = {
        {NULL, SN_ERR_INVALID_ARGUMENT, "the request has no config"},
        {bad, SN_ERR_INVALID_ARGUMENT, "Error validating. Path: \"a\" Error: 13 brings bad luck"},
        {missing, SN_ERR_INVALID_ARGUMENT,
         "Error validating, missing required field. Path: \"a\" Field: \"value\""},
        {unknown, SN_ERR_NOT_FOUND,
         "this module has no model acme:test:other of API rdk:component:sensor"},
        {odd, SN_ERR_INVALID_ARGUMENT, "\"sensor\" is no API, which is namespace:type:subtype"},
        {nameless, SN_ERR_INVALID_ARGUMENT,
         "name \".\" must start with a letter or number and must only contain letters, numbers, "
         "dashes, and underscores"},
    };

    unknown->model = SN_STR("acme:test:other");
    odd->api = SN_STR("sensor");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tape tape;

        BEGIN(&tape, "ValidateConfig", validate_config_request, .config = rows[i].config);
        expect_end(&tape, rows[i].code, rows[i].text);
    }
    expect_log("");
}

static void validating_says_what_it_depends_on(void **state)
{
    struct pb_app_component_config *c = config("a", 1, "left");
    struct tape tape;

    assert_int_equal(sn_pb_struct_add(c->attributes, SN_STR("wants"), sn_pb_string(SN_STR("right")),
                                      &fixture->arena),
                     0);
    BEGIN(&tape, "ValidateConfig", validate_config_request, .config = c);
    expect_end(&tape, 0, "");
    struct pb_module_validate_config_response *response =
        response_of(&tape, &pb_module_validate_config_response_msg);
    assert_int_equal(response->dependencies.n, 1);
    assert_true(sn_str_is(response->dependencies.v[0], "left"));
    assert_int_equal(response->optional_dependencies.n, 2);
    assert_true(sn_str_is(response->optional_dependencies.v[0], "right"));
    assert_true(sn_str_is(response->optional_dependencies.v[1], "clock"));
}

/* ---- AddResource ---- */

static void adding(void **state)
{
    struct tape tape;

    ask(&tape, "a");
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"rdk:component:sensor/a\" not found");
    add(&tape, config("a", 5, NULL), NULL);
    expect_end(&tape, 0, "");
    expect_log("open a;");
    expect_reading("a", 5);
    add(&tape, config("a", 5, NULL), NULL);
    expect_end(&tape, SN_ERR_ALREADY_EXISTS, "resource rdk:component:sensor/a is here already");
    add(&tape, config("b", -1, NULL), NULL);
    expect_end(&tape, SN_ERR_UNKNOWN, "-1 is less than nothing");
    expect_log("fail b;");
    added("b", 6, NULL, NULL);
    expect_reading("b", 6);
}

static void a_dependency_that_is_missing(void **state)
{
    struct tape tape;

    add(&tape, config("b", 1, "a"), NULL);
    expect_end(&tape, SN_ERR_UNKNOWN,
               "Resource missing from dependencies. Resource: rdk:component:sensor/a");
    add(&tape, config("b", 1, "a"), SENSOR("a")); /* there is no machine to have it */
    expect_end(&tape, SN_ERR_UNKNOWN,
               "Resource missing from dependencies. Resource: rdk:component:sensor/a");
    expect_log("fail b;fail b;");
}

static void a_dependency_of_this_module_is_asked_directly(void **state)
{
    met();
    added("a", 5, NULL, NULL);
    added("b", 1, "a", SENSOR("a"));
    added("c", 1, SENSOR("b"), SENSOR("b"));
    expect_reading("c", 5);
    expect_calls("");
}

static void other_dependencies_are_asked_through_the_machine(void **state)
{
    struct pb_common_get_readings_request request = {0};
    struct tape tape;

    met();
    added("b", 1, "a", SENSOR("a"));
    ask(&tape, "b");
    expect_calls("GetReadings;");
    assert_int_equal(sn_pb_decode(&pb_common_get_readings_request_msg, &request,
                                  fixture->streams[0].request, fixture->streams[0].len,
                                  &fixture->arena),
                     0);
    assert_true(sn_str_is(request.name, "a"));
    machine_answer();
    expect_end(&tape, 0, "");
    ask(&tape, "b");
    sn_server_abort(&tape.stream); /* who asked is gone */
    assert_true(fixture->streams[0].cancelled);
    expect_calls("GetReadings;");
}

static void one_that_takes_too_long(void **state)
{
    struct pb_module_add_resource_request request = {.config = slow("a")};
    struct tape tape;

    begin(&tape, "/viam.module.v1.ModuleService/AddResource", &pb_module_add_resource_request_msg,
          &request, SN_SECONDS(5));
    sn_timers_advance(&fixture->timers, SN_SECONDS(5));
    expect_end(&tape, SN_ERR_DEADLINE_EXCEEDED, "context deadline exceeded");
    expect_log("open a;"); /* its end was an error: nothing to close */
    added("a", 1, NULL, NULL);
}

static void one_that_is_there_too_late(void **state)
{
    struct pb_module_add_resource_request request = {.config = slow("a")};
    struct tape tape, other;

    fixture->stubborn = true;
    begin(&tape, "/viam.module.v1.ModuleService/AddResource", &pb_module_add_resource_request_msg,
          &request, SN_SECONDS(5));
    sn_timers_advance(&fixture->timers, SN_SECONDS(6));
    add(&other, config("a", 1, NULL), NULL);
    expect_end(&other, SN_ERR_ABORTED, "rdk:component:sensor/a is being changed already");
    sn_call_done(fixture->opening, 0);
    expect_end(&tape, SN_ERR_DEADLINE_EXCEEDED, "context deadline exceeded");
    expect_log("open a;close a;");
    added("a", 1, NULL, NULL);
}

static void whats_being_added_can_t_be_changed(void **state)
{
    struct tape first, tape;

    add(&first, slow("a"), NULL);
    change(&tape, config("a", 1, NULL), NULL);
    expect_end(&tape, SN_ERR_ABORTED, "rdk:component:sensor/a is being changed already");
    remove_one(&tape, SENSOR("a"));
    expect_end(&tape, SN_ERR_ABORTED, "rdk:component:sensor/a is being changed already");
    ask(&tape, "a");
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"rdk:component:sensor/a\" not found");
    sn_call_done(fixture->opening, 0);
    expect_end(&first, 0, "");
    expect_reading("a", 1);
}

/* ---- ReconfigureResource ---- */

static void reconfiguring_in_place(void **state)
{
    struct tape tape;

    added("a!", 1, NULL, NULL);
    change(&tape, config("a!", 2, NULL), NULL);
    expect_end(&tape, 0, "");
    expect_log("change a;");
    expect_reading("a", 2);
    change(&tape, config("a!", -2, NULL), NULL);
    expect_end(&tape, SN_ERR_UNKNOWN, "-2 is less than nothing");
    expect_log("refuse a;");
    expect_reading("a", 2);
    change(&tape, config("a!", 13, NULL), NULL);
    expect_end(&tape, SN_ERR_INVALID_ARGUMENT,
               "Error validating. Path: \"a\" Error: 13 brings bad luck");
    expect_reading("a", 2);
}

/* Dependencies are those of the new config, or, where that is refused, still the old ones. */
static void dependencies_change_in_place(void **state)
{
    struct tape tape;

    added("one", 1, NULL, NULL);
    added("two", 2, NULL, NULL);
    added("a!", 0.5, "one", SENSOR("one"));
    expect_reading("a", 1);
    change(&tape, config("a!", 0.5, "two"), SENSOR("two"));
    expect_end(&tape, 0, "");
    expect_reading("a", 2);
    change(&tape, config("a!", 0.5, "one"), NULL);
    expect_end(&tape, SN_ERR_UNKNOWN,
               "Resource missing from dependencies. Resource: rdk:component:sensor/one");
    expect_reading("a", 2);
}

static void reconfiguring_by_building_anew(void **state)
{
    struct tape tape;

    added("a", 1, NULL, NULL);
    added("other", 1, NULL, NULL);
    added("b!", 1, "a", SENSOR("a"));
    added("c", 1, "b", SENSOR("b"));
    change(&tape, config("a", 2, NULL), NULL);
    expect_end(&tape, 0, "");
    expect_log("close c;close b;close a;open a;open b;open c;");
    expect_reading("c", 2);
    change(&tape, config("a", 3, NULL), NULL);
    expect_log("close c;close b;close a;open a;open b;open c;");
    expect_reading("c", 3);
}

static void whats_about_to_be_built_anew_can_t_be_added(void **state)
{
    struct tape first, tape;

    added("a", 1, NULL, NULL);
    added("b", 1, "a", SENSOR("a"));
    change(&first, slow("a"), NULL); /* both are closed now */
    expect_log("close b;close a;open a;");
    add(&tape, config("b", 1, "a"), SENSOR("a"));
    expect_end(&tape, SN_ERR_ABORTED, "rdk:component:sensor/b is being changed already");
    change(&tape, config("b", 1, "a"), SENSOR("a"));
    expect_end(&tape, SN_ERR_ABORTED, "rdk:component:sensor/b is being changed already");
    remove_one(&tape, SENSOR("b"));
    expect_end(&tape, SN_ERR_ABORTED, "rdk:component:sensor/b is being changed already");
    sn_call_done(fixture->opening, 0);
    expect_end(&first, 0, "");
    expect_log("open b;");
}

static void what_can_t_be_built_anew_is_gone_until_it_can(void **state)
{
    struct tape tape;

    added("a", 1, NULL, NULL);
    added("b", 1, "a", SENSOR("a"));
    change(&tape, config("a", -1, NULL), NULL);
    expect_end(&tape, SN_ERR_UNKNOWN, "-1 is less than nothing");
    expect_log("close b;close a;fail a;");
    ask(&tape, "a");
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"rdk:component:sensor/a\" not found");
    change(&tape, config("a", 2, NULL), NULL);
    expect_end(&tape, 0, "");
    change(&tape, config("b", 1, "a"), SENSOR("a"));
    expect_end(&tape, 0, "");
    expect_reading("b", 2);
}

static void a_refused_config_changes_nothing(void **state)
{
    struct tape tape;

    added("a", 1, NULL, NULL);
    change(&tape, config("a", 13, NULL), NULL);
    expect_end(&tape, SN_ERR_INVALID_ARGUMENT,
               "Error validating. Path: \"a\" Error: 13 brings bad luck");
    change(&tape, config("a!", 1, NULL), NULL);
    expect_end(&tape, SN_ERR_FAILED_PRECONDITION,
               "rdk:component:sensor/a is of model acme:test:plain; it has to be removed before it "
               "can be acme:test:agile");
    expect_log("");
    expect_reading("a", 1);
}

/* ---- RemoveResource ---- */

static void removing(void **state)
{
    struct tape tape;

    remove_one(&tape, SENSOR("a"));
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"rdk:component:sensor/a\" not found");
    remove_one(&tape, "a");
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"a\" not found");
    added("a", 1, NULL, NULL);
    remove_one(&tape, SENSOR("a"));
    expect_end(&tape, 0, "");
    expect_log("close a;");
    remove_one(&tape, SENSOR("a"));
    expect_end(&tape, SN_ERR_NOT_FOUND, "resource \"rdk:component:sensor/a\" not found");
}

static void removing_what_others_need(void **state)
{
    struct tape tape;

    added("a", 1, NULL, NULL);
    added("b", 1, "a", SENSOR("a"));
    remove_one(&tape, SENSOR("a"));
    expect_end(&tape, 0, "");
    ask(&tape, "b");
    expect_end(&tape, SN_ERR_UNAVAILABLE, "resource rdk:component:sensor/a is closed");
    added("a", 7, NULL, NULL);
    change(&tape, config("b", 1, "a"), SENSOR("a"));
    expect_reading("b", 7);
}

static void calls_end_when_their_resource_does(void **state)
{
    struct tape call, tape;

    met();
    added("b", 1, "a", SENSOR("a"));
    ask(&call, "b");
    assert_string_equal(call.log, "");
    remove_one(&tape, SENSOR("b"));
    expect_end(&call, SN_ERR_CANCELLED, "context canceled");
    expect_end(&tape, 0, "");
    expect_calls("GetReadings;");
}

/* ---- the end ---- */

static void closing(void **state)
{
    struct tape call, tape, pending;

    met();
    added("a", 1, NULL, NULL);
    added("b", 1, "a", SENSOR("a"));
    added("c", 1, "far", SENSOR("far"));
    ask(&call, "c");
    add(&pending, slow("d"), NULL);
    fixture->log[0] = '\0';
    sn_sdk_close(fixture->sdk, fixture_closed, NULL);
    expect_end(&call, SN_ERR_CANCELLED, "context canceled");
    expect_end(&pending, SN_ERR_CANCELLED, "context canceled");
    expect_log("close c;close b;close a;");
    assert_int_equal(fixture->closed, 1);
    add(&tape, config("e", 1, NULL), NULL);
    expect_end(&tape, SN_ERR_UNAVAILABLE, "this module is about to end");
}

static void pass(uint64_t ns)
{
    uint64_t end_ns = fixture->timers.now_ns + ns;

    while (fixture->timers.now_ns < end_ns) {
        uint64_t next_ns = sn_timers_next(&fixture->timers);

        sn_timers_advance(&fixture->timers, next_ns < end_ns ? next_ns : end_ns);
        machine_answer();
    }
}

static void a_machine_that_is_gone(void **state)
{
    met();
    pass(SN_SECONDS(35));
    expect_calls("ResourceNames;ResourceNames;ResourceNames;");
    assert_int_equal(fixture->orphaned, 0);
    fixture->down = true;
    sn_sdk_suspect(fixture->sdk);
    pass(SN_SECONDS(1));
    assert_int_equal(fixture->orphaned, 1);
    expect_calls("ResourceNames;ResourceNames;ResourceNames;");
}

static void a_machine_that_is_there_after_all(void **state)
{
    met();
    fixture->down = true;
    sn_sdk_suspect(fixture->sdk);
    pass(SN_MS(300));
    fixture->down = false;
    pass(SN_SECONDS(60));
    assert_int_equal(fixture->orphaned, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ready_says_what_there_is),
        TEST(ready_may_come_many_times),
        TEST(ready_waits_for_a_machine_that_answers),
        TEST(ready_needs_an_address),
        TEST(test_alone),
        TEST(validating),
        TEST(validating_says_what_it_depends_on),
        TEST(adding),
        TEST(a_dependency_that_is_missing),
        TEST(a_dependency_of_this_module_is_asked_directly),
        TEST(other_dependencies_are_asked_through_the_machine),
        TEST(one_that_takes_too_long),
        TEST(one_that_is_there_too_late),
        TEST(whats_being_added_can_t_be_changed),
        TEST(reconfiguring_in_place),
        TEST(dependencies_change_in_place),
        TEST(reconfiguring_by_building_anew),
        TEST(whats_about_to_be_built_anew_can_t_be_added),
        TEST(what_can_t_be_built_anew_is_gone_until_it_can),
        TEST(a_refused_config_changes_nothing),
        TEST(removing),
        TEST(removing_what_others_need),
        TEST(calls_end_when_their_resource_does),
        TEST(closing),
        TEST(a_machine_that_is_gone),
        TEST(a_machine_that_is_there_after_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
