/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of a job: a unary call from inside the machine, which takes the same way as a client's.
 * Loop thread.
 */
#ifndef SN_ROBOT_JOB_RUN_H
#define SN_ROBOT_JOB_RUN_H

#include "resource/config.h"
#include "resource/graph.h"
#include "rpc/core/server.h"
#include "wire/pb/schema.h"

/* What all runs share. */
struct sn_job_runner {
    struct sn_env *env;
    struct sn_server *server;
    const struct sn_graph *graph;
    struct sn_peer peer;          /* the machine itself; a cancelled call may outlive its run */
    struct sn_arena schema_arena; /* of `schema`, made when the first answer is to be shown */
    struct sn_pb_schema schema;
    bool has_schema;
};

void sn_job_runner_fini(struct sn_job_runner *runner);

/* Zeroed before the first start. */
struct sn_job_run {
    struct sn_job_runner *runner;
    /* Called once for each start that went well, possibly from inside; the run's own texts are
     * valid until it returns. It may not start the run again itself. */
    void (*ended)(struct sn_job_run *run);
    bool wants_answer;

    /* In `ended` */
    int code;             /* 0 or SN_ERR_* */
    struct sn_str text;   /* of the error */
    struct sn_str answer; /* as one line of JSON, when it was wanted and can be shown; or empty */

    /* Private */
    struct sn_server_stream stream;
    struct sn_arena arena;
    const struct sn_method *method;
    bool active, starting;
};

/* Calls what the job says. What it can't find is an error whose `text` says so: NOT_FOUND
 * (resource), UNKNOWN (method), RESOURCE_EXHAUSTED; then `ended` is not called. The run must not be
 * active. */
int sn_job_run_start(struct sn_job_run *run, const struct sn_config_job *job,
                     struct sn_error *error) SN_MUST_USE;

/* `ended` won't be called. Harmless for one that isn't active. */
void sn_job_run_cancel(struct sn_job_run *run);

#endif
