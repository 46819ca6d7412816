/* SPDX-License-Identifier: Apache-2.0
 *
 * Cron's times. The next one is found by steps: whole months that don't fit are passed over, then
 * days, hours, minutes, seconds. A step is taken in local time and ends where the clocks change.
 */
#include "base/cron.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, FIELDS = 6, TEXT_MAX = 256, SET_BITS = 64 };

#define NS_PER_SECOND INT64_C(1000000000)

/* ---- reading ---- */

struct field {
    unsigned min, max;
    const char *const *names; /* of min and on, or NULL */
};

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                     "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

/* In the order they are written. */
static const struct field fields[FIELDS] = {
    {0, 59, NULL}, {0, 59, NULL}, {0, 23, NULL}, {1, 31, NULL}, {1, 12, months}, {0, 6, weekdays},
};
enum { SECONDS, MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS };

/* Takes what is before the first `separator` off the front of `text`, in place. Returns it; NULL
 * when nothing is left. */
static char *take(char **text, char separator)
{
    char *begin = *text;

    if (!begin)
        return NULL;
    char *end = strchr(begin, separator);
    if (end)
        *end++ = '\0';
    *text = end;
    return begin;
}

static int read_number(const char *text, unsigned *ret, struct sn_error *error)
{
    char *end;
    bool signs = text[0] == '+' || text[0] == '-';

    if (!isdigit((unsigned char)text[signs]))
        return sn_error_set(
            error, SN_ERR_INVALID_ARGUMENT,
            "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", text,
            text);
    errno = 0;
    long number = strtol(text, &end, 10);
    if (*end)
        return sn_error_set(
            error, SN_ERR_INVALID_ARGUMENT,
            "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", text,
            text);
    if (errno)
        return sn_error_set(
            error, SN_ERR_INVALID_ARGUMENT,
            "failed to parse int from %s: strconv.Atoi: parsing \"%s\": value out of range", text,
            text);
    if (number < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "negative number (%ld) not allowed: %s",
                            number, text);
    *ret = number > 1000000000 ? 1000000000 : (unsigned)number;
    return 0;
}

static int read_name_or_number(const struct field *field, const char *text, unsigned *ret,
                               struct sn_error *error)
{
    for (unsigned i = 0; field->names && field->names[i]; i++)
        if (strcasecmp(text, field->names[i]) == 0) {
            *ret = field->min + i;
            return 0;
        }
    return read_number(text, ret, error);
}

struct range {
    unsigned begin, end, step;
    bool any; /* "*" */
};

/* "*", "3", "1-5" */
static int read_span(const struct field *field, char *text, const char *whole, struct range *range,
                     bool *ret_single, struct sn_error *error)
{
    char *rest = text;
    const char *begin = take(&rest, '-');
    const char *end = take(&rest, '-');

    *ret_single = !end;
    if (strcmp(begin, "*") == 0 || strcmp(begin, "?") == 0) {
        *range = (struct range){field->min, field->max, 1, true};
        return 0;
    }
    int code = read_name_or_number(field, begin, &range->begin, error);
    if (code)
        return code;
    range->end = range->begin;
    if (end && rest)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "too many hyphens: %s", whole);
    return end ? read_name_or_number(field, end, &range->end, error) : 0;
}

static int check_range(const struct field *field, const struct range *range, const char *whole,
                       struct sn_error *error)
{
    if (range->begin < field->min)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "beginning of range (%u) below minimum (%u): %s", range->begin,
                            field->min, whole);
    if (range->end > field->max)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "end of range (%u) above maximum (%u): %s", range->end, field->max,
                            whole);
    if (range->begin > range->end)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "beginning of range (%u) beyond end of range (%u): %s", range->begin,
                            range->end, whole);
    if (range->step == 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "step of range should be a positive number: %s", whole);
    return 0;
}

/* A span, and behind a slash a step. */
static int read_range(const struct field *field, const char *whole, struct range *range,
                      struct sn_error *error)
{
    char copy[TEXT_MAX], *rest = copy;
    bool single;

    *range = (struct range){.step = 1};
    snprintf(copy, sizeof(copy), "%s", whole);
    char *span = take(&rest, '/');
    const char *step = take(&rest, '/');
    int code = read_span(field, span, whole, range, &single, error);
    if (code)
        return code;
    if (step && rest)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "too many slashes: %s", whole);
    if (step) {
        code = read_number(step, &range->step, error);
        if (code)
            return code;
        if (single)
            range->end = field->max;
        if (range->step > 1)
            range->any = false;
    }
    return check_range(field, range, whole, error);
}

static int read_field(const struct field *field, char *text, uint64_t *ret_set, bool *ret_any,
                      struct sn_error *error)
{
    char *part;

    while ((part = take(&text, ','))) {
        struct range range;

        if (!*part)
            continue;
        int code = read_range(field, part, &range, error);
        if (code)
            return code;
        for (uint64_t i = range.begin; i <= range.end && i < SET_BITS; i += range.step)
            *ret_set |= UINT64_C(1) << i;
        *ret_any |= range.any;
    }
    return 0;
}

static int read_fields(const char *text, bool with_seconds, struct sn_cron *cron,
                       struct sn_error *error)
{
    char copy[TEXT_MAX], listed[TEXT_MAX + 1] = "", *words[FIELDS + 1] = {NULL}, *state = NULL;
    uint64_t *const sets[FIELDS] = {&cron->seconds, &cron->minutes, &cron->hours,
                                    &cron->days,    &cron->months,  &cron->weekdays};
    int least = FIELDS - 1, most = with_seconds ? FIELDS : FIELDS - 1, count = 0;
    bool any[FIELDS] = {false};

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, " \t\n\v\f\r", &state); word;
         word = strtok_r(NULL, " \t\n\v\f\r", &state)) {
        size_t used = strlen(listed);

        snprintf(listed + used, sizeof(listed) - used, "%s%s", used ? " " : "", word);
        if (count < FIELDS)
            words[count] = word;
        count++;
    }
    if (count < least || count > most)
        return with_seconds ? sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                           "expected %d to %d fields, found %d: [%s]", least, most,
                                           count, listed)
                            : sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                           "expected exactly %d fields, found %d: [%s]", most,
                                           count, listed);
    int first = count == FIELDS ? SECONDS : MINUTES, code = 0;
    cron->seconds = 1;
    if (first == SECONDS)
        cron->seconds = 0;
    for (int i = first; i < FIELDS && !code; i++)
        code = read_field(&fields[i], words[i - first], sets[i], &any[i], error);
    cron->any_day = any[DAYS];
    cron->any_weekday = any[WEEKDAYS];
    return code;
}

/* "@daily" */
static int read_descriptor(const char *text, struct sn_cron *cron, struct sn_error *error)
{
    static const char *const rows[][2] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
    };
    static const char every[] = "@every ";
    struct sn_error cause;
    int64_t ns;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(text, rows[i][0]) == 0)
            return read_fields(rows[i][1], false, cron, error);
    if (strncmp(text, every, sizeof(every) - 1) != 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "unrecognized descriptor: %s", text);
    if (sn_text_duration(text + sizeof(every) - 1, &ns, &cause))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "failed to parse duration %s: %s", text,
                            cause.text);
    cron->every_s = ns < NS_PER_SECOND ? 1 : (uint64_t)(ns / NS_PER_SECOND);
    return 0;
}

/* "TZ=UTC " */
static int read_zone(const char **text, struct sn_cron *cron, struct sn_error *error)
{
    static const char *const prefixes[] = {"TZ=", "CRON_TZ="};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(prefixes[i]);

        if (strncmp(*text, prefixes[i], len) != 0)
            continue;
        const char *name = *text + len;
        size_t name_len = strcspn(name, " ");
        cron->utc = name_len == 3 && strncmp(name, "UTC", 3) == 0;
        if (!cron->utc && !(name_len == 5 && strncmp(name, "Local", 5) == 0))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "provided bad location %.*s: only UTC and Local can be named",
                                (int)name_len, name);
        *text = name + name_len + strspn(name + name_len, " ");
    }
    return 0;
}

int sn_cron_parse(const char *text, bool with_seconds, struct sn_cron *ret_cron,
                  struct sn_error *error)
{
    *ret_cron = (struct sn_cron){0};
    if (strlen(text) >= TEXT_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "an expression of %zu bytes; %d at most", strlen(text), TEXT_MAX - 1);
    int code = read_zone(&text, ret_cron, error);
    if (code)
        return code;
    return text[0] == '@' ? read_descriptor(text, ret_cron, error)
                          : read_fields(text, with_seconds, ret_cron, error);
}

/* ---- finding ---- */

/* A local time, in fields. */
struct local {
    int64_t year;
    unsigned month, day, weekday, hour, minute, second;
};

/* Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static struct local local_of(int64_t s)
{
    int64_t days = s >= 0 ? s / DAY : -((-s + DAY - 1) / DAY);
    unsigned in_day = (unsigned)(s - days * DAY);
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    unsigned month = mp < 10 ? mp + 3 : mp - 9;

    return (struct local){
        .year = (int64_t)yoe + era * 400 + (month <= 2),
        .month = month,
        .day = doy - (153 * mp + 2) / 5 + 1,
        .weekday = (unsigned)(((days % 7) + 11) % 7),
        .hour = in_day / HOUR,
        .minute = in_day / MINUTE % 60,
        .second = in_day % 60,
    };
}

static unsigned days_in(int64_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (leap && month == 2);
}

static bool has(uint64_t set, unsigned number)
{
    return set >> number & 1;
}

/* With both days given either will do; with one of them "*" both must fit. */
static bool day_fits(const struct sn_cron *cron, const struct local *local)
{
    bool day = has(cron->days, local->day), weekday = has(cron->weekdays, local->weekday);

    return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* Seconds of local time to where the next thing begins that may fit; 0: this one does. */
static int64_t until(const struct sn_cron *cron, const struct local *local)
{
    unsigned in_hour = local->minute * MINUTE + local->second;
    unsigned in_day = local->hour * HOUR + in_hour;

    if (!has(cron->months, local->month))
        return (int64_t)(days_in(local->year, local->month) - local->day + 1) * DAY - in_day;
    if (!day_fits(cron, local))
        return DAY - in_day;
    if (!has(cron->hours, local->hour))
        return HOUR - in_hour;
    if (!has(cron->minutes, local->minute))
        return MINUTE - local->second;
    return has(cron->seconds, local->second) ? 0 : 1;
}

static int32_t offset_of(const struct sn_cron *cron, const struct sn_zone *zone, int64_t s)
{
    return cron->utc ? 0 : zone->offset(zone, s);
}

/* `step` seconds of local time later, or, where the clocks change before that, when they do: what
 * comes then may fit. */
static int64_t later(const struct sn_cron *cron, const struct sn_zone *zone, int64_t s,
                     int64_t step)
{
    int64_t before = s, after = s + step;
    int32_t offset = offset_of(cron, zone, after);

    if (offset == offset_of(cron, zone, s))
        return after;
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;

        if (offset_of(cron, zone, middle) == offset)
            after = middle;
        else
            before = middle;
    }
    return after;
}

bool sn_cron_next(const struct sn_cron *cron, const struct sn_zone *zone, int64_t after_s,
                  int64_t *ret_s)
{
    int64_t s = after_s + 1, end = after_s + (int64_t)SN_CRON_YEARS * 366 * DAY;

    if (cron->every_s) {
        *ret_s = after_s + (int64_t)cron->every_s;
        return true;
    }
    while (s < end) {
        struct local local = local_of(s + offset_of(cron, zone, s));
        int64_t step = until(cron, &local);

        if (step == 0) {
            *ret_s = s;
            return true;
        }
        s = later(cron, zone, s, step);
    }
    return false;
}

/* ---- the system's zone ---- */

static int32_t local_offset(const struct sn_zone *zone, int64_t unix_s)
{
    time_t time = unix_s;
    struct tm tm;

    return localtime_r(&time, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

const struct sn_zone sn_zone_local = {local_offset};
