/* SPDX-License-Identifier: Apache-2.0
 *
 * A config's `jobs`: methods of resources that the machine calls by itself, again and again. Loop
 * thread.
 *
 * A schedule is "continuous", a duration, or cron's. Runs of one job never overlap. Of a duration
 * the first run comes one duration after the job was configured; a run that is late begins when the
 * one before has ended. Cron's times are local; those that come while a run is under way are
 * passed over. A job whose schedule can't be read is logged and doesn't run; it is listed all the
 * same.
 * Source: modules.md section 7, the reference server's behaviour and texts.
 */
#ifndef SN_ROBOT_JOBS_H
#define SN_ROBOT_JOBS_H

#include "base/cron.h"
#include "resource/config.h"
#include "robot/job_run.h"
#include "sinew/list.h"
#include "sinew/log.h"

enum {
    SN_JOB_HISTORY = 10, /* times that are kept of runs that went well, and of others */
    /* From the begin of a run to the next one's: whatever is configured, the machine has time for
     * other things; and after a run of a continuous job that failed. */
    SN_JOB_REST_MS = 1,
    SN_JOB_FAILED_REST_MS = 100,
};

struct sn_jobs {
    struct sn_job_runner runner;
    const struct sn_zone *zone;
    struct sn_logger *log;
    struct sn_list all; /* struct job, in the order they were configured */
};

/* What is passed in outlives the jobs. */
void sn_jobs_init(struct sn_jobs *jobs, struct sn_env *env, struct sn_server *server,
                  const struct sn_graph *graph, const struct sn_zone *zone);

/* Makes them what the config says, to which they refer as long as they need it. Those whose entry
 * is the same go on undisturbed, those that changed keep their history; a run of one that changed
 * or is gone is cancelled. */
void sn_jobs_configure(struct sn_jobs *jobs, struct sn_config *config);

/* Ends them all. Harmless when they have ended, or never were. */
void sn_jobs_fini(struct sn_jobs *jobs);

/* ---- for showing ---- */

struct sn_job_times {
    uint64_t unix_ns[SN_JOB_HISTORY]; /* when runs ended, the oldest first */
    unsigned count;
};

void sn_jobs_each(const struct sn_jobs *jobs,
                  void (*each)(void *user, const char *name, const struct sn_job_times *succeeded,
                               const struct sn_job_times *failed),
                  void *user);

#endif
