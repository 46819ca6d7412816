/* SPDX-License-Identifier: Apache-2.0
 *
 * Read by clang-tidy before each file (tools/check): functions that return the error code they are
 * given. Without this the analyzer believes that they may return 0, goes on behind the `if (code)`
 * and reports results that were never meant to be read.
 */
#ifndef TOOLS_TIDY_H
#define TOOLS_TIDY_H

#define sn_error_set(error, code, ...) ((void)sn_error_set(error, code, __VA_ARGS__), (code))
#define sn_call_fail(call, code, ...) ((void)sn_call_fail(call, code, __VA_ARGS__), (code))

#endif
