/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the log hand each other: log.c makes records, log_repeat.c holds back repeats,
 * log_output.c writes lines. Not for other folders.
 */
#ifndef SN_BASE_LOG_RECORD_H
#define SN_BASE_LOG_RECORD_H

#include "base/log.h"
#include "sinew/str.h"

struct sn_log_record {
    int64_t time_ns; /* since 1970 */
    const struct sn_logger *logger;
    enum sn_log_level level;
    const char *file; /* as __FILE__ says; static */
    int line;
    const char *fields; /* JSON or NULL */
    struct sn_str message;
    /* Summary of repeats: how many; 0 for an ordinary record. */
    uint32_t times;
};

/* Gives the record to the sink, or writes it as a line to all outputs. The caller holds the log's
 * output lock. */
void sn_log_output(const struct sn_log_record *record);

/* Lines go to `fd`, and to standard output if `and_stdout`. Takes the descriptor over. Lock as
 * above. */
void sn_log_output_open(int fd, bool and_stdout);

/* Offers records to `sink` first (NULL: no more). Lock as above. */
void sn_log_output_sink(struct sn_log_sink *sink);

/* Counts the record and says whether it is to be written; writes the summary of an older series
 * first. The caller holds the log's output lock. */
bool sn_log_repeat_admit(const struct sn_log_record *record);

/* Writes the summaries of the series that ended before `now_ns`; all of them if `final`. Lock as
 * above. */
void sn_log_repeat_flush(int64_t now_ns, bool final);

#endif
