/* SPDX-License-Identifier: Apache-2.0
 *
 * Loggers, their levels, and records. Two locks that are never held together: `names_lock` for
 * loggers, patterns and levels, `output_lock` for everything behind a record (repeats and outputs).
 */
#include "base/log_record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

struct pattern {
    struct pattern *next; /* the one set before */
    enum sn_log_level level;
    char text[];
};

static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sn_logger *loggers;
static struct pattern *patterns;
static enum sn_log_level base_level = SN_LOG_INFO;

static pthread_mutex_t output_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t (*_Atomic clock_ns)(void);
static atomic_bool dedup = true;
static atomic_bool debugging; /* base_level, for records */

static const struct {
    const char *name;
    enum sn_log_level level;
} level_names[] = {
    {"debug", SN_LOG_DEBUG},  {"info", SN_LOG_INFO},   {"warn", SN_LOG_WARN},
    {"warning", SN_LOG_WARN}, {"error", SN_LOG_ERROR},
};

int sn_log_parse_level(const char *text, enum sn_log_level *ret_level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcasecmp(text, level_names[i].name) == 0) {
            *ret_level = level_names[i].level;
            return 0;
        }
    }
    return SN_ERR_INVALID_ARGUMENT;
}

/* The usual walk with one point to return to: linear in practice, never exponential. */
static bool glob_match(const char *pattern, const char *text, size_t len)
{
    const char *end = text + len, *star = NULL, *back = NULL;

    while (text < end) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static enum sn_log_level level_for_locked(const char *name)
{
    size_t len = strlen(name);

    while (base_level != SN_LOG_DEBUG && len > 0) {
        for (struct pattern *pattern = patterns; pattern; pattern = pattern->next) {
            if (glob_match(pattern->text, name, len))
                return pattern->level;
        }
        while (len > 0 && name[len - 1] != '.')
            len--;
        len -= len > 0;
    }
    return base_level;
}

static void update_levels_locked(void)
{
    for (struct sn_logger *logger = loggers; logger; logger = logger->next)
        atomic_store_explicit(&logger->level, (int)level_for_locked(logger->name),
                              memory_order_relaxed);
    atomic_store(&debugging, base_level == SN_LOG_DEBUG);
}

static struct sn_logger *create_logger_locked(const char *name)
{
    size_t size = strlen(name) + 1;
    struct sn_logger *logger = malloc(sizeof(*logger) + size);

    if (!logger)
        abort();
    memcpy(logger->name, name, size);
    atomic_init(&logger->level, (int)level_for_locked(name));
    logger->next = loggers;
    loggers = logger;
    return logger;
}

struct sn_logger *sn_logger_get(const char *name)
{
    pthread_mutex_lock(&names_lock);
    struct sn_logger *logger = loggers;
    while (logger && strcmp(logger->name, name) != 0)
        logger = logger->next;
    if (!logger)
        logger = create_logger_locked(name);
    pthread_mutex_unlock(&names_lock);
    return logger;
}

void sn_log_set_level(enum sn_log_level level)
{
    pthread_mutex_lock(&names_lock);
    base_level = level;
    update_levels_locked();
    pthread_mutex_unlock(&names_lock);
}

/* Parts may hold whatever a resource's name may, but not be empty. */
static bool is_pattern(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= SN_LOG_PATTERN_MAX && text[0] != '.' && text[len - 1] != '.' &&
           !strstr(text, "..");
}

/* One that was set before, out of the list: a level may be set any number of times. */
static struct pattern *take_pattern_locked(const char *text)
{
    for (struct pattern **at = &patterns; *at; at = &(*at)->next) {
        struct pattern *pattern = *at;

        if (strcmp(pattern->text, text) == 0) {
            *at = pattern->next;
            return pattern;
        }
    }
    return NULL;
}

int sn_log_set_pattern(const char *text, enum sn_log_level level)
{
    if (!is_pattern(text))
        return SN_ERR_INVALID_ARGUMENT;
    size_t size = strlen(text) + 1;
    pthread_mutex_lock(&names_lock);
    struct pattern *pattern = take_pattern_locked(text);
    if (!pattern)
        pattern = malloc(sizeof(*pattern) + size);
    if (!pattern)
        abort();
    pattern->level = level;
    memcpy(pattern->text, text, size);
    pattern->next = patterns;
    patterns = pattern;
    update_levels_locked();
    pthread_mutex_unlock(&names_lock);
    return 0;
}

void sn_log_clear_patterns(void)
{
    pthread_mutex_lock(&names_lock);
    while (patterns) {
        struct pattern *next = patterns->next;

        free(patterns);
        patterns = next;
    }
    update_levels_locked();
    pthread_mutex_unlock(&names_lock);
}

static int64_t system_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t current_ns(void)
{
    int64_t (*clock)(void) = atomic_load(&clock_ns);

    return clock ? clock() : system_ns();
}

void sn_log_set_clock(int64_t (*now_ns)(void))
{
    atomic_store(&clock_ns, now_ns);
}

void sn_log_set_dedup(bool on)
{
    atomic_store(&dedup, on);
    if (!on)
        sn_log_flush(true);
}

void sn_log_flush(bool final)
{
    pthread_mutex_lock(&output_lock);
    sn_log_repeat_flush(current_ns(), final);
    pthread_mutex_unlock(&output_lock);
}

int sn_log_to_file(const char *path, bool and_stdout, struct sn_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "log file \"%s\": %s", path,
                            strerror(errno));
    pthread_mutex_lock(&output_lock);
    sn_log_output_open(fd, and_stdout);
    pthread_mutex_unlock(&output_lock);
    return 0;
}

void sn_log_to_sink(struct sn_log_sink *sink)
{
    pthread_mutex_lock(&output_lock);
    sn_log_output_sink(sink);
    pthread_mutex_unlock(&output_lock);
}

void sn_log_write(const struct sn_logger *logger, enum sn_log_level level, const char *file,
                  int line, const char *fields, const char *format, ...)
{
    char message[SN_LOG_MESSAGE_MAX + 1];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (len < 0)
        return;
    struct sn_log_record record = {
        .time_ns = current_ns(),
        .logger = logger,
        .level = level,
        .file = file,
        .line = line,
        .fields = fields,
        .message = {message, len > SN_LOG_MESSAGE_MAX ? SN_LOG_MESSAGE_MAX : (size_t)len},
    };
    pthread_mutex_lock(&output_lock);
    if (!atomic_load(&dedup) || atomic_load(&debugging) || sn_log_repeat_admit(&record))
        sn_log_output(&record);
    pthread_mutex_unlock(&output_lock);
}

void sn_log_relay(struct sn_str name, enum sn_log_level level, const char *file, int line,
                  const char *fields, struct sn_str message)
{
    struct sn_logger *logger = calloc(1, sizeof(*logger) + name.len + 1);

    if (!logger)
        return;
    if (name.len)
        memcpy(logger->name, name.ptr, name.len);
    struct sn_log_record record = {
        .time_ns = current_ns(),
        .logger = logger,
        .level = level,
        .file = file,
        .line = line,
        .fields = fields,
        .message = {message.ptr,
                    message.len > SN_LOG_MESSAGE_MAX ? SN_LOG_MESSAGE_MAX : message.len},
    };
    pthread_mutex_lock(&output_lock);
    sn_log_output(&record);
    pthread_mutex_unlock(&output_lock);
    free(logger);
}
