/* SPDX-License-Identifier: Apache-2.0
 *
 * Error codes. A function that can fail returns `int`: 0, or a negative SN_ERR_* (never a positive
 * value, except SN_PENDING where its header says so). The codes are the negated gRPC status codes,
 * so that no second table maps ours to the wire's.
 * Source: gRPC core documentation, "Status codes and their use in gRPC".
 */
#ifndef SINEW_ERR_H
#define SINEW_ERR_H

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, gRPC status code, HTTP status, text) */
#define SN_ERR_MAP(X)                                         \
    X(CANCELLED, 1, 499, "context canceled")                  \
    X(UNKNOWN, 2, 500, "unknown")                             \
    X(INVALID_ARGUMENT, 3, 400, "invalid argument")           \
    X(DEADLINE_EXCEEDED, 4, 504, "context deadline exceeded") \
    X(NOT_FOUND, 5, 404, "not found")                         \
    X(ALREADY_EXISTS, 6, 409, "already exists")               \
    X(PERMISSION_DENIED, 7, 403, "permission denied")         \
    X(RESOURCE_EXHAUSTED, 8, 429, "resource exhausted")       \
    X(FAILED_PRECONDITION, 9, 400, "failed precondition")     \
    X(ABORTED, 10, 409, "aborted")                            \
    X(OUT_OF_RANGE, 11, 400, "out of range")                  \
    X(UNIMPLEMENTED, 12, 501, "unimplemented")                \
    X(INTERNAL, 13, 500, "internal")                          \
    X(UNAVAILABLE, 14, 503, "unavailable")                    \
    X(DATA_LOSS, 15, 500, "data loss")                        \
    X(UNAUTHENTICATED, 16, 401, "unauthenticated")

enum sn_err {
    SN_OK = 0,
#define SN_ERR_ENUM(name, code, http, text) SN_ERR_##name = -(code),
    SN_ERR_MAP(SN_ERR_ENUM)
#undef SN_ERR_ENUM
};

/* Not an error: the operation goes on and reports later through sn_call_done(). */
#define SN_PENDING 1

#define SN_MUST_USE __attribute__((warn_unused_result))
#define SN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Texts longer than this are cut: they name one thing, one value and what is allowed. */
enum { SN_ERROR_TEXT_MAX = 1024 };

/* An error with its explanation, in the caller's memory. Used where there is no call to carry the
 * text (reading a config, opening a port). */
struct sn_error {
    int code; /* 0 or SN_ERR_* */
    char text[SN_ERROR_TEXT_MAX];
};

/* Fills `error` (may be NULL) and returns `code`, so that it can stand in a return statement. */
int sn_error_set(struct sn_error *error, int code, const char *format, ...) SN_PRINTF(3, 4);
int sn_error_vset(struct sn_error *error, int code, const char *format, va_list args)
    SN_PRINTF(3, 0);

/* Static text of a code, e.g. "not found"; "ok" for 0. Never NULL. */
const char *sn_err_text(int code);

/* HTTP status of a code, as grpc-gateway maps it; 200 for 0. */
int sn_err_http(int code);

#ifdef __cplusplus
}
#endif

#endif
