/* SPDX-License-Identifier: Apache-2.0
 *
 * File changes by libuv (inotify). Loop thread.
 */
#include "loop/watch.h"
#include "sinew/list.h"

#include <stdlib.h>
#include <uv.h>

struct sn_watch {
    uv_fs_event_t event;
    void (*changed)(void *owner);
    void *owner;
    char *folder, *name;
};

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct sn_watch *watch = sn_container_of(event, struct sn_watch, event);

    /* Without a name (the kernel's queue overflowed) it may be ours. */
    if (!name || strcmp(name, watch->name) == 0)
        watch->changed(watch->owner);
}

static void watch_free(struct sn_watch *watch)
{
    free(watch->folder);
    free(watch->name);
    free(watch);
}

static void on_closed(uv_handle_t *handle)
{
    watch_free(sn_container_of((uv_fs_event_t *)handle, struct sn_watch, event));
}

static int split(struct sn_watch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        watch->folder = strdup(".");
    else if (slash == path)
        watch->folder = strdup("/");
    else
        watch->folder = strndup(path, (size_t)(slash - path));
    watch->name = strdup(slash ? slash + 1 : path);
    return watch->folder && watch->name ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

int sn_watch_create(struct sn_loop *loop, const char *path, void (*changed)(void *owner),
                    void *owner, struct sn_watch **ret_watch, struct sn_error *error)
{
    struct sn_watch *watch = calloc(1, sizeof(*watch));

    if (!watch || split(watch, path)) {
        if (watch)
            watch_free(watch);
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "watch %s: out of memory", path);
    }
    watch->changed = changed;
    watch->owner = owner;
    uv_fs_event_init(sn_loop_backend(loop), &watch->event);
    int status = uv_fs_event_start(&watch->event, on_event, watch->folder, 0);
    if (status) {
        sn_error_set(error, SN_ERR_UNAVAILABLE, "watch %s: %s", watch->folder, uv_strerror(status));
        uv_close((uv_handle_t *)&watch->event, on_closed);
        return SN_ERR_UNAVAILABLE;
    }
    uv_unref((uv_handle_t *)&watch->event);
    *ret_watch = watch;
    return 0;
}

void sn_watch_destroy(struct sn_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->event, on_closed);
}
