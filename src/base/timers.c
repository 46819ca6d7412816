/* SPDX-License-Identifier: Apache-2.0
 *
 * A pairing heap: start is O(1), and most timers (deadlines) are stopped before they fire, which is
 * O(log n) amortised without an array to grow.
 */
#include "sinew/timers.h"

#include <stddef.h>

static struct sn_timer *meld(struct sn_timer *a, struct sn_timer *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (b->due_ns < a->due_ns) {
        struct sn_timer *swap = a;

        a = b;
        b = swap;
    }
    b->sibling = a->child;
    if (a->child)
        a->child->back = b;
    b->back = a;
    a->child = b;
    return a;
}

/* The two passes of the pairing heap: meld neighbours left to right, then the pairs right to left.
 * The pairs are chained through `back` meanwhile. */
static struct sn_timer *meld_children(struct sn_timer *first)
{
    struct sn_timer *pairs = NULL;

    while (first) {
        struct sn_timer *second = first->sibling;
        struct sn_timer *rest = second ? second->sibling : NULL;

        first->sibling = first->back = NULL;
        if (second)
            second->sibling = second->back = NULL;
        struct sn_timer *pair = meld(first, second);
        pair->back = pairs;
        pairs = pair;
        first = rest;
    }
    struct sn_timer *root = NULL;
    while (pairs) {
        struct sn_timer *next = pairs->back;

        pairs->back = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void unlink_timer(struct sn_timers *timers, struct sn_timer *timer)
{
    struct sn_timer *children = meld_children(timer->child);

    if (timer == timers->root) {
        timers->root = children;
    } else {
        if (timer->back->child == timer)
            timer->back->child = timer->sibling;
        else
            timer->back->sibling = timer->sibling;
        if (timer->sibling)
            timer->sibling->back = timer->back;
        timers->root = meld(timers->root, children);
    }
    timer->child = timer->sibling = timer->back = NULL;
    timer->armed = false;
}

void sn_timer_start(struct sn_timers *timers, struct sn_timer *timer, uint64_t delay_ns,
                    void (*fire)(struct sn_timer *timer))
{
    sn_timer_stop(timers, timer);
    if (delay_ns == 0) /* or a timer that restarts itself would fire for ever in one advance */
        delay_ns = 1;
    timer->due_ns = delay_ns > UINT64_MAX - timers->now_ns ? UINT64_MAX : timers->now_ns + delay_ns;
    timer->fire = fire;
    timer->armed = true;
    timers->root = meld(timers->root, timer);
    if (timers->root == timer && timers->earlier)
        timers->earlier(timers);
}

void sn_timer_stop(struct sn_timers *timers, struct sn_timer *timer)
{
    if (timer->armed)
        unlink_timer(timers, timer);
}

void sn_timers_advance(struct sn_timers *timers, uint64_t now_ns)
{
    timers->now_ns = now_ns;
    while (timers->root && timers->root->due_ns <= now_ns) {
        struct sn_timer *timer = timers->root;

        unlink_timer(timers, timer);
        timer->fire(timer);
    }
}

uint64_t sn_timers_next(const struct sn_timers *timers)
{
    return timers->root ? timers->root->due_ns : UINT64_MAX;
}
