/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers between text and binary. The C library converts what the exact ways here do not cover;
 * it is given and asked for digits without a decimal point, which depends on the locale.
 */
#include "wire/pb/json_number.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

/* A decimal number taken apart: digits * 10^exponent. */
struct decimal {
    bool negative;
    uint64_t digits; /* of the significant ones, when there are not too many */
    int count;       /* significant digits, no zero first; the last ones may be zero */
    int64_t exponent;
    struct sn_str mantissa; /* the text before the exponent, sign included */
};

enum {
    DIGITS_MAX = 19,           /* fit into 64 bits whatever they are */
    EXPONENT_MAX = 1000000000, /* clamped here: no text is long enough to make up for it */
};

static size_t digits_len(const char *p, const char *end)
{
    const char *start = p;

    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return (size_t)(p - start);
}

size_t sn_pb_number_len(struct sn_str text)
{
    const char *p = text.ptr, *end = p + text.len;
    size_t n;

    if (p < end && *p == '-')
        p++;
    n = digits_len(p, end);
    if (n == 0 || (n > 1 && *p == '0'))
        return 0;
    p += n;
    if (p < end && *p == '.') {
        n = digits_len(p + 1, end);
        if (n == 0)
            return 0;
        p += 1 + n;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        n = digits_len(p, end);
        if (n == 0)
            return 0;
        p += n;
    }
    return (size_t)(p - text.ptr);
}

/* The number behind the "e". */
static int64_t exponent_read(const char *p, const char *end)
{
    bool negative = p < end && *p == '-';
    int64_t exponent = 0;

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++)
        exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*p - '0') : EXPONENT_MAX;
    return negative ? -exponent : exponent;
}

/* `text` is a number. */
static struct decimal decimal_read(struct sn_str text)
{
    struct decimal d = {.negative = text.ptr[0] == '-', .mantissa = text};
    const char *p = text.ptr + d.negative, *end = text.ptr + text.len;
    bool behind_point = false;

    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            behind_point = true;
            continue;
        }
        if (d.count > 0 || *p != '0')
            d.count++;
        if (d.count <= DIGITS_MAX)
            d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        d.exponent -= behind_point;
    }
    d.mantissa.len = (size_t)(p - text.ptr);
    if (p < end)
        d.exponent += exponent_read(p + 1, end);
    return d;
}

/* The magnitude as an integer. */
static bool decimal_uint64(struct decimal d, uint64_t *ret_value)
{
    uint64_t value = d.digits;

    if (d.count > DIGITS_MAX + 1)
        return false;
    if (d.count == DIGITS_MAX + 1) { /* the last digit has not been taken in */
        struct sn_str m = d.mantissa;
        if (d.exponent != 0 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(m.ptr[m.len - 1] - '0'), &value))
            return false;
    }
    for (; d.exponent < 0 && value % 10 == 0 && value; d.exponent++)
        value /= 10;
    for (; d.exponent > 0 && value; d.exponent--) {
        if (__builtin_mul_overflow(value, 10u, &value))
            return false;
    }
    *ret_value = value;
    return d.exponent == 0 || value == 0;
}

bool sn_pb_number_uint64(struct sn_str text, uint64_t *ret_value)
{
    if (text.len == 0 || sn_pb_number_len(text) != text.len)
        return false;
    struct decimal d = decimal_read(text);
    return decimal_uint64(d, ret_value) && (!d.negative || *ret_value == 0);
}

bool sn_pb_number_int64(struct sn_str text, int64_t *ret_value)
{
    uint64_t value;

    if (text.len == 0 || sn_pb_number_len(text) != text.len)
        return false;
    struct decimal d = decimal_read(text);
    if (!decimal_uint64(d, &value) || value > (uint64_t)INT64_MAX + d.negative)
        return false;
    *ret_value = (int64_t)(d.negative ? 0 - value : value);
    return true;
}

/* The digits without their point and a decimal exponent, for strtod. */
static bool library_double(struct decimal d, struct sn_arena *arena, double *ret_value)
{
    enum { EXPONENT_TEXT_MAX = 24 };
    char *copy = sn_arena_alloc(arena, d.mantissa.len + EXPONENT_TEXT_MAX);
    size_t len = 0;

    if (!copy)
        return false;
    for (size_t i = 0; i < d.mantissa.len; i++) {
        if (d.mantissa.ptr[i] != '.')
            copy[len++] = d.mantissa.ptr[i];
    }
    snprintf(copy + len, EXPONENT_TEXT_MAX, "e%lld", (long long)d.exponent);
    *ret_value = strtod(copy, NULL);
    return true;
}

bool sn_pb_number_double(struct sn_str text, struct sn_arena *arena, double *ret_value)
{
    enum { EXACT_DIGITS = 15, EXACT_POWER = 22 };
    static const double powers[EXACT_POWER + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    struct decimal d = decimal_read(text);

    /* Both operands are exact, so the one operation rounds correctly. */
    if (d.count > EXACT_DIGITS || d.exponent < -EXACT_POWER || d.exponent > EXACT_POWER)
        return library_double(d, arena, ret_value);
    double value = (double)d.digits;
    value = d.exponent < 0 ? value / powers[-d.exponent] : value * powers[d.exponent];
    *ret_value = d.negative ? -value : value;
    return true;
}

static int digits_print(uint64_t value, char *text)
{
    char reversed[SN_PB_NUMBER_TEXT_MAX];
    int n = 0;

    do {
        reversed[n++] = (char)('0' + value % 10);
    } while (value /= 10);
    for (int i = 0; i < n; i++)
        text[i] = reversed[n - 1 - i];
    return n;
}

int sn_pb_uint64_print(uint64_t value, char text[SN_PB_NUMBER_TEXT_MAX])
{
    return digits_print(value, text);
}

int sn_pb_int64_print(int64_t value, char text[SN_PB_NUMBER_TEXT_MAX])
{
    if (value >= 0)
        return digits_print((uint64_t)value, text);
    text[0] = '-';
    return 1 + digits_print(0 - (uint64_t)value, text + 1);
}

/* Takes "-d.ddde-xx" of printf apart: the digits without trailing zeros, and the exponent of the
 * first. Returns how many digits. */
static int scientific_read(const char *scientific, char *digits, int *ret_exponent)
{
    const char *p = scientific;
    int n = 0, kept = 1;

    for (; *p != 'e'; p++) {
        if (*p < '0' || *p > '9')
            continue;
        digits[n++] = *p;
        if (*p != '0')
            kept = n;
    }
    *ret_exponent = (int)exponent_read(p + 1, p + strlen(p));
    return kept;
}

/* Digits and exponent as people write them: plain from 1e-6 to 1e21, else with an exponent. */
static int decimal_print(char *text, bool negative, const char *digits, int n, int exponent)
{
    char *p = text;

    if (negative)
        *p++ = '-';
    if (exponent < -6 || exponent > 20) {
        *p++ = digits[0];
        if (n > 1)
            *p++ = '.';
        memcpy(p, digits + 1, (size_t)n - 1);
        p += n - 1;
        *p++ = 'e';
        if (exponent < 0)
            *p++ = '-';
        return (int)(p - text) + digits_print((uint64_t)abs(exponent), p);
    }
    if (exponent < 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = -1; i > exponent; i--)
            *p++ = '0';
    }
    for (int i = 0; i < n || i <= exponent; i++) {
        *p++ = i < n ? digits[i] : '0';
        if (i == exponent && i + 1 < n)
            *p++ = '.';
    }
    return (int)(p - text);
}

static int real_print(double value, bool single, char text[SN_PB_NUMBER_TEXT_MAX])
{
    /* This many digits are told apart by any value, but for the smallest, which have fewer. */
    int precision = single ? FLT_DIG : DBL_DIG, exponent;
    char scientific[SN_PB_NUMBER_TEXT_MAX], digits[SN_PB_NUMBER_TEXT_MAX] = {0};
    bool same;

    if (__builtin_fabs(value) < (single ? (double)FLT_MIN : DBL_MIN))
        precision = 1;
    do {
        snprintf(scientific, sizeof scientific, "%.*e", precision - 1, value);
        same =
            single ? strtof(scientific, NULL) == (float)value : strtod(scientific, NULL) == value;
        precision++;
    } while (!same);
    int n = scientific_read(scientific, digits, &exponent);
    return decimal_print(text, scientific[0] == '-', digits, n, exponent);
}

int sn_pb_double_print(double value, char text[SN_PB_NUMBER_TEXT_MAX])
{
    const double exact = 1e15; /* whole numbers below have at most 15 digits */

    if (value > -exact && value < exact && value == (double)(int64_t)value &&
        !(value == 0 && __builtin_signbit(value)))
        return sn_pb_int64_print((int64_t)value, text);
    return real_print(value, false, text);
}

int sn_pb_float_print(float value, char text[SN_PB_NUMBER_TEXT_MAX])
{
    return real_print((double)value, true, text);
}
