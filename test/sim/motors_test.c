/* SPDX-License-Identifier: Apache-2.0
 *
 * Motors and encoders that need no hardware of their own, on a machine with a simulated board, in
 * simulated time.
 */
#include "base/heap.h"
#include "base/log.h"
#include "base/random.h"
#include "driver/drivers.h"
#include "robot/robot.h"
#include "sim/sim.h"
#include "sinew/api/encoder.h"
#include "sinew/api/motor.h"
#include "sinew/struct.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_random random;
    struct sn_env env;
    struct sn_registry registry;
    struct sn_robot *robot;
    struct sn_arena arena;
    struct sim_board *board;
    struct sn_motor *motor;
    struct sn_encoder *encoder;
    bool closed;
};

static uint64_t unix_ns(void)
{
    return 1700000000000000000;
}

/* An encoder that stands at 0 and, once it hangs, answers nothing. */
static bool hangs;

static void give_up(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int hanging_position(struct sn_call *call, struct sn_encoder *encoder,
                            enum sn_encoder_unit unit, const struct pb_google_struct *extra,
                            struct sn_encoder_position *ret_position)
{
    *ret_position = (struct sn_encoder_position){.unit = SN_ENCODER_TICKS};
    if (!hangs)
        return 0;
    call->on_cancel = give_up;
    return SN_PENDING;
}

static int hanging_properties(struct sn_call *call, struct sn_encoder *encoder,
                              const struct pb_google_struct *extra, bool *ret_ticks,
                              bool *ret_degrees)
{
    *ret_ticks = true;
    return 0;
}

static const struct sn_encoder_ops hanging_ops = {.position = hanging_position,
                                                  .properties = hanging_properties};

static const struct sn_driver hanging_driver = {.api = SN_API_ENCODER,
                                                .model = "rdk:test:hanging",
                                                .size = sizeof(struct sn_encoder),
                                                .ops = &hanging_ops};

static int setup(void **state)
{
    static const struct sn_driver *const sim[] = {&sim_board_driver, &hanging_driver};
    struct fixture *f = calloc(1, sizeof(*f));

    sn_log_set_level(SN_LOG_ERROR + 1);
    sn_block_pool_init(&f->blocks, &sn_heap, 16);
    sn_random_init(&f->random, 1);
    f->env = (struct sn_env){
        .timers = &f->timers, .blocks = &f->blocks, .unix_ns = unix_ns, .random = &f->random};
    sn_registry_add(&f->registry, sn_drivers, sn_driver_count);
    sn_registry_add(&f->registry, sim, 2);
    hangs = false;
    struct sn_robot_options options = {.env = &f->env,
                                       .registry = &f->registry,
                                       .request_limit = 100,
                                       .build_timeout_ns = SN_SECONDS(120)};
    f->robot = sn_robot_create(&options);
    sn_arena_init(&f->arena, &f->blocks, 16 << 20);
    *state = f;
    return 0;
}

/* Time goes by, as finely as the sim's steps. */
static void pass(struct fixture *f, uint64_t ns)
{
    uint64_t end_ns = f->timers.now_ns + ns;

    while (f->timers.now_ns < end_ns) {
        uint64_t next_ns = sn_timers_next(&f->timers);

        sn_timers_advance(&f->timers, next_ns < end_ns ? next_ns : end_ns);
    }
}

static void on_closed(void *owner, bool clean)
{
    ((struct fixture *)owner)->closed = true;
}

static void release(struct fixture *f)
{
    sn_resource_unref(f->board ? &f->board->base.base : NULL);
    sn_resource_unref(f->motor ? &f->motor->base : NULL);
    sn_resource_unref(f->encoder ? &f->encoder->base : NULL);
    f->board = NULL;
    f->motor = NULL;
    f->encoder = NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (!f->closed) {
        sn_robot_close(f->robot, on_closed, f);
        pass(f, SN_SECONDS(60));
    }
    assert_true(f->closed);
    if (f->board)
        assert_true(sim_drive(f->board) == 0);
    release(f);
    sn_robot_destroy(f->robot);
    sn_registry_fini(&f->registry);
    sn_arena_fini(&f->arena);
    assert_int_equal(f->blocks.in_use, 0);
    assert_int_equal(sn_timers_next(&f->timers), UINT64_MAX);
    sn_block_pool_fini(&f->blocks);
    free(f);
    return 0;
}

#define COMPONENT "{\"name\": \"%s\", \"api\": \"rdk:component:%s\", %s}"

static void configure_json(struct fixture *f, const char *json)
{
    struct sn_config *config;
    struct sn_error error;

    if (sn_config_parse(json, strlen(json), &config, &error))
        fail_msg("%s", error.text);
    assert_int_equal(sn_robot_configure(f->robot, config), 0);
}

/* A machine with board b, encoder e (JSON of its model and attributes) and motor m. */
static void configure(struct fixture *f, const char *encoder, const char *motor)
{
    char json[2048], e[512] = "", m[1024] = "", b[256];

    snprintf(b, sizeof(b), COMPONENT, "b", "board", "\"model\": \"rdk:test:sim\"");
    if (encoder)
        snprintf(e, sizeof(e), COMPONENT, "e", "encoder", encoder);
    if (motor)
        snprintf(m, sizeof(m), COMPONENT, "m", "motor", motor);
    snprintf(json, sizeof(json), "{\"components\": [%s%s%s%s%s]}", b, *e ? "," : "", e,
             *m ? "," : "", m);
    configure_json(f, json);
}

/* Holds what is built. */
static void take(struct fixture *f)
{
    f->board = (struct sim_board *)sn_robot_resource(f->robot, SN_API_BOARD, "b");
    f->motor = (struct sn_motor *)sn_robot_resource(f->robot, SN_API_MOTOR, "m");
    f->encoder = (struct sn_encoder *)sn_robot_resource(f->robot, SN_API_ENCODER, "e");
}

/* The same, built already. */
static void machine(struct fixture *f, const char *encoder, const char *motor)
{
    configure(f, encoder, motor);
    pass(f, SN_MS(10));
    take(f);
    assert_true(f->board && (!motor || f->motor) && (!encoder || f->encoder));
}

/* ---- asking ---- */

struct ask {
    struct sn_call call;
    struct fixture *f;
    double speed, amount, number;
    bool flag, ended;
    int code;
    char text[256];
    struct pb_google_struct command, *result;
    struct sn_encoder_position position;
};

#define ASK ((struct ask *)call)

static int start_set_power(struct sn_call *call)
{
    return sn_motor_set_power(call, ASK->f->motor, ASK->amount, NULL);
}

static int start_go_for(struct sn_call *call)
{
    return sn_motor_go_for(call, ASK->f->motor, ASK->speed, ASK->amount, NULL);
}

static int start_go_to(struct sn_call *call)
{
    return sn_motor_go_to(call, ASK->f->motor, ASK->speed, ASK->amount, NULL);
}

static int start_set_rpm(struct sn_call *call)
{
    return sn_motor_set_rpm(call, ASK->f->motor, ASK->speed, NULL);
}

static int start_reset(struct sn_call *call)
{
    return sn_motor_reset_zero_position(call, ASK->f->motor, ASK->amount, NULL);
}

static int start_position(struct sn_call *call)
{
    return sn_motor_position(call, ASK->f->motor, NULL, &ASK->number);
}

static int start_stop(struct sn_call *call)
{
    return sn_motor_stop(call, ASK->f->motor, NULL);
}

static int start_is_powered(struct sn_call *call)
{
    return sn_motor_is_powered(call, ASK->f->motor, NULL, &ASK->flag, &ASK->number);
}

static int start_command(struct sn_call *call)
{
    return sn_do_command(call, &ASK->f->motor->base, &ASK->command, &ASK->result);
}

static int start_ticks(struct sn_call *call)
{
    return sn_encoder_position(call, ASK->f->encoder, SN_ENCODER_TICKS, NULL, &ASK->position);
}

static void ended(struct sn_call *call, int code)
{
    struct sn_str text = sn_call_text(call, code);

    snprintf(ASK->text, sizeof(ASK->text), "%.*s", SN_STR_ARGS(text));
    ASK->code = code;
    ASK->ended = true;
}

static void begin(struct fixture *f, struct ask *ask, int (*start)(struct sn_call *), double speed,
                  double amount)
{
    *ask = (struct ask){.f = f, .speed = speed, .amount = amount};
    sn_call_init(&ask->call, &f->env, &f->arena, NULL);
    ask->call.start = start;
    ask->call.end = ended;
    sn_call_start(&ask->call);
}

static int await(struct fixture *f, struct ask *ask)
{
    for (int i = 0; i < 20000 && !ask->ended; i++)
        pass(f, SN_MS(1));
    assert_true(ask->ended);
    return ask->code;
}

static struct ask tell(struct fixture *f, int (*start)(struct sn_call *), double speed,
                       double amount)
{
    struct ask ask;

    begin(f, &ask, start, speed, amount);
    await(f, &ask);
    return ask;
}

static double power(struct fixture *f)
{
    struct ask ask = tell(f, start_is_powered, 0, 0);

    assert_int_equal(ask.code, 0);
    assert_int_equal(ask.flag, ask.number != 0);
    return ask.number;
}

static double position(struct fixture *f)
{
    struct ask ask = tell(f, start_position, 0, 0);

    assert_int_equal(ask.code, 0);
    return ask.number;
}

static double rpm(struct fixture *f)
{
    return f->board->speed * 60;
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

/* ---- encoders ---- */

#define PINS_ABP "\"pins\": {\"a\": \"a\", \"b\": \"b\", \"pwm\": \"pwm\"}"
#define INCREMENTAL                                                                             \
    "\"model\": \"incremental\", \"attributes\": {\"board\": \"b\", \"pins\": {\"a\": \"ea\", " \
    "\"b\": \"eb\"}}"
#define SINGLE \
    "\"model\": \"single\", \"attributes\": {\"board\": \"b\", \"pins\": {\"i\": \"ea\"}}"
#define OPEN_LOOP \
    "\"model\": \"gpio\", \"attributes\": {\"board\": \"b\", \"max_rpm\": 200, " PINS_ABP "}"
#define ENCODED(more) \
    "\"model\": \"gpio\", \"attributes\": {\"board\": \"b\", \"encoder\": \"e\", " PINS_ABP more "}"
#define ENCODED_BY(a, b, pwm)                                                                \
    "\"model\": \"gpio\", \"attributes\": {\"board\": \"b\", \"encoder\": \"e\", \"pins\": " \
    "{\"a\": \"" a "\", \"b\": \"" b "\", \"pwm\": \"" pwm "\"}, \"ticks_per_rotation\": 500}"
#define RAMP ENCODED(", \"ticks_per_rotation\": 500")
#define PID                                                           \
    ENCODED(", \"ticks_per_rotation\": 500, \"control_parameters\": " \
            "{\"p\": 0.1, \"i\": 0.9, \"d\": 0}")
#define TUNE                                                                                      \
    ENCODED(", \"ticks_per_rotation\": 500, \"control_parameters\": {\"p\": 0, \"i\": 0, \"d\": " \
            "0}")

static double ticks(struct fixture *f)
{
    struct ask ask = tell(f, start_ticks, 0, 0);

    assert_int_equal(ask.code, 0);
    return ask.position.value;
}

static void incremental_counts_both_ways(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, OPEN_LOOP);
    tell(f, start_go_for, 200, 5);
    pass(f, SN_SECONDS(2));
    assert_true(f->board->angle > 3 && near(ticks(f), f->board->angle * 500, 1));
    tell(f, start_go_for, -200, 8);
    pass(f, SN_SECONDS(2));
    assert_true(f->board->angle < -1 && near(ticks(f), f->board->angle * 500, 1));
}

static void single_follows_its_motor(void **state)
{
    struct fixture *f = *state;

    machine(f, SINGLE, RAMP);
    tell(f, start_set_power, 0, 0.5);
    pass(f, SN_SECONDS(1));
    double forward = ticks(f);
    assert_true(near(forward, f->board->angle * 500, 1) && forward > 100);
    tell(f, start_set_power, 0, -0.5);
    pass(f, SN_SECONDS(3));
    assert_true(ticks(f) < forward - 100);
    tell(f, start_stop, 0, 0);
    double before = ticks(f);
    assert_true(fabs(rpm(f)) > 50); /* coasts */
    pass(f, SN_SECONDS(2));
    assert_true(ticks(f) == before);
}

/* A motor that is renamed: the one goes while the other has the encoder already. */
static void single_follows_the_last_of_two(void **state)
{
    static const char b[] = "{\"name\": \"b\", \"api\": \"rdk:component:board\", "
                            "\"model\": \"rdk:test:sim\"}";
    static const char other[] = ENCODED_BY("x", "y", "z");
    struct fixture *f = *state;
    char json[2048];

    for (int i = 0; i < 3; i++) {
        snprintf(json, sizeof(json), "{\"components\": [%s, " COMPONENT, b, "e", "encoder", SINGLE);
        size_t len = strlen(json);
        if (i < 2)
            len += (size_t)snprintf(json + len, sizeof(json) - len, ", " COMPONENT, "m0", "motor",
                                    other);
        if (i > 0)
            len += (size_t)snprintf(json + len, sizeof(json) - len, ", " COMPONENT, "m", "motor",
                                    RAMP);
        snprintf(json + len, sizeof(json) - len, "]}");
        configure_json(f, json);
        pass(f, SN_MS(100));
    }
    take(f);
    tell(f, start_set_power, 0, -0.5);
    pass(f, SN_SECONDS(1));
    assert_true(ticks(f) < -100);
}

static void single_alone_counts_up(void **state)
{
    struct fixture *f = *state;

    machine(f, SINGLE, OPEN_LOOP);
    tell(f, start_set_power, 0, -0.5);
    pass(f, SN_SECONDS(1));
    assert_true(ticks(f) > 100);
}

/* ---- without an encoder ---- */

static void every_wiring_drives(void **state)
{
    static const char *const wirings[] = {
        PINS_ABP,
        "\"pins\": {\"a\": \"a\", \"b\": \"b\"}",
        "\"pins\": {\"dir\": \"dir\", \"pwm\": \"pwm\"}",
        "\"pins\": {\"dir\": \"dir\", \"pwm\": \"pwm\", \"en_high\": \"en_high\"}",
        "\"pins\": {\"a\": \"a\", \"b\": \"b\", \"pwm\": \"pwm\", \"en_low\": \"en_low\"}",
    };
    char motor[512];

    for (size_t i = 0; i < sizeof(wirings) / sizeof(wirings[0]); i++) {
        for (int flip = 0; flip < 2; flip++) {
            struct fixture *f;

            setup((void **)&f);
            snprintf(motor, sizeof(motor),
                     "\"model\": \"gpio\", \"attributes\": {\"board\": \"b\", \"max_rpm\": 100, "
                     "\"min_power_pct\": 0.1, \"max_power_pct\": 0.8, \"dir_flip\": %s, %s}",
                     flip ? "true" : "false", wirings[i]);
            machine(f, NULL, motor);
            double way = flip ? -1 : 1;
            assert_true(sim_drive(f->board) == 0 && power(f) == 0);
            tell(f, start_set_power, 0, 0.5);
            assert_true(near(sim_drive(f->board), 0.5 * way, 1e-9) && power(f) == 0.5);
            tell(f, start_set_power, 0, -0.25);
            assert_true(near(sim_drive(f->board), -0.25 * way, 1e-9) && power(f) == -0.25);
            tell(f, start_set_power, 0, -0.02);
            assert_true(near(sim_drive(f->board), -0.1 * way, 1e-9) && power(f) == -0.1);
            tell(f, start_set_power, 0, (double)INFINITY);
            assert_true(near(sim_drive(f->board), 0.8 * way, 1e-9) && power(f) == 0.8);
            tell(f, start_set_power, 0, (double)NAN);
            assert_true(sim_drive(f->board) == 0 && power(f) == 0);
            tell(f, start_set_rpm, -50, 0);
            assert_true(near(sim_drive(f->board), -0.5 * way, 1e-9));
            tell(f, start_set_power, 0, 0.01);
            assert_true(sim_drive(f->board) == 0 && power(f) == 0);
            teardown((void **)&f);
        }
    }
}

static void go_for_takes_its_time(void **state)
{
    struct fixture *f = *state;

    machine(f, NULL, OPEN_LOOP);
    uint64_t before = f->timers.now_ns;
    struct ask go;
    begin(f, &go, start_go_for, -50, -5);
    pass(f, SN_SECONDS(3));
    assert_true(!go.ended && near(sim_drive(f->board), 0.25, 1e-9));
    assert_int_equal(await(f, &go), 0);
    assert_true(near((double)(f->timers.now_ns - before), 6e9, 2e6));
    assert_true(sim_drive(f->board) == 0 && power(f) == 0 && near(f->board->angle, 5, 0.1));
    assert_int_equal(tell(f, start_go_for, 1e-3, 1).code, SN_ERR_UNKNOWN);
    assert_int_equal(tell(f, start_go_for, (double)NAN, 1).code, 0);
    assert_int_equal(tell(f, start_go_for, 10, (double)NAN).code, 0);
    begin(f, &go, start_go_for, 100, (double)INFINITY);
    assert_false(go.ended);
    tell(f, start_stop, 0, 0);
    assert_true(go.ended && sim_drive(f->board) == 0);
}

/* Whatever ends a move early, on a quick board and on a slow one, leaves no pin driven. */
static void a_move_that_ends_early_is_off(void **state)
{
    static const char *const motors[] = {OPEN_LOOP, RAMP, PID};

    for (size_t m = 0; m < 3; m++)
        for (uint64_t delay_ms = 0; delay_ms < 30; delay_ms += 7)
            for (uint64_t after_ms = 0; after_ms < 120; after_ms += 3) {
                struct fixture *f;
                struct ask go;

                setup((void **)&f);
                machine(f, INCREMENTAL, motors[m]);
                f->board->delay_ns = SN_MS(delay_ms);
                begin(f, &go, start_go_for, 100, 100);
                pass(f, SN_MS(after_ms));
                if (after_ms % 2)
                    sn_call_cancel(&go.call, SN_ERR_CANCELLED);
                else
                    assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
                assert_int_equal(await(f, &go), 0);
                assert_true(sim_drive(f->board) == 0 && power(f) == 0);
                pass(f, SN_SECONDS(1));
                assert_true(sim_drive(f->board) == 0);
                teardown((void **)&f);
            }
}

static void the_latest_wins(void **state)
{
    struct fixture *f = *state;
    struct ask go, again, set;

    machine(f, INCREMENTAL, OPEN_LOOP);
    f->board->delay_ns = SN_MS(5);
    begin(f, &go, start_go_for, 100, 100);
    pass(f, SN_MS(7));
    begin(f, &again, start_go_for, 100, -100);
    begin(f, &set, start_set_power, 0, 0.75);
    assert_int_equal(await(f, &set), 0);
    assert_true(go.ended && again.ended && go.code == 0);
    assert_true(near(sim_drive(f->board), 0.75, 1e-9) && power(f) == 0.75);
}

static void a_power_given_up_is_off(void **state)
{
    struct fixture *f = *state;
    struct ask set;

    machine(f, NULL, OPEN_LOOP);
    f->board->delay_ns = SN_MS(5);
    begin(f, &set, start_set_power, 0, 1);
    pass(f, SN_MS(13));
    sn_call_cancel(&set.call, SN_ERR_CANCELLED);
    assert_int_equal(await(f, &set), SN_ERR_CANCELLED);
    assert_true(sim_drive(f->board) == 0 && power(f) == 0);
}

static void a_broken_pin_fails_and_is_off(void **state)
{
    struct fixture *f = *state;

    machine(f, NULL, OPEN_LOOP);
    f->board->broken = "pwm";
    struct ask set = tell(f, start_set_power, 0, 1);
    assert_int_equal(set.code, SN_ERR_UNKNOWN);
    assert_string_equal(set.text, "pin pwm is broken");
    assert_false(sim_pin(f->board, "a").high);
    set = tell(f, start_go_for, 100, 1);
    assert_string_equal(set.text, "pin pwm is broken");
    assert_false(sim_pin(f->board, "a").high);
    assert_int_equal(tell(f, start_stop, 0, 0).code, SN_ERR_UNKNOWN);
    f->board->broken = NULL;
    assert_int_equal(tell(f, start_set_power, 0, 1).code, 0);
    assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
    assert_true(power(f) == 0);
}

static void a_dead_board_doesn_t_hold_up_the_end(void **state)
{
    struct fixture *f = *state;
    struct ask set;

    machine(f, NULL, OPEN_LOOP);
    f->board->delay_ns = SN_SECONDS(100000);
    begin(f, &set, start_set_power, 0, 1);
    pass(f, SN_SECONDS(1));
    assert_false(set.ended);
    sn_robot_close(f->robot, on_closed, f);
    pass(f, SN_SECONDS(120));
    assert_true(f->closed && set.ended);
}

/* The board's stream breaks off: the encoder keeps what it has and listens again. */
static void lost_ticks_come_back(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, OPEN_LOOP);
    tell(f, start_go_for, 200, 5);
    pass(f, SN_SECONDS(2));
    double before = ticks(f);
    sim_break_streams(f->board);
    assert_true(ticks(f) == before);
    pass(f, SN_SECONDS(2));
    tell(f, start_go_for, 200, 5);
    pass(f, SN_SECONDS(2));
    assert_true(near(ticks(f), f->board->angle * 500, 1) && ticks(f) > before + 1000);
}

/* ---- stepper ---- */

#define STEPPER                                                                                    \
    "\"model\": \"gpiostepper\", \"attributes\": {\"board\": \"b\", \"ticks_per_rotation\": 200, " \
    "\"max_rpm\": 100, \"pins\": {\"step\": \"step\", \"dir\": \"sdir\", \"en_low\": \"sen\"}}"

static bool pulsing(struct fixture *f)
{
    assert_int_equal(sim_pin(f->board, "step").duty > 0, !sim_pin(f->board, "sen").high);
    return sim_pin(f->board, "step").duty > 0;
}

static void stepper_counts_its_pulses(void **state)
{
    struct fixture *f = *state;

    machine(f, NULL, STEPPER);
    assert_true(!pulsing(f) && power(f) == 0);
    uint64_t before = f->timers.now_ns;
    assert_int_equal(tell(f, start_go_for, 60, 5).code, 0);
    assert_true(near((double)(f->timers.now_ns - before), 5e9, 2e6));
    assert_true(position(f) == 5 && !pulsing(f) && power(f) == 0);
    assert_int_equal(tell(f, start_go_to, -60, 3).code, 0);
    assert_true(position(f) == 3 && !sim_pin(f->board, "sdir").high);
    assert_int_equal(tell(f, start_reset, 0, 1).code, 0);
    assert_true(position(f) == -1);
    assert_int_equal(tell(f, start_set_rpm, 30, 0).code, 0);
    assert_true(pulsing(f) && power(f) == 1);
    pass(f, SN_SECONDS(4));
    assert_true(near(position(f), 1, 0.02));
    assert_int_equal(tell(f, start_set_power, 0, -0.5).code, 0);
    assert_true(sim_pin(f->board, "step").hz == 166);
    pass(f, SN_SECONDS(1));
    assert_true(near(position(f), 0.17, 0.02));
    assert_int_equal(tell(f, start_set_rpm, 0, 0).code, 0);
    assert_true(!pulsing(f));
    assert_int_equal(tell(f, start_set_power, 0, (double)INFINITY).code, 0);
    assert_true(sim_pin(f->board, "step").hz == 1000000);
    assert_int_equal(tell(f, start_set_power, 0, (double)NAN).code, 0);
    assert_true(!pulsing(f));
    assert_int_equal(tell(f, start_go_for, (double)NAN, 1).code, 0);
    assert_int_equal(tell(f, start_go_to, 10, (double)NAN).code, 0);
    assert_int_equal(tell(f, start_go_for, 0.05, 1).code, SN_ERR_UNKNOWN);
    assert_true(!pulsing(f));
}

static void stepper_stops(void **state)
{
    for (uint64_t delay_ms = 0; delay_ms < 30; delay_ms += 7)
        for (uint64_t after_ms = 0; after_ms < 300; after_ms += 3) {
            struct fixture *f;
            struct ask go;

            setup((void **)&f);
            machine(f, NULL, STEPPER);
            f->board->delay_ns = SN_MS(delay_ms);
            begin(f, &go, start_go_for, 100, (double)INFINITY);
            pass(f, SN_MS(after_ms));
            if (after_ms % 2)
                sn_call_cancel(&go.call, SN_ERR_CANCELLED);
            else
                assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
            assert_int_equal(await(f, &go), SN_ERR_UNKNOWN);
            assert_string_equal(go.text, "trackPosition: context cancelled");
            assert_true(sim_pin(f->board, "step").duty == 0 && power(f) == 0);
            pass(f, SN_SECONDS(1));
            assert_true(sim_pin(f->board, "step").duty == 0);
            teardown((void **)&f);
        }
}

/* The close finds the move it cancelled still waiting for a slow board. */
static void a_close_ends_the_move(void **state)
{
    static const char *const motors[] = {OPEN_LOOP, RAMP, PID, STEPPER};

    for (size_t m = 0; m < 4; m++)
        for (uint64_t after_ms = 0; after_ms < 60; after_ms += 3) {
            struct fixture *f;
            struct ask go;

            setup((void **)&f);
            machine(f, INCREMENTAL, motors[m]);
            f->board->delay_ns = SN_MS(5);
            begin(f, &go, start_go_for, 100, 100);
            pass(f, SN_MS(after_ms));
            assert_false(go.ended);
            sn_robot_close(f->robot, on_closed, f);
            pass(f, SN_SECONDS(1));
            assert_true(f->closed && go.ended);
            assert_true(sim_pin(f->board, "step").duty == 0);
            teardown((void **)&f);
        }
}

static bool exists(struct fixture *f, const char *motor)
{
    struct sn_resource *found = sn_robot_resource(f->robot, SN_API_MOTOR, motor);

    sn_resource_unref(found);
    return found;
}

/* It takes longer to switch off than a resource may take to open: nothing of the motor that wasn't
 * made is left with the board, and once that is quick again there is one. */
static void an_open_on_a_slow_board_gives_up(void **state)
{
    static const char *const motors[] = {OPEN_LOOP, RAMP, STEPPER};

    for (size_t m = 0; m < 3; m++) {
        struct fixture *f;

        setup((void **)&f);
        machine(f, INCREMENTAL, NULL);
        f->board->delay_ns = SN_SECONDS(100);
        configure(f, INCREMENTAL, motors[m]);
        pass(f, SN_SECONDS(300));
        assert_false(exists(f, "m"));
        f->board->delay_ns = 0;
        pass(f, SN_SECONDS(300));
        assert_true(exists(f, "m"));
        teardown((void **)&f);
    }
}

/* ---- with an encoder ---- */

static void check_moves(struct fixture *f, double tolerance)
{
    assert_int_equal(tell(f, start_go_for, 100, 10).code, 0);
    assert_true(power(f) == 0 && near(position(f), 10, tolerance));
    assert_int_equal(tell(f, start_go_for, 100, -5).code, 0);
    pass(f, SN_SECONDS(1));
    assert_true(near(position(f), 5, 2 * tolerance));
    assert_int_equal(tell(f, start_go_to, -100, 20).code, 0);
    pass(f, SN_SECONDS(1));
    assert_true(near(position(f), 20, tolerance));
    assert_int_equal(tell(f, start_go_to, 100, position(f) + 0.05).code, 0);
    assert_int_equal(tell(f, start_reset, 0, 2).code, 0);
    assert_true(position(f) == -2);
    assert_int_equal(tell(f, start_go_to, 100, 0).code, 0);
    pass(f, SN_SECONDS(1));
    assert_true(near(position(f), 0, tolerance));
    assert_int_equal(tell(f, start_go_for, 0.01, 1).code, SN_ERR_UNKNOWN);
    assert_int_equal(tell(f, start_go_for, 10, 0).code, SN_ERR_UNKNOWN);
    assert_int_equal(tell(f, start_go_for, 10, (double)NAN).code, 0);
    assert_int_equal(tell(f, start_set_rpm, (double)NAN, 0).code, 0);
    assert_true(power(f) == 0);
}

static void ramp_moves(void **state)
{
    machine(*state, INCREMENTAL, RAMP);
    check_moves(*state, 0.4); /* coasts beyond its goal */
}

static void ramp_keeps_a_speed(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, RAMP);
    assert_int_equal(tell(f, start_set_rpm, -80, 0).code, 0);
    assert_true(power(f) == -0.2);
    pass(f, SN_MS(51));
    assert_true(near(power(f), -0.25, 1e-9));
    pass(f, SN_SECONDS(3));
    for (int i = 0; i < 100; i++, pass(f, SN_MS(30)))
        assert_true(near(rpm(f), -80, 20) && power(f) < 0);
    tell(f, start_stop, 0, 0);
    pass(f, SN_SECONDS(1));
    assert_true(near(rpm(f), 0, 1));
}

static void pid_moves(void **state)
{
    machine(*state, INCREMENTAL, PID);
    check_moves(*state, 0.15);
}

static void pid_keeps_a_speed(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, PID);
    assert_int_equal(tell(f, start_set_rpm, 80, 0).code, 0);
    pass(f, SN_SECONDS(2));
    for (int i = 0; i < 100; i++, pass(f, SN_MS(30)))
        assert_true(near(rpm(f), 80, 3));
    tell(f, start_set_rpm, -120, 0);
    pass(f, SN_SECONDS(2));
    assert_true(near(rpm(f), -120, 4));
    tell(f, start_reset, 0, 0);
    assert_true(power(f) == 0 && near(position(f), 0, 0.01));
}

/* Slower than the loop turns. */
static void pid_waits_for_a_slow_board(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, PID);
    f->board->delay_ns = SN_MS(9);
    assert_int_equal(tell(f, start_set_rpm, 80, 0).code, 0);
    pass(f, SN_SECONDS(3));
    for (int i = 0; i < 100; i++, pass(f, SN_MS(30)))
        assert_true(near(rpm(f), 80, 5));
    assert_int_equal(tell(f, start_go_for, 100, 3).code, 0);
    assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
    assert_true(power(f) == 0);
}

static void a_stalled_motor_can_be_stopped(void **state)
{
    struct fixture *f = *state;
    struct ask go;

    machine(f, INCREMENTAL, PID);
    f->board->blind = true;
    begin(f, &go, start_go_for, 100, 1);
    pass(f, SN_SECONDS(30));
    assert_true(!go.ended && power(f) > 0.5);
    assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
    assert_true(go.ended && go.code == 0 && sim_drive(f->board) == 0);
}

/* Whoever drives the motor must not go on blindly. */
static void a_hanging_encoder_stops_the_motor(void **state)
{
    static const char *const motors[] = {RAMP, PID, TUNE};

    for (size_t i = 0; i < sizeof(motors) / sizeof(motors[0]); i++) {
        struct fixture *f = *state;
        struct ask go;

        hangs = false;
        machine(f, "\"model\": \"rdk:test:hanging\"", motors[i]);
        begin(f, &go, start_go_for, 100, 10);
        pass(f, SN_SECONDS(1));
        assert_true(power(f) > 0);
        hangs = true;
        pass(f, SN_SECONDS(3));
        assert_true(power(f) == 0 && sim_drive(f->board) == 0);
        assert_true(go.ended && go.code == (motors[i] == motors[2] ? SN_ERR_UNKNOWN
                                                                   : SN_ERR_DEADLINE_EXCEEDED));
        release(f);
    }
}

static struct ask tuned_pid(struct fixture *f)
{
    struct ask ask = {.f = f};

    assert_int_equal(
        sn_pb_struct_add(&ask.command, SN_STR("get_tuned_pid"), sn_pb_bool(true), &f->arena), 0);
    sn_call_init(&ask.call, &f->env, &f->arena, NULL);
    ask.call.start = start_command;
    ask.call.end = ended;
    sn_call_start(&ask.call);
    assert_int_equal(ask.code, 0);
    struct sn_str text =
        sn_pb_value_string(sn_pb_struct_get(ask.result, "get_tuned_pid"), SN_STR("none"));
    snprintf(ask.text, sizeof(ask.text), "%.*s", SN_STR_ARGS(text));
    return ask;
}

static void zeros_are_tuned(void **state)
{
    struct fixture *f = *state;
    char motor[512], expected[512];

    machine(f, INCREMENTAL, TUNE);
    assert_string_equal(tuned_pid(f).text, "");
    assert_string_equal(tell(f, start_go_for, 10, 1).text, "tuning for m is in progress");
    assert_string_equal(tell(f, start_set_rpm, 10, 1).text, "tuning for m is in progress");
    pass(f, SN_SECONDS(31));
    assert_true(sim_drive(f->board) == 0 && power(f) == 0);
    struct ask tuned = tuned_pid(f);
    snprintf(expected, sizeof(expected),
             "m has been tuned, please copy the following control values into your config: %s",
             tuned.text);
    assert_string_equal(tell(f, start_go_to, 10, 1).text, expected);
    release(f);
    snprintf(motor, sizeof(motor),
             ENCODED(", \"ticks_per_rotation\": 500, \"control_parameters\": %s"), tuned.text);
    machine(f, INCREMENTAL, motor);
    assert_int_equal(tell(f, start_set_rpm, 80, 0).code, 0);
    pass(f, SN_SECONDS(2));
    assert_true(near(rpm(f), 80, 4));
    tell(f, start_stop, 0, 0);
    pass(f, SN_SECONDS(1));
    tell(f, start_reset, 0, 0);
    check_moves(f, 0.15);
}

static void stop_ends_tuning(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, TUNE);
    pass(f, SN_MS(200));
    assert_true(power(f) > 0);
    assert_int_equal(tell(f, start_stop, 0, 0).code, 0);
    pass(f, SN_SECONDS(1));
    assert_true(power(f) == 0 && sim_drive(f->board) == 0);
    assert_string_equal(tell(f, start_set_rpm, 10, 0).text, "tuning for m was stopped");
}

static void nothing_to_tune(void **state)
{
    struct fixture *f = *state;

    machine(f, INCREMENTAL, TUNE);
    f->board->blind = true;
    pass(f, SN_SECONDS(31));
    assert_true(power(f) == 0 && sim_drive(f->board) == 0);
    assert_string_equal(tell(f, start_set_rpm, 10, 0).text,
                        "m could not be tuned: it does not reach a steady speed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(incremental_counts_both_ways),
        TEST(single_follows_its_motor),
        TEST(single_follows_the_last_of_two),
        TEST(single_alone_counts_up),
        TEST(lost_ticks_come_back),
        cmocka_unit_test(every_wiring_drives),
        TEST(go_for_takes_its_time),
        cmocka_unit_test(a_move_that_ends_early_is_off),
        TEST(the_latest_wins),
        TEST(a_power_given_up_is_off),
        TEST(a_broken_pin_fails_and_is_off),
        TEST(a_dead_board_doesn_t_hold_up_the_end),
        TEST(stepper_counts_its_pulses),
        cmocka_unit_test(stepper_stops),
        cmocka_unit_test(a_close_ends_the_move),
        cmocka_unit_test(an_open_on_a_slow_board_gives_up),
        TEST(ramp_moves),
        TEST(ramp_keeps_a_speed),
        TEST(pid_moves),
        TEST(pid_keeps_a_speed),
        TEST(pid_waits_for_a_slow_board),
        TEST(a_stalled_motor_can_be_stopped),
        TEST(a_hanging_encoder_stops_the_motor),
        TEST(zeros_are_tuned),
        TEST(stop_ends_tuning),
        TEST(nothing_to_tune),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
