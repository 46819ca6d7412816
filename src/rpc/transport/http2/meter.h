/* SPDX-License-Identifier: Apache-2.0
 *
 * Sees each frame's head before nghttp2 does, and meters the kinds that cost a server more than
 * they cost the peer that sends them. Pure: it is told the time.
 */
#ifndef SN_HTTP2_METER_H
#define SN_HTTP2_METER_H

#include "rpc/transport/guard.h"

#include <stdbool.h>

enum { H2_METERS = 6 };

/* Zeroed is ready, at the client's greeting. */
struct h2_meter {
    uint8_t head[9];
    uint8_t have;      /* bytes of the head */
    uint32_t left;     /* bytes of the frame behind its head */
    uint32_t greeting; /* bytes of it that came */
    uint32_t in_a_row; /* CONTINUATION frames */
    uint64_t paid_until_ns[H2_METERS];
};

struct h2_frame_head {
    uint32_t len;
    uint8_t type, flags;
    int32_t id;
};

/* How many of the bytes belong together: up to the end of the frame, or all of them. `*ret_whole`:
 * a frame's head became whole within them, and `*ret_head` is it. */
size_t h2_meter_next(struct h2_meter *meter, const uint8_t *bytes, size_t len,
                     struct h2_frame_head *ret_head, bool *ret_whole);

/* Whether that frame is one too many: the reason, or SN_REFUSED_COUNT. */
enum sn_refusal h2_meter_judge(struct h2_meter *meter, const struct h2_frame_head *head,
                               uint64_t now_ns);

#endif
