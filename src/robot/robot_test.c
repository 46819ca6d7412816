/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine with its fakes in simulated time, driven as a transport drives it.
 */
#include "pb/component/motor/v1/motor.h"
#include "pb/grpc/health/v1/health.h"
#include "pb/robot/v1/robot.h"
#include "robot/testing.h"

#define MOTOR(method) "/viam.component.motor.v1.MotorService/" method
#define ROBOT(method) "/viam.robot.v1.RobotService/" method

static int setup(void **state)
{
    struct robot_fixture *f = calloc(1, sizeof(*f));

    robot_fixture_init(f, NULL, 2);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct robot_fixture *f = *state;

    robot_fixture_close(f);
    robot_fixture_fini(f);
    free(f);
    return 0;
}

static void advance(struct robot_fixture *f, uint64_t ns)
{
    sn_timers_advance(&f->timers, f->timers.now_ns + ns);
}

/* ---- calls ---- */

static void *response(struct robot_fixture *f, struct tape *tape, const struct sn_pb_msg *msg)
{
    void *out = sn_arena_zalloc(&f->arena, msg->size);
    char *copy = sn_arena_alloc(&f->arena, tape->last_len + 1);

    assert_non_null(strstr(tape->log, "end0:"));
    memcpy(copy, tape->last, tape->last_len);
    assert_int_equal(sn_pb_decode(msg, out, copy, tape->last_len, &f->arena), 0);
    return out;
}

static void tell(struct robot_fixture *f, const char *path, const struct sn_pb_msg *msg,
                 const void *request, const char *end)
{
    struct tape tape;

    robot_fixture_begin(f, &tape, path, msg, request);
    assert_non_null(strstr(tape.log, end));
}

static void set_power(struct robot_fixture *f, const char *name, double power, const char *end)
{
    struct pb_motor_set_power_request req = {.name = sn_str_of(name), .power_pct = power};

    tell(f, MOTOR("SetPower"), &pb_motor_set_power_request_msg, &req, end);
}

static double power(struct robot_fixture *f, const char *name)
{
    struct pb_motor_is_powered_request req = {.name = sn_str_of(name)};
    struct tape tape;

    robot_fixture_begin(f, &tape, MOTOR("IsPowered"), &pb_motor_is_powered_request_msg, &req);
    struct pb_motor_is_powered_response *resp =
        response(f, &tape, &pb_motor_is_powered_response_msg);
    return resp->power_pct;
}

static void begin_go_for(struct robot_fixture *f, struct tape *tape, double rpm, double revolutions)
{
    struct pb_motor_go_for_request req = {
        .name = SN_STR("m"), .rpm = rpm, .revolutions = revolutions};

    robot_fixture_begin(f, tape, MOTOR("GoFor"), &pb_motor_go_for_request_msg, &req);
}

static const char one_motor[] =
    "{\"components\": [{\"name\": \"m\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"}]}";

/* ---- resources ---- */

static void names_are_those_that_work(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_resource_names_request req = {0};
    struct tape tape;

    robot_fixture_configure(
        f, "{\"components\": ["
           "{\"name\": \"m\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
           "{\"name\": \"bad\", \"api\": \"rdk:component:motor\", \"model\": \"nope\"}]}");
    robot_fixture_begin(f, &tape, ROBOT("ResourceNames"), &pb_robot_resource_names_request_msg,
                        &req);
    struct pb_robot_resource_names_response *resp =
        response(f, &tape, &pb_robot_resource_names_response_msg);
    assert_int_equal(resp->resources.n, 1);
    assert_true(sn_str_is(resp->resources.v[0].namespace_, "rdk"));
    assert_true(sn_str_is(resp->resources.v[0].type, "component"));
    assert_true(sn_str_is(resp->resources.v[0].subtype, "motor"));
    assert_true(sn_str_is(resp->resources.v[0].name, "m"));
    set_power(f, "bad", 1,
              "end-2:resource rdk:component:motor/bad not available; reason=resource build error: "
              "unknown resource type: API rdk:component:motor with model rdk:builtin:nope not "
              "registered; There may be no module in config that provides this model");
    set_power(f, "zzz", 1, "end-2:no node found with api rdk:component:motor and name zzz");
}

static void status_shows_everything(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_get_machine_status_request req = {0};
    struct tape tape;

    robot_fixture_begin(f, &tape, ROBOT("GetMachineStatus"),
                        &pb_robot_get_machine_status_request_msg, &req);
    struct pb_robot_get_machine_status_response *resp =
        response(f, &tape, &pb_robot_get_machine_status_response_msg);
    assert_int_equal(resp->state, PB_ROBOT_GET_MACHINE_STATUS_RESPONSE_STATE_INITIALIZING);

    robot_fixture_configure(
        f, "{\"revision\": \"r7\", \"components\": ["
           "{\"name\": \"m\", \"api\": \"rdk:component:motor\", \"model\": \"fake\", "
           "\"attributes\": {\"encoder\": \"e\"}}]}");
    robot_fixture_begin(f, &tape, ROBOT("GetMachineStatus"),
                        &pb_robot_get_machine_status_request_msg, &req);
    resp = response(f, &tape, &pb_robot_get_machine_status_response_msg);
    assert_int_equal(resp->state, PB_ROBOT_GET_MACHINE_STATUS_RESPONSE_STATE_RUNNING);
    assert_true(sn_str_is(resp->config->revision, "r7"));
    assert_int_equal(resp->resources.n, 1);
    assert_int_equal(resp->resources.v[0].state, PB_ROBOT_RESOURCE_STATUS_STATE_UNHEALTHY);
    assert_string_equal(sn_arena_copy(&f->arena, resp->resources.v[0].error).ptr,
                        "resource config validation error: Error validating. Path: "
                        "\"components.0\" Error: need nonzero TicksPerRotation for encoded "
                        "motor");
}

static void expect_list(const struct tape *tape, size_t count)
{
    enum { ROW_MIN = 20 };

    assert_non_null(strstr(tape->log, "end0:"));
    assert_true(tape->last_len > count * ROW_MIN);
}

/* However much there is, and however small the question. */
static void lists_have_room_for_all(void **state)
{
    enum { COUNT = 3000, ROW_MAX = 128 };
    struct robot_fixture *f = *state;
    struct pb_robot_get_machine_status_request status_req = {0};
    struct pb_robot_resource_names_request names_req = {0};
    struct pb_robot_frame_system_config_request frames_req = {0};
    char *config = malloc(COUNT * ROW_MAX), *end = config;
    struct tape tape;

    end += sprintf(end, "{\"components\": [");
    for (int i = 0; i < COUNT; i++)
        end += sprintf(end,
                       "%s{\"name\":\"m%d\",\"api\":\"rdk:component:motor\",\"model\":\"fake\","
                       "\"frame\":{\"parent\":\"world\"}}",
                       i ? "," : "", i);
    strcpy(end, "]}");
    robot_fixture_configure(f, config);
    free(config);
    robot_fixture_begin(f, &tape, ROBOT("ResourceNames"), &pb_robot_resource_names_request_msg,
                        &names_req);
    expect_list(&tape, COUNT);
    robot_fixture_begin(f, &tape, ROBOT("GetMachineStatus"),
                        &pb_robot_get_machine_status_request_msg, &status_req);
    expect_list(&tape, COUNT);
    robot_fixture_begin(f, &tape, ROBOT("FrameSystemConfig"),
                        &pb_robot_frame_system_config_request_msg, &frames_req);
    expect_list(&tape, COUNT);
}

/* A reason that was cut within a letter spoils no more than itself. */
static void status_shows_what_is_no_text(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_get_machine_status_request req = {0};
    struct tape tape;

    robot_fixture_configure(
        f, "{\"processes\": [{\"id\": \"p\", \"name\": \"x\", \"stop_signal\": "
           "\"x\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4"
           "\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4"
           "\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\"}"
           "]}");
    robot_fixture_begin(f, &tape, ROBOT("GetMachineStatus"),
                        &pb_robot_get_machine_status_request_msg, &req);
    struct pb_robot_get_machine_status_response *resp =
        response(f, &tape, &pb_robot_get_machine_status_response_msg);
    assert_int_equal(resp->resources.n, 1);
    assert_true(sn_str_is(resp->resources.v[0].name->name, "p"));
    assert_int_equal(resp->resources.v[0].state, PB_ROBOT_RESOURCE_STATUS_STATE_UNHEALTHY);
    const char *text = sn_arena_copy(&f->arena, resp->resources.v[0].error).ptr;
    assert_non_null(strstr(text, "\"x??"));
    assert_non_null(strstr(text, "?\" is no signal"));
}

static void a_new_config_touches_only_what_changed(void **state)
{
    struct robot_fixture *f = *state;

    robot_fixture_configure(
        f, "{\"components\": ["
           "{\"name\": \"a\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
           "{\"name\": \"b\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"}]}");
    set_power(f, "a", 0.5, "end0:");
    set_power(f, "b", 0.5, "end0:");
    robot_fixture_configure(
        f, "{\"components\": ["
           "{\"name\": \"b\", \"api\": \"rdk:component:motor\", \"model\": \"fake\", "
           "\"attributes\": {\"max_rpm\": 5}},"
           "{\"name\": \"a\", \"api\": \"rdk:component:motor\", \"model\": \"fake\", "
           "\"service_configs\": [{\"type\": \"data_manager\", \"attributes\": {}}]}]}");
    assert_true(power(f, "a") == 0.5);
    assert_true(power(f, "b") == 0);
    robot_fixture_configure(f, "{}");
    set_power(f, "a", 0.5, "end-2:no node found with api rdk:component:motor and name a");
}

static void duplicates_are_left_out(void **state)
{
    struct robot_fixture *f = *state;

    robot_fixture_configure(
        f, "{\"components\": ["
           "{\"name\": \"a\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
           "{\"name\": \"a\", \"api\": \"rdk:component:motor\", \"model\": \"fake\"},"
           "{\"name\": \"a\", \"api\": \"rdk:component:sensor\", \"model\": \"fake\"}]}");
    set_power(f, "a", 0.5, "end-2:no node found");
}

/* ---- motion ---- */

static void go_for_takes_its_time(void **state)
{
    struct robot_fixture *f = *state;
    struct tape tape;

    robot_fixture_configure(f, one_motor);
    begin_go_for(f, &tape, 50, 10);
    assert_true(power(f, "m") == 0.5);
    advance(f, SN_MS(11999));
    assert_string_equal(tape.log, "");
    advance(f, SN_MS(1));
    assert_non_null(strstr(tape.log, "end0:"));
    assert_true(power(f, "m") == 0);
}

static void stop_all_ends_motion(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_stop_all_request req = {0};
    struct tape go;

    robot_fixture_configure(f, one_motor);
    begin_go_for(f, &go, 1, 10);
    tell(f, ROBOT("StopAll"), &pb_robot_stop_all_request_msg, &req, "end0:");
    assert_non_null(strstr(go.log, "end0:"));
    assert_true(power(f, "m") == 0);
}

static void closing_ends_motion(void **state)
{
    struct robot_fixture *f = *state;
    struct tape go;

    robot_fixture_configure(f, one_motor);
    begin_go_for(f, &go, 1, 10);
    robot_fixture_close(f);
    assert_true(f->closed && f->clean);
    assert_non_null(strstr(go.log, "end0:"));
}

static void the_limit_spares_stop(void **state)
{
    struct robot_fixture *f = *state;
    struct sn_metadata_entry opid = {SN_STR("opid"),
                                     SN_STR("01234567-89ab-4cde-8f01-23456789abcd")};
    struct pb_robot_block_for_operation_request block = {.id = opid.value};
    struct pb_robot_get_version_request version = {0};
    struct pb_robot_stop_all_request stop = {0};
    struct tape go, waiting[2];

    robot_fixture_configure(f, one_motor);
    f->metadata = (struct sn_metadata){&opid, 1, 1};
    begin_go_for(f, &go, 1, 10);
    f->metadata.count = 0;
    for (int i = 0; i < 2; i++)
        robot_fixture_begin(f, &waiting[i], ROBOT("BlockForOperation"),
                            &pb_robot_block_for_operation_request_msg, &block);
    tell(f, ROBOT("GetVersion"), &pb_robot_get_version_request_msg, &version,
         "end-8:exceeded request limit 2 on resource viam.robot.v1.RobotService (your client is "
         "responsible for 2). See ");
    assert_true(power(f, "m") > 0);
    tell(f, ROBOT("StopAll"), &pb_robot_stop_all_request_msg, &stop, "end0:");
    assert_non_null(strstr(waiting[1].log, "end0:"));
    tell(f, ROBOT("GetVersion"), &pb_robot_get_version_request_msg, &version, "end0:");
}

/* ---- operations ---- */

static void operations_can_be_listed_and_cancelled(void **state)
{
    struct robot_fixture *f = *state;
    struct sn_metadata_entry opid = {SN_STR("opid"),
                                     SN_STR("01234567-89ab-4cde-8f01-23456789abcd")};
    struct pb_robot_get_operations_request list = {0};
    struct pb_robot_cancel_operation_request cancel = {.id = opid.value};
    struct pb_robot_block_for_operation_request block = {.id = opid.value};
    struct tape go, listed, blocked;

    robot_fixture_configure(f, one_motor);
    f->metadata = (struct sn_metadata){&opid, 1, 1};
    begin_go_for(f, &go, 1, 10);
    f->metadata.count = 0;
    robot_fixture_begin(f, &listed, ROBOT("GetOperations"), &pb_robot_get_operations_request_msg,
                        &list);
    struct pb_robot_get_operations_response *resp =
        response(f, &listed, &pb_robot_get_operations_response_msg);
    assert_int_equal(resp->operations.n, 1);
    assert_true(sn_str_eq(resp->operations.v[0].id, opid.value));
    assert_true(sn_str_is(resp->operations.v[0].method, MOTOR("GoFor")));

    robot_fixture_begin(f, &blocked, ROBOT("BlockForOperation"),
                        &pb_robot_block_for_operation_request_msg, &block);
    assert_string_equal(blocked.log, "");
    tell(f, ROBOT("CancelOperation"), &pb_robot_cancel_operation_request_msg, &cancel, "end0:");
    assert_non_null(strstr(go.log, "end0:"));
    assert_non_null(strstr(blocked.log, "end0:"));
    tell(f, ROBOT("CancelOperation"), &pb_robot_cancel_operation_request_msg, &cancel, "end0:");
}

static void shutdown_answers_first(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_shutdown_request req = {0};

    tell(f, ROBOT("Shutdown"), &pb_robot_shutdown_request_msg, &req, "end0:");
    assert_int_equal(f->shutdowns, 1);
}

static void what_is_not_there_says_so(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_robot_get_status_request req = {0};
    struct pb_robot_get_cloud_metadata_request cloud = {0};

    tell(f, ROBOT("GetStatus"), &pb_robot_get_status_request_msg, &req,
         "end-12:method GetStatus not implemented");
    tell(f, ROBOT("GetCloudMetadata"), &pb_robot_get_cloud_metadata_request_msg, &cloud,
         "end-2:cloud metadata not available");
}

static void health_follows_the_machine(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_grpc_health_health_check_request all = {0}, other = {.service = SN_STR("a.B")};
    struct tape tape, watch;

    robot_fixture_begin(f, &watch, "/grpc.health.v1.Health/Watch",
                        &pb_grpc_health_health_check_request_msg, &all);
    assert_memory_equal(watch.last, "\x08\x02", 2); /* NOT_SERVING */
    robot_fixture_configure(f, "{}");
    assert_memory_equal(watch.last, "\x08\x01", 2);
    robot_fixture_begin(f, &tape, "/grpc.health.v1.Health/Check",
                        &pb_grpc_health_health_check_request_msg, &all);
    assert_memory_equal(tape.last, "\x08\x01", 2);
    tell(f, "/grpc.health.v1.Health/Check", &pb_grpc_health_health_check_request_msg, &other,
         "end-5:unknown service a.B");
    sn_server_abort(&watch.stream);
}

static void log_takes_one_entry(void **state)
{
    struct robot_fixture *f = *state;
    struct pb_common_log_entry entries[2] = {
        {.level = SN_STR("info"), .logger_name = SN_STR("x"), .message = SN_STR("hello")},
        {.level = SN_STR("bogus")}};
    struct pb_robot_log_request req = {0};

    tell(f, ROBOT("Log"), &pb_robot_log_request_msg, &req,
         "end-2:LogRequest received with no associated logs");
    req.logs.v = entries;
    req.logs.n = 2;
    tell(f, ROBOT("Log"), &pb_robot_log_request_msg, &req,
         "end-2:LogRequest received with multiple logs; batching not yet supported");
    req.logs.n = 1;
    tell(f, ROBOT("Log"), &pb_robot_log_request_msg, &req, "end0:");
    req.logs.v = &entries[1];
    tell(f, ROBOT("Log"), &pb_robot_log_request_msg, &req,
         "end-2:LogRequest received with invalid level \"bogus\"");
}

/* ---- sessions ---- */

static struct sn_str start_session(struct robot_fixture *f)
{
    struct pb_robot_start_session_request req = {0};
    struct tape tape;

    robot_fixture_begin(f, &tape, ROBOT("StartSession"), &pb_robot_start_session_request_msg, &req);
    struct pb_robot_start_session_response *resp =
        response(f, &tape, &pb_robot_start_session_response_msg);
    assert_int_equal(resp->heartbeat_window->seconds, 2);
    return resp->id;
}

static void beat(struct robot_fixture *f, struct sn_str id, const char *end)
{
    struct pb_robot_send_session_heartbeat_request req = {.id = id};

    tell(f, ROBOT("SendSessionHeartbeat"), &pb_robot_send_session_heartbeat_request_msg, &req, end);
}

static void a_silent_session_stops_what_it_moved(void **state)
{
    struct robot_fixture *f = *state;
    struct sn_metadata_entry sid = {SN_STR("viam-sid"), start_session(f)};

    robot_fixture_configure(f, one_motor);
    f->metadata = (struct sn_metadata){&sid, 1, 1};
    set_power(f, "m", 0.5, "end0:");
    f->metadata.count = 0;
    for (int i = 0; i < 10; i++) {
        advance(f, SN_MS(1900));
        beat(f, sid.value, "end0:");
    }
    assert_true(power(f, "m") == 0.5);
    advance(f, SN_MS(2001));
    assert_true(power(f, "m") == 0);
    beat(f, sid.value, "end-3:SESSION_EXPIRED");
    beat(f, SN_STR("x"), "end-2:invalid UUID length: 1");
    f->metadata.count = 1;
    set_power(f, "m", 0.5, "end-3:SESSION_EXPIRED");
    assert_true(power(f, "m") == 0);
}

static void the_last_to_move_owns_it(void **state)
{
    struct robot_fixture *f = *state;
    struct sn_metadata_entry sid = {SN_STR("viam-sid"), start_session(f)};

    robot_fixture_configure(f, one_motor);
    f->metadata = (struct sn_metadata){&sid, 1, 1};
    set_power(f, "m", 0.5, "end0:");
    f->metadata.count = 0;
    set_power(f, "m", 0.7, "end0:");
    advance(f, SN_SECONDS(3));
    assert_true(power(f, "m") == 0.7);
}

static void a_session_can_be_resumed(void **state)
{
    struct robot_fixture *f = *state;
    struct sn_str id = start_session(f);
    struct pb_robot_start_session_request req = {.resume = id};
    struct tape tape;

    robot_fixture_begin(f, &tape, ROBOT("StartSession"), &pb_robot_start_session_request_msg, &req);
    struct pb_robot_start_session_response *resp =
        response(f, &tape, &pb_robot_start_session_response_msg);
    assert_true(sn_str_eq(resp->id, id));
}

static void a_failed_resource_is_tried_again(void **state)
{
    struct robot_fixture *f = *state;

    robot_fixture_configure(f,
                            "{\"components\": [{\"name\": \"m\", \"api\": \"rdk:component:motor\", "
                            "\"model\": \"fake\", \"depends_on\": [\"x\"]}]}");
    advance(f, SN_SECONDS(5));
    set_power(f, "m", 1,
              "has unresolved dependencies not found in machine config or connected "
              "remotes: [x]");
}

/* ---- chaos ---- */

enum { CHAOS_NAMES = 10, CHAOS_CALLS = 64, CHAOS_EDITS = 500 };

/* Motors that lean on each other, some on nothing that exists, some changed, some broken. */
static void random_config(struct sn_random *random, char *json, size_t size)
{
    size_t used = (size_t)snprintf(json, size, "{\"components\": [");
    const char *comma = "";

    for (unsigned i = 0; i < CHAOS_NAMES; i++) {
        uint64_t draw = sn_random_next(random);

        if (draw % 4 == 0)
            continue;
        used += (size_t)snprintf(
            json + used, size - used,
            "%s{\"name\": \"%c\", \"api\": \"rdk:component:motor\", \"model\": \"%s\", "
            "\"attributes\": {\"max_rpm\": %u}, \"depends_on\": [%s%c%s]}",
            comma, 'a' + i, draw % 11 == 0 ? "none" : "fake", (unsigned)(draw >> 8) % 3,
            draw % 3 ? "" : "\"", draw % 3 ? ' ' : (char)('a' + (draw >> 16) % CHAOS_NAMES),
            draw % 3 ? "" : "\"");
        comma = ",";
    }
    snprintf(json + used, size - used, "]}");
}

static size_t ready_names(struct robot_fixture *f, char names[CHAOS_NAMES + 1])
{
    struct pb_robot_resource_names_request req = {0};
    struct tape tape;
    size_t count = 0;

    robot_fixture_begin(f, &tape, ROBOT("ResourceNames"), &pb_robot_resource_names_request_msg,
                        &req);
    struct pb_robot_resource_names_response *resp =
        response(f, &tape, &pb_robot_resource_names_response_msg);
    memset(names, 0, CHAOS_NAMES + 1);
    for (int c = 'a'; c < 'a' + CHAOS_NAMES; c++)
        for (uint32_t i = 0; i < resp->resources.n; i++)
            if (resp->resources.v[i].name.ptr[0] == c)
                names[count++] = (char)c;
    return count;
}

static void random_call(struct robot_fixture *f, struct sn_random *random, struct tape *tape)
{
    char name[] = {(char)('a' + sn_random_next(random) % CHAOS_NAMES), '\0'};
    struct pb_motor_go_for_request req = {.name = sn_str_of(name), .rpm = 1, .revolutions = 1};

    if (tape->stream.rpc) /* of a call that goes on: its client leaves */
        sn_server_abort(&tape->stream);
    robot_fixture_begin(f, tape, MOTOR("GoFor"), &pb_motor_go_for_request_msg, &req);
}

/* 500 edits with calls under way: nothing leaks (teardown), no call is lost, and the machine ends
 * as the last config says. */
static void edits_under_load_end_as_the_last_one_says(void **state)
{
    struct robot_fixture *f = *state;
    struct tape *tapes = calloc(CHAOS_CALLS, sizeof(*tapes));
    char json[4096], names[CHAOS_NAMES + 1], expected[CHAOS_NAMES + 1];
    struct sn_random random;
    struct robot_fixture *fresh;

    sn_random_init(&random, 4711);
    for (int edit = 0; edit < CHAOS_EDITS; edit++) {
        random_config(&random, json, sizeof(json));
        robot_fixture_configure(f, json);
        for (int i = 0; i < 4; i++)
            random_call(f, &random, &tapes[sn_random_next(&random) % CHAOS_CALLS]);
        advance(f, SN_MS(sn_random_next(&random) % 9000));
        sn_arena_fini(&f->arena);
        sn_arena_init(&f->arena, &f->blocks, 16 << 20);
    }
    ready_names(f, names);
    setup((void **)&fresh);
    robot_fixture_configure(fresh, json);
    ready_names(fresh, expected);
    teardown((void **)&fresh);
    assert_string_equal(names, expected);
    for (int i = 0; i < CHAOS_CALLS; i++)
        if (tapes[i].stream.rpc)
            sn_server_abort(&tapes[i].stream);
    free(tapes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_those_that_work),
        TEST(status_shows_everything),
        TEST(status_shows_what_is_no_text),
        TEST(lists_have_room_for_all),
        TEST(a_new_config_touches_only_what_changed),
        TEST(duplicates_are_left_out),
        TEST(go_for_takes_its_time),
        TEST(stop_all_ends_motion),
        TEST(closing_ends_motion),
        TEST(the_limit_spares_stop),
        TEST(operations_can_be_listed_and_cancelled),
        TEST(shutdown_answers_first),
        TEST(what_is_not_there_says_so),
        TEST(health_follows_the_machine),
        TEST(log_takes_one_entry),
        TEST(a_silent_session_stops_what_it_moved),
        TEST(the_last_to_move_owns_it),
        TEST(a_session_can_be_resumed),
        TEST(a_failed_resource_is_tried_again),
        TEST(edits_under_load_end_as_the_last_one_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
