/* SPDX-License-Identifier: Apache-2.0
 *
 * What drivers that replay captured data have in common. Texts are upstream's.
 */
#include "driver/replay.h"
#include "sinew/time.h"

/* Whether it is a time, or nothing: then 1970. */
static bool read_time(struct sn_str text, struct pb_google_timestamp *ret_time)
{
    *ret_time = (struct pb_google_timestamp){0};
    return !text.len || !sn_pb_timestamp_parse(text, ret_time);
}

static bool is_after(const struct pb_google_timestamp *a, const struct pb_google_timestamp *b)
{
    return a->seconds > b->seconds || (a->seconds == b->seconds && a->nanos > b->nanos);
}

static int check_interval(const struct replay_attrs *a, struct sn_error *error)
{
    struct pb_google_timestamp start, end;

    if (!read_time(a->interval.start, &start))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "invalid time format for start time (UTC), use RFC3339");
    if (!read_time(a->interval.end, &end))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "invalid time format for end time (UTC), use RFC3339");
    if (a->interval.start.len && a->interval.end.len && is_after(&start, &end))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "invalid config, end time (UTC) must be after start time (UTC)");
    return 0;
}

int sn_replay_validate(const struct replay_attrs *attrs, uint32_t batch_max, struct sn_error *error)
{
    int code = check_interval(attrs, error);

    if (code)
        return code;
    if (attrs->has_batch_size && (attrs->batch_size < 1 || attrs->batch_size > batch_max))
        return sn_error_set(error, SN_ERR_UNKNOWN, "batch_size must be between 1 and %u",
                            batch_max);
    return 0;
}

int sn_replay_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "failure to connect to the cloud: this robot is not cloud managed");
}

static const struct sn_attr interval_attrs[] = {
    {"start", SN_ATTR_STRING, 0, .help = "RFC 3339"},
    {"end", SN_ATTR_STRING, sizeof(struct sn_str), .help = "RFC 3339"},
    {0},
};

#define AT(member) offsetof(struct replay_attrs, member)

const struct sn_attr sn_replay_attrs[] = {
    {"source", SN_ATTR_STRING, AT(source), .help = "component that was captured", .required = true},
    {"robot_id", SN_ATTR_STRING, AT(robot_id), .help = "of the data", .required = true},
    {"location_id", SN_ATTR_STRING, AT(location_id), .help = "of the data", .required = true},
    {"organization_id", SN_ATTR_STRING, AT(organization_id), .help = "of the data",
     .required = true},
    {"api_key", SN_ATTR_STRING, AT(api_key), .help = "to read the data with", .required = true},
    {"api_key_id", SN_ATTR_STRING, AT(api_key_id), .help = "the key's id", .required = true},
    {"time_interval", SN_ATTR_OBJECT, AT(interval), .help = "of the data", .sub = interval_attrs,
     .sub_size = 2 * sizeof(struct sn_str)},
    {"batch_size", SN_ATTR_UINT, AT(batch_size), .help = "records at a time, 1 and more",
     .given = AT(has_batch_size)},
    {0},
};
