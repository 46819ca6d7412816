/* SPDX-License-Identifier: Apache-2.0
 *
 * Orientations from and to quaternions.
 */
#include "spatial/orientation.h"

/* How near to 1 |z| is at a pole. Upstream's number. */
#define POLE 1e-4

static const struct sn_vec3 axis_x = {1, 0, 0}, axis_y = {0, 1, 0}, axis_z = {0, 0, 1};

static double clamp_unit(double x)
{
    return fmax(-1, fmin(1, x));
}

/* How far a turn about z goes, (-pi, pi]. */
static double about_z(struct sn_quat q)
{
    double angle = 2 * atan2(q.z, q.w);

    if (angle > SN_PI)
        return angle - 2 * SN_PI;
    return angle <= -SN_PI ? angle + 2 * SN_PI : angle;
}

/* The turn that takes z to the unit vector, with no turn of its own about it. */
static struct sn_quat toward(struct sn_vec3 o)
{
    double longitude = 1 - fabs(o.z) > POLE ? atan2(o.y, o.x) : 0;
    double latitude = acos(clamp_unit(o.z));

    return sn_quat_mul(sn_quat_about(axis_z, longitude), sn_quat_about(axis_y, latitude));
}

struct sn_quat sn_quat_from_orientation_vector(struct sn_orientation_vector ov)
{
    struct sn_vec3 o = sn_vec3(ov.x, ov.y, ov.z);
    double norm = sn_vec3_norm(o);

    if (!(norm > 0) || !isfinite(norm) || !isfinite(ov.theta))
        return SN_QUAT_IDENTITY;
    return sn_quat_mul(toward(sn_vec3_scale(o, 1 / norm)), sn_quat_about(axis_z, ov.theta));
}

struct sn_orientation_vector sn_quat_to_orientation_vector(struct sn_quat q)
{
    struct sn_vec3 o = sn_quat_rotate(q, axis_z);
    double theta = about_z(sn_quat_mul(sn_quat_conj(toward(o)), q));

    /* + 0.0: a zero is never negative */
    return (struct sn_orientation_vector){o.x + 0.0, o.y + 0.0, o.z + 0.0, theta + 0.0};
}

struct sn_quat sn_quat_from_euler(struct sn_euler angles)
{
    struct sn_quat roll = sn_quat_about(axis_x, angles.roll);
    struct sn_quat pitch = sn_quat_about(axis_y, angles.pitch);
    struct sn_quat yaw = sn_quat_about(axis_z, angles.yaw);

    return sn_quat_normalize(sn_quat_mul(sn_quat_mul(yaw, pitch), roll));
}

struct sn_euler sn_quat_to_euler(struct sn_quat q)
{
    double sin_pitch = 2 * (q.w * q.y - q.z * q.x);

    if (fabs(sin_pitch) > 1 - 1e-12) {
        double pitch = copysign(SN_PI / 2, sin_pitch);
        double yaw = about_z(sn_quat_mul(q, sn_quat_about(axis_y, -pitch)));

        return (struct sn_euler){0, pitch, yaw};
    }
    return (struct sn_euler){
        .roll = atan2(2 * (q.w * q.x + q.y * q.z), 1 - 2 * (q.x * q.x + q.y * q.y)),
        .pitch = asin(clamp_unit(sin_pitch)),
        .yaw = atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z)),
    };
}

struct sn_quat sn_quat_from_axis_angle(struct sn_axis_angle aa)
{
    struct sn_vec3 axis = sn_vec3(aa.x, aa.y, aa.z);
    double norm = sn_vec3_norm(axis);

    if (!(norm > 0) || !isfinite(norm) || !isfinite(aa.theta))
        return SN_QUAT_IDENTITY;
    return sn_quat_about(sn_vec3_scale(axis, 1 / norm), aa.theta);
}

struct sn_axis_angle sn_quat_to_axis_angle(struct sn_quat q)
{
    double norm = sn_vec3_norm(sn_vec3(q.x, q.y, q.z)), sign = q.w < 0 ? -1 : 1;

    if (norm < 1e-6)
        return (struct sn_axis_angle){0, 0, 1, 2 * atan2(norm, fabs(q.w))};
    return (struct sn_axis_angle){sign * q.x / norm, sign * q.y / norm, sign * q.z / norm,
                                  2 * atan2(norm, fabs(q.w))};
}

/* The largest of the four squares is found first, so that no root of a small number is divided by.
 * Source: Shepperd, "Quaternion from rotation matrix", 1978. */
struct sn_quat sn_quat_from_matrix(const struct sn_matrix3 *matrix)
{
    const double(*m)[3] = matrix->m;
    double trace = m[0][0] + m[1][1] + m[2][2];
    struct sn_quat q;

    if (trace >= m[0][0] && trace >= m[1][1] && trace >= m[2][2])
        q = sn_quat(1 + trace, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]);
    else if (m[0][0] >= m[1][1] && m[0][0] >= m[2][2])
        q = sn_quat(m[2][1] - m[1][2], 1 + 2 * m[0][0] - trace, m[1][0] + m[0][1],
                    m[0][2] + m[2][0]);
    else if (m[1][1] >= m[2][2])
        q = sn_quat(m[0][2] - m[2][0], m[1][0] + m[0][1], 1 + 2 * m[1][1] - trace,
                    m[2][1] + m[1][2]);
    else
        q = sn_quat(m[1][0] - m[0][1], m[0][2] + m[2][0], m[2][1] + m[1][2],
                    1 + 2 * m[2][2] - trace);
    return sn_quat_normalize(q);
}

struct sn_matrix3 sn_quat_to_matrix(struct sn_quat q)
{
    struct sn_vec3 x = sn_quat_rotate(q, axis_x), y = sn_quat_rotate(q, axis_y),
                   z = sn_quat_rotate(q, axis_z);

    return (struct sn_matrix3){{{x.x, y.x, z.x}, {x.y, y.y, z.y}, {x.z, y.z, z.z}}};
}
