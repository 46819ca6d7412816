/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the gpio motor: gpio.c is the driver, gpio_loop.c what an encoder adds. Loop thread.
 */
#ifndef SN_DRIVER_MOTOR_GPIO_H
#define SN_DRIVER_MOTOR_GPIO_H

#include "control/cycle.h"
#include "control/profile.h"
#include "control/tune.h"
#include "driver/encoder/single.h"
#include "driver/motor/pins.h"
#include "sinew/api/motor.h"
#include "sinew/driver.h"

struct gpio_pin_attrs {
    struct sn_str a, b, dir, pwm, en_high, en_low;
};

struct gpio_control_attrs {
    double p, i, d;
};

struct gpio_attrs {
    struct sn_str board, encoder;
    struct gpio_control_attrs control;
    struct gpio_pin_attrs pins;
    double min_power_pct, max_power_pct, max_rpm, ramp_rate;
    int64_t ticks_per_rotation;
    uint32_t pwm_freq;
    bool dir_flip, has_control;
};

enum gpio_mode {
    GPIO_IDLE, /* nobody regulates: the power is what it was set to */
    GPIO_RAMP, /* power follows speed in steps */
    GPIO_PID,  /* power follows speed and position by control */
    GPIO_TUNE, /* finding the gains */
};

enum { GPIO_SAMPLES = 6 };

/* What an encoder adds. Ticks are the encoder's, since the last reset. */
struct gpio_loop {
    struct sn_encoder *encoder; /* NULL: none */
    double ticks_per_rotation, offset;
    struct sn_direction direction;

    enum gpio_mode mode;
    struct sn_cycle cycle;
    struct sn_call read; /* of the encoder */
    struct sn_arena arena;
    struct sn_encoder_position seen;
    bool reading;
    uint64_t asked_ns; /* when that began */
    struct {
        double ticks;
        uint64_t ns;
    } samples[GPIO_SAMPLES]; /* newest first */
    unsigned sample_count;
    uint64_t stepped_ns; /* when the power was last regulated; 0: not yet */

    /* Where to. `planned` once the first sample says where from. */
    double rpm;    /* signed; of a move: > 0 */
    double amount; /* of a move: revolutions to go, or the position to reach */
    bool moves, absolute, planned;
    double start, goal; /* ticks */
    uint64_t began_ns;
    double ramp_rate;
    uint64_t ramp_ns; /* of the last step of power */
    double ramp_ticks;
    bool warned;

    bool controlled; /* has control parameters */
    struct sn_pid pid;
    struct sn_profile profile;
    struct sn_tune tune;
    bool tuned, tune_stopped; /* all three zero: nothing moves by it until they are filled in */
};

struct gpio_motor {
    struct sn_motor base;
    const struct gpio_attrs *attrs;
    struct sn_pins out;
    double min_power, max_power, max_rpm, pwm_hz;
    double wanted; /* power, within the bounds; 0: off */
    double power;  /* what the pins have; 0 only when they are off */
    bool planned_on, planned_forward, trim;

    struct sn_call *move; /* the GoFor or GoTo under way */
    int move_code;
    bool ending;
    struct sn_pins_waiter waiter;
    struct sn_timer arrival;
    uint64_t turns_ns; /* how long a move without encoder takes */
    struct sn_call *closing;
    struct sn_pins_waiter closing_waiter; /* `waiter` may still be a cancelled move's */
    struct gpio_loop loop;
};

/* ---- gpio.c ---- */

static inline struct gpio_motor *gpio_of(struct sn_motor *motor)
{
    return (struct gpio_motor *)motor;
}

/* Makes `power` the pins' within the bounds; NaN is off. `trim`: only the duty, if the direction
 * is the same. */
void gpio_set_power(struct gpio_motor *motor, double power, bool trim);

/* Begins a move: it is `call`'s until gpio_end_move(). */
void gpio_begin_move(struct gpio_motor *motor, struct sn_call *call);

/* Switches off and, when that is done, ends the move with `code`. Harmless when there is none. */
void gpio_end_move(struct gpio_motor *motor, int code);

/* Ends the close that waits if nothing is under way any more. */
void gpio_closed(struct gpio_motor *motor);

/* UNKNOWN with upstream's text for speeds that are nearly 0. */
int gpio_check_rpm(struct gpio_motor *motor, struct sn_call *call, double rpm);

/* ---- gpio_loop.c ---- */

/* Reads the attributes; `call` explains what is wrong. */
int gpio_loop_open(struct gpio_motor *motor, struct sn_call *call);
/* Lets go of the encoder; gpio_closed() follows if its reading is still under way. */
void gpio_loop_close(struct gpio_motor *motor);

/* Ends regulating; the power stays as it is. */
void gpio_loop_stop(struct gpio_motor *motor);

/* The encoded motor's half of the ops. */
int gpio_loop_go(struct gpio_motor *motor, struct sn_call *call, double rpm, double amount,
                 bool absolute);
int gpio_loop_set_rpm(struct gpio_motor *motor, struct sn_call *call, double rpm);
int gpio_loop_position(struct gpio_motor *motor, struct sn_call *call, double *ret_revolutions);
int gpio_loop_reset(struct gpio_motor *motor, struct sn_call *call, double offset);
int gpio_loop_do_command(struct gpio_motor *motor, struct sn_call *call,
                         const struct pb_google_struct *command,
                         struct pb_google_struct **ret_result);

#endif
