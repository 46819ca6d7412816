/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a call: started, pending or parked, ended once. Loop thread.
 *
 * After `start` returned SN_PENDING the call may be gone already (it can be ended from inside), so
 * nothing here touches it then.
 */
#include "rpc/core/call_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static void link_init(struct sn_call_link *link)
{
    link->prev = link->next = link;
}

void sn_call_link_append(struct sn_call_link *head, struct sn_call_link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

void sn_call_link_remove(struct sn_call_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

void sn_call_init(struct sn_call *call, struct sn_env *env, struct sn_arena *arena,
                  struct sn_call *parent)
{
    *call = (struct sn_call){.env = env, .arena = arena, .deadline_ns = SN_NEVER, .parent = parent};
    link_init(&call->children);
    link_init(&call->sibling);
    link_init(&call->in_lane);
    if (!parent)
        return;
    call->deadline_ns = parent->deadline_ns;
    atomic_store_explicit(&call->cancelled, sn_call_cancelled(parent), memory_order_relaxed);
    sn_call_link_append(&parent->children, &call->sibling);
}

void sn_call_finish(struct sn_call *call, int code)
{
    assert(call->state != SN_CALL_ENDED && call->children.next == &call->children);
    call->state = SN_CALL_ENDED;
    call->on_cancel = NULL;
    if (call->gone)
        *call->gone = true;
    sn_call_link_remove(&call->sibling);
    /* The next one starts first: `end` could end it as well, and we would hold a dead pointer. */
    struct sn_call *next = sn_lane_leave(call);
    if (next)
        sn_call_start(next);
    call->end(call, code);
}

void sn_call_start(struct sn_call *call)
{
    int reason = sn_call_cancelled(call);

    call->state = SN_CALL_PENDING;
    int code = reason ? reason : call->start(call);
    if (code != SN_PENDING)
        sn_call_finish(call, code);
}

void sn_call_done(struct sn_call *call, int code)
{
    assert(call->state == SN_CALL_PENDING && code <= 0);
    sn_call_finish(call, code);
}

static struct sn_call *first_uncancelled(struct sn_call *call)
{
    struct sn_call_link *link;

    for (link = call->children.next; link != &call->children; link = link->next) {
        struct sn_call *child = sn_container_of(link, struct sn_call, sibling);

        if (!sn_call_cancelled(child))
            return child;
    }
    return NULL;
}

void sn_call_cancel(struct sn_call *call, int reason)
{
    struct sn_call *child;
    bool gone = false;
    bool *volatile watch = &gone; /* GCC takes it for left behind: it can't see who clears it */

    if (call->state == SN_CALL_ENDED || sn_call_cancelled(call))
        return;
    atomic_store_explicit(&call->cancelled, reason, memory_order_relaxed);
    if (call->state == SN_CALL_PARKED) {
        sn_call_finish(call, reason);
        return;
    }
    /* The holder hears of it last: it may end the call, which no child may outlive. So may the end
     * of the last child. */
    call->gone = watch;
    while (!gone && (child = first_uncancelled(call)))
        sn_call_cancel(child, reason);
    if (!gone && call->on_cancel)
        call->on_cancel(call);
    if (!gone)
        call->gone = NULL;
}

int sn_call_fail(struct sn_call *call, int code, const char *format, ...)
{
    char text[SN_ERROR_TEXT_MAX];
    va_list args;

    if (call->text.ptr)
        return code;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    call->text = sn_arena_copy(call->arena, sn_str_of(text));
    return code;
}

int sn_call_prefix(struct sn_call *call, int code, const char *format, ...)
{
    struct sn_str text = sn_call_text(call, code);
    char prefix[SN_ERROR_TEXT_MAX];
    va_list args;

    if (!code)
        return 0;
    va_start(args, format);
    vsnprintf(prefix, sizeof(prefix), format, args);
    va_end(args);
    call->text = sn_arena_printf(call->arena, "%s%.*s", prefix, SN_STR_ARGS(text));
    return code;
}

struct sn_str sn_call_text(const struct sn_call *call, int code)
{
    return call->text.ptr ? call->text : sn_str_of(sn_err_text(code));
}
