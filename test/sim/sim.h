/* SPDX-License-Identifier: Apache-2.0
 *
 * A board for tests whose pins are wired to a motor on a shaft with a quadrature encoder: model
 * "rdk:test:sim". Everything runs on the timers of its environment, so in simulated time as well as
 * in real time.
 *
 * Pins: a, b, dir, pwm, en_high and en_low drive the shaft as they would by a bridge of any of the
 * wirings that the gpio motor knows; a pin that was never set isn't wired. Interrupts ea and eb are
 * the encoder's phases. Any other pin is a pin and nothing else.
 */
#ifndef SN_TEST_SIM_H
#define SN_TEST_SIM_H

#include "sinew/api/board.h"
#include "sinew/driver.h"
#include "sinew/list.h"
#include "sinew/timers.h"

enum { SIM_PINS_MAX = 16, SIM_PIN_NAME_MAX = 16 };

struct sim_pin {
    char name[SIM_PIN_NAME_MAX];
    bool high;
    double duty;
    uint64_t hz;
};

struct sim_attrs {
    double max_rpm;   /* at full drive */
    double inertia_s; /* time constant of the speed */
    double friction;  /* drive that moves nothing */
    int64_t cycles;   /* of the encoder, per revolution: four edges each */
};

struct sim_board {
    struct sn_board base;
    struct sim_attrs attrs;
    struct sim_pin pins[SIM_PINS_MAX];
    unsigned pin_count;
    struct sn_list streams; /* sim_stream.link */
    struct sn_timer step;
    double angle, speed; /* revolutions, revolutions a second */
    int64_t edge;        /* quarter cycles that were told */

    /* What a test may set. */
    uint64_t delay_ns;  /* how long each setting of a pin takes */
    const char *broken; /* a pin that can't be set */
    bool blind;         /* the encoder's wires are off */
    unsigned sets;      /* how often pins were set */
};

extern const struct sn_driver sim_board_driver;

/* -1..1: what the pins drive the shaft with now. */
double sim_drive(const struct sim_board *board);

/* Ends all streams of ticks, as a board that went away does. */
void sim_break_streams(struct sim_board *board);

/* Zeroes for one that was never set. */
struct sim_pin sim_pin(const struct sim_board *board, const char *name);

#endif
