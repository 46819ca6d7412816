/* SPDX-License-Identifier: Apache-2.0
 *
 * The log itself: which records (sinew/log.h) are written, and where. One record is one line on
 * standard output (or in a file), tab separated:
 *
 *   2026-01-31T12:00:00.000Z  INFO  rdk.resource_manager  robot/build.c:41  message {"key":"value"}
 *
 * A logger is a name, dotted; the level in force for it is worked out when it is made and when the
 * levels change, so that a disabled record costs one load. Loggers and records may be used from any
 * thread; configuring belongs to the loop thread. A record blocks for as long as the output's write
 * does; an output that fails or is full loses lines and never ends the process (who writes to a
 * pipe ignores SIGPIPE).
 * Source of the line's form, of the patterns and of repeats: the reference server's output.
 */
#ifndef SN_BASE_LOG_H
#define SN_BASE_LOG_H

#include "sinew/log.h"

#include <stdint.h>

/* The level of loggers that no pattern matches; at debug, patterns are ignored. INFO at start. */
void sn_log_set_level(enum sn_log_level level);

/* Parses "debug", "info", "warn", "warning", "error", any case. INVALID_ARGUMENT. */
int sn_log_parse_level(const char *text, enum sn_log_level *ret_level) SN_MUST_USE;

/* Sets the level of every logger, present and future, whose name matches `pattern`: anchored, "*"
 * stands for any run of characters, dots included. Of several that match the last set wins; a
 * logger that none matches takes the level of the one above it ("rdk.net" of "rdk").
 * INVALID_ARGUMENT for a pattern that is empty, longer than SN_LOG_PATTERN_MAX or has an empty
 * part. */
int sn_log_set_pattern(const char *pattern, enum sn_log_level level) SN_MUST_USE;
void sn_log_clear_patterns(void);
enum { SN_LOG_PATTERN_MAX = 1024 };

/* More than 3 equal records within a minute are dropped and summed up at its end. On at start;
 * always off at debug level. */
void sn_log_set_dedup(bool on);

/* Where lines go besides or instead of standard output: appended to `path`. The last call
 * wins. UNAVAILABLE with the reason in `error`. */
int sn_log_to_file(const char *path, bool and_stdout, struct sn_error *error) SN_MUST_USE;

/* Somebody else who writes records: a module's go to the machine it belongs to. */
struct sn_log_sink {
    /* Takes a record, or says false: then it becomes a line as ever. Any thread; it must neither
     * block nor log. Everything is borrowed; `file` and `fields` may be NULL. */
    bool (*write)(struct sn_log_sink *sink, int64_t time_ns, const char *name,
                  enum sn_log_level level, const char *file, int line, const char *fields,
                  struct sn_str message);
};
/* NULL: none any more. It is not in use when this has returned. */
void sn_log_to_sink(struct sn_log_sink *sink);

/* Writes the summaries that are due (the loop calls it now and then; `final`: all of them). */
void sn_log_flush(bool final);

/* Where time comes from, in ns since 1970 (tests); NULL: the system. */
void sn_log_set_clock(int64_t (*now_ns)(void));

/* A record of somebody else's (a module, a client), under the name it brings: not filtered by
 * level, not counted as a repeat. `file` and `fields` may be NULL. */
void sn_log_relay(struct sn_str name, enum sn_log_level level, const char *file, int line,
                  const char *fields, struct sn_str message);

#endif
