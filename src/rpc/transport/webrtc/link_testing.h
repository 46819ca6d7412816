/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: two ends of a data channel within one program, in simulated time, with as much room as
 * a test gives them. For *_test.c only.
 */
#ifndef SN_WEBRTC_LINK_TESTING_H
#define SN_WEBRTC_LINK_TESTING_H

#include "base/heap.h"
#include "base/random.h"
#include "rpc/transport/webrtc/webrtc.h"
#include "sinew/env.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <stdlib.h>

struct link_frame {
    struct link_frame *next;
    size_t len;
    uint8_t bytes[];
};

struct link;

struct link_end {
    struct sn_datachannel channel; /* first */
    struct link *link;
    struct link_frame *queue, **queue_end; /* sent from here */
    size_t queued, room, sent;             /* bytes; room: of the queue; sent: frames */
    bool open, closing, closed;
};

struct link {
    struct sn_block_pool pool;
    struct sn_timers timers;
    struct sn_random random;
    struct sn_env env;
    struct link_end ends[2];
    /* May look at each frame as it leaves. */
    void (*watch)(struct link *link, int from, struct sn_str frame);
};

static inline int link_index(const struct link_end *end)
{
    return end == &end->link->ends[1];
}

static inline int link_send(struct sn_datachannel *channel, struct sn_str frame)
{
    struct link_end *end = (struct link_end *)channel;

    if (!end->open || end->closing)
        return SN_ERR_UNAVAILABLE;
    struct link_frame *copy = malloc(sizeof(*copy) + frame.len);
    *copy = (struct link_frame){.len = frame.len};
    memcpy(copy->bytes, frame.ptr, frame.len);
    *end->queue_end = copy;
    end->queue_end = &copy->next;
    end->queued += frame.len;
    end->sent++;
    if (end->link->watch)
        end->link->watch(end->link, link_index(end), frame);
    return 0;
}

static inline size_t link_room(const struct sn_datachannel *channel)
{
    const struct link_end *end = (const struct link_end *)channel;

    return end->open && end->room > end->queued ? end->room - end->queued : 0;
}

static inline void link_close(struct sn_datachannel *channel)
{
    ((struct link_end *)channel)->closing = true;
}

static const struct sn_datachannel_ops link_ops = {link_send, link_room, link_close};

static inline struct link *link_create(void)
{
    struct link *link = calloc(1, sizeof(*link));

    sn_block_pool_init(&link->pool, &sn_heap, 64);
    sn_random_init(&link->random, 1);
    link->env =
        (struct sn_env){.timers = &link->timers, .blocks = &link->pool, .random = &link->random};
    for (int i = 0; i < 2; i++) {
        link->ends[i].channel.ops = &link_ops;
        link->ends[i].link = link;
        link->ends[i].queue_end = &link->ends[i].queue;
        link->ends[i].room = 1 << 20;
    }
    return link;
}

static inline void link_open(struct link *link)
{
    for (int i = 0; i < 2; i++) {
        link->ends[i].open = true;
        if (link->ends[i].channel.user)
            link->ends[i].channel.user->open(&link->ends[i].channel);
    }
}

static inline struct link_frame *link_pop(struct link_end *end)
{
    struct link_frame *frame = end->queue;

    end->queue = frame->next;
    if (!end->queue)
        end->queue_end = &end->queue;
    end->queued -= frame->len;
    return frame;
}

/* The channel breaks, for both. */
static inline void link_cut(struct link *link, const char *cause)
{
    for (int i = 0; i < 2; i++) {
        struct link_end *end = &link->ends[i];

        while (end->queue)
            free(link_pop(end));
        if (!end->closed && end->channel.user)
            end->channel.user->closed(&end->channel, cause);
        end->open = false;
        end->closed = end->closing = true;
    }
}

/* One frame each way, and what is due. Whether anything happened. */
static inline bool link_step(struct link *link)
{
    bool any = false;

    for (int i = 0; i < 2; i++) {
        struct link_end *from = &link->ends[i], *to = &link->ends[!i];

        if (!from->queue || from->closed)
            continue;
        struct link_frame *frame = link_pop(from);
        any = true;
        if (to->channel.user && !to->closing)
            to->channel.user->message(&to->channel,
                                      (struct sn_str){(const char *)frame->bytes, frame->len});
        free(frame);
        if (from->channel.user && !from->closing)
            from->channel.user->writable(&from->channel);
    }
    if ((link->ends[0].closing || link->ends[1].closing) &&
        !(link->ends[0].closed && link->ends[1].closed)) {
        link_cut(link, "closed");
        any = true;
    }
    any |= sn_timers_next(&link->timers) <= link->timers.now_ns + 1;
    sn_timers_advance(&link->timers, link->timers.now_ns + 1);
    return any;
}

/* Until nothing is left to do now. */
static inline void link_run(struct link *link)
{
    while (link_step(link))
        ;
}

static inline void link_wait(struct link *link, uint64_t ns)
{
    link_run(link);
    sn_timers_advance(&link->timers, link->timers.now_ns + ns);
    link_run(link);
}

/* All on it must be gone. */
static inline void link_destroy(struct link *link)
{
    for (int i = 0; i < 2; i++)
        while (link->ends[i].queue)
            free(link_pop(&link->ends[i]));
    sn_block_pool_fini(&link->pool);
    free(link);
}

#endif
