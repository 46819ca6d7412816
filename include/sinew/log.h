/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging for drivers: sn_log_warn(resource->log, "no answer from %s", port). A logger is a name,
 * dotted; a record below its level costs one load. Any thread; a record blocks for as long as the
 * output's write does.
 */
#ifndef SINEW_LOG_H
#define SINEW_LOG_H

#include "sinew/atomic.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sn_log_level { SN_LOG_DEBUG, SN_LOG_INFO, SN_LOG_WARN, SN_LOG_ERROR };

/* A name and its level; lives as long as the process. Members are log.c's. */
struct sn_logger {
    struct sn_logger *next;
    atomic_int level; /* records below it are disabled */
    char name[];
};

/* Finds or makes the logger of that name ("rdk.resource_manager"). Never NULL. */
struct sn_logger *sn_logger_get(const char *name);

static inline bool sn_log_enabled(const struct sn_logger *logger, enum sn_log_level level)
{
    return (int)level >= atomic_load_explicit(&logger->level, memory_order_relaxed);
}

/* `fields` is one line of JSON ("{...}") or NULL. The message is cut at SN_LOG_MESSAGE_MAX bytes;
 * newlines in it are written as they are, as upstream does. */
void sn_log_write(const struct sn_logger *logger, enum sn_log_level level, const char *file,
                  int line, const char *fields, const char *format, ...) SN_PRINTF(6, 7);
enum { SN_LOG_MESSAGE_MAX = 16384 };

/* Writes {"key":"value",...} from pairs of strings, ended by NULL, into `buffer` and returns it.
 * A pair that does not fit is left out; `size` is 4 at least. */
const char *sn_log_pairs(char *buffer, size_t size, ...) __attribute__((sentinel));
enum { SN_LOG_PAIRS_MAX = 2048 };

/* For `fields` below: SN_LOG_PAIRS("resource", name, "model", model). */
#define SN_LOG_PAIRS(...) \
    sn_log_pairs((char[SN_LOG_PAIRS_MAX]){""}, SN_LOG_PAIRS_MAX, __VA_ARGS__, (char *)NULL)

/* `fields` is evaluated only when the record is enabled. */
#define sn_log_fields(logger, level, fields, ...)                                         \
    do {                                                                                  \
        const struct sn_logger *sn_log_to_ = (logger);                                    \
        if (sn_log_enabled(sn_log_to_, (level)))                                          \
            sn_log_write(sn_log_to_, (level), __FILE__, __LINE__, (fields), __VA_ARGS__); \
    } while (0)
#define sn_log_debug(logger, ...) sn_log_fields(logger, SN_LOG_DEBUG, NULL, __VA_ARGS__)
#define sn_log_info(logger, ...) sn_log_fields(logger, SN_LOG_INFO, NULL, __VA_ARGS__)
#define sn_log_warn(logger, ...) sn_log_fields(logger, SN_LOG_WARN, NULL, __VA_ARGS__)
#define sn_log_error(logger, ...) sn_log_fields(logger, SN_LOG_ERROR, NULL, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
