/* SPDX-License-Identifier: Apache-2.0
 *
 * A board's ticks for as long as an encoder lives: listens from `open` to `close`, on any board
 * resource, and listens again when the board's stream breaks off. Loop thread.
 */
#ifndef SN_DRIVER_ENCODER_TICKS_H
#define SN_DRIVER_ENCODER_TICKS_H

#include "sinew/api/board.h"
#include "sinew/driver.h"
#include "sinew/timers.h"

enum { SN_TICKS_PINS_MAX = 2 };

/* Part of the encoder's object; zeroed, then `count` interrupts, `what` and `tick` filled in. */
struct sn_ticks {
    struct sn_str pins[SN_TICKS_PINS_MAX];
    size_t count;
    const char *what; /* for texts: "incremental Encoder" */
    void (*tick)(struct sn_ticks *ticks, const struct sn_tick *tick);

    /* Private */
    struct sn_resource *owner;
    struct sn_board *board;
    struct sn_call stream;
    struct sn_arena arena;
    struct sn_tick_sink sink;
    struct sn_timer retry;
    struct sn_call *opening, *closing;
    size_t checked; /* interrupts that the board was asked for */
    int64_t value;
    bool streaming;
};

/* Results for `open` and `close` of the driver. `open` ends when no tick is missed any more.
 * UNKNOWN, upstream's texts: no such board, no such interrupt. */
int sn_ticks_open(struct sn_ticks *ticks, struct sn_call *call, struct sn_resource *owner,
                  struct sn_str board);
int sn_ticks_close(struct sn_ticks *ticks, struct sn_call *call);

#endif
