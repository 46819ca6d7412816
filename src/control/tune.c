/* SPDX-License-Identifier: Apache-2.0
 *
 * Relay tuning: settle, swing, compute.
 */
#include "control/tune.h"

#include <math.h>

#define WINDOW_S 0.5    /* speeds are averaged over this while settling */
#define STEADY 0.02     /* two windows that differ by less, relatively, are steady */
#define HYSTERESIS 0.02 /* of the speed, at least; noise must not switch the relay */
enum { TURNS_SKIPPED = 2, TURNS_USED = 6 };

static double fail(struct sn_tune *tune, const char *problem)
{
    tune->state = SN_TUNE_FAILED;
    tune->problem = problem;
    return 0;
}

static void start_swinging(struct sn_tune *tune)
{
    tune->state = SN_TUNE_SWINGING;
    tune->turns = 0;
    tune->turn_began_s = tune->seconds;
    tune->up = true;
    tune->low = tune->high = tune->mean;
}

static double settle(struct sn_tune *tune, double speed, double seconds)
{
    if (tune->window == 0)
        tune->low = tune->high = speed;
    tune->low = fmin(tune->low, speed);
    tune->high = fmax(tune->high, speed);
    tune->sum += speed;
    tune->window++;
    tune->window_s += seconds;
    if (tune->window_s < WINDOW_S)
        return tune->drive;
    double mean = tune->sum / tune->window, change = fabs(mean - tune->mean);

    tune->spread = (tune->high - tune->low) / 2;
    tune->mean = mean;
    tune->sum = tune->window = tune->window_s = 0;
    if (mean > 0 && change <= STEADY * mean)
        start_swinging(tune);
    return tune->drive;
}

static double finish(struct sn_tune *tune)
{
    double amplitude = tune->amplitudes / TURNS_USED;
    double period = 2 * tune->periods / TURNS_USED;
    double dead = fmin(fmax(tune->spread, HYSTERESIS * tune->mean), 0.9 * amplitude);
    double critical = 4 * tune->swing / (acos(-1) * sqrt(amplitude * amplitude - dead * dead));

    if (!(amplitude > 0 && period > 0 && isfinite(critical)))
        return fail(tune, "its speed does not swing");
    tune->gains.p = 0.45 * critical;
    tune->gains.i = tune->gains.p / (0.83 * period);
    tune->gains.d = 0;
    tune->state = SN_TUNE_DONE;
    return 0;
}

/* The relay has switched: half a period is over. */
static void turn(struct sn_tune *tune)
{
    if (++tune->turns > TURNS_SKIPPED) {
        tune->amplitudes += (tune->high - tune->low) / 2;
        tune->periods += tune->seconds - tune->turn_began_s;
    }
    tune->turn_began_s = tune->seconds;
    tune->up = !tune->up;
}

static double swing(struct sn_tune *tune, double speed)
{
    double dead = fmax(tune->spread, HYSTERESIS * tune->mean);

    tune->low = fmin(tune->low, speed);
    tune->high = fmax(tune->high, speed);
    if (tune->up ? speed > tune->mean + dead : speed < tune->mean - dead) {
        turn(tune);
        /* The extreme behind us counts for the next turn, too; the one ahead comes after this
         * switch. */
        if (tune->up)
            tune->high = speed;
        else
            tune->low = speed;
    }
    if (tune->turns >= TURNS_SKIPPED + TURNS_USED)
        return finish(tune);
    return tune->drive + (tune->up ? tune->swing : -tune->swing);
}

double sn_tune_step(struct sn_tune *tune, double speed, double seconds)
{
    if (tune->state >= SN_TUNE_DONE)
        return 0;
    tune->seconds += seconds;
    if (tune->seconds > SN_TUNE_SECONDS_MAX)
        return fail(tune, tune->state == SN_TUNE_SETTLING ? "it does not reach a steady speed"
                                                          : "its speed does not swing");
    return tune->state == SN_TUNE_SETTLING ? settle(tune, speed, seconds) : swing(tune, speed);
}
