/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines and where they go: standard output, a file, both. The descriptors change under the log's
 * output lock and are used under it.
 */
#include "base/log_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct output {
    int fd; /* -1: none */
    /* The last line stopped half-way (a full pipe that doesn't block, a full disk): the next one
     * starts on a line of its own. */
    bool torn;
};

enum { LINE_PARTS = 8 };

static struct sn_log_sink *log_sink;
static struct output outputs[] = {{.fd = STDOUT_FILENO}, {.fd = -1}};

static const char *const level_names[] = {
    [SN_LOG_DEBUG] = "DEBUG",
    [SN_LOG_INFO] = "INFO",
    [SN_LOG_WARN] = "WARN",
    [SN_LOG_ERROR] = "ERROR",
};

/* The last folder and the file: enough to find it, and the same wherever the tree was built. */
static const char *short_path(const char *path)
{
    const char *start = path, *folder = path;

    for (const char *p = path; *p; p++) {
        if (*p == '/') {
            start = folder;
            folder = p + 1;
        }
    }
    return start;
}

static size_t format_time(int64_t time_ns, char *text, size_t size)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return 0;
    size_t len = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return len +
           (size_t)snprintf(text + len, size - len, ".%03dZ", (int)(time_ns / 1000000 % 1000));
}

/* Drops what is already written from the front. */
static void skip(struct iovec **parts, int *count, size_t written)
{
    while (*count > 0 && written >= (*parts)->iov_len) {
        written -= (*parts)->iov_len;
        (*parts)++;
        (*count)--;
    }
    if (*count > 0) {
        (*parts)->iov_base = (char *)(*parts)->iov_base + written;
        (*parts)->iov_len -= written;
    }
}

/* A write that would block or fails ends the attempt: losing a line is better than stopping. */
static void write_line(struct output *output, const struct iovec *line, int count)
{
    char newline[] = "\n";
    struct iovec copy[LINE_PARTS + 1] = {{newline, 1}};
    struct iovec *parts = output->torn ? copy : copy + 1;
    bool begun = false;

    for (int i = 0; i < count; i++)
        copy[i + 1] = line[i];
    count += output->torn;
    while (count > 0) {
        ssize_t n = writev(output->fd, parts, count);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        begun = true;
        skip(&parts, &count, (size_t)n);
    }
    if (begun)
        output->torn = count > 0;
}

static void write_record(const struct sn_log_record *record)
{
    char time[40], place[160], summary[64];
    size_t time_len = format_time(record->time_ns, time, sizeof(time));
    int place_len = 1, summary_len = 0;

    memcpy(place, "\t", 2); /* a record from elsewhere may not say where it was made */
    if (record->file)
        place_len =
            snprintf(place, sizeof(place), "\t%s:%d\t", short_path(record->file), record->line);
    if (place_len >= (int)sizeof(place))
        place_len = (int)sizeof(place) - 1;
    if (record->times)
        summary_len = snprintf(summary, sizeof(summary),
                               "Message logged %" PRIu32 " times in past 1m0s: ", record->times);
    time_len += (size_t)snprintf(time + time_len, sizeof(time) - time_len, "\t%s\t",
                                 level_names[record->level]);
    const char *name = record->logger->name;
    const char *fields = record->fields ? record->fields : "";
    char ends[2][2] = {{'\t'}, {'\n'}};
    const struct iovec line[LINE_PARTS] = {
        {time, time_len},
        {(void *)(uintptr_t)name, strlen(name)},
        {place, (size_t)place_len},
        {summary, (size_t)summary_len},
        {(void *)(uintptr_t)record->message.ptr, record->message.len},
        {ends[0], record->fields ? 1 : 0},
        {(void *)(uintptr_t)fields, strlen(fields)},
        {ends[1], 1},
    };
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        if (outputs[i].fd >= 0)
            write_line(&outputs[i], line, LINE_PARTS);
    }
}

static bool sink_takes(const struct sn_log_record *record)
{
    char text[SN_LOG_MESSAGE_MAX + 64];
    struct sn_str message = record->message;

    if (!log_sink)
        return false;
    if (record->times) {
        int len =
            snprintf(text, sizeof(text), "Message logged %" PRIu32 " times in past 1m0s: %.*s",
                     record->times, SN_STR_ARGS(message));
        message = (struct sn_str){text, len < 0 ? 0 : (size_t)len};
    }
    return log_sink->write(log_sink, record->time_ns, record->logger->name, record->level,
                           record->file ? short_path(record->file) : NULL, record->line,
                           record->fields, message);
}

void sn_log_output(const struct sn_log_record *record)
{
    if (!sink_takes(record))
        write_record(record);
}

void sn_log_output_sink(struct sn_log_sink *sink)
{
    log_sink = sink;
}

void sn_log_output_open(int fd, bool and_stdout)
{
    if (outputs[1].fd >= 0)
        close(outputs[1].fd);
    outputs[0].fd = and_stdout ? STDOUT_FILENO : -1;
    outputs[1] = (struct output){.fd = fd};
}
