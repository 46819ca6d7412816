/* SPDX-License-Identifier: Apache-2.0
 *
 * One Stop of one resource. Loop thread.
 */
#include "robot/stop.h"
#include "api/api.h"

/* A stop's call and its reply from a remote. */
enum { STOP_MEMORY_MAX = 64 << 10 };

bool sn_stop_applies(const char *api)
{
    const struct sn_api *found = sn_api_find(api);

    return found && found->stop;
}

static int start(struct sn_call *call)
{
    struct sn_stop *stop = (struct sn_stop *)call;

    return sn_api_find(stop->resource->api)->stop(call, stop->resource, stop->extra);
}

static void end(struct sn_call *call, int code)
{
    struct sn_stop *stop = (struct sn_stop *)call;
    struct sn_arena arena;

    stop->ended(stop, code);
    sn_resource_unref(stop->resource);
    arena = stop->arena;
    sn_arena_fini(&arena);
}

int sn_stop_begin(struct sn_resource *resource, const struct pb_google_struct *extra,
                  struct sn_call *parent, void (*ended)(struct sn_stop *stop, int code),
                  void *owner)
{
    struct sn_arena arena;

    sn_arena_init(&arena, resource->env->blocks, STOP_MEMORY_MAX);
    struct sn_stop *stop = sn_arena_zalloc(&arena, sizeof(*stop));
    if (!stop)
        return SN_ERR_RESOURCE_EXHAUSTED;
    stop->arena = arena;
    sn_call_init(&stop->call, resource->env, &stop->arena, parent);
    stop->call.start = start;
    stop->call.end = end;
    stop->resource = sn_resource_ref(resource);
    stop->extra = extra;
    stop->ended = ended;
    stop->owner = owner;
    sn_call_start(&stop->call);
    return 0;
}
