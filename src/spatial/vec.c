/* SPDX-License-Identifier: Apache-2.0
 *
 * Quaternions, what is too long to be inline.
 */
#include "spatial/vec.h"

struct sn_quat sn_quat_normalize(struct sn_quat q)
{
    double norm = sqrt(sn_quat_dot(q, q));

    if (!(norm > 0) || !isfinite(norm))
        return SN_QUAT_IDENTITY;
    return sn_quat(q.w / norm, q.x / norm, q.y / norm, q.z / norm);
}

struct sn_quat sn_quat_slerp(struct sn_quat a, struct sn_quat b, double t)
{
    double dot = sn_quat_dot(a, b), from = 1 - t, to = t;

    if (dot < 0) { /* -b is the same turn, nearer */
        b = sn_quat(-b.w, -b.x, -b.y, -b.z);
        dot = -dot;
    }
    if (dot < 1 - 1e-10) { /* nearer still, the straight line is as exact */
        double angle = acos(dot), s = sin(angle);

        from = sin((1 - t) * angle) / s;
        to = sin(t * angle) / s;
    }
    return sn_quat_normalize(sn_quat(from * a.w + to * b.w, from * a.x + to * b.x,
                                     from * a.y + to * b.y, from * a.z + to * b.z));
}

double sn_quat_angle(struct sn_quat a, struct sn_quat b)
{
    struct sn_quat d = sn_quat_mul(sn_quat_conj(a), b);

    return 2 * atan2(sn_vec3_norm(sn_vec3(d.x, d.y, d.z)), fabs(d.w));
}
