/* SPDX-License-Identifier: Apache-2.0
 *
 * Board: pins, analogs, interrupts. Source: viam.component.board.v1.
 *
 * Pins, analogs and interrupts go by names the board's driver knows. No operation takes a time or
 * excludes another, so none waits in the resource's lane: whoever sets a pin last has it. `extra`
 * may be NULL everywhere.
 */
#ifndef SINEW_API_BOARD_H
#define SINEW_API_BOARD_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_BOARD "rdk:component:board"

struct sn_board {
    struct sn_resource base;
};

/* What an analog reads: `value` is in steps of `step_size` between `min_range` and `max_range`, in
 * the analog's own unit (volts, mostly). */
struct sn_analog {
    int32_t value;
    float min_range, max_range, step_size;
};

/* An interrupt's level changed. Lives during the callback. */
struct sn_tick {
    struct sn_str interrupt;
    uint64_t time_ns; /* the board's own clock; a driver here: since 1970 */
    bool high;
};

/* Who hears of ticks, and what a stream of them does with what these return: 0 goes on, SN_ERR_*
 * ends the call with that. They must neither end nor cancel the call themselves. */
struct sn_tick_sink {
    /* From now on no tick is missed. Once; possibly before sn_board_stream_ticks() has returned.
     * Optional. */
    int (*ready)(struct sn_call *call, const struct sn_tick_sink *sink);
    int (*tick)(struct sn_call *call, const struct sn_tick_sink *sink, const struct sn_tick *tick);
};

/* Numbers are the wire's; a client may send others. */
enum sn_power_mode {
    SN_POWER_UNSPECIFIED = 0,
    SN_POWER_NORMAL = 1,
    SN_POWER_OFFLINE_DEEP = 2, /* all but the clock that wakes it is off */
};

/* All slots but `common`'s and set_power_mode are mandatory. */
struct sn_board_ops {
    struct sn_common_ops common;

    int (*set_gpio)(struct sn_call *call, struct sn_board *board, struct sn_str pin, bool high,
                    const struct pb_google_struct *extra);
    int (*gpio)(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                const struct pb_google_struct *extra, bool *ret_high);

    /* `duty`: 0..1; NaN and values out of range are the driver's to refuse or clamp (the
     * reference's fake takes any). */
    int (*set_pwm)(struct sn_call *call, struct sn_board *board, struct sn_str pin, double duty,
                   const struct pb_google_struct *extra);
    int (*pwm)(struct sn_call *call, struct sn_board *board, struct sn_str pin,
               const struct pb_google_struct *extra, double *ret_duty);

    int (*set_pwm_frequency)(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                             uint64_t hz, const struct pb_google_struct *extra);
    int (*pwm_frequency)(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                         const struct pb_google_struct *extra, uint64_t *ret_hz);

    int (*read_analog)(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                       const struct pb_google_struct *extra, struct sn_analog *ret_analog);
    int (*write_analog)(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                        int32_t value, const struct pb_google_struct *extra);

    /* How often the interrupt's level rose. */
    int (*interrupt_value)(struct sn_call *call, struct sn_board *board, struct sn_str interrupt,
                           const struct pb_google_struct *extra, int64_t *ret_count);

    /* Tells `sink` of each tick of `interrupts` (none: of nothing) until the call is cancelled.
     * Returns SN_PENDING, or why it can't. A name that is there twice ticks twice. The caller holds
     * a reference to the board meanwhile. */
    int (*stream_ticks)(struct sn_call *call, struct sn_board *board,
                        const struct sn_str *interrupts, size_t count,
                        const struct pb_google_struct *extra, const struct sn_tick_sink *sink);

    /* `mode`: enum sn_power_mode or what a client made up. `duration_ns`: how long, NULL for until
     * told otherwise. Optional: without it UNIMPLEMENTED "Unimplemented". */
    int (*set_power_mode)(struct sn_call *call, struct sn_board *board, int32_t mode,
                          const int64_t *duration_ns, const struct pb_google_struct *extra);
};

int sn_board_set_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin, bool high,
                      const struct pb_google_struct *extra);
int sn_board_gpio(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                  const struct pb_google_struct *extra, bool *ret_high);
int sn_board_set_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin, double duty,
                     const struct pb_google_struct *extra);
int sn_board_pwm(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                 const struct pb_google_struct *extra, double *ret_duty);
int sn_board_set_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                               uint64_t hz, const struct pb_google_struct *extra);
int sn_board_pwm_frequency(struct sn_call *call, struct sn_board *board, struct sn_str pin,
                           const struct pb_google_struct *extra, uint64_t *ret_hz);
int sn_board_read_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                         const struct pb_google_struct *extra, struct sn_analog *ret_analog);
int sn_board_write_analog(struct sn_call *call, struct sn_board *board, struct sn_str analog,
                          int32_t value, const struct pb_google_struct *extra);
int sn_board_interrupt_value(struct sn_call *call, struct sn_board *board, struct sn_str interrupt,
                             const struct pb_google_struct *extra, int64_t *ret_count);
int sn_board_stream_ticks(struct sn_call *call, struct sn_board *board,
                          const struct sn_str *interrupts, size_t count,
                          const struct pb_google_struct *extra, const struct sn_tick_sink *sink);
int sn_board_set_power_mode(struct sn_call *call, struct sn_board *board, int32_t mode,
                            const int64_t *duration_ns, const struct pb_google_struct *extra);

/* For drivers: UNKNOWN with upstream's text for a name the board doesn't have (texts clients
 * know). */
int sn_board_no_analog(struct sn_call *call, struct sn_str name);
int sn_board_no_interrupt(struct sn_call *call, struct sn_str name);

#ifdef __cplusplus
}
#endif

#endif
