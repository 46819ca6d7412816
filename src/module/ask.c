/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to modules.
 */
#include "module/module.h"

enum { ASK_MEMORY_MAX = 8 << 20 };

static void end(struct sn_call *call, int code)
{
    struct ask *ask = (struct ask *)call;
    struct sn_run *run = ask->run;
    struct sn_arena arena = ask->arena;

    if (code == 0 || code == SN_ERR_UNIMPLEMENTED)
        run->answered_ns = call->env->timers->now_ns;
    ask->done(ask, code);
    sn_arena_fini(&arena);
    sn_run_unref(run);
}

bool ask_begin(struct sn_run *run, uint64_t timeout_ns, int (*start)(struct sn_call *call),
               void (*done)(struct ask *ask, int code), void *owner)
{
    struct sn_env *env = sn_loop_env(run->host->options.loop);
    struct sn_arena arena;

    sn_arena_init(&arena, env->blocks, ASK_MEMORY_MAX);
    struct ask *ask = sn_arena_zalloc(&arena, sizeof(*ask));
    if (!ask)
        return false;
    ask->arena = arena;
    ask->run = run_ref(run);
    ask->owner = owner;
    ask->done = done;
    sn_call_init(&ask->call, env, &ask->arena, NULL);
    ask->call.start = start;
    ask->call.end = end;
    ask->call.deadline_ns = env->timers->now_ns + timeout_ns;
    sn_call_start(&ask->call);
    return true;
}
