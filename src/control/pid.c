/* SPDX-License-Identifier: Apache-2.0
 *
 * PID controller with clamping anti-windup.
 */
#include "control/pid.h"

#include <math.h>

static double bounded(const struct sn_pid *pid, double value)
{
    return fmin(fmax(value, pid->low), pid->high);
}

void sn_pid_reset(struct sn_pid *pid)
{
    pid->integral = 0;
    pid->started = false;
}

double sn_pid_step(struct sn_pid *pid, double error, double seconds)
{
    const struct sn_pid_gains *gains = &pid->gains;

    if (!isfinite(error))
        return bounded(pid, 0);
    bool slope_known = pid->started && seconds > 0;
    double slope = slope_known ? (error - pid->last_error) / seconds : 0;
    double integral = pid->integral + error * seconds;
    double output = pid->scale * (gains->p * error + gains->i * integral + gains->d * slope);
    double pushes = pid->scale * gains->i * error;
    bool winds_up = (output > pid->high && pushes > 0) || (output < pid->low && pushes < 0);

    pid->last_error = error;
    pid->started = true;
    if (winds_up)
        output = pid->scale * (gains->p * error + gains->i * pid->integral + gains->d * slope);
    else
        pid->integral = integral;
    /* Gains and errors so large that they leave the range of numbers give no direction. */
    if (isnan(output)) {
        sn_pid_reset(pid);
        output = 0;
    }
    return bounded(pid, output);
}
