/* SPDX-License-Identifier: Apache-2.0
 *
 * Work for the pool of threads. Jobs are kept and reused, so that steady work allocates nothing.
 * Thread: the loop's, except run().
 */
#include "loop/loop_private.h"

#include <stdlib.h>

struct pool_job {
    uv_work_t uv;
    struct sn_loop *loop;
    struct sn_work *work;
    struct pool_job *next; /* sn_loop.jobs */
};

static void run(uv_work_t *uv)
{
    struct pool_job *job = uv->data;

    job->work->work(job->work);
}

/* The status is that of uv_cancel(), which nobody calls. */
static void finish(uv_work_t *uv, int status)
{
    struct pool_job *job = uv->data;
    struct sn_loop *loop = job->loop;
    struct sn_work *work = job->work;

    sn_loop_enter(loop);
    job->next = loop->jobs;
    loop->jobs = job;
    loop->jobs_running--;
    work->done(work);
}

static struct pool_job *take_job(struct sn_loop *loop)
{
    struct pool_job *job = loop->jobs;

    if (job) {
        loop->jobs = job->next;
        return job;
    }
    job = calloc(1, sizeof(*job));
    if (job) {
        job->loop = loop;
        job->uv.data = job;
    }
    return job;
}

int sn_loop_submit(struct sn_loop *loop, struct sn_work *work)
{
    struct pool_job *job = loop->jobs_running < SN_LOOP_WORK_MAX ? take_job(loop) : NULL;

    if (!job)
        return SN_ERR_UNAVAILABLE;
    job->work = work;
    work->backend = job;
    loop->jobs_running++;
    uv_queue_work(&loop->uv, &job->uv, run, finish); /* fails only without a function to run */
    return 0;
}

int sn_loop_env_submit(struct sn_env *env, struct sn_work *work)
{
    return sn_loop_submit(env->loop, work);
}

void sn_loop_free_jobs(struct sn_loop *loop)
{
    while (loop->jobs) {
        struct pool_job *job = loop->jobs;

        loop->jobs = job->next;
        free(job);
    }
}
