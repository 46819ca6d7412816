/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps and what runs side by side, as children of a call. Loop thread.
 */
#include "sinew/steps.h"
#include "sinew/list.h"

/* Bytes of what one of many side by side may take: a text, a request, a response. */
enum { EACH_MEMORY_MAX = 4 << 20 };

/* ---- one after another ---- */

struct steps {
    struct sn_call child; /* the present one's */
    struct sn_call *call;
    const sn_step_fn *next;
    sn_step_fn step, undo;
    void *arg;
    int code;
};

static int start_step(struct sn_call *child)
{
    struct steps *s = sn_container_of(child, struct steps, child);

    return s->step(child, s->arg);
}

static void go_on(struct steps *s);

static void step_ended(struct sn_call *child, int code)
{
    struct steps *s = sn_container_of(child, struct steps, child);

    if (code && !s->code) {
        s->code = code;
        sn_call_fail(s->call, code, "%.*s", SN_STR_ARGS(sn_call_text(child, code)));
    }
    go_on(s);
}

static void begin(struct steps *s, sn_step_fn step, struct sn_call *parent)
{
    s->step = step;
    sn_call_init(&s->child, s->call->env, s->call->arena, parent);
    s->child.start = start_step;
    s->child.end = step_ended;
    sn_call_start(&s->child);
}

static void go_on(struct steps *s)
{
    int reason = sn_call_cancelled(s->call);
    sn_step_fn undo = s->undo;

    if (*s->next && !s->code && !reason) {
        begin(s, *s->next++, s->call);
        return;
    }
    if (*s->next && !s->code)
        s->code = reason;
    s->undo = NULL;
    if (undo && (s->code || reason))
        begin(s, undo, NULL);
    else
        sn_call_done(s->call, s->code);
}

int sn_call_steps(struct sn_call *call, const sn_step_fn *steps, sn_step_fn undo, void *arg)
{
    struct steps *s = sn_arena_zalloc(call->arena, sizeof(*s));

    if (!s)
        return SN_ERR_RESOURCE_EXHAUSTED;
    s->call = call;
    s->next = steps;
    s->undo = undo;
    s->arg = arg;
    go_on(s);
    return SN_PENDING;
}

/* ---- side by side ---- */

struct each {
    struct sn_call *call;
    struct member *members;
    size_t count, pending; /* and 1 while they are being started */
    sn_each_step_fn start;
    void *arg;
    struct sn_str text; /* of the errors so far */
    int code;
    bool together, started;
};

struct member {
    struct sn_call call;
    struct sn_arena arena; /* a pool thread may take from it */
    struct each *each;
};

static int start_member(struct sn_call *call)
{
    struct member *m = sn_container_of(call, struct member, call);

    return m->each->start(call, m->each->arg, (size_t)(m - m->each->members));
}

static void cancel_others(struct each *e)
{
    for (size_t i = 0; i < e->count; i++)
        sn_call_cancel(&e->members[i].call, SN_ERR_CANCELLED);
}

static void one_less(struct each *e)
{
    if (--e->pending)
        return;
    if (e->code)
        sn_call_fail(e->call, e->code, "%.*s", SN_STR_ARGS(e->text));
    sn_call_done(e->call, e->code);
}

static void note_error(struct each *e, struct sn_call *member, int code)
{
    struct sn_str text = sn_call_text(member, code);

    if (e->code && sn_call_cancelled(member))
        return; /* on account of the first */
    e->text = sn_arena_printf(e->call->arena, "%.*s%s%.*s", SN_STR_ARGS(e->text),
                              e->code ? "; " : "", SN_STR_ARGS(text));
    if (!e->code)
        e->code = code;
}

static void member_ended(struct sn_call *call, int code)
{
    struct member *m = sn_container_of(call, struct member, call);
    struct each *e = m->each;

    if (code) {
        note_error(e, call, code);
        if (e->together && e->started)
            cancel_others(e);
    }
    sn_arena_fini(&m->arena);
    one_less(e);
}

static int begin_each(struct sn_call *call, const struct each *how)
{
    struct each *e = sn_arena_alloc(call->arena, sizeof(*e));
    struct member *members = sn_arena_zalloc(call->arena, how->count * sizeof(*members));

    if (!e || !members)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *e = *how;
    e->members = members;
    e->pending = e->count + 1;
    for (size_t i = 0; i < e->count; i++) {
        struct member *m = &members[i];

        sn_arena_init(&m->arena, call->env->blocks, EACH_MEMORY_MAX);
        m->each = e;
        sn_call_init(&m->call, call->env, &m->arena, call);
        m->call.start = start_member;
        m->call.end = member_ended;
    }
    for (size_t i = 0; i < e->count; i++)
        sn_call_start(&members[i].call);
    e->started = true;
    if (e->together && e->code)
        cancel_others(e);
    one_less(e);
    return SN_PENDING;
}

int sn_call_each(struct sn_call *call, size_t count, sn_each_step_fn start, void *arg)
{
    struct each how = {.call = call, .count = count, .start = start, .arg = arg};

    return begin_each(call, &how);
}

int sn_call_together(struct sn_call *call, size_t count, sn_each_step_fn start, void *arg)
{
    struct each how = {.call = call, .count = count, .start = start, .arg = arg, .together = true};

    return begin_each(call, &how);
}
