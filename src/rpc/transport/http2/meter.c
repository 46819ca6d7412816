/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames, metered by kind.
 */
#include "rpc/transport/http2/meter.h"

#include <string.h>

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE };
enum { CONTINUATION = 9, ACK = 1, END_STREAM = 1 };

enum {
    GREETING = 24,         /* bytes of a client's; RFC 9113, 3.4 */
    CONTINUATIONS_MAX = 64 /* of one header list */
};

/* Each kind may come at a steady rate, and so many at once. Measured against what honest clients
 * do: grpc-go pings once per round trip while it receives, streams that are read fast bring a
 * window update each, and a client that gives up its calls resets each. */
enum { METER_SETTINGS, METER_PING, METER_RESET, METER_EMPTY, METER_WINDOW, METER_OTHER };

static const struct {
    uint32_t at_once, per_second;
    enum sn_refusal refusal;
} rates[H2_METERS] = {
    [METER_SETTINGS] = {100, 10, SN_REFUSED_FLOOD_SETTINGS},
    [METER_PING] = {20000, 10000, SN_REFUSED_FLOOD_PING},
    [METER_RESET] = {2000, 200, SN_REFUSED_FLOOD_RESET},
    [METER_EMPTY] = {1000, 100, SN_REFUSED_FLOOD_EMPTY},
    [METER_WINDOW] = {200000, 100000, SN_REFUSED_FLOOD_OTHER},
    [METER_OTHER] = {10000, 1000, SN_REFUSED_FLOOD_OTHER},
};

static void read_head(const uint8_t *p, struct h2_frame_head *ret_head)
{
    *ret_head = (struct h2_frame_head){
        .len = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
        .type = p[3],
        .flags = p[4],
        .id = (int32_t)((uint32_t)(p[5] & 0x7f) << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 |
                        p[8]),
    };
}

size_t h2_meter_next(struct h2_meter *meter, const uint8_t *bytes, size_t len,
                     struct h2_frame_head *ret_head, bool *ret_whole)
{
    size_t taken = 0;

    *ret_whole = false;
    if (meter->greeting < GREETING) {
        taken = len < GREETING - meter->greeting ? len : GREETING - meter->greeting;
        meter->greeting += (uint32_t)taken;
        return taken;
    }
    if (meter->have < sizeof(meter->head)) {
        taken = sizeof(meter->head) - meter->have;
        if (taken > len)
            taken = len;
        memcpy(meter->head + meter->have, bytes, taken);
        meter->have += (uint8_t)taken;
        if (meter->have < sizeof(meter->head))
            return taken;
        read_head(meter->head, ret_head);
        meter->left = ret_head->len;
        *ret_whole = true;
    }
    size_t rest = len - taken < meter->left ? len - taken : meter->left;
    meter->left -= (uint32_t)rest;
    if (!meter->left)
        meter->have = 0;
    return taken + rest;
}

static unsigned int meter_of(const struct h2_frame_head *head)
{
    switch (head->type) {
    case DATA:
        return head->len || (head->flags & END_STREAM) ? H2_METERS : METER_EMPTY;
    case HEADERS:
        return H2_METERS;
    case RST_STREAM:
        return METER_RESET;
    case SETTINGS:
        return head->flags & ACK ? METER_OTHER : METER_SETTINGS;
    case PING:
        return METER_PING;
    case WINDOW_UPDATE:
        return METER_WINDOW;
    default:
        return METER_OTHER;
    }
}

enum sn_refusal h2_meter_judge(struct h2_meter *meter, const struct h2_frame_head *head,
                               uint64_t now_ns)
{
    meter->in_a_row = head->type == CONTINUATION ? meter->in_a_row + 1 : 0;
    if (meter->in_a_row > CONTINUATIONS_MAX)
        return SN_REFUSED_FLOOD_CONTINUATION;
    unsigned int kind = meter_of(head);
    if (kind == H2_METERS)
        return SN_REFUSED_COUNT;
    uint64_t cost_ns = UINT64_C(1000000000) / rates[kind].per_second;
    uint64_t *paid_until_ns = &meter->paid_until_ns[kind];
    if (*paid_until_ns < now_ns)
        *paid_until_ns = now_ns;
    *paid_until_ns += cost_ns;
    return *paid_until_ns - now_ns > cost_ns * rates[kind].at_once ? rates[kind].refusal
                                                                   : SN_REFUSED_COUNT;
}
