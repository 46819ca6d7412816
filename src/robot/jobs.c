/* SPDX-License-Identifier: Apache-2.0
 *
 * When jobs run. Everything begins from a timer, so that a job whose call ends at once is a turn of
 * the loop like others.
 */
#include "robot/jobs.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NS_PER_SECOND UINT64_C(1000000000)

/* Clocks are set, machines sleep: so often is cron's waiting looked at anew. */
static const uint64_t look_again_ns = SN_SECONDS(60);

enum kind { NEVER, CONTINUOUS, EVERY, CRON };

struct schedule {
    enum kind kind;
    uint64_t every_ns;
    struct sn_cron cron;
};

struct job {
    struct sn_list link; /* sn_jobs.all */
    struct sn_jobs *jobs;
    struct sn_config *config; /* held; `entry` is of it */
    const struct sn_config_job *entry;
    struct sn_logger *log;
    struct schedule schedule;
    struct sn_timer timer;
    struct sn_job_run run;
    uint64_t due_ns;         /* EVERY, CONTINUOUS: on the timers' clock */
    uint64_t began_ns;       /* the run: likewise */
    uint64_t due_unix_ns;    /* CRON */
    uint64_t looked_unix_ns; /* CRON: when the timer was started */
    struct sn_job_times succeeded, failed;
    bool listed; /* by the config that is being put in force */
};

/* ---- schedules ---- */

static size_t count_parts(const char *text)
{
    size_t parts = 1;

    for (; *text; text++)
        parts += *text == ' ';
    return parts;
}

static int read_schedule(const char *text, struct schedule *schedule, struct sn_error *error)
{
    struct sn_error cause;
    int64_t ns;

    *schedule = (struct schedule){.kind = NEVER};
    if (strcasecmp(text, "continuous") == 0) {
        schedule->kind = CONTINUOUS;
        return 0;
    }
    if (sn_text_duration(text, &ns, &cause) == 0) {
        if (ns <= 0)
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                                "gocron: DurationJob: time interval %s",
                                ns ? "must be greater than 0" : "is 0");
        schedule->kind = EVERY;
        schedule->every_ns = (uint64_t)ns;
        return 0;
    }
    /* Whoever writes six parts means seconds too. */
    if (sn_cron_parse(text, count_parts(text) >= 6, &schedule->cron, &cause))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "gocron: CronJob: crontab parse failure\n%.900s", cause.text);
    schedule->kind = CRON;
    return 0;
}

/* ---- waiting ---- */

static void begin_run(struct job *job);
static void on_due(struct sn_timer *timer);

static void wait_for(struct job *job, uint64_t delay_ns)
{
    sn_timer_start(job->jobs->runner.env->timers, &job->timer, delay_ns, on_due);
}

static void wait_for_clock(struct job *job)
{
    uint64_t now = job->jobs->runner.env->unix_ns();
    uint64_t rest = job->due_unix_ns > now ? job->due_unix_ns - now : 0;

    job->looked_unix_ns = now;
    wait_for(job, rest < look_again_ns ? rest : look_again_ns);
}

/* False when there is no next time. */
static bool wait_for_cron(struct job *job)
{
    uint64_t now = job->jobs->runner.env->unix_ns();
    int64_t due;

    if (!sn_cron_next(&job->schedule.cron, job->jobs->zone, (int64_t)(now / NS_PER_SECOND), &due))
        return false;
    job->due_unix_ns = (uint64_t)due * NS_PER_SECOND;
    wait_for_clock(job);
    return true;
}

static void wait_for_next(struct job *job, bool failed)
{
    uint64_t now = job->jobs->runner.env->timers->now_ns;
    uint64_t rest =
        SN_MS(failed && job->schedule.kind == CONTINUOUS ? SN_JOB_FAILED_REST_MS : SN_JOB_REST_MS);

    if (job->schedule.kind == CRON) {
        wait_for_cron(job);
        return;
    }
    job->due_ns += job->schedule.every_ns;
    if (job->due_ns < job->began_ns + rest)
        job->due_ns = job->began_ns + rest;
    if (job->due_ns < now) /* it is late: from here on the beat is another */
        job->due_ns = now;
    wait_for(job, job->due_ns - now);
}

static void on_due(struct sn_timer *timer)
{
    struct job *job = sn_container_of(timer, struct job, timer);
    uint64_t now = job->jobs->runner.env->unix_ns();

    if (job->schedule.kind != CRON || now >= job->due_unix_ns)
        begin_run(job);
    else if (now < job->looked_unix_ns) /* the clock was put back */
        wait_for_cron(job);
    else
        wait_for_clock(job);
}

/* ---- runs ---- */

static void note(struct sn_job_times *times, uint64_t unix_ns)
{
    if (times->count == SN_JOB_HISTORY)
        memmove(&times->unix_ns[0], &times->unix_ns[1],
                (SN_JOB_HISTORY - 1) * sizeof(times->unix_ns[0]));
    else
        times->count++;
    times->unix_ns[times->count - 1] = unix_ns;
}

static void end_run(struct job *job, bool failed)
{
    note(failed ? &job->failed : &job->succeeded, job->jobs->runner.env->unix_ns());
    wait_for_next(job, failed);
}

static void log_success(struct job *job)
{
    const char *name = SN_LOG_PAIRS("name", job->entry->name);
    struct sn_str answer = job->run.answer;
    struct sn_str fields = SN_STR_NULL;

    if (answer.len) /* behind the pair, within its braces */
        fields = sn_arena_printf(&job->run.arena, "%.*s,\"response\":%.*s}", (int)strlen(name) - 1,
                                 name, SN_STR_ARGS(answer));
    sn_log_fields(job->log, SN_LOG_DEBUG, fields.ptr ? fields.ptr : name, "Job succeeded");
}

static void run_ended(struct sn_job_run *run)
{
    struct job *job = sn_container_of(run, struct job, run);
    char text[SN_ERROR_TEXT_MAX];

    if (run->code) {
        snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(run->text));
        sn_log_fields(job->log, SN_LOG_WARN, SN_LOG_PAIRS("name", job->entry->name, "error", text),
                      "Job failed");
    } else if (sn_log_enabled(job->log, SN_LOG_DEBUG)) {
        log_success(job);
    }
    end_run(job, run->code != 0);
}

static void begin_run(struct job *job)
{
    struct sn_error error;

    job->began_ns = job->jobs->runner.env->timers->now_ns;
    job->run.wants_answer = sn_log_enabled(job->log, SN_LOG_DEBUG);
    sn_log_fields(job->log, SN_LOG_DEBUG, SN_LOG_PAIRS("name", job->entry->name), "Job triggered");
    int code = sn_job_run_start(&job->run, job->entry, &error);
    if (!code)
        return;
    sn_log_fields(job->log, SN_LOG_WARN,
                  SN_LOG_PAIRS("name", job->entry->name, "error", error.text), "%s",
                  code == SN_ERR_NOT_FOUND ? "Could not get resource" : "Job failed");
    end_run(job, true);
}

/* ---- configuring ---- */

static void stop(struct job *job)
{
    sn_timer_stop(job->jobs->runner.env->timers, &job->timer);
    sn_job_run_cancel(&job->run);
}

static void job_free(struct job *job)
{
    stop(job);
    sn_list_remove(&job->link);
    sn_config_destroy(job->config);
    free(job);
}

static void start(struct job *job)
{
    struct sn_error error;
    int code = read_schedule(job->entry->schedule, &job->schedule, &error);

    job->due_ns = job->jobs->runner.env->timers->now_ns + job->schedule.every_ns;
    if (!code && job->schedule.kind != CRON)
        wait_for(job, job->schedule.every_ns);
    else if (!code && !wait_for_cron(job))
        code = sn_error_set(&error, SN_ERR_INVALID_ARGUMENT, "gocron: CronJob: invalid crontab");
    if (code)
        sn_log_fields(job->log, SN_LOG_ERROR,
                      SN_LOG_PAIRS("name", job->entry->name, "error", error.text),
                      "Failed to create a new job");
    else
        sn_log_fields(job->log, SN_LOG_INFO, SN_LOG_PAIRS("name", job->entry->name), "Job created");
}

static struct job *find(const struct sn_jobs *jobs, const char *name)
{
    struct sn_list *node;

    sn_list_for_each (node, &jobs->all) {
        struct job *job = sn_container_of(node, struct job, link);

        if (strcmp(job->entry->name, name) == 0)
            return job;
    }
    return NULL;
}

static void point_to(struct job *job, struct sn_config *config, const struct sn_config_job *entry)
{
    sn_config_ref(config);
    sn_config_destroy(job->config);
    job->config = config;
    job->entry = entry;
}

static void change(struct job *job, struct sn_config *config, const struct sn_config_job *entry)
{
    bool same = json_equal(job->entry->json, entry->json);

    point_to(job, config, entry);
    if (same)
        return;
    sn_log_fields(job->jobs->log, SN_LOG_INFO, SN_LOG_PAIRS("name", entry->name), "Job modified");
    stop(job);
    start(job);
}

static void add(struct sn_jobs *jobs, struct sn_config *config, const struct sn_config_job *entry)
{
    struct job *job = calloc(1, sizeof(*job));
    char name[SN_LOG_PATTERN_MAX];

    if (!job) {
        sn_log_error(jobs->log, "no memory for the job %s", entry->name);
        return;
    }
    snprintf(name, sizeof(name), "rdk.job_manager.%s", entry->name);
    job->jobs = jobs;
    job->log = sn_logger_get(name);
    job->run.runner = &jobs->runner;
    job->run.ended = run_ended;
    job->listed = true;
    point_to(job, config, entry);
    sn_list_append(&jobs->all, &job->link);
    start(job);
}

static void take_entry(struct sn_jobs *jobs, struct sn_config *config,
                       const struct sn_config_job *entry)
{
    if (entry->invalid) {
        sn_log_fields(jobs->log, SN_LOG_WARN,
                      SN_LOG_PAIRS("name", entry->name, "error", entry->invalid),
                      "Job failed to validate");
        return;
    }
    struct job *job = find(jobs, entry->name);
    if (job && job->listed) {
        sn_log_error(sn_logger_get("rdk.config"),
                     "Duplicate job %s in robot config; only the first is used", entry->name);
        return;
    }
    if (!job) {
        add(jobs, config, entry);
        return;
    }
    job->listed = true;
    change(job, config, entry);
}

void sn_jobs_configure(struct sn_jobs *jobs, struct sn_config *config)
{
    struct sn_list *node, *next;

    sn_list_for_each (node, &jobs->all)
        sn_container_of(node, struct job, link)->listed = false;
    for (size_t i = 0; i < config->jobs.count; i++)
        take_entry(jobs, config, &config->jobs.v[i]);
    sn_list_for_each_safe (node, next, &jobs->all) {
        struct job *job = sn_container_of(node, struct job, link);

        if (job->listed)
            continue;
        sn_log_fields(jobs->log, SN_LOG_INFO, SN_LOG_PAIRS("name", job->entry->name),
                      "Removing job");
        job_free(job);
    }
}

/* ---- life ---- */

void sn_jobs_init(struct sn_jobs *jobs, struct sn_env *env, struct sn_server *server,
                  const struct sn_graph *graph, const struct sn_zone *zone)
{
    *jobs = (struct sn_jobs){.runner = {.env = env,
                                        .server = server,
                                        .graph = graph,
                                        .peer = {.kind = SN_TRANSPORT_GRPC,
                                                 .remote = "job_manager",
                                                 .local = "job_manager",
                                                 .trusted = true}},
                             .zone = zone,
                             .log = sn_logger_get("rdk.job_manager")};
    sn_list_init(&jobs->all);
}

void sn_jobs_fini(struct sn_jobs *jobs)
{
    struct sn_list *node, *next;

    if (!jobs->all.next)
        return;
    sn_list_for_each_safe (node, next, &jobs->all)
        job_free(sn_container_of(node, struct job, link));
    sn_job_runner_fini(&jobs->runner);
}

void sn_jobs_each(const struct sn_jobs *jobs,
                  void (*each)(void *user, const char *name, const struct sn_job_times *succeeded,
                               const struct sn_job_times *failed),
                  void *user)
{
    struct sn_list *node;

    sn_list_for_each (node, &jobs->all) {
        const struct job *job = sn_container_of(node, struct job, link);

        each(user, job->entry->name, &job->succeeded, &job->failed);
    }
}
