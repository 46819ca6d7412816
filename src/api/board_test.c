/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's server side on a board that does as the test says: streams of ticks, slow clients,
 * power modes.
 */
#include "api/api.h"
#include "base/heap.h"
#include "pb/component/board/v1/board.h"
#include "rpc/core/tape.h"
#include "sinew/api/board.h"

#include <setjmp.h>

#include <cmocka.h>

#define BOARD "/viam.component.board.v1.BoardService/"

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_router router;
    struct sn_board board;
    struct sn_server *server;
    struct tape tape;
    struct sn_call *streaming;
    const struct sn_tick_sink *sink;
    int32_t mode;
    int64_t duration_ns; /* -1: none */
};

static struct fixture *fixture; /* ops know only their board */

/* ---- the board ---- */

static void end_stream(int code)
{
    struct sn_call *call = fixture->streaming;

    fixture->streaming = NULL;
    sn_call_done(call, code);
}

static void on_cancel(struct sn_call *call)
{
    end_stream(sn_call_cancelled(call));
}

static int stream_ticks(struct sn_call *call, struct sn_board *board,
                        const struct sn_str *interrupts, size_t count,
                        const struct pb_google_struct *extra, const struct sn_tick_sink *sink)
{
    int code = sink->ready(call, sink);

    if (code)
        return code;
    fixture->streaming = call;
    fixture->sink = sink;
    call->on_cancel = on_cancel;
    return SN_PENDING;
}

static void tick(void)
{
    struct sn_tick one = {SN_STR("i"), 1, true};
    int code = fixture->sink->tick(fixture->streaming, fixture->sink, &one);

    if (code)
        end_stream(code);
}

static int read_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                       const struct pb_google_struct *extra, struct sn_analog *ret_analog)
{
    if (!sn_str_is(analog, "a"))
        return sn_board_no_analog(call, analog);
    *ret_analog = (struct sn_analog){-1, 0.5F, 5, 0.25F};
    return 0;
}

static int set_power_mode(struct sn_call *call, struct sn_board *board, int32_t mode,
                          const int64_t *duration_ns, const struct pb_google_struct *extra)
{
    fixture->mode = mode;
    fixture->duration_ns = duration_ns ? *duration_ns : -1;
    return 0;
}

static const struct sn_board_ops ops = {
    .stream_ticks = stream_ticks,
    .read_analog = read_analog,
    .set_power_mode = set_power_mode,
};
static const struct sn_board_ops ops_without_power = {.read_analog = read_analog};

/* ---- the machine ---- */

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    if (!sn_str_is(name, "b"))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "no board %.*s", SN_STR_ARGS(name));
    *ret_resource = sn_resource_ref(&fixture->board.base);
    return 0;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture = f;
    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    f->env = (struct sn_env){.timers = &f->timers, .blocks = &f->blocks};
    f->router.find = find;
    f->board.base = (struct sn_resource){.refs = 1, .api = SN_API_BOARD, .name = "b", .ops = &ops};
    sn_lane_init(&f->board.base.lane);
    struct sn_server_config config = {
        .env = &f->env, .router = &f->router, .unary_timeout_ns = SN_SECONDS(600)};
    f->server = sn_server_create(&config);
    assert_int_equal(sn_server_add(f->server, &sn_api_find(SN_API_BOARD)->service, NULL), 0);
    f->tape.stream.ops = &tape_ops;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_true(sn_list_empty(sn_server_rpcs(f->server)));
    assert_int_equal(f->board.base.refs, 1);
    sn_server_destroy(f->server);
    assert_int_equal(f->blocks.in_use, 0);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

static void request(struct fixture *f, const char *method, const struct sn_pb_msg *msg,
                    const void *message)
{
    struct sn_metadata none = {0};
    struct sn_arena arena;
    struct sn_str bytes;

    f->tape.log[0] = '\0';
    sn_server_begin(f->server, &f->tape.stream, sn_str_of(method), &none, SN_NEVER);
    sn_arena_init(&arena, &f->blocks, 1 << 20);
    assert_int_equal(sn_pb_encode(msg, message, &arena, 0, &bytes), 0);
    sn_server_message(&f->tape.stream, bytes.ptr, bytes.len);
    sn_arena_fini(&arena);
}

static void request_ticks(struct fixture *f)
{
    struct sn_str names[] = {SN_STR("i")};
    struct pb_board_stream_ticks_request req = {.name = SN_STR("b"), .pin_names = {names, 1, 1}};

    request(f, BOARD "StreamTicks", &pb_board_stream_ticks_request_msg, &req);
}

static void request_power(struct fixture *f, struct pb_google_duration *duration)
{
    struct pb_board_set_power_mode_request req = {
        .name = SN_STR("b"), .power_mode = 2, .duration = duration};

    request(f, BOARD "SetPowerMode", &pb_board_set_power_mode_request_msg, &req);
}

/* ---- tests ---- */

static void a_stream_begins_with_an_empty_message(void **state)
{
    struct fixture *f = *state;

    request_ticks(f);
    assert_string_equal(f->tape.log, "headers0 message0 ");
    tick();
    assert_string_equal(f->tape.log, "headers0 message0 message7 ");
    assert_memory_equal(f->tape.last, "\x0a\x01i\x10\x01\x18\x01", 7);
    sn_server_abort(&f->tape.stream);
    assert_null(f->streaming);
}

static void a_slow_client_loses_its_stream(void **state)
{
    struct fixture *f = *state;

    request_ticks(f);
    f->tape.queued = SN_RPC_QUEUE_MAX + 1;
    tick();
    assert_null(f->streaming);
    assert_string_equal(f->tape.log, "headers0 message0 end-8:the client reads too slowly: 4194304 "
                                     "bytes wait");
}

static void analogs_go_by_the_boards_name(void **state)
{
    struct fixture *f = *state;
    struct pb_board_read_analog_reader_request req = {.board_name = SN_STR("b"),
                                                      .analog_reader_name = SN_STR("a")};

    request(f, BOARD "ReadAnalogReader", &pb_board_read_analog_reader_request_msg, &req);
    assert_string_equal(f->tape.log, "headers0 message26 end0:");
    req.analog_reader_name = SN_STR("b");
    request(f, BOARD "ReadAnalogReader", &pb_board_read_analog_reader_request_msg, &req);
    assert_string_equal(f->tape.log, "end-2:can't find AnalogReader (b)");
}

static void power_modes_last_as_long_as_asked(void **state)
{
    struct fixture *f = *state;
    struct pb_google_duration second = {.seconds = 1, .nanos = 5};

    request_power(f, &second);
    assert_string_equal(f->tape.log, "headers0 message0 end0:");
    assert_int_equal(f->mode, 2);
    assert_int_equal(f->duration_ns, 1000000005);
    request_power(f, NULL);
    assert_int_equal(f->duration_ns, -1);
}

static void bad_durations_are_refused(void **state)
{
    struct fixture *f = *state;
    struct {
        struct pb_google_duration duration;
        const char *log;
    } rows[] = {
        {{.seconds = -5, .nanos = 7},
         "end-2:proto: duration (seconds:-5 nanos:7) has seconds and nanos with different signs"},
        {{.seconds = 0, .nanos = -2000000000},
         "end-2:proto: duration (nanos:-2000000000) has out-of-range nanos"},
        {{.seconds = INT64_MAX, .nanos = 0},
         "end-2:proto: duration (seconds:9223372036854775807) exceeds +10000 years"},
        {{.seconds = 1, .nanos = 1000000000},
         "end-2:proto: duration (seconds:1 nanos:1000000000) has out-of-range nanos"},
        {{.seconds = INT64_MAX, .nanos = 1},
         "end-2:proto: duration (seconds:9223372036854775807 nanos:1) exceeds +10000 years"},
        {{.seconds = INT64_MIN, .nanos = -1},
         "end-2:proto: duration (seconds:-9223372036854775808 nanos:-1) exceeds -10000 years"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        request_power(f, &rows[i].duration);
        assert_string_equal(f->tape.log, rows[i].log);
    }
    assert_int_equal(f->mode, 0);
}

static void power_modes_are_optional(void **state)
{
    struct fixture *f = *state;

    f->board.base.ops = &ops_without_power;
    request_power(f, NULL);
    assert_string_equal(f->tape.log, "end-12:Unimplemented");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_begins_with_an_empty_message),
        TEST(a_slow_client_loses_its_stream),
        TEST(analogs_go_by_the_boards_name),
        TEST(power_modes_last_as_long_as_asked),
        TEST(bad_durations_are_refused),
        TEST(power_modes_are_optional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
