/* SPDX-License-Identifier: Apache-2.0
 *
 * Times that are written as cron does: five fields (minute, hour, day of the month, month, day of
 * the week), or six with the second before them, or @hourly and the like. Pure functions, any
 * thread: what time it is where is handed in.
 *
 * When clocks go forward, times in the hour that isn't there don't come; when they go back, those
 * in the hour that is there twice come twice.
 * Source: the reference server's behaviour and texts; crontab(5).
 */
#ifndef SN_BASE_CRON_H
#define SN_BASE_CRON_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets of numbers, bit n for n. */
struct sn_cron {
    uint64_t seconds, minutes, hours, days, months, weekdays; /* days and months from 1, Sunday 0 */
    bool any_day, any_weekday; /* "*": then only the other one counts */
    bool utc;                  /* "TZ=UTC " before the fields */
    uint64_t every_s;          /* "@every 90s"; 0: by the fields */
};

/* What the clocks of a place say. */
struct sn_zone {
    /* Seconds that local time is ahead of UTC at that time (seconds since 1970). */
    int32_t (*offset)(const struct sn_zone *zone, int64_t unix_s);
};

/* The system's zone (TZ, /etc/localtime). */
extern const struct sn_zone sn_zone_local;

/* With `with_seconds` five fields are taken too: then the second is 0. Zones other than UTC and
 * Local can't be named. INVALID_ARGUMENT; the text names the part that is wrong and what is
 * allowed. */
int sn_cron_parse(const char *text, bool with_seconds, struct sn_cron *ret_cron,
                  struct sn_error *error) SN_MUST_USE;

/* The first time after `after_s` that fits, in seconds since 1970. False when there is none within
 * SN_CRON_YEARS years ("0 0 30 2 *"). */
bool sn_cron_next(const struct sn_cron *cron, const struct sn_zone *zone, int64_t after_s,
                  int64_t *ret_s);
enum { SN_CRON_YEARS = 5 };

#endif
