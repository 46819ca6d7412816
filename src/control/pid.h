/* SPDX-License-Identifier: Apache-2.0
 *
 * PID controller with a bounded output. Pure arithmetic; the caller says how much time passed.
 *
 * Anti-windup: while the output is at a bound, error that would push it further is not integrated,
 * so that it leaves the bound as soon as the error turns.
 */
#ifndef SN_CONTROL_PID_H
#define SN_CONTROL_PID_H

#include <stdbool.h>

struct sn_pid_gains {
    double p, i, d; /* output per error, per error and second, per error a second */
};

/* Set gains, scale and bounds, leave the rest zero. */
struct sn_pid {
    struct sn_pid_gains gains;
    double scale;     /* of the output, before the bounds */
    double low, high; /* bounds of the output */
    double integral;  /* of the error, error-seconds */
    double last_error;
    bool started;
};

/* Forgets the past. */
void sn_pid_reset(struct sn_pid *pid);

/* The output for `error` (wanted - measured), `seconds` after the last step; a first step takes
 * them as passed with that error. An error that is not finite leaves the past as it is and gives
 * an output of 0 within the bounds; terms too large for numbers forget the past and give that, too.
 */
double sn_pid_step(struct sn_pid *pid, double error, double seconds);

#endif
