/* SPDX-License-Identifier: Apache-2.0
 *
 * Inverse kinematics by damped least squares: each step solves (J J' + l I) y = e, dq = J' y, with
 * the damping `l` lowered while it helps and raised while it does not. Joints at a limit that would
 * leave it are held. What descends into a hole starts again elsewhere.
 * Source: Buss, "Introduction to inverse kinematics with Jacobian transpose, pseudoinverse and
 * damped least squares methods"; Levenberg and Marquardt.
 */
#include "spatial/model.h"

#include "base/random.h"

enum { STEPS = 80, SEEDS = 200, WANTED = 6 };

/* How many mm of error a radian is worth, so that turns and distances weigh about the same. */
#define RADIAN_MM 200.0

/* Bounds of a joint without any, for choosing starts. */
#define ENDLESS (2 * SN_PI)

struct solver {
    const struct sn_model *model;
    const struct sn_pose *goal;
    double mm, radians;
    struct sn_random random;
    struct {
        double v[6]; /* mm, then turn in RADIAN_MM */
    } columns[SN_MODEL_DOF_MAX];
    double error[6];
};

static const struct sn_model_part *joint(const struct solver *s, uint32_t i)
{
    return s->model->frames[s->model->inputs[i]].part;
}

/* From the present end to the goal: the way and the turn, as vectors. */
static double measure(struct solver *s, const struct sn_pose *end)
{
    struct sn_vec3 way = sn_vec3_sub(s->goal->point, end->point);
    struct sn_quat turn = sn_quat_mul(s->goal->rotation, sn_quat_conj(end->rotation));
    struct sn_vec3 axis = sn_vec3(turn.x, turn.y, turn.z);
    double sine = sn_vec3_norm(axis), scale = 2 * RADIAN_MM;

    if (sine > 1e-12)
        scale = 2 * atan2(sine, fabs(turn.w)) / sine * RADIAN_MM;
    axis = sn_vec3_scale(axis, copysign(scale, turn.w));
    s->error[0] = way.x;
    s->error[1] = way.y;
    s->error[2] = way.z;
    s->error[3] = axis.x;
    s->error[4] = axis.y;
    s->error[5] = axis.z;
    return sn_vec3_dot(way, way) + sn_vec3_dot(axis, axis);
}

static double error_of(struct solver *s, const double *q)
{
    struct sn_pose end = sn_model_end(s->model, q);

    return measure(s, &end);
}

static bool is_within(const struct solver *s, double part)
{
    const double *e = s->error;

    return sn_vec3_norm(sn_vec3(e[0], e[1], e[2])) <= s->mm * part &&
           sn_vec3_norm(sn_vec3(e[3], e[4], e[5])) <= s->radians * RADIAN_MM * part;
}

static bool is_solved(const struct solver *s)
{
    return is_within(s, 1);
}

/* What a unit of a joint's move does to the end. */
static void add_column(struct solver *s, const struct sn_model_frame *frame,
                       const struct sn_pose *at, struct sn_vec3 end)
{
    double *v = s->columns[frame->input].v;
    struct sn_vec3 axis =
        sn_vec3_scale(sn_quat_rotate(at->rotation, frame->axis), frame->multiplier);

    if (frame->part->kind == SN_FRAME_PRISMATIC) {
        v[0] += axis.x;
        v[1] += axis.y;
        v[2] += axis.z;
        return;
    }
    struct sn_vec3 way = sn_vec3_cross(axis, sn_vec3_sub(end, at->point));
    v[0] += way.x;
    v[1] += way.y;
    v[2] += way.z;
    v[3] += axis.x * RADIAN_MM;
    v[4] += axis.y * RADIAN_MM;
    v[5] += axis.z * RADIAN_MM;
}

static void find_columns(struct solver *s, const double *q)
{
    struct sn_vec3 end = sn_model_end(s->model, q).point;
    struct sn_pose at = SN_POSE_IDENTITY;

    memset(s->columns, 0, s->model->dof * sizeof(s->columns[0]));
    for (uint32_t i = 0; i < s->model->chain_len; i++) {
        const struct sn_model_frame *frame = &s->model->frames[s->model->chain[i]];
        struct sn_pose local = sn_model_local(frame, q);

        at = sn_pose_compose(&at, &local);
        if (frame->part->kind != SN_FRAME_STATIC)
            add_column(s, frame, &at, end);
    }
}

/* Solves a y = b for a symmetric positive a, in place (Cholesky). False when it is not. */
static bool solve6(double a[6][6], double b[6])
{
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i][j];

            for (int k = 0; k < j; k++)
                sum -= a[i][k] * a[j][k];
            if (i == j && !(sum > 0))
                return false;
            a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
        }
    }
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < i; k++)
            b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    for (int i = 5; i >= 0; i--) {
        for (int k = i + 1; k < 6; k++)
            b[i] -= a[k][i] * b[k];
        b[i] /= a[i][i];
    }
    return true;
}

/* dq of the joints that are free to move; `held` has a bit for each that isn't. */
static bool find_step(const struct solver *s, uint64_t held, double damping, double *dq)
{
    double a[6][6] = {{0}}, y[6];

    memcpy(y, s->error, sizeof(y));
    for (uint32_t n = 0; n < s->model->dof; n++) {
        const double *v = s->columns[n].v;

        for (int i = 0; i < 6 && !(held >> n & 1); i++)
            for (int j = 0; j <= i; j++)
                a[i][j] += v[i] * v[j];
    }
    for (int i = 0; i < 6; i++)
        a[i][i] += damping;
    if (!solve6(a, y))
        return false;
    for (uint32_t n = 0; n < s->model->dof; n++) {
        const double *v = s->columns[n].v;

        dq[n] = 0;
        for (int i = 0; i < 6 && !(held >> n & 1); i++)
            dq[n] += v[i] * y[i];
    }
    return true;
}

/* Applies dq within the limits; joints that would leave them are added to `held`. */
static uint64_t apply_step(const struct solver *s, const double *q, const double *dq, double *next)
{
    uint64_t held = 0;

    for (uint32_t i = 0; i < s->model->dof; i++) {
        const struct sn_model_part *part = joint(s, i);
        double wanted = q[i] + dq[i];

        next[i] = fmax(part->min, fmin(part->max, wanted));
        if (next[i] != wanted && next[i] == q[i])
            held |= 1ull << i;
    }
    return held;
}

/* One step of the descent: false when no damping helps any more. */
static bool improve(struct solver *s, double *q, double *damping, double *error)
{
    double dq[SN_MODEL_DOF_MAX] = {0}, next[SN_MODEL_DOF_MAX] = {0}, before[6];
    uint64_t held = 0;

    memcpy(before, s->error, sizeof(before));
    find_columns(s, q);
    for (int tries = 0; tries < 12; tries++) {
        memcpy(s->error, before, sizeof(before));
        if (!find_step(s, held, *damping, dq))
            return false;
        uint64_t more = apply_step(s, q, dq, next);
        if (more & ~held) {
            held |= more;
            continue;
        }
        double now = error_of(s, next);
        if (now < *error) {
            *error = now;
            *damping = fmax(*damping * 0.2, 1e-6);
            memcpy(q, next, s->model->dof * sizeof(*q));
            return true;
        }
        *damping *= 5;
    }
    return false;
}

/* Goes on past what is near enough while that is cheap: the last steps gain most. */
static bool descend(struct solver *s, double *q)
{
    double damping = 100, error = error_of(s, q), marked = error;

    for (int step = 0; step < STEPS && !is_within(s, 1e-4); step++) {
        if (!improve(s, q, &damping, &error))
            break;
        if (step % 10 != 9)
            continue;
        if (error > marked * 0.5) /* a hole: better to start elsewhere */
            break;
        marked = error;
    }
    error_of(s, q);
    return is_solved(s);
}

static void choose_start(struct solver *s, const double *from, uint32_t seed, double *q)
{
    for (uint32_t i = 0; i < s->model->dof; i++) {
        double min = fmax(joint(s, i)->min, fmin(from[i], 0) - ENDLESS);
        double max = fmin(joint(s, i)->max, fmax(from[i], 0) + ENDLESS);
        double chance = (double)(sn_random_next(&s->random) >> 11) * 0x1p-53;

        q[i] = min + chance * (max - min);
        /* Every other start lies near where the arm is. */
        if (seed % 2 && isfinite(from[i]))
            q[i] = from[i] + (q[i] - from[i]) * 0.25;
        q[i] = fmax(joint(s, i)->min, fmin(joint(s, i)->max, q[i]));
    }
}

/* Takes whole turns out where a nearer angle means the same. Returns the way from `from`. */
static double unwind(const struct solver *s, const double *from, double *q)
{
    double way = 0;

    for (uint32_t i = 0; i < s->model->dof; i++) {
        const struct sn_model_part *part = joint(s, i);
        double turns = round((from[i] - q[i]) / (2 * SN_PI)) * 2 * SN_PI;

        if (part->kind == SN_FRAME_REVOLUTE && isfinite(turns) && q[i] + turns >= part->min &&
            q[i] + turns <= part->max)
            q[i] += turns;
        way += (q[i] - from[i]) * (q[i] - from[i]);
    }
    return way;
}

static bool mimicked(const struct sn_model *model)
{
    for (uint32_t i = 0; i < model->count; i++)
        if (model->frames[i].part->mimic)
            return true;
    return false;
}

/* The nearest of the first few solutions; the one from where the arm is wins at once. */
static bool search(struct solver *s, const double *from, const struct sn_solve *how, double *best)
{
    uint32_t found = 0, seeds = how->seeds ? how->seeds : SEEDS;
    double least = INFINITY, q[SN_MODEL_DOF_MAX] = {0};

    for (uint32_t seed = 0; seed < seeds && found < WANTED; seed++) {
        if (seed > 0 && how->stop && how->stop(how->arg))
            return false;
        if (seed == 0)
            apply_step(s, from, (double[SN_MODEL_DOF_MAX]){0}, q);
        else
            choose_start(s, from, seed, q);
        if (!descend(s, q))
            continue;
        found++;
        double way = mimicked(s->model) ? 0 : unwind(s, from, q);
        if (way < least) {
            least = way;
            memcpy(best, q, s->model->dof * sizeof(*q));
        }
        if (seed == 0)
            break;
    }
    return found > 0;
}

static bool is_pose_finite(const struct sn_pose *pose)
{
    const struct sn_quat *q = &pose->rotation;

    return sn_vec3_finite(pose->point) && isfinite(q->w + q->x + q->y + q->z);
}

int sn_model_solve(const struct sn_model *model, const double *from, const struct sn_pose *goal,
                   const struct sn_solve *how, double *ret_inputs, struct sn_error *error)
{
    struct solver s = {.model = model, .goal = goal};
    double start[SN_MODEL_DOF_MAX] = {0}, best[SN_MODEL_DOF_MAX] = {0},
           distance = sn_vec3_norm(goal->point);

    s.mm = how->mm > 0 ? how->mm : 1e-3;
    s.radians = how->radians > 0 ? how->radians : 1e-5;
    if (is_pose_finite(goal) && distance > model->reach + s.mm)
        return sn_error_set(error, SN_ERR_OUT_OF_RANGE,
                            "asked for a pose too far max: %.2f, asked for: %.2f", model->reach,
                            distance);
    for (uint32_t i = 0; i < model->dof; i++)
        start[i] = isfinite(from[i]) ? from[i] : 0;
    sn_random_init(&s.random, 1);
    if (is_pose_finite(goal) && search(&s, start, how, best)) {
        memcpy(ret_inputs, best, model->dof * sizeof(*best));
        return 0;
    }
    if (how->stop && how->stop(how->arg))
        return sn_error_set(error, SN_ERR_CANCELLED, "context canceled");
    return sn_error_set(error, SN_ERR_OUT_OF_RANGE,
                        "zero IK solutions produced, goal positions appears to be physically "
                        "unreachable");
}
