/* SPDX-License-Identifier: Apache-2.0
 *
 * Cron's times. Texts of errors are the reference server's, as seen, except where a comment says
 * so. The search is held against a walk through every second.
 */
#include "base/cron.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { DAY = 86400, HOUR = 3600 };

static int32_t no_offset(const struct sn_zone *zone, int64_t unix_s)
{
    return 0;
}

static const struct sn_zone utc = {no_offset};

static int64_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

    assert_non_null(end);
    return timegm(&tm);
}

static void set_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

/* ---- reading ---- */

static void bad_ones_are_told(void **state)
{
    static const struct {
        const char *text;
        bool with_seconds;
        const char *error;
    } rows[] = {
        {"nonsense", false, "expected exactly 5 fields, found 1: [nonsense]"},
        {"   ", false, "expected exactly 5 fields, found 0: []"},
        {"1 2 3 4 5 6 7", true, "expected 5 to 6 fields, found 7: [1 2 3 4 5 6 7]"},
        {"61 * * * *", false, "end of range (61) above maximum (59): 61"},
        {"* * * * 7", false, "end of range (7) above maximum (6): 7"},
        {"* * 0 * *", false, "beginning of range (0) below minimum (1): 0"},
        {"1-2-3 * * * *", false, "too many hyphens: 1-2-3"},
        {"1/2/3 * * * *", false, "too many slashes: 1/2/3"},
        {"5-1 * * * *", false, "beginning of range (5) beyond end of range (1): 5-1"},
        {"*/0 * * * *", false, "step of range should be a positive number: */0"},
        {"x * * * *", false,
         "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"},
        {"-1 * * * *", false,
         "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"},
        {"* * * FOO *", false,
         "failed to parse int from FOO: strconv.Atoi: parsing \"FOO\": invalid syntax"},
        {"99999999999999999999 * * * *", false,
         "failed to parse int from 99999999999999999999: strconv.Atoi: parsing "
         "\"99999999999999999999\": value out of range"},
        {"@foo", false, "unrecognized descriptor: @foo"},
        {"@every 1x", false,
         "failed to parse duration @every 1x: time: unknown unit \"x\" in duration \"1x\""},
        /* There Nowhere/X is looked for among all zones. */
        {"TZ=Nowhere/X * * * * *", true,
         "provided bad location Nowhere/X: only UTC and Local can be named"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sn_cron cron;
        struct sn_error error;

        assert_int_equal(sn_cron_parse(rows[i].text, rows[i].with_seconds, &cron, &error),
                         SN_ERR_INVALID_ARGUMENT);
        assert_string_equal(error.text, rows[i].error);
    }
}

static void long_ones_are_refused(void **state)
{
    char text[1001];
    struct sn_cron cron;
    struct sn_error error;

    memset(text, '*', 1000);
    text[1000] = '\0';
    assert_int_equal(sn_cron_parse(text, false, &cron, &error), SN_ERR_INVALID_ARGUMENT);
}

/* ---- finding ---- */

struct row {
    const char *text, *after, *next; /* local time, or with `zone` NULL UTC; NULL: never */
};

static void check_next(const struct sn_zone *zone, const struct row *row, int32_t after_offset,
                       int32_t next_offset)
{
    struct sn_cron cron;
    struct sn_error error;
    int64_t next = 0;
    bool six = false;
    int spaces = 0;

    for (const char *c = row->text; *c; c++)
        spaces += *c == ' ';
    six = spaces >= 5;
    if (sn_cron_parse(row->text, six, &cron, &error))
        fail_msg("%s: %s", row->text, error.text);
    bool found = sn_cron_next(&cron, zone, time_of(row->after) - after_offset, &next);
    assert_int_equal(found, row->next != NULL);
    if (found && next != time_of(row->next) - next_offset)
        fail_msg("\"%s\" after %s is %lld s later than %s", row->text, row->after,
                 (long long)(next - (time_of(row->next) - next_offset)), row->next);
}

static void the_next_time_is_found(void **state)
{
    static const struct row rows[] = {
        {"* * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01:00"},
        {"* * * * *", "2026-01-01 00:00:59", "2026-01-01 00:01:00"},
        {"* * * * * *", "2026-01-01 00:00:59", "2026-01-01 00:01:00"},
        {"*/15 * * * *", "2026-01-01 00:14:59", "2026-01-01 00:15:00"},
        {"5/20 * * * *", "2026-01-01 00:06:00", "2026-01-01 00:25:00"},
        {"0 12 * * MON-fri", "2026-01-02 12:00:00", "2026-01-05 12:00:00"},
        {"0 0 1 jan *", "2026-01-01 00:00:00", "2027-01-01 00:00:00"},
        {"0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"},
        {"0 0 30 2 *", "2026-01-01 00:00:00", NULL},
        {", * * * *", "2026-01-01 00:00:00", NULL},
        {"0 0 13 * 5", "2026-01-01 00:00:00", "2026-01-02 00:00:00"}, /* either day */
        {"0 0 13 * *", "2026-01-01 00:00:00", "2026-01-13 00:00:00"},
        {"0 0 */2 * 1", "2026-01-01 00:00:00", "2026-01-03 00:00:00"}, /* "/2" is no "*" */
        {"? ? ? ? ?", "2026-01-01 00:00:30", "2026-01-01 00:01:00"},
        {"*/2 * * * * *", "2026-01-01 00:00:00", "2026-01-01 00:00:02"},
        {"59 59 23 31 12 *", "2026-01-01 00:00:00", "2026-12-31 23:59:59"},
        {"1,2,50-52 0 * * * *", "2026-01-01 00:00:02", "2026-01-01 00:00:50"},
        {"@hourly", "2026-01-01 00:00:00", "2026-01-01 01:00:00"},
        {"@daily", "2026-01-01 00:00:00", "2026-01-02 00:00:00"},
        {"@weekly", "2026-01-01 00:00:00", "2026-01-04 00:00:00"},
        {"@monthly", "2026-01-01 00:00:00", "2026-02-01 00:00:00"},
        {"@yearly", "2026-01-01 00:00:00", "2027-01-01 00:00:00"},
        {"@every 90s", "2026-01-01 00:00:07", "2026-01-01 00:01:37"},
        {"@every 10ms", "2026-01-01 00:00:00", "2026-01-01 00:00:01"},
        {"* * * * *", "1969-12-31 23:58:30", "1969-12-31 23:59:00"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_next(&utc, &rows[i], 0, 0);
}

/* 2026 in New York: forward on March 8 at 2:00, back on November 1 at 2:00. */
static void clocks_that_change_are_followed(void **state)
{
    const int32_t est = -5 * HOUR, edt = -4 * HOUR;

    set_zone("America/New_York");
    check_next(&sn_zone_local,
               &(struct row){"30 1 * * *", "2026-03-08 01:00:00", "2026-03-08 01:30:00"}, est, est);
    /* 2:30 isn't there that day. */
    check_next(&sn_zone_local,
               &(struct row){"30 2 * * *", "2026-03-08 01:30:00", "2026-03-09 02:30:00"}, est, edt);
    check_next(&sn_zone_local,
               &(struct row){"0 3 * * *", "2026-03-08 01:59:59", "2026-03-08 03:00:00"}, est, edt);
    check_next(&sn_zone_local,
               &(struct row){"0 0 * * *", "2026-03-08 01:00:00", "2026-03-09 00:00:00"}, est, edt);
    check_next(&sn_zone_local,
               &(struct row){"0 0 1 4 *", "2026-01-01 00:00:00", "2026-04-01 00:00:00"}, est, edt);
    /* 1:30 is there twice. */
    check_next(&sn_zone_local,
               &(struct row){"30 1 * * *", "2026-11-01 00:00:00", "2026-11-01 01:30:00"}, edt, edt);
    check_next(&sn_zone_local,
               &(struct row){"30 1 * * *", "2026-11-01 01:30:00", "2026-11-01 01:30:00"}, edt, est);
    check_next(&sn_zone_local,
               &(struct row){"0 0 * * *", "2026-11-01 00:30:00", "2026-11-02 00:00:00"}, edt, est);
    check_next(&sn_zone_local,
               &(struct row){"0 0 2 1 *", "2026-07-01 00:00:00", "2027-01-02 00:00:00"}, edt, est);
    check_next(&sn_zone_local,
               &(struct row){"TZ=UTC 30 2 * * *", "2026-03-08 01:30:00", "2026-03-08 21:30:00"},
               est, est);
    set_zone("UTC");
}

/* ---- against a walk ---- */

/* Clocks that change by some minutes every 50 days, forth and back. */
struct changing {
    struct sn_zone zone; /* first */
    int64_t first;
    int32_t base, by;
};

static int32_t changing_offset(const struct sn_zone *zone, int64_t unix_s)
{
    const struct changing *changing = (const struct changing *)zone;
    int64_t since = unix_s - changing->first;

    return changing->base + (since >= 0 && since / (50 * DAY) % 2 == 0 ? changing->by : 0);
}

static bool fits(const struct sn_cron *cron, const struct sn_zone *zone, int64_t s)
{
    time_t local = s + (cron->utc ? 0 : zone->offset(zone, s));
    struct tm tm;

    gmtime_r(&local, &tm);
    bool day = cron->days >> tm.tm_mday & 1, weekday = cron->weekdays >> tm.tm_wday & 1;
    bool on_day = cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
    return on_day && cron->months >> (tm.tm_mon + 1) & 1 && cron->hours >> tm.tm_hour & 1 &&
           cron->minutes >> tm.tm_min & 1 && cron->seconds >> tm.tm_sec & 1;
}

static unsigned draw(struct sn_random *random, unsigned below)
{
    return (unsigned)(sn_random_next(random) % below);
}

static void put_field(struct sn_random *random, char *text, size_t size, unsigned min, unsigned max,
                      unsigned star)
{
    unsigned a = min + draw(random, max - min + 1), b = min + draw(random, max - min + 1);
    size_t used = strlen(text);

    if (draw(random, 100) < star)
        snprintf(text + used, size - used, "* ");
    else if (draw(random, 3) == 0)
        snprintf(text + used, size - used, "*/%u ", 1 + draw(random, max));
    else if (draw(random, 2) == 0)
        snprintf(text + used, size - used, "%u,%u ", a, b);
    else
        snprintf(text + used, size - used, "%u-%u ", a < b ? a : b, a < b ? b : a);
}

/* One random expression, one zone, one begin: what is found is the first second that fits. Those
 * that come rarely are only looked for as far as the walk goes. */
static void check_seed(uint64_t seed)
{
    static const int32_t by[] = {HOUR, -HOUR, HOUR / 2, 2 * HOUR, -HOUR / 2, 45 * 60};
    struct sn_random random;
    char text[256] = "";
    struct sn_cron cron;
    struct sn_error error;
    int64_t next;

    sn_random_init(&random, seed);
    put_field(&random, text, sizeof(text), 0, 59, 30);
    put_field(&random, text, sizeof(text), 0, 59, 30);
    put_field(&random, text, sizeof(text), 0, 23, 40);
    put_field(&random, text, sizeof(text), 1, 31, 70);
    put_field(&random, text, sizeof(text), 1, 12, 90);
    put_field(&random, text, sizeof(text), 0, 6, 70);
    if (sn_cron_parse(text, true, &cron, &error))
        fail_msg("%s: %s", text, error.text);
    int64_t begin = (int64_t)draw(&random, 2000000000);
    struct changing zone = {.zone = {changing_offset},
                            .first = begin + (int64_t)draw(&random, 3 * HOUR),
                            .base = ((int32_t)draw(&random, 25) - 12) * HOUR,
                            .by = by[draw(&random, 6)]};
    if (draw(&random, 3) == 0) /* often just where a day begins */
        zone.first -= (zone.first + zone.base) % DAY;
    int64_t end = begin + 4 * HOUR, walk = begin + 1;
    while (walk < end && !fits(&cron, &zone.zone, walk))
        walk++;
    bool found = sn_cron_next(&cron, &zone.zone, begin, &next);
    if (walk < end ? !found || next != walk : found && next < end)
        fail_msg("seed %llu: \"%s\" after %lld: found %lld, walked to %lld",
                 (unsigned long long)seed, text, (long long)begin, found ? (long long)next : -1LL,
                 (long long)walk);
    if (found && !fits(&cron, &zone.zone, next))
        fail_msg("seed %llu: %lld doesn't fit", (unsigned long long)seed, (long long)next);
}

static void the_search_finds_what_a_walk_finds(void **state)
{
    for (uint64_t seed = 1; seed <= 4000; seed++)
        check_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_ones_are_told),
        cmocka_unit_test(long_ones_are_refused),
        cmocka_unit_test(the_next_time_is_found),
        cmocka_unit_test(clocks_that_change_are_followed),
        cmocka_unit_test(the_search_finds_what_a_walk_finds),
    };

    return cmocka_run_group_tests_name("cron", tests, NULL, NULL);
}
