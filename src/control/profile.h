/* SPDX-License-Identifier: Apache-2.0
 *
 * Trapezoidal velocity profile: from rest to a speed, along at it, back to rest at the distance;
 * a triangle where the distance is too short for the speed. Pure arithmetic, in any unit of length.
 */
#ifndef SN_CONTROL_PROFILE_H
#define SN_CONTROL_PROFILE_H

struct sn_profile {
    double distance;     /* signed */
    double speed;        /* reached, > 0 */
    double acceleration; /* > 0 */
    double ramp_s;       /* how long it speeds up, and slows down */
    double total_s;
};

/* `speed` and `acceleration` > 0; `distance` may be infinite: it never slows down. */
struct sn_profile sn_profile_plan(double distance, double speed, double acceleration);

/* Where it is `seconds` after the start, and how fast; signed as the distance. */
double sn_profile_position(const struct sn_profile *profile, double seconds);
double sn_profile_velocity(const struct sn_profile *profile, double seconds);

#endif
