/* SPDX-License-Identifier: Apache-2.0
 *
 * Logging. One record is one line on standard output (or in a file), tab separated:
 *
 *   2026-01-31T12:00:00.000Z  INFO  rdk.resource_manager  robot/build.c:41  message {"key":"value"}
 *
 * A logger is a name, dotted; the level in force for it is worked out when it is made and when the
 * levels change. Loggers and records may be used from any thread; configuring belongs to the loop
 * thread.
 */
#ifndef SN_BASE_LOG_H
#define SN_BASE_LOG_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stdint.h>

enum sn_log_level { SN_LOG_DEBUG, SN_LOG_INFO, SN_LOG_WARN, SN_LOG_ERROR };

struct sn_logger; /* a name and its level; lives as long as the process */

/* Finds or makes the logger of that name ("rdk.resource_manager"). Never NULL. */
struct sn_logger *sn_logger_get(const char *name);

/* The level of loggers that no pattern matches. */
void sn_log_set_level(enum sn_log_level level);

/* Parses "debug", "info", "warn", "warning", "error", any case. */
int sn_log_parse_level(const char *text, enum sn_log_level *ret_level) SN_MUST_USE;

/* Sets the level of every logger, present and future, whose name matches `pattern` (dot-separated
 * parts, "*" stands for any run of characters within one name, anchored). Of several that match the
 * last set wins. INVALID_ARGUMENT on a malformed pattern. */
int sn_log_set_pattern(const char *pattern, enum sn_log_level level) SN_MUST_USE;
void sn_log_clear_patterns(void);

/* More than 3 equal records within a minute are dropped and summed up at its end. On at start;
 * always off at debug level. */
void sn_log_set_dedup(bool on);

/* Where lines go besides or instead of standard output. UNAVAILABLE with the reason in `error`. */
int sn_log_to_file(const char *path, bool and_stdout, struct sn_error *error) SN_MUST_USE;

/* Writes the summaries that are due (the loop calls it now and then; `final`: all of them). */
void sn_log_flush(bool final);

bool sn_log_enabled(const struct sn_logger *logger, enum sn_log_level level);

/* `fields` is one line of JSON ("{...}") or NULL. The message is cut at 16 KiB; newlines in it are
 * written as they are, as upstream does. */
void sn_log_write(struct sn_logger *logger, enum sn_log_level level, const char *file, int line,
                  const char *fields, const char *format, ...) SN_PRINTF(6, 7);

#define sn_log_fields(logger, level, fields, ...)                                         \
    do {                                                                                  \
        struct sn_logger *sn_log_to_ = (logger);                                          \
        if (sn_log_enabled(sn_log_to_, (level)))                                          \
            sn_log_write(sn_log_to_, (level), __FILE__, __LINE__, (fields), __VA_ARGS__); \
    } while (0)
#define sn_log_debug(logger, ...) sn_log_fields(logger, SN_LOG_DEBUG, NULL, __VA_ARGS__)
#define sn_log_info(logger, ...) sn_log_fields(logger, SN_LOG_INFO, NULL, __VA_ARGS__)
#define sn_log_warn(logger, ...) sn_log_fields(logger, SN_LOG_WARN, NULL, __VA_ARGS__)
#define sn_log_error(logger, ...) sn_log_fields(logger, SN_LOG_ERROR, NULL, __VA_ARGS__)

#endif
