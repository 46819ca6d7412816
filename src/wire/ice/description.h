/* SPDX-License-Identifier: Apache-2.0
 *
 * A description as it travels in signaling and on the "negotiation" channel: base64 of
 * {"type":"offer","sdp":"…"}. Pure.
 * Source: the SDKs (goutils: rpc/wrtc_signaling.go).
 */
#ifndef SN_WIRE_ICE_DESCRIPTION_H
#define SN_WIRE_ICE_DESCRIPTION_H

#include "sinew/arena.h"

#include <stdbool.h>

/* Bytes of the encoded text: an SDP of SN_SDP_MAX, escaped. */
enum { SN_DESCRIPTION_MAX = 128 << 10 };

struct sn_description {
    bool is_offer; /* else an answer */
    struct sn_str sdp;
};

/* Reads it into the arena; bare JSON is taken, too (the Rust clients write that on the channel).
 * INVALID_ARGUMENT saying what is wrong, RESOURCE_EXHAUSTED. */
int sn_description_read(struct sn_str text, struct sn_arena *arena,
                        struct sn_description *ret_description, struct sn_error *error) SN_MUST_USE;

/* The text, in the arena; ptr NULL without memory. The SDP must be UTF-8. */
struct sn_str sn_description_write(const struct sn_description *description, struct sn_arena *arena)
    SN_MUST_USE;

#endif
