/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter between calls and pool threads: the one place where an operation may wait. The loop
 * thread and the pool thread share the call's `cancelled` flag and the condition below; all else of
 * the call is the pool thread's until `done`.
 */
#include "base/work.h"
#include "rpc/core/call_private.h"
#include "sinew/list.h"

#include <pthread.h>
#include <time.h>

struct blocked {
    struct sn_work work;
    struct sn_call *call;
    int (*fn)(struct sn_call *call, void *arg);
    void *arg;
    int code;
    pthread_mutex_t mutex; /* orders `cancelled` with the wait below */
    pthread_cond_t woken;
};

static void run(struct sn_work *work)
{
    struct blocked *blocked = sn_container_of(work, struct blocked, work);

    blocked->code = sn_call_cancelled(blocked->call);
    if (!blocked->code)
        blocked->code = blocked->fn(blocked->call, blocked->arg);
}

static void finish(struct sn_work *work)
{
    struct blocked *blocked = sn_container_of(work, struct blocked, work);

    pthread_cond_destroy(&blocked->woken);
    pthread_mutex_destroy(&blocked->mutex);
    sn_call_done(blocked->call, blocked->code);
}

static void wake(struct sn_call *call)
{
    struct blocked *blocked = call->holder;

    pthread_mutex_lock(&blocked->mutex);
    pthread_cond_signal(&blocked->woken);
    pthread_mutex_unlock(&blocked->mutex);
}

static void init_sync(struct blocked *blocked)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&blocked->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&blocked->woken, &attr);
    pthread_condattr_destroy(&attr);
}

int sn_call_block(struct sn_call *call, int (*work)(struct sn_call *call, void *arg), void *arg)
{
    struct blocked *blocked = sn_arena_zalloc(call->arena, sizeof(*blocked));

    if (!blocked)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a blocking call");
    if (!call->env->submit)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "this program has no threads to block on");
    blocked->work = (struct sn_work){.work = run, .done = finish};
    blocked->call = call;
    blocked->fn = work;
    blocked->arg = arg;
    init_sync(blocked);
    call->holder = blocked;
    call->on_cancel = wake;
    int code = call->env->submit(call->env, &blocked->work);
    if (code) {
        call->on_cancel = NULL;
        return sn_call_fail(call, code, "the pool of threads takes no work");
    }
    return SN_PENDING;
}

static struct timespec monotonic_in(uint64_t ns)
{
    struct timespec at;
    uint64_t second = 1000000000;

    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t nanos = (uint64_t)at.tv_nsec + ns % second;
    at.tv_sec += (time_t)(ns / second + nanos / second);
    at.tv_nsec = (long)(nanos % second);
    return at;
}

int sn_call_wait(struct sn_call *call, uint64_t ns)
{
    struct blocked *blocked = call->holder;
    struct timespec until = monotonic_in(ns);
    int expired = 0;

    pthread_mutex_lock(&blocked->mutex);
    while (!expired && !sn_call_cancelled(call))
        expired = pthread_cond_timedwait(&blocked->woken, &blocked->mutex, &until);
    pthread_mutex_unlock(&blocked->mutex);
    return sn_call_cancelled(call);
}
