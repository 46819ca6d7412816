/* SPDX-License-Identifier: Apache-2.0
 *
 * How a single-phase encoder learns which way it is turned: from the motor that drives its shaft.
 * (Upstream passes this by a DoCommand that only works inside the process; so does ours, without
 * one.) Loop thread.
 */
#ifndef SN_DRIVER_ENCODER_SINGLE_H
#define SN_DRIVER_ENCODER_SINGLE_H

#include "sinew/api/encoder.h"

struct sn_direction {
    /* 1 forward, -1 backward, 0 not driven. */
    int (*now)(const struct sn_direction *direction);
};

/* Asks `direction` at each tick from now on, instead of whom it asked before. False, and nothing
 * else happens, when `encoder` is of another model. `direction` must stay until it is taken back.
 */
bool sn_single_encoder_follow(struct sn_encoder *encoder, const struct sn_direction *direction);

/* Takes it back: the encoder counts forward only. Nothing happens when it asks another by now, or
 * is of another model. */
void sn_single_encoder_leave(struct sn_encoder *encoder, const struct sn_direction *direction);

#endif
