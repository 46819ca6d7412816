/* SPDX-License-Identifier: Apache-2.0
 *
 * Trapezoidal velocity profile.
 */
#include "control/profile.h"

#include <math.h>

struct sn_profile sn_profile_plan(double distance, double speed, double acceleration)
{
    double length = fabs(distance);
    double top = fmin(speed, sqrt(length * acceleration));
    double ramp_s = top / acceleration;
    double cruise_s = top > 0 ? fmax(0, length / top - ramp_s) : 0;

    return (struct sn_profile){.distance = distance,
                               .speed = top,
                               .acceleration = acceleration,
                               .ramp_s = ramp_s,
                               .total_s = 2 * ramp_s + cruise_s};
}

double sn_profile_position(const struct sn_profile *p, double seconds)
{
    double t = fmax(seconds, 0), left = p->total_s - t, length;

    if (left <= 0)
        return p->distance;
    if (left < p->ramp_s)
        length = fabs(p->distance) - 0.5 * p->acceleration * left * left;
    else if (t < p->ramp_s)
        length = 0.5 * p->acceleration * t * t;
    else
        length = 0.5 * p->speed * p->ramp_s + p->speed * (t - p->ramp_s);
    return copysign(length, p->distance);
}

double sn_profile_velocity(const struct sn_profile *p, double seconds)
{
    double t = fmax(seconds, 0), left = fmax(p->total_s - t, 0);

    return copysign(fmin(p->speed, p->acceleration * fmin(t, left)), p->distance);
}
