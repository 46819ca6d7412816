/* SPDX-License-Identifier: Apache-2.0
 *
 * Readiness by libuv's polls.
 */
#include "loop/ready.h"
#include "sinew/list.h"

#include <stdlib.h>
#include <uv.h>

struct sn_ready {
    uv_poll_t uv;
    void (*handle)(void *owner, unsigned events);
    void *owner;
    unsigned wanted;
};

int sn_ready_create(struct sn_loop *loop, int fd, void (*handle)(void *owner, unsigned events),
                    void *owner, struct sn_ready **ret_ready)
{
    struct sn_ready *ready = calloc(1, sizeof(*ready));

    if (!ready)
        return SN_ERR_UNAVAILABLE;
    if (uv_poll_init(sn_loop_backend(loop), &ready->uv, fd)) {
        free(ready);
        return SN_ERR_UNAVAILABLE;
    }
    ready->handle = handle;
    ready->owner = owner;
    *ret_ready = ready;
    return 0;
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct sn_ready *ready = sn_container_of(uv, struct sn_ready, uv);
    unsigned possible =
        ((events & UV_READABLE) ? SN_READABLE : 0u) | ((events & UV_WRITABLE) ? SN_WRITABLE : 0u);

    sn_loop_enter(uv->loop->data);
    if (status < 0) /* polling has ended; whoever reads or writes will see why */
        possible = ready->wanted;
    ready->wanted = status < 0 ? 0 : ready->wanted;
    ready->handle(ready->owner, possible);
}

void sn_ready_want(struct sn_ready *ready, unsigned events)
{
    if (events == ready->wanted)
        return;
    ready->wanted = events;
    if (!events) { /* else the other end's hang-up would wake us again and again */
        uv_poll_stop(&ready->uv);
        return;
    }
    uv_poll_start(&ready->uv,
                  ((events & SN_READABLE) ? UV_READABLE : 0) |
                      ((events & SN_WRITABLE) ? UV_WRITABLE : 0),
                  on_poll);
}

static void closed(uv_handle_t *handle)
{
    free(sn_container_of(handle, struct sn_ready, uv));
}

void sn_ready_destroy(struct sn_ready *ready)
{
    if (ready)
        uv_close((uv_handle_t *)&ready->uv, closed);
}
