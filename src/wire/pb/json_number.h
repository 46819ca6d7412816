/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as JSON writes them. Internal to wire/pb. Independent of the locale.
 * Source: RFC 8259, section 6.
 */
#ifndef SINEW_WIRE_PB_JSON_NUMBER_H
#define SINEW_WIRE_PB_JSON_NUMBER_H

#include "sinew/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum { SN_PB_NUMBER_TEXT_MAX = 32 };

/* Length of the number that `text` begins with, 0 when it begins with none. */
size_t sn_pb_number_len(struct sn_str text);

/* A number's text, whole, as an integer: "1e3" and "2.0" are some. False when it is none or out of
 * range. */
bool sn_pb_number_int64(struct sn_str text, int64_t *ret_value);
bool sn_pb_number_uint64(struct sn_str text, uint64_t *ret_value);

/* A number's text as the nearest double; infinite when it is out of range. False when the arena,
 * for a scratch copy, is exhausted. */
bool sn_pb_number_double(struct sn_str text, struct sn_arena *arena, double *ret_value);

/* The shortest text that reads back as the same finite value. Returns its length; no NUL. */
int sn_pb_double_print(double value, char text[SN_PB_NUMBER_TEXT_MAX]);
int sn_pb_float_print(float value, char text[SN_PB_NUMBER_TEXT_MAX]);
int sn_pb_int64_print(int64_t value, char text[SN_PB_NUMBER_TEXT_MAX]);
int sn_pb_uint64_print(uint64_t value, char text[SN_PB_NUMBER_TEXT_MAX]);

#endif
