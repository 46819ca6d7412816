/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of three doubles and unit quaternions: the numbers under poses. Values, passed and
 * returned as such; any thread. Right-handed axes; a quaternion turns a vector as q v q*.
 */
#ifndef SN_SPATIAL_VEC_H
#define SN_SPATIAL_VEC_H

#include <math.h>
#include <stdbool.h>

#define SN_PI 3.14159265358979323846

/* In this order of operations, so that a joint's degrees come back as upstream's do: 120 is
 * 119.99999999999999 after there and back. */
static inline double sn_radians(double degrees)
{
    return degrees * SN_PI / 180;
}

static inline double sn_degrees(double radians)
{
    return radians * 180 / SN_PI;
}

struct sn_vec3 {
    double x, y, z;
};

static inline struct sn_vec3 sn_vec3(double x, double y, double z)
{
    return (struct sn_vec3){x, y, z};
}

static inline struct sn_vec3 sn_vec3_add(struct sn_vec3 a, struct sn_vec3 b)
{
    return sn_vec3(a.x + b.x, a.y + b.y, a.z + b.z);
}

static inline struct sn_vec3 sn_vec3_sub(struct sn_vec3 a, struct sn_vec3 b)
{
    return sn_vec3(a.x - b.x, a.y - b.y, a.z - b.z);
}

static inline struct sn_vec3 sn_vec3_scale(struct sn_vec3 a, double by)
{
    return sn_vec3(a.x * by, a.y * by, a.z * by);
}

static inline double sn_vec3_dot(struct sn_vec3 a, struct sn_vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline struct sn_vec3 sn_vec3_cross(struct sn_vec3 a, struct sn_vec3 b)
{
    return sn_vec3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

static inline double sn_vec3_norm(struct sn_vec3 a)
{
    return sqrt(sn_vec3_dot(a, a));
}

static inline bool sn_vec3_finite(struct sn_vec3 a)
{
    return isfinite(a.x) && isfinite(a.y) && isfinite(a.z);
}

struct sn_quat {
    double w, x, y, z;
};

#define SN_QUAT_IDENTITY ((struct sn_quat){1, 0, 0, 0})

static inline struct sn_quat sn_quat(double w, double x, double y, double z)
{
    return (struct sn_quat){w, x, y, z};
}

/* Turned by `b`, then by `a`. */
static inline struct sn_quat sn_quat_mul(struct sn_quat a, struct sn_quat b)
{
    return sn_quat(a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
                   a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
                   a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                   a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w);
}

static inline struct sn_quat sn_quat_conj(struct sn_quat q)
{
    return sn_quat(q.w, -q.x, -q.y, -q.z);
}

static inline double sn_quat_dot(struct sn_quat a, struct sn_quat b)
{
    return a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline struct sn_vec3 sn_quat_rotate(struct sn_quat q, struct sn_vec3 v)
{
    struct sn_vec3 u = sn_vec3(q.x, q.y, q.z);
    struct sn_vec3 t = sn_vec3_scale(sn_vec3_cross(u, v), 2);

    return sn_vec3_add(sn_vec3_add(v, sn_vec3_scale(t, q.w)), sn_vec3_cross(u, t));
}

/* A turn about a unit axis, in radians. */
static inline struct sn_quat sn_quat_about(struct sn_vec3 axis, double radians)
{
    double s = sin(radians / 2);

    return sn_quat(cos(radians / 2), axis.x * s, axis.y * s, axis.z * s);
}

/* Of length 1; the identity where there is no direction (zero, not finite). */
struct sn_quat sn_quat_normalize(struct sn_quat q);

/* The way from `a` (t 0) to `b` (t 1) along the shorter arc at constant speed. */
struct sn_quat sn_quat_slerp(struct sn_quat a, struct sn_quat b, double t);

/* The smallest turn, 0 to pi, that takes `a` to `b`. */
double sn_quat_angle(struct sn_quat a, struct sn_quat b);

#endif
