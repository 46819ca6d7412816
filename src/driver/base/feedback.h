/* SPDX-License-Identifier: Apache-2.0
 *
 * A base in a closed loop: at a steady rate it is asked how fast it goes, and two PID controllers,
 * one for driving and one for turning, say with what power it shall go on. Loop thread.
 */
#ifndef SN_DRIVER_BASE_FEEDBACK_H
#define SN_DRIVER_BASE_FEEDBACK_H

#include "control/cycle.h"
#include "control/pid.h"
#include "control/tune.h"
#include "pb/common/v1/common.h"
#include "sinew/api/base.h"
#include "sinew/api/movement_sensor.h"

/* The two controllers. */
enum sn_feedback_axis { SN_FEEDBACK_LINEAR, SN_FEEDBACK_ANGULAR, SN_FEEDBACK_AXES };

/* A spin or a straight way: done when so much of it is behind. */
struct sn_way {
    bool turns;     /* degrees and degrees/s; else mm and mm/s */
    double amount;  /* > 0 */
    double speed;   /* > 0 */
    double sign;    /* 1: left, forward; -1 */
    double done;    /* of `amount` */
    double timeout; /* seconds */
};

/* Set the first part, leave the rest zero. */
struct sn_feedback {
    struct sn_resource *owner; /* who is kept in memory while sensors are asked */
    struct sn_base *driven;
    struct sn_movement_sensor *velocity;       /* linear and angular */
    struct sn_movement_sensor *yaw, *position; /* NULL: the velocity is added up instead */
    struct sn_pid pid[SN_FEEDBACK_AXES];       /* of m/s and degrees/s; power */
    uint64_t period_ns;

    /* Of sn_feedback_tune(): whether the gains are looked for, and what came of it. */
    bool tunes[SN_FEEDBACK_AXES];
    struct sn_tune tune[SN_FEEDBACK_AXES];
    bool tuning; /* now */

    /* Private */
    struct sn_cycle cycle;
    struct sn_call call; /* of the present turn of the cycle */
    struct sn_arena arena;
    bool busy;
    double wanted[SN_FEEDBACK_AXES]; /* m/s, degrees/s */
    struct pb_common_vector3 linear_now, angular_now, power[SN_FEEDBACK_AXES];
    struct sn_heading heading_now;
    struct pb_common_geo_point point_now, point_first;
    float altitude_now;
    double yaw_last; /* degrees */
    bool measured;   /* point_first and yaw_last are */
    bool over;       /* the way or the tuning is */
    struct sn_call *moving;
    struct sn_way way;
    uint64_t began_ns, turned_ns; /* the way; the last turn that set power, 0 if there was none */
    uint64_t asked_ns;            /* when the present turn began */
};

/* Goes on at those speeds until something else is wanted. m/s and degrees/s. */
void sn_feedback_keep(struct sn_feedback *feedback, double linear, double angular);

/* Completes when the way is behind or, as upstream, when its time is over; then the base stands.
 * Errors of the sensors and the base. One at a time. Cancelling ends it with 0, and the loop; the
 * base is for the caller to stop. */
int sn_feedback_go(struct sn_call *call, struct sn_feedback *feedback, const struct sn_way *way);

/* Looks for the gains of those controllers that have none, one after the other, by driving the base
 * about; then it stands. */
void sn_feedback_tune(struct sn_feedback *feedback);

/* Ends the loop: no power is set any more. Does not stop the base. */
void sn_feedback_end(struct sn_feedback *feedback);

#endif
