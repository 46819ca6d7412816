/* SPDX-License-Identifier: Apache-2.0
 *
 * The presets of what peers are allowed.
 */
#include "rpc/transport/guard.h"

#include "rpc/core/message.h"
#include "rpc/core/metadata.h"
#include "sinew/arena.h"
#include "sinew/timers.h"

const struct sn_limits sn_limits_preset = {
    .header_bytes = 64 << 10, /* the reference allows 32 MiB, which nobody needs */
    .header_count = SN_METADATA_MAX,
    .message_bytes = SN_MESSAGE_MAX,
    .gathered_bytes = 64 << 20,
    .unsent_bytes = 64 << 20,
    .memory_bytes = 512 << 20,
    .streams = 250, /* the reference's */
    .calls = 500,
    .connections = 2000,
    .address_connections = 1500,
    .peers = 500,
    .greeting_ns = SN_SECONDS(10), /* the reference's ReadHeaderTimeout */
    .head_ns = SN_SECONDS(10),
    .stall_ns = SN_SECONDS(60),
    .idle_ns = SN_SECONDS(120),
    .idle_http2_ns = SN_SECONDS(3600),
};

const char *const sn_refusal_names[SN_REFUSED_COUNT] = {
#define SN_REFUSAL_NAME(symbol, name) [SN_REFUSED_##symbol] = (name),
    SN_REFUSALS(SN_REFUSAL_NAME)
#undef SN_REFUSAL_NAME
};

bool sn_guard_has_memory(struct sn_guard *guard, struct sn_block_pool *blocks)
{
    bool has = sn_block_pool_in_use(blocks) < guard->limits.memory_bytes;

    guard->refused[SN_REFUSED_MEMORY] += !has;
    return has;
}
