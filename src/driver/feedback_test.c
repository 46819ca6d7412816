/* SPDX-License-Identifier: Apache-2.0
 *
 * The closed loop on a simulated base: a speed that follows the power with a delay.
 */
#include "base/heap.h"
#include "driver/base/feedback.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/timers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define STEP_NS 10000000
#define DELAY_S 0.2
#define FULL_SPEED 1.0  /* m/s */
#define FULL_TURN 120.0 /* degrees/s */

struct plant {
    struct sn_block_pool blocks;
    struct sn_timers timers;
    struct sn_env env;
    struct sn_arena arena;
    struct sn_base base;
    struct sn_movement_sensor sensor;
    struct sn_resource owner;
    struct sn_feedback feedback;
    double power, turning;            /* as set last */
    double speed, spin, way, degrees; /* m/s, degrees/s, m, degrees */
    bool sensor_fails;
    uint64_t late_ns; /* how long the velocity takes to tell; 0: at once */
    struct sn_timer late;
    struct sn_call *asking; /* the late one */
    struct pb_common_vector3 *ret_linear;
    unsigned stops;
    struct sn_call call;
    struct sn_way asked;
    bool ended;
    int code;
};

static struct plant *plant_of_base(struct sn_base *base)
{
    return sn_container_of(base, struct plant, base);
}

static int set_power(struct sn_call *call, struct sn_base *base,
                     const struct pb_common_vector3 *linear,
                     const struct pb_common_vector3 *angular, const struct pb_google_struct *extra)
{
    struct plant *p = plant_of_base(base);

    p->power = linear->y;
    p->turning = linear->y < 0 ? -angular->z : angular->z; /* as wheels do */
    return 0;
}

static int stop(struct sn_call *call, struct sn_base *base, const struct pb_google_struct *extra)
{
    struct plant *p = plant_of_base(base);

    p->power = p->turning = 0;
    p->stops++;
    return 0;
}

static void tell_late(struct sn_timer *timer)
{
    struct plant *p = sn_container_of(timer, struct plant, late);

    p->ret_linear->y = p->speed;
    sn_call_done(p->asking, 0);
}

static void cancel_late(struct sn_call *call)
{
    sn_timer_stop(call->env->timers, &((struct plant *)call->holder)->late);
    sn_call_done(call, sn_call_cancelled(call));
}

static int linear_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                           const struct pb_google_struct *extra,
                           struct pb_common_vector3 *ret_velocity)
{
    struct plant *p = sn_container_of(sensor, struct plant, sensor);

    if (p->sensor_fails)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no light");
    if (p->late_ns) {
        p->asking = call;
        p->ret_linear = ret_velocity;
        call->holder = p;
        call->on_cancel = cancel_late;
        sn_timer_start(call->env->timers, &p->late, p->late_ns, tell_late);
        return SN_PENDING;
    }
    ret_velocity->y = p->speed;
    return 0;
}

static int angular_velocity(struct sn_call *call, struct sn_movement_sensor *sensor,
                            const struct pb_google_struct *extra,
                            struct pb_common_vector3 *ret_velocity)
{
    ret_velocity->z = sn_container_of(sensor, struct plant, sensor)->spin;
    return 0;
}

static int orientation(struct sn_call *call, struct sn_movement_sensor *sensor,
                       const struct pb_google_struct *extra, struct sn_heading *ret_heading)
{
    double degrees = sn_container_of(sensor, struct plant, sensor)->degrees;

    *ret_heading = (struct sn_heading){SN_HEADING_DEGREES, 0, 0, 1, remainder(degrees + 170, 360)};
    return 0;
}

static int position(struct sn_call *call, struct sn_movement_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_common_geo_point *ret_point,
                    float *ret_altitude)
{
    double way = sn_container_of(sensor, struct plant, sensor)->way;

    *ret_point = (struct pb_common_geo_point){40 + way / 111194.92664455874, -73};
    return 0;
}

static const struct sn_base_ops base_ops = {.set_power = set_power, .stop = stop};
static const struct sn_movement_sensor_ops sensor_ops = {.linear_velocity = linear_velocity,
                                                         .angular_velocity = angular_velocity,
                                                         .orientation = orientation,
                                                         .position = position};

static void resource_init(struct plant *p, struct sn_resource *resource, const void *ops)
{
    *resource = (struct sn_resource){
        .ops = ops, .api = "", .name = "", .env = &p->env, .log = sn_logger_get("test"), .refs = 1};
    sn_lane_init(&resource->lane);
}

static int setup(void **state)
{
    struct plant *p = calloc(1, sizeof(*p));

    sn_block_pool_init(&p->blocks, &sn_heap, 16);
    p->env = (struct sn_env){.timers = &p->timers, .blocks = &p->blocks};
    sn_arena_init(&p->arena, &p->blocks, 1 << 20);
    resource_init(p, &p->base.base, &base_ops);
    resource_init(p, &p->sensor.base, &sensor_ops);
    resource_init(p, &p->owner, NULL);
    struct sn_pid pid = {.gains = {100, 400, 0}, .scale = 1 / 255.0, .low = -1, .high = 1};
    struct sn_pid turning = {.gains = {1, 4, 0}, .scale = 1 / 255.0, .low = -1, .high = 1};
    p->feedback = (struct sn_feedback){.owner = &p->owner,
                                       .driven = &p->base,
                                       .velocity = &p->sensor,
                                       .pid = {pid, turning},
                                       .period_ns = 50000000};
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct plant *p = *state;

    sn_feedback_end(&p->feedback);
    assert_int_equal(p->owner.refs, 1);
    sn_arena_fini(&p->arena);
    assert_int_equal(p->blocks.in_use, 0);
    sn_block_pool_fini(&p->blocks);
    free(p);
    return 0;
}

/* Lets time pass, until the way has ended if there is one. */
static void run(struct plant *p, double seconds)
{
    double step = STEP_NS / 1e9;

    for (double t = 0; t < seconds && !p->ended; t += step) {
        p->speed += (p->power * FULL_SPEED - p->speed) * step / DELAY_S;
        p->spin += (p->turning * FULL_TURN - p->spin) * step / DELAY_S;
        p->way += p->speed * step;
        p->degrees += p->spin * step;
        sn_timers_advance(&p->timers, p->timers.now_ns + STEP_NS);
    }
}

static int start(struct sn_call *call)
{
    struct plant *p = sn_container_of(call, struct plant, call);

    return sn_feedback_go(call, &p->feedback, &p->asked);
}

static void ended(struct sn_call *call, int code)
{
    struct plant *p = sn_container_of(call, struct plant, call);

    p->ended = true;
    p->code = code;
}

static void go(struct plant *p, bool turns, double amount, double speed, double timeout)
{
    p->asked = (struct sn_way){.turns = turns,
                               .amount = fabs(amount),
                               .speed = speed,
                               .sign = amount < 0 ? -1 : 1,
                               .timeout = timeout};
    p->ended = false;
    sn_call_init(&p->call, &p->env, &p->arena, NULL);
    p->call.start = start;
    p->call.end = ended;
    sn_call_start(&p->call);
}

static void expect_ended_still(struct plant *p)
{
    assert_true(p->ended);
    assert_int_equal(p->code, 0);
    assert_true(p->power == 0 && p->turning == 0);
    assert_int_equal(p->stops, 1);
}

static void reaches_the_speeds_it_keeps(void **state)
{
    struct plant *p = *state;

    sn_feedback_keep(&p->feedback, 0.4, -30);
    run(p, 5);
    assert_true(fabs(p->speed - 0.4) < 0.01 && fabs(p->spin + 30) < 1);
    sn_feedback_keep(&p->feedback, -0.2, 20);
    run(p, 5);
    assert_true(fabs(p->speed + 0.2) < 0.01 && fabs(p->spin - 20) < 1);
}

static void sets_no_power_once_ended(void **state)
{
    struct plant *p = *state;

    sn_feedback_keep(&p->feedback, 0.4, 0);
    run(p, 1);
    sn_feedback_end(&p->feedback);
    p->power = 0;
    run(p, 1);
    assert_true(p->power == 0);
}

static void turns_by_adding_up_the_speed(void **state)
{
    struct plant *p = *state;

    go(p, true, -90, 45, 20);
    run(p, 20);
    expect_ended_still(p);
    assert_true(fabs(p->degrees + 90) < 5);
}

static void turns_by_the_orientation(void **state)
{
    struct plant *p = *state;

    p->feedback.yaw = &p->sensor;
    go(p, true, 400, 90, 60);
    run(p, 60);
    expect_ended_still(p);
    assert_true(fabs(p->degrees - 400) < 5);
}

static void goes_straight_by_adding_up_the_speed(void **state)
{
    struct plant *p = *state;

    go(p, false, -1000, 300, 20);
    run(p, 20);
    expect_ended_still(p);
    assert_true(fabs(p->way + 1) < 0.05);
}

static void goes_straight_by_the_position(void **state)
{
    struct plant *p = *state;

    p->feedback.position = &p->sensor;
    go(p, false, 1000, 300, 20);
    run(p, 20);
    expect_ended_still(p);
    assert_true(fabs(p->way - 1) < 0.05);
}

/* Only every other turn of the cycle finds its sensors ready. */
static void goes_as_far_by_late_sensors(void **state)
{
    struct plant *p = *state;

    p->late_ns = p->feedback.period_ns * 3 / 2;
    go(p, false, 1000, 200, 60);
    run(p, 60);
    expect_ended_still(p);
    assert_true(fabs(p->way - 1) < 0.1);
    p->stops = 0;
    p->degrees = 0;
    go(p, true, 90, 30, 60);
    run(p, 60);
    expect_ended_still(p);
    assert_true(fabs(p->degrees - 90) < 9);
}

static void gives_up_when_its_time_is_over(void **state)
{
    struct plant *p = *state;

    go(p, false, 100000, 100, 2);
    run(p, 20);
    expect_ended_still(p);
    assert_true(p->timers.now_ns < 3000000000);
}

static void a_cancelled_way_sets_no_more_power(void **state)
{
    struct plant *p = *state;

    go(p, false, 1000, 300, 20);
    run(p, 1);
    assert_false(p->ended);
    sn_call_cancel(&p->call, SN_ERR_CANCELLED);
    assert_true(p->ended);
    assert_int_equal(p->code, 0);
    p->ended = false;
    p->power = 0;
    run(p, 1);
    assert_true(p->power == 0);
}

static void a_blind_base_stands(void **state)
{
    struct plant *p = *state;

    go(p, false, 1000, 300, 20);
    run(p, 1);
    p->sensor_fails = true;
    run(p, 1);
    assert_int_equal(p->code, SN_ERR_UNKNOWN);
    assert_memory_equal(sn_call_text(&p->call, p->code).ptr, "no light", 8);
    assert_true(p->power == 0 && p->stops == 1);
    p->sensor_fails = false;
    p->ended = false;
    sn_feedback_keep(&p->feedback, 0.4, 0);
    run(p, 5);
    assert_true(fabs(p->speed - 0.4) < 0.01);
}

static void a_base_whose_sensor_hangs_stands(void **state)
{
    struct plant *p = *state;

    go(p, false, 1000, 300, 20);
    run(p, 1);
    assert_true(!p->ended && p->power > 0);
    p->late_ns = SN_SECONDS(3600);
    run(p, 3);
    assert_true(p->ended && p->power == 0 && p->stops == 1);
    assert_int_equal(p->code, SN_ERR_DEADLINE_EXCEEDED);
    p->late_ns = 0;
    p->ended = false;
    sn_feedback_keep(&p->feedback, 0.4, 0);
    run(p, 5);
    assert_true(fabs(p->speed - 0.4) < 0.01);
}

static void finds_its_gains(void **state)
{
    struct plant *p = *state;
    struct sn_feedback *f = &p->feedback;

    f->pid[SN_FEEDBACK_LINEAR].gains = f->pid[SN_FEEDBACK_ANGULAR].gains = (struct sn_pid_gains){0};
    sn_feedback_tune(f);
    assert_true(f->tuning);
    run(p, 2 * SN_TUNE_SECONDS_MAX + 1);
    assert_false(f->tuning);
    assert_true(p->power == 0 && p->turning == 0 && p->stops == 1);
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++) {
        assert_int_equal(f->tune[axis].state, SN_TUNE_DONE);
        f->pid[axis].gains = f->tune[axis].gains;
        f->pid[axis].scale = 1;
    }
    run(p, 2);
    reaches_the_speeds_it_keeps(state);
}

static void blind_it_stops_looking_for_gains(void **state)
{
    struct plant *p = *state;
    struct sn_feedback *f = &p->feedback;

    f->pid[SN_FEEDBACK_LINEAR].gains = (struct sn_pid_gains){0};
    sn_feedback_tune(f);
    run(p, 1);
    assert_true(f->tuning && p->power > 0);
    p->sensor_fails = true;
    run(p, 1);
    assert_false(f->tuning);
    assert_true(f->tune[SN_FEEDBACK_LINEAR].state < SN_TUNE_DONE);
    assert_true(p->power == 0 && p->stops == 1);
}

static void gains_that_are_given_stay(void **state)
{
    struct plant *p = *state;
    struct sn_feedback *f = &p->feedback;

    sn_feedback_tune(f);
    assert_false(f->tuning);
    run(p, 1);
    assert_int_equal(p->stops, 0);
    f->pid[SN_FEEDBACK_ANGULAR].gains = (struct sn_pid_gains){0};
    sn_feedback_tune(f);
    run(p, 2);
    assert_true(p->power == 0 && p->turning > 0);
    sn_feedback_end(f);
    assert_false(f->tuning);
    assert_true(f->tune[SN_FEEDBACK_ANGULAR].state < SN_TUNE_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reaches_the_speeds_it_keeps),          TEST(sets_no_power_once_ended),
        TEST(turns_by_adding_up_the_speed),         TEST(turns_by_the_orientation),
        TEST(goes_straight_by_adding_up_the_speed), TEST(goes_straight_by_the_position),
        TEST(goes_as_far_by_late_sensors),          TEST(gives_up_when_its_time_is_over),
        TEST(a_cancelled_way_sets_no_more_power),   TEST(a_blind_base_stands),
        TEST(a_base_whose_sensor_hangs_stands),     TEST(finds_its_gains),
        TEST(blind_it_stops_looking_for_gains),     TEST(gains_that_are_given_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
