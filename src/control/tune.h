/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the gains of a speed control by the relay method (Åström and Hägglund, "Automatic tuning of
 * simple regulators with specifications on phase and amplitude margins", Automatica 20, 1984).
 *
 * First the plant is driven evenly until its speed is steady; then the drive switches between a
 * little more and a little less whenever the speed crosses that one, which makes it oscillate at
 * its own critical frequency. Amplitude and period give the critical gain, and Ziegler and
 * Nichols's rule for PI control the gains. A plant that does not move or does not oscillate ends
 * the attempt; all of it takes SN_TUNE_SECONDS_MAX at most.
 *
 * Pure: the caller measures and drives once per step.
 */
#ifndef SN_CONTROL_TUNE_H
#define SN_CONTROL_TUNE_H

#include "control/pid.h"

#define SN_TUNE_SECONDS_MAX 30.0

enum sn_tune_state {
    SN_TUNE_SETTLING, /* driven evenly */
    SN_TUNE_SWINGING, /* by the relay */
    SN_TUNE_DONE,     /* `gains` are found */
    SN_TUNE_FAILED,   /* `problem` says why */
};

/* Set `drive` and `swing`, leave the rest zero. */
struct sn_tune {
    double drive; /* even drive, in the drive's unit, > 0 */
    double swing; /* the relay's: drive +- swing */

    enum sn_tune_state state;
    struct sn_pid_gains gains; /* drive per speed; d is 0 */
    const char *problem;

    /* Private */
    double seconds;               /* since the start */
    double window_s, window, sum; /* settling: of the present window, its count and speeds */
    double mean, spread;          /* of the last window: the steady speed, half its noise */
    double low, high;             /* swinging: least and greatest speed of this turn */
    bool up;
    double turn_began_s, amplitudes, periods;
    unsigned turns;
};

/* What to drive with until the next step, `seconds` after the last one, now that the plant has that
 * speed. 0 when it has ended. */
double sn_tune_step(struct sn_tune *tune, double speed, double seconds);

#endif
