/* SPDX-License-Identifier: Apache-2.0
 *
 * google.protobuf.Timestamp and Duration as nanoseconds, and their texts in JSON.
 * Thread: any. Nothing blocks.
 * Source: comments of google/protobuf/timestamp.proto and duration.proto.
 */
#ifndef SINEW_TIME_H
#define SINEW_TIME_H

#include "pb/google/protobuf/duration.h"
#include "pb/google/protobuf/timestamp.h"
#include "sinew/pb.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since 1970-01-01 UTC (int64_t: years 1678 to 2262). */
struct pb_google_timestamp sn_pb_timestamp_of(int64_t ns);
struct pb_google_duration sn_pb_duration_of(int64_t ns);

/* Back to nanoseconds; what does not fit becomes INT64_MIN or INT64_MAX. NULL gives 0. */
int64_t sn_pb_timestamp_ns(const struct pb_google_timestamp *timestamp);
int64_t sn_pb_duration_ns(const struct pb_google_duration *duration);

/* Longest text below with its NUL: "-315576000000.999999999s", "9999-12-31T23:59:59.999999999Z". */
enum { SN_PB_TIME_TEXT_MAX = 32 };

/* RFC 3339 in UTC ("1972-01-01T10:00:20.021Z") and seconds ("1.5s"), with 0, 3, 6 or 9 digits.
 * Written to `text` with a NUL; returns the length.
 * Errors: OUT_OF_RANGE (outside years 1 to 9999, ±10,000 years, nanos not of the sign's range). */
int sn_pb_timestamp_print(const struct pb_google_timestamp *timestamp,
                          char text[SN_PB_TIME_TEXT_MAX]) SN_MUST_USE;
int sn_pb_duration_print(const struct pb_google_duration *duration, char text[SN_PB_TIME_TEXT_MAX])
    SN_MUST_USE;

/* The reverse; a timestamp may carry any offset. Errors: INVALID_ARGUMENT, OUT_OF_RANGE. */
int sn_pb_timestamp_parse(struct sn_str text, struct pb_google_timestamp *ret) SN_MUST_USE;
int sn_pb_duration_parse(struct sn_str text, struct pb_google_duration *ret) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
