/* SPDX-License-Identifier: Apache-2.0
 *
 * The turns of the loop: sensors are asked, then power is set. A turn that takes longer than the
 * period makes the next ones be left out.
 */
#include "driver/base/feedback.h"
#include "driver/earth.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/steps.h"
#include "spatial/orientation.h"
#include "spatial/vec.h"

#include <math.h>

/* Bytes of one turn's calls. */
enum { TURN_MEMORY_MAX = 1 << 20 };

/* A turn that takes so long is given up: a sensor or the base hangs, and nobody steers. */
static const uint64_t silence_ns = SN_SECONDS(2);

/* How near the end of a way is near enough: degrees, mm. */
#define NEAR_DEGREES 1.0
#define NEAR_MM 1.0

/* A way's last part is gone more slowly: a tenth of it, 100 mm or degrees at most, with a tenth of
 * the speed at least. */
#define SLOW_PART 0.1
#define SLOW_MOST 100.0
#define SLOWEST 0.1

/* Power while gains are looked for. */
#define TUNE_DRIVE 0.4
#define TUNE_SWING 0.1

static void set_wanted(struct sn_feedback *f, double linear, double angular)
{
    f->wanted[SN_FEEDBACK_LINEAR] = linear;
    f->wanted[SN_FEEDBACK_ANGULAR] = angular;
}

static void run_turn(struct sn_cycle *cycle);

static void start_loop(struct sn_feedback *f)
{
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++)
        sn_pid_reset(&f->pid[axis]);
    f->measured = false;
    f->turned_ns = 0;
    sn_cycle_start(&f->cycle, f->owner->env->timers, f->period_ns, run_turn);
}

void sn_feedback_keep(struct sn_feedback *f, double linear, double angular)
{
    set_wanted(f, linear, angular);
    if (!f->cycle.run)
        start_loop(f);
}

static void end_loop(struct sn_feedback *f)
{
    f->tuning = false;
    sn_cycle_stop(&f->cycle);
    f->cycle.run = NULL;
}

void sn_feedback_end(struct sn_feedback *f)
{
    end_loop(f);
    if (f->busy)
        sn_call_cancel(&f->call, SN_ERR_CANCELLED);
}

static void end_way(struct sn_feedback *f, int code)
{
    struct sn_call *call = f->moving;

    sn_feedback_end(f);
    f->moving = NULL;
    if (call)
        sn_call_done(call, code);
}

static void cancel_way(struct sn_call *call)
{
    end_way(call->holder, 0);
}

int sn_feedback_go(struct sn_call *call, struct sn_feedback *f, const struct sn_way *way)
{
    sn_feedback_end(f);
    f->way = *way;
    f->way.done = 0;
    f->began_ns = call->env->timers->now_ns;
    f->moving = call;
    call->holder = f;
    call->on_cancel = cancel_way;
    start_loop(f);
    return SN_PENDING;
}

void sn_feedback_tune(struct sn_feedback *f)
{
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++) {
        const struct sn_pid_gains *gains = &f->pid[axis].gains;

        f->tunes[axis] = gains->p == 0 && gains->i == 0 && gains->d == 0;
        f->tune[axis] = (struct sn_tune){.drive = TUNE_DRIVE, .swing = TUNE_SWING};
        f->tuning |= f->tunes[axis];
    }
    if (f->tuning)
        start_loop(f);
}

/* ---- where it is ---- */

static double yaw_of(const struct sn_heading *heading)
{
    struct sn_quat q = {heading->w, heading->x, heading->y, heading->z};
    double turn = heading->form == SN_HEADING_DEGREES ? sn_radians(heading->w) : heading->w;

    if (heading->form != SN_HEADING_QUATERNION)
        q = sn_quat_from_orientation_vector(
            (struct sn_orientation_vector){heading->x, heading->y, heading->z, turn});
    return sn_degrees(sn_quat_to_euler(q).yaw);
}

/* mm from where the way began. */
static double distance_of(const struct sn_feedback *f)
{
    const struct pb_common_geo_point *from = &f->point_first, *to = &f->point_now;
    double north = to->latitude - from->latitude;
    double east = (to->longitude - from->longitude) * cos(sn_radians(from->latitude));

    return sn_radians(hypot(north, east)) * SN_EARTH_RADIUS_M * 1000;
}

/* Turned left since the last time, by the sensor or by what the speed makes of the time. */
static double turned(struct sn_feedback *f, double seconds)
{
    if (!f->yaw)
        return f->angular_now.z * seconds;
    double yaw = yaw_of(&f->heading_now);
    double by = f->measured ? remainder(yaw - f->yaw_last, 360) : 0;
    f->yaw_last = yaw;
    return by;
}

static void measure_way(struct sn_feedback *f, double seconds)
{
    struct sn_way *way = &f->way;

    if (way->turns) {
        way->done += way->sign * turned(f, seconds);
    } else if (f->position) {
        if (!f->measured)
            f->point_first = f->point_now;
        way->done = distance_of(f);
    } else {
        way->done += way->sign * f->linear_now.y * 1000 * seconds;
    }
    f->measured = true;
}

/* What is wanted for the next part of the way; false when it has ended. */
static bool follow_way(struct sn_feedback *f, double seconds)
{
    struct sn_way *way = &f->way;
    double slow = fmin(way->amount * SLOW_PART, SLOW_MOST), speed = way->speed * way->sign;

    measure_way(f, seconds);
    double left = way->amount - way->done;
    if (left <= (way->turns ? NEAR_DEGREES : NEAR_MM))
        return false;
    if ((double)(f->call.env->timers->now_ns - f->began_ns) / 1e9 > way->timeout) {
        sn_log_warn(f->owner->log, "exceeded time for %s call, stopping base",
                    way->turns ? "Spin" : "MoveStraight");
        return false;
    }
    if (left < slow)
        speed *= fmax(left / slow, SLOWEST);
    set_wanted(f, way->turns ? 0 : speed / 1000, way->turns ? speed : 0);
    return true;
}

/* ---- a turn ---- */

static int ask_linear(struct sn_call *call, void *arg)
{
    struct sn_feedback *f = arg;

    return sn_movement_sensor_linear_velocity(call, f->velocity, NULL, &f->linear_now);
}

static int ask_angular(struct sn_call *call, void *arg)
{
    struct sn_feedback *f = arg;

    return sn_movement_sensor_angular_velocity(call, f->velocity, NULL, &f->angular_now);
}

static int ask_place(struct sn_call *call, void *arg)
{
    struct sn_feedback *f = arg;

    if (f->moving && f->way.turns && f->yaw)
        return sn_movement_sensor_orientation(call, f->yaw, NULL, &f->heading_now);
    if (f->moving && !f->way.turns && f->position)
        return sn_movement_sensor_position(call, f->position, NULL, &f->point_now,
                                           &f->altitude_now);
    return 0;
}

static double now_of(const struct sn_feedback *f, int axis)
{
    return axis == SN_FEEDBACK_LINEAR ? f->linear_now.y : f->angular_now.z;
}

static void set_axis(struct sn_feedback *f, int axis, double power)
{
    *(axis == SN_FEEDBACK_LINEAR ? &f->power[axis].y : &f->power[axis].z) = power;
}

/* The next power of the controller whose turn it is; false when all have ended. */
static bool tune(struct sn_feedback *f, double seconds)
{
    memset(f->power, 0, sizeof(f->power));
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++) {
        struct sn_tune *t = &f->tune[axis];

        if (!f->tunes[axis] || t->state >= SN_TUNE_DONE)
            continue;
        set_axis(f, axis, sn_tune_step(t, fabs(now_of(f, axis)), seconds));
        if (t->state == SN_TUNE_FAILED)
            sn_log_warn(f->owner->log, "can't tune: %s", t->problem);
        return true;
    }
    return false;
}

static void control(struct sn_feedback *f, double seconds)
{
    for (int axis = 0; axis < SN_FEEDBACK_AXES; axis++)
        set_axis(f, axis, sn_pid_step(&f->pid[axis], f->wanted[axis] - now_of(f, axis), seconds));
    /* Backward, wheels mirror what they are told: see wheeled.c. */
    if (f->power[SN_FEEDBACK_LINEAR].y < 0)
        f->power[SN_FEEDBACK_ANGULAR].z = -f->power[SN_FEEDBACK_ANGULAR].z;
}

/* Since the last turn: more than a period when its sensors took longer. */
static double seconds_passed(struct sn_feedback *f)
{
    uint64_t now_ns = f->call.env->timers->now_ns;
    uint64_t ns = f->turned_ns ? now_ns - f->turned_ns : f->period_ns;

    f->turned_ns = now_ns;
    return (double)ns / 1e9;
}

static int set_power(struct sn_call *call, void *arg)
{
    struct sn_feedback *f = arg;
    double seconds = seconds_passed(f);

    f->over = f->tuning ? !tune(f, seconds) : f->moving && !follow_way(f, seconds);
    if (f->over)
        return sn_base_stop(call, f->driven, NULL);
    if (!f->tuning)
        control(f, seconds);
    return sn_base_set_power(call, f->driven, &f->power[SN_FEEDBACK_LINEAR],
                             &f->power[SN_FEEDBACK_ANGULAR], NULL);
}

static int conclude(struct sn_call *call, void *arg)
{
    struct sn_feedback *f = arg;

    if (f->over)
        end_way(f, 0);
    return 0;
}

static int start_turn(struct sn_call *call)
{
    static const sn_step_fn steps[] = {ask_linear, ask_angular, ask_place,
                                       set_power,  conclude,    NULL};

    return sn_call_steps(call, steps, NULL, sn_container_of(call, struct sn_feedback, call));
}

static int stop_driven(struct sn_call *call)
{
    struct sn_feedback *f = sn_container_of(call, struct sn_feedback, call);

    return sn_base_stop(call, f->driven, NULL);
}

static void turn_ended(struct sn_call *call, int code);

static void begin_call(struct sn_feedback *f, int (*start)(struct sn_call *call))
{
    sn_call_init(&f->call, f->owner->env, &f->arena, NULL);
    f->call.start = start;
    f->call.end = turn_ended;
    sn_call_start(&f->call);
}

/* An error ends the loop, and whoever waits; blind, the base had better stand. */
static void turn_ended(struct sn_call *call, int code)
{
    struct sn_feedback *f = sn_container_of(call, struct sn_feedback, call);

    if (code && sn_call_cancelled(call) != SN_ERR_CANCELLED && call->start == start_turn) {
        struct sn_str text = sn_call_text(call, code);

        sn_log_error(f->owner->log, "control loop ended: %.*s", SN_STR_ARGS(text));
        end_loop(f);
        if (f->moving)
            end_way(f, sn_call_fail(f->moving, code, "%.*s", SN_STR_ARGS(text)));
        begin_call(f, stop_driven);
        return;
    }
    sn_arena_fini(&f->arena);
    f->busy = false;
    sn_resource_unref(f->owner);
}

static void run_turn(struct sn_cycle *cycle)
{
    struct sn_feedback *f = sn_container_of(cycle, struct sn_feedback, cycle);

    if (f->busy) {
        if (cycle->timers->now_ns - f->asked_ns > silence_ns)
            sn_call_cancel(&f->call, SN_ERR_DEADLINE_EXCEEDED);
        return;
    }
    f->busy = true;
    f->asked_ns = cycle->timers->now_ns;
    sn_resource_ref(f->owner);
    sn_arena_init(&f->arena, f->owner->env->blocks, TURN_MEMORY_MAX);
    begin_call(f, start_turn);
}
