/* SPDX-License-Identifier: Apache-2.0
 *
 * Values written as text.
 */
#include "base/text.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name; /* a prefix of none that follows it */
    int64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\u00b5s", 1000}, /* micro sign */
    {"\u03bcs", 1000}, /* Greek mu */
    {"ms", 1000000},
    {"s", INT64_C(1000000000)},
    {"m", INT64_C(60000000000)},
    {"h", INT64_C(3600000000000)},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The unit is everything up to the next number. 0 when it isn't one. */
static int64_t take_unit(const char **text, size_t *ret_len)
{
    const char *begin = *text;
    size_t len = 0;

    while (begin[len] && begin[len] != '.' && !is_digit(begin[len]))
        len++;
    *text += len;
    *ret_len = len;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, begin, len) == 0)
            return units[i].ns;
    }
    return 0;
}

struct number {
    int64_t whole;
    int64_t fraction; /* divided by scale */
    double scale;
};

/* Digits of a fraction past what an int64 holds no longer matter. */
static const char *take_fraction(const char *p, struct number *number)
{
    for (; is_digit(*p); p++) {
        if (number->fraction <= (INT64_MAX - 9) / 10) {
            number->fraction = number->fraction * 10 + (*p - '0');
            number->scale *= 10;
        }
    }
    return p;
}

/* False when there is no digit or the whole part overflows. */
static bool take_number(const char **text, struct number *ret_number)
{
    const char *p = *text, *digits;
    struct number number = {.scale = 1};

    for (digits = p; is_digit(*p); p++) {
        if (__builtin_mul_overflow(number.whole, 10, &number.whole) ||
            __builtin_add_overflow(number.whole, *p - '0', &number.whole))
            return false;
    }
    bool any = p > digits;
    if (*p == '.') {
        digits = p + 1;
        p = take_fraction(digits, &number);
        any = any || p > digits;
    }
    *text = p;
    *ret_number = number;
    return any;
}

static bool add_part(int64_t *sum, const struct number *number, int64_t unit)
{
    double fraction = (double)number->fraction * ((double)unit / number->scale);
    int64_t ns;

    return !__builtin_mul_overflow(number->whole, unit, &ns) &&
           !__builtin_add_overflow(ns, (int64_t)fraction, &ns) &&
           !__builtin_add_overflow(*sum, ns, sum);
}

int sn_text_duration(const char *text, int64_t *ret_ns, struct sn_error *error)
{
    const char *p = text;
    bool negative = *p == '-';
    int64_t sum = 0;

    if (*p == '-' || *p == '+')
        p++;
    if (strcmp(p, "0") == 0) {
        *ret_ns = 0;
        return 0;
    }
    do {
        struct number number;
        size_t unit_len;

        if (!take_number(&p, &number))
            break;
        int64_t unit = take_unit(&p, &unit_len);
        if (unit_len == 0)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "time: missing unit in duration \"%s\"", text);
        if (!unit)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "time: unknown unit \"%.*s\" in duration \"%s\"", (int)unit_len,
                                p - unit_len, text);
        if (!add_part(&sum, &number, unit))
            break;
        if (!*p) {
            *ret_ns = negative ? -sum : sum;
            return 0;
        }
    } while (true);
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "time: invalid duration \"%s\"", text);
}

bool sn_text_clean_path(char *path)
{
    char *out = path, *next = path;

    while (*next) {
        size_t len = strcspn(next, "/");
        bool is_dot = len == 1 && next[0] == '.';
        bool is_up = len == 2 && next[0] == '.' && next[1] == '.';

        if (is_up) {
            if (out == path)
                return false;
            do
                out--;
            while (out > path && *out != '/');
        } else if (len && !is_dot) {
            if (out != path)
                *out++ = '/';
            memmove(out, next, len);
            out += len;
        }
        next += len;
        while (*next == '/')
            next++;
    }
    *out = '\0';
    return true;
}
