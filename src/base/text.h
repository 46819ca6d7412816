/* SPDX-License-Identifier: Apache-2.0
 *
 * Values written as text in configs and environments. Pure functions, any thread.
 */
#ifndef SN_BASE_TEXT_H
#define SN_BASE_TEXT_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>

/* A duration such as "1.5s", "2m30s", "-100ms", "0"; units ns, us, µs, ms, s, m, h. `ret_ns` is in
 * nanoseconds. INVALID_ARGUMENT with upstream's text.
 * Source: Go's package documentation of time.ParseDuration. */
int sn_text_duration(const char *text, int64_t *ret_ns, struct sn_error *error) SN_MUST_USE;

/* Takes ".", ".." and doubled "/" out of a relative path, in place, without looking at any disk; a
 * leading "/" counts for nothing. False when it leads out of where it begins (`path` is spoilt
 * then). Where it begins is "". */
bool sn_text_clean_path(char *path) SN_MUST_USE;

#endif
