/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps and durations. Days are counted in 400-year eras that start on March 1, so that the
 * leap day is the last of its year.
 * Source: comments of google/protobuf/timestamp.proto and duration.proto; RFC 3339.
 */
#include "sinew/time.h"

#define NS_PER_S INT64_C(1000000000)
#define DURATION_MAX_S INT64_C(315576000000)
#define TIMESTAMP_MIN_S INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

enum {
    SECONDS_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,
    YEARS_PER_ERA = 400,
    EPOCH_DAY = 719468, /* 1970-01-01 from 0000-03-01 */
};

struct pb_google_timestamp sn_pb_timestamp_of(int64_t ns)
{
    int64_t seconds = ns / NS_PER_S, nanos = ns % NS_PER_S;

    if (nanos < 0) { /* nanos always count forward */
        nanos += NS_PER_S;
        seconds--;
    }
    return (struct pb_google_timestamp){.seconds = seconds, .nanos = (int32_t)nanos};
}

struct pb_google_duration sn_pb_duration_of(int64_t ns)
{
    return (struct pb_google_duration){.seconds = ns / NS_PER_S, .nanos = (int32_t)(ns % NS_PER_S)};
}

static int64_t ns_of(int64_t seconds, int32_t nanos)
{
    int64_t ns;

    /* Moved towards zero by a second first: INT64_MIN's own second alone is out of range. */
    if (seconds < 0 && nanos > 0) {
        seconds++;
        nanos -= (int32_t)NS_PER_S;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) || __builtin_add_overflow(ns, nanos, &ns))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

int64_t sn_pb_timestamp_ns(const struct pb_google_timestamp *timestamp)
{
    return timestamp ? ns_of(timestamp->seconds, timestamp->nanos) : 0;
}

int64_t sn_pb_duration_ns(const struct pb_google_duration *duration)
{
    return duration ? ns_of(duration->seconds, duration->nanos) : 0;
}

/* `value` in `digits` digits; returns the end. */
static char *digits_print(char *p, uint32_t value, int digits)
{
    for (int i = digits; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + digits;
}

/* "", ".021", ".000021" or ".000000021". */
static char *fraction_print(char *p, uint32_t nanos)
{
    if (nanos == 0)
        return p;
    *p++ = '.';
    if (nanos % 1000000 == 0)
        return digits_print(p, nanos / 1000000, 3);
    if (nanos % 1000 == 0)
        return digits_print(p, nanos / 1000, 6);
    return digits_print(p, nanos, 9);
}

/* Days from 0000-03-01, not negative, to "YYYY-MM-DD". */
static char *date_print(char *p, uint32_t days)
{
    uint32_t era = days / DAYS_PER_ERA, day = days % DAYS_PER_ERA;
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;

    day -= 365 * year + year / 4 - year / 100;
    uint32_t march_month = (5 * day + 2) / 153;
    day -= (153 * march_month + 2) / 5;
    uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    p = digits_print(p, era * YEARS_PER_ERA + year + (month <= 2), 4);
    *p++ = '-';
    p = digits_print(p, month, 2);
    *p++ = '-';
    return digits_print(p, day + 1, 2);
}

static char *time_print(char *p, uint32_t second)
{
    p = digits_print(p, second / 3600, 2);
    *p++ = ':';
    p = digits_print(p, second / 60 % 60, 2);
    *p++ = ':';
    return digits_print(p, second % 60, 2);
}

int sn_pb_timestamp_print(const struct pb_google_timestamp *timestamp,
                          char text[SN_PB_TIME_TEXT_MAX])
{
    int64_t seconds = timestamp->seconds;
    char *p = text;

    if (seconds < TIMESTAMP_MIN_S || seconds > TIMESTAMP_MAX_S || timestamp->nanos < 0 ||
        timestamp->nanos >= NS_PER_S)
        return SN_ERR_OUT_OF_RANGE;
    uint64_t since = (uint64_t)(seconds + (int64_t)EPOCH_DAY * SECONDS_PER_DAY);
    p = date_print(p, (uint32_t)(since / SECONDS_PER_DAY));
    *p++ = 'T';
    p = time_print(p, (uint32_t)(since % SECONDS_PER_DAY));
    p = fraction_print(p, (uint32_t)timestamp->nanos);
    *p++ = 'Z';
    *p = '\0';
    return (int)(p - text);
}

static bool duration_is_valid(const struct pb_google_duration *duration)
{
    int64_t seconds = duration->seconds, nanos = duration->nanos;

    return seconds >= -DURATION_MAX_S && seconds <= DURATION_MAX_S && nanos > -NS_PER_S &&
           nanos < NS_PER_S && (seconds <= 0 || nanos >= 0) && (seconds >= 0 || nanos <= 0);
}

int sn_pb_duration_print(const struct pb_google_duration *duration, char text[SN_PB_TIME_TEXT_MAX])
{
    char digits[SN_PB_TIME_TEXT_MAX];
    char *p = text;
    int n = 0;

    if (!duration_is_valid(duration))
        return SN_ERR_OUT_OF_RANGE;
    if (duration->seconds < 0 || duration->nanos < 0)
        *p++ = '-';
    uint64_t seconds = (uint64_t)(duration->seconds < 0 ? -duration->seconds : duration->seconds);
    do {
        digits[n++] = (char)('0' + seconds % 10);
    } while (seconds /= 10);
    while (n > 0)
        *p++ = digits[--n];
    p = fraction_print(p, (uint32_t)(duration->nanos < 0 ? -duration->nanos : duration->nanos));
    *p++ = 's';
    *p = '\0';
    return (int)(p - text);
}

/* Reading: a cursor over the text; each function takes what it expects or returns false. */
static bool digits_take(struct sn_str *text, int digits, uint32_t *ret_value)
{
    uint32_t value = 0;

    if (text->len < (size_t)digits)
        return false;
    for (int i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)text->ptr[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *text = (struct sn_str){text->ptr + digits, text->len - (size_t)digits};
    *ret_value = value;
    return true;
}

static bool char_take(struct sn_str *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c)
        return false;
    *text = (struct sn_str){text->ptr + 1, text->len - 1};
    return true;
}

/* Nothing, or a point and 1 to 9 digits, as nanoseconds. */
static bool fraction_take(struct sn_str *text, uint32_t *ret_nanos)
{
    uint32_t nanos = 0, digit, scale = (uint32_t)NS_PER_S / 10;

    *ret_nanos = 0;
    if (!char_take(text, '.'))
        return true;
    if (!digits_take(text, 1, &digit))
        return false;
    do {
        nanos += digit * scale;
        scale /= 10;
    } while (scale && digits_take(text, 1, &digit));
    *ret_nanos = nanos;
    return true;
}

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* "YYYY-MM-DD" as days since 1970. */
static bool date_take(struct sn_str *text, int64_t *ret_days)
{
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year, month, day;

    if (!digits_take(text, 4, &year) || !char_take(text, '-') || !digits_take(text, 2, &month) ||
        !char_take(text, '-') || !digits_take(text, 2, &day))
        return false;
    if (year == 0 || month == 0 || month > 12 || day == 0 ||
        day > month_days[month - 1] + (uint32_t)(month == 2 && is_leap(year)))
        return false;
    uint32_t march_year = month <= 2 ? year - 1 : year;
    uint32_t march_month = month <= 2 ? month + 9 : month - 3;
    *ret_days = (int64_t)march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400 +
                (153 * march_month + 2) / 5 + day - 1 - EPOCH_DAY;
    return true;
}

static bool hour_minute_take(struct sn_str *text, int64_t *ret_seconds)
{
    uint32_t hour, minute;

    if (!digits_take(text, 2, &hour) || !char_take(text, ':') || !digits_take(text, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *ret_seconds = (int64_t)hour * 3600 + (int64_t)minute * 60;
    return true;
}

/* "Z" or "+01:00": seconds to subtract. */
static bool offset_take(struct sn_str *text, int64_t *ret_seconds)
{
    *ret_seconds = 0;
    if (char_take(text, 'Z'))
        return true;
    bool negative = char_take(text, '-');
    if ((!negative && !char_take(text, '+')) || !hour_minute_take(text, ret_seconds))
        return false;
    if (negative)
        *ret_seconds = -*ret_seconds;
    return true;
}

int sn_pb_timestamp_parse(struct sn_str text, struct pb_google_timestamp *ret)
{
    int64_t days, time, offset;
    uint32_t second, nanos;

    if (!date_take(&text, &days) || !char_take(&text, 'T') || !hour_minute_take(&text, &time) ||
        !char_take(&text, ':') || !digits_take(&text, 2, &second) || second > 59 ||
        !fraction_take(&text, &nanos) || !offset_take(&text, &offset) || text.len)
        return SN_ERR_INVALID_ARGUMENT;
    int64_t seconds = days * SECONDS_PER_DAY + time + second - offset;
    if (seconds < TIMESTAMP_MIN_S || seconds > TIMESTAMP_MAX_S)
        return SN_ERR_OUT_OF_RANGE;
    ret->seconds = seconds;
    ret->nanos = (int32_t)nanos;
    return 0;
}

int sn_pb_duration_parse(struct sn_str text, struct pb_google_duration *ret)
{
    bool negative = char_take(&text, '-');
    int64_t seconds = 0;
    uint32_t digit, nanos;

    if (!digits_take(&text, 1, &digit))
        return SN_ERR_INVALID_ARGUMENT;
    do {
        seconds = seconds * 10 + digit;
        if (seconds > DURATION_MAX_S)
            return SN_ERR_OUT_OF_RANGE;
    } while (digits_take(&text, 1, &digit));
    if (!fraction_take(&text, &nanos) || !char_take(&text, 's') || text.len)
        return SN_ERR_INVALID_ARGUMENT;
    struct pb_google_duration duration = {.seconds = negative ? -seconds : seconds,
                                          .nanos = negative ? -(int32_t)nanos : (int32_t)nanos};
    if (!duration_is_valid(&duration))
        return SN_ERR_OUT_OF_RANGE;
    *ret = duration;
    return 0;
}
