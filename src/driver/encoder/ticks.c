/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening to a board's interrupts. The stream is a call of the encoder's own, so that it outlives
 * the call that opened it; its arena is new for each attempt.
 */
#include "driver/encoder/ticks.h"
#include "sinew/list.h"
#include "sinew/log.h"

enum { STREAM_MEMORY_MAX = 64 << 10 };

static const uint64_t retry_ns = SN_SECONDS(1);

static void listen(struct sn_ticks *ticks);

/* ---- the stream ---- */

static int on_ready(struct sn_call *call, const struct sn_tick_sink *sink)
{
    struct sn_ticks *ticks = sn_container_of(sink, struct sn_ticks, sink);
    struct sn_call *opening = ticks->opening;

    ticks->opening = NULL;
    if (opening)
        sn_call_done(opening, 0);
    return 0;
}

static int on_tick(struct sn_call *call, const struct sn_tick_sink *sink,
                   const struct sn_tick *tick)
{
    struct sn_ticks *ticks = sn_container_of(sink, struct sn_ticks, sink);

    ticks->tick(ticks, tick);
    return 0;
}

static int start_stream(struct sn_call *call)
{
    struct sn_ticks *ticks = sn_container_of(call, struct sn_ticks, stream);

    return sn_board_stream_ticks(call, ticks->board, ticks->pins, ticks->count, NULL, &ticks->sink);
}

static void on_retry(struct sn_timer *timer)
{
    listen(sn_container_of(timer, struct sn_ticks, retry));
}

static void stream_ended(struct sn_call *call, int code)
{
    struct sn_ticks *ticks = sn_container_of(call, struct sn_ticks, stream);
    struct sn_call *opening = ticks->opening, *closing = ticks->closing;
    struct sn_str text = sn_call_text(call, code);

    ticks->streaming = false;
    ticks->opening = NULL;
    if (opening)
        sn_call_fail(opening, code, "%.*s", SN_STR_ARGS(text));
    else if (!closing)
        sn_log_warn(ticks->owner->log, "lost the board's ticks, listening again soon: %.*s",
                    SN_STR_ARGS(text));
    sn_arena_fini(&ticks->arena);
    if (opening)
        sn_call_done(opening, code ? code : SN_ERR_UNAVAILABLE);
    else if (closing)
        sn_call_done(closing, 0);
    else
        sn_timer_start(ticks->owner->env->timers, &ticks->retry, retry_ns, on_retry);
}

static void listen(struct sn_ticks *ticks)
{
    struct sn_env *env = ticks->owner->env;

    sn_arena_init(&ticks->arena, env->blocks, STREAM_MEMORY_MAX);
    sn_call_init(&ticks->stream, env, &ticks->arena, NULL);
    ticks->stream.start = start_stream;
    ticks->stream.end = stream_ended;
    ticks->streaming = true;
    sn_call_start(&ticks->stream);
}

/* ---- open: ask for each interrupt, since the stream's refusal doesn't say which; then listen ----
 */

struct check {
    struct sn_call call;
    struct sn_ticks *ticks;
};

static void check_next(struct sn_ticks *ticks);

static int start_check(struct sn_call *call)
{
    struct sn_ticks *ticks = ((struct check *)call)->ticks;

    return sn_board_interrupt_value(call, ticks->board, ticks->pins[ticks->checked], NULL,
                                    &ticks->value);
}

static void check_ended(struct sn_call *call, int code)
{
    struct sn_ticks *ticks = ((struct check *)call)->ticks;
    struct sn_call *opening = ticks->opening;

    if (code) {
        ticks->opening = NULL;
        sn_call_fail(opening, code, "cannot find pin (%.*s) for %s; %.*s",
                     SN_STR_ARGS(ticks->pins[ticks->checked]), ticks->what,
                     SN_STR_ARGS(sn_call_text(call, code)));
        sn_call_done(opening, code);
        return;
    }
    ticks->checked++;
    check_next(ticks);
}

static void cancel_open(struct sn_call *call)
{
    struct sn_ticks *ticks = call->holder;

    if (ticks->streaming)
        sn_call_cancel(&ticks->stream, sn_call_cancelled(call));
}

static void check_next(struct sn_ticks *ticks)
{
    struct sn_call *opening = ticks->opening;

    if (ticks->checked == ticks->count) {
        listen(ticks);
        return;
    }
    struct check *check = sn_arena_zalloc(opening->arena, sizeof(*check));
    if (!check) {
        ticks->opening = NULL;
        sn_call_done(opening, SN_ERR_RESOURCE_EXHAUSTED);
        return;
    }
    check->ticks = ticks;
    sn_call_init(&check->call, opening->env, opening->arena, opening);
    check->call.start = start_check;
    check->call.end = check_ended;
    sn_call_start(&check->call);
}

int sn_ticks_open(struct sn_ticks *ticks, struct sn_call *call, struct sn_resource *owner,
                  struct sn_str board)
{
    struct sn_resource *found;
    int code = sn_dependency(call, owner, SN_API_BOARD, board, &found);

    if (code)
        return code;
    ticks->owner = owner;
    ticks->board = (struct sn_board *)found;
    ticks->sink = (struct sn_tick_sink){on_ready, on_tick};
    ticks->opening = call;
    call->holder = ticks;
    call->on_cancel = cancel_open;
    check_next(ticks);
    return SN_PENDING;
}

int sn_ticks_close(struct sn_ticks *ticks, struct sn_call *call)
{
    sn_timer_stop(call->env->timers, &ticks->retry);
    if (!ticks->streaming)
        return 0;
    ticks->closing = call;
    sn_call_cancel(&ticks->stream, SN_ERR_CANCELLED);
    return SN_PENDING;
}
