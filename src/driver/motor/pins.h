/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps a board's pins as a motor wants them, on any board resource: writes go out one after
 * another, and when the wish changes meanwhile, the newest one follows as soon as the write under
 * way has ended. The writes are calls of the motor's own, so that whoever gives up waiting can't
 * leave pins half set. When a write of a wish to move fails, the wish becomes to be off; one to be
 * off is carried through to its end, whatever fails. Loop thread.
 */
#ifndef SN_DRIVER_MOTOR_PINS_H
#define SN_DRIVER_MOTOR_PINS_H

#include "sinew/api/board.h"
#include "sinew/list.h"

enum { SN_PIN_WRITES_MAX = 8 };

enum sn_pin_kind { SN_PIN_LEVEL, SN_PIN_HZ, SN_PIN_DUTY, SN_PIN_READ_HZ };

struct sn_pin_write {
    struct sn_str pin;
    double value; /* 0 or 1; Hz; 0..1 */
    uint64_t *ret_hz;
    enum sn_pin_kind kind;
};

struct sn_pins {
    struct sn_env *env;
    struct sn_board *board;

    /* Writes down, by sn_pins_level() and its like, what is to be set now; true when that is to be
     * off. */
    bool (*plan)(struct sn_pins *pins);
    /* A plan to move failed, or nobody wants it any more: be off from now on. */
    void (*give_up)(struct sn_pins *pins);
    /* All is as planned, or what could be was tried. */
    void (*settled)(struct sn_pins *pins, int code);

    char text[SN_ERROR_TEXT_MAX]; /* of what failed */

    /* Private */
    struct sn_pin_write writes[SN_PIN_WRITES_MAX];
    unsigned count, next;
    struct sn_call call;
    struct sn_arena arena;
    struct sn_list waiters; /* sn_pins_waiter.link */
    int code, last;         /* of this run, of the last */
    bool writing, pumping, stale, off, abandoned;
};

/* Who wants to know when the pins are as wished: `then` once, from the loop thread. */
struct sn_pins_waiter {
    struct sn_list link; /* sn_pins.waiters */
    void (*then)(struct sn_pins_waiter *waiter, int code);
};

/* After the functions above were filled in; `board` outlives the pins. */
void sn_pins_init(struct sn_pins *pins, struct sn_env *env, struct sn_board *board);

/* For `plan`. A pin without name is none. */
void sn_pins_level(struct sn_pins *pins, struct sn_str pin, bool high);
void sn_pins_pwm(struct sn_pins *pins, struct sn_str pin, double hz, double duty);
void sn_pins_duty(struct sn_pins *pins, struct sn_str pin, double duty);
/* What frequency the board really made of it. */
void sn_pins_read_hz(struct sn_pins *pins, struct sn_str pin, uint64_t *ret_hz);

/* The wish has changed. */
void sn_pins_changed(struct sn_pins *pins);

/* Whether all is as wished. */
bool sn_pins_quiet(const struct sn_pins *pins);

/* `waiter` is told, at once when they are quiet. */
void sn_pins_wait(struct sn_pins *pins, struct sn_pins_waiter *waiter,
                  void (*then)(struct sn_pins_waiter *waiter, int code));
void sn_pins_forget(struct sn_pins_waiter *waiter);

/* Completes `call` when they are quiet; until then it is pending. Cancelling it ends the waiting
 * only. Errors: those of the writes. */
int sn_pins_settle(struct sn_pins *pins, struct sn_call *call) SN_MUST_USE;

/* The same for whoever wished it: cancelling the call gives the wish up, and the call ends when
 * that is done. */
int sn_pins_obey(struct sn_pins *pins, struct sn_call *call) SN_MUST_USE;

/* The same for a driver's `open`, after which the pins' memory may go: cancelling the call abandons
 * the pins, and the call ends when the board has let go of them. */
int sn_pins_open(struct sn_pins *pins, struct sn_call *call) SN_MUST_USE;

/* Ends the write under way and fails all others: nobody waits for the board any longer. */
void sn_pins_abandon(struct sn_pins *pins);

#endif
