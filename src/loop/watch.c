/* SPDX-License-Identifier: Apache-2.0
 *
 * File changes by libuv (inotify). A path is taken apart as the system does it, and each place
 * where another file can come in is watched: the file in its folder, and every link on the way
 * there, which may be what is replaced (a release by a link to the next one). Loop thread.
 */
#include "loop/watch.h"
#include "sinew/list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* Links on the way and the file itself; those beyond aren't watched. */
enum { PLACES_MAX = 16 };

/* A name in a folder. Closing takes a turn of the loop, so each is memory of its own. */
struct place {
    uv_fs_event_t event;
    struct sn_watch *watch;
    char name[NAME_MAX + 1];
};

struct sn_watch {
    struct sn_loop *loop;
    void (*changed)(void *owner);
    void *owner;
    char *path;
    struct place *places[PLACES_MAX];
    size_t count;
};

static void on_closed(uv_handle_t *handle)
{
    free(sn_container_of((uv_fs_event_t *)handle, struct place, event));
}

static void close_places(struct place **places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        uv_close((uv_handle_t *)&places[i]->event, on_closed);
}

static int find_places(struct sn_watch *watch, struct sn_error *error);

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct place *place = sn_container_of(event, struct place, event);
    struct sn_watch *watch = place->watch;

    /* Without a name (the kernel's queue overflowed) it may be ours. */
    if (name && strcmp(name, place->name) != 0)
        return;
    /* Something else is there now: it may lead elsewhere. Where it leads nowhere, what is watched
     * stays. */
    if (events & UV_RENAME)
        (void)!find_places(watch, NULL);
    watch->changed(watch->owner);
}

/* Watches a name in a folder; the first reason for which one can't be is kept in `error`. */
static void add_place(struct sn_watch *watch, const char *folder, const char *name,
                      struct sn_error *error)
{
    struct place *place = watch->count < PLACES_MAX ? calloc(1, sizeof(*place)) : NULL;

    if (!place)
        return;
    place->watch = watch;
    snprintf(place->name, sizeof(place->name), "%s", name);
    uv_fs_event_init(sn_loop_backend(watch->loop), &place->event);
    int status = uv_fs_event_start(&place->event, on_event, folder, 0);
    if (status) {
        sn_error_set(error, SN_ERR_UNAVAILABLE, "watch %.900s: %s", folder, uv_strerror(status));
        close_places(&place, 1);
        return;
    }
    uv_unref((uv_handle_t *)&place->event);
    watch->places[watch->count++] = place;
}

/* Cuts the first part off a path. False: there is none, or one that no file has. */
static bool take_part(char *path, char part[NAME_MAX + 1])
{
    const char *begin = path + strspn(path, "/");
    size_t len = strcspn(begin, "/");

    if (len == 0 || len > NAME_MAX)
        return false;
    memcpy(part, begin, len);
    part[len] = '\0';
    begin += len;
    begin += strspn(begin, "/");
    memmove(path, begin, strlen(begin) + 1);
    return true;
}

/* Puts `text` before what is left of the path. False: too long. */
static bool prepend(char rest[PATH_MAX], const char *text, size_t len)
{
    size_t left = strlen(rest);

    if (len + 1 + left >= PATH_MAX)
        return false;
    memmove(rest + len + 1, rest, left + 1);
    memcpy(rest, text, len);
    rest[len] = '/';
    return true;
}

static void walk(struct sn_watch *watch, struct sn_error *error)
{
    char folder[PATH_MAX + NAME_MAX + 2], rest[PATH_MAX], part[NAME_MAX + 1], target[PATH_MAX];

    snprintf(folder, sizeof(folder), "%s", *watch->path == '/' ? "/" : ".");
    snprintf(rest, sizeof(rest), "%s", watch->path);
    while (watch->count < PLACES_MAX && take_part(rest, part)) {
        size_t len = strlen(folder);

        if (len + 1 + strlen(part) >= PATH_MAX)
            return;
        snprintf(folder + len, sizeof(folder) - len, "/%s", part);
        ssize_t n = readlink(folder, target, sizeof(target));
        if (n < 0 && *rest)
            continue; /* a folder */
        folder[len] = '\0';
        add_place(watch, folder, part, error);
        if (n < 0 || (size_t)n == sizeof(target) || !prepend(rest, target, (size_t)n))
            return;
        if (target[0] == '/')
            snprintf(folder, sizeof(folder), "/");
    }
}

/* Watches what is on the way now instead of what was. UNAVAILABLE: nothing could be watched, and
 * what was stays. */
static int find_places(struct sn_watch *watch, struct sn_error *error)
{
    struct place *old[PLACES_MAX];
    size_t count = watch->count;

    memcpy(old, watch->places, sizeof(old));
    watch->count = 0;
    sn_error_set(error, SN_ERR_UNAVAILABLE, "watch %.900s: nothing to watch", watch->path);
    walk(watch, error);
    if (watch->count) {
        close_places(old, count);
        return 0;
    }
    memcpy(watch->places, old, sizeof(old));
    watch->count = count;
    return SN_ERR_UNAVAILABLE;
}

static void watch_free(struct sn_watch *watch)
{
    free(watch->path);
    free(watch);
}

int sn_watch_create(struct sn_loop *loop, const char *path, void (*changed)(void *owner),
                    void *owner, struct sn_watch **ret_watch, struct sn_error *error)
{
    struct sn_watch *watch = calloc(1, sizeof(*watch));
    char *copy = strdup(path);

    if (!watch || !copy) {
        free(watch);
        free(copy);
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "watch %.900s: out of memory", path);
    }
    *watch = (struct sn_watch){.loop = loop, .changed = changed, .owner = owner, .path = copy};
    int code = find_places(watch, error);
    if (code) {
        watch_free(watch);
        return code;
    }
    *ret_watch = watch;
    return 0;
}

void sn_watch_destroy(struct sn_watch *watch)
{
    if (!watch)
        return;
    close_places(watch->places, watch->count);
    watch_free(watch);
}
