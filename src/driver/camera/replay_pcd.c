/* SPDX-License-Identifier: Apache-2.0
 *
 * Camera that replays point clouds which the cloud keeps. There is no link to a cloud yet, and
 * without one upstream refuses to build it, too.
 */
#include "sinew/api/camera.h"
#include "sinew/driver.h"
#include "sinew/time.h"

#include <stddef.h>

enum { BATCH_MAX = 100 };

struct interval {
    struct sn_str start, end;
};

struct replay_attrs {
    struct sn_str source, robot_id, location_id, organization_id, api_key, api_key_id;
    struct interval interval;
    uint32_t batch_size;
};

static bool is_time(struct sn_str text)
{
    struct pb_google_timestamp time;

    return text.len == 0 || sn_pb_timestamp_parse(text, &time) == 0;
}

static int replay_validate(const void *attrs, struct sn_error *error)
{
    const struct replay_attrs *a = attrs;

    if (!is_time(a->interval.start))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "invalid time format for start time (UTC), use RFC3339");
    if (!is_time(a->interval.end))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "invalid time format for end time (UTC), use RFC3339");
    if (a->batch_size > BATCH_MAX)
        return sn_error_set(error, SN_ERR_UNKNOWN, "batch_size must be between 1 and 100");
    return 0;
}

static int replay_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "failure to connect to the cloud: this robot is not cloud managed");
}

#define AT(member) offsetof(struct replay_attrs, member)

static const struct sn_attr interval_attrs[] = {
    {"start", SN_ATTR_STRING, offsetof(struct interval, start), .help = "RFC 3339"},
    {"end", SN_ATTR_STRING, offsetof(struct interval, end), .help = "RFC 3339"},
    {0},
};

static const struct sn_attr replay_attrs[] = {
    {"source", SN_ATTR_STRING, AT(source), .help = "camera that was captured", .required = true},
    {"robot_id", SN_ATTR_STRING, AT(robot_id), .help = "of the data", .required = true},
    {"location_id", SN_ATTR_STRING, AT(location_id), .help = "of the data", .required = true},
    {"organization_id", SN_ATTR_STRING, AT(organization_id), .help = "of the data",
     .required = true},
    {"api_key", SN_ATTR_STRING, AT(api_key), .help = "to read the data with", .required = true},
    {"api_key_id", SN_ATTR_STRING, AT(api_key_id), .help = "the key's id", .required = true},
    {"time_interval", SN_ATTR_OBJECT, AT(interval), .help = "of the data", .sub = interval_attrs,
     .sub_size = sizeof(struct interval)},
    {"batch_size", SN_ATTR_UINT, AT(batch_size), .help = "clouds at a time, 1 to 100"},
    {0},
};

static const struct sn_camera_ops replay_ops = {0};

const struct sn_driver sn_driver_camera_replay_pcd = {
    .api = SN_API_CAMERA,
    .model = "rdk:builtin:replay_pcd",
    .help = "replays captured point clouds; needs a cloud",
    .size = sizeof(struct sn_camera),
    .attrs_size = sizeof(struct replay_attrs),
    .attrs = replay_attrs,
    .ops = &replay_ops,
    .validate = replay_validate,
    .open = replay_open,
};
