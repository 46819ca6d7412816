/* SPDX-License-Identifier: Apache-2.0
 *
 * What peers are allowed, and the count of those that were refused, for all connections of a
 * program whatever they speak. Loop thread.
 */
#ifndef SN_TRANSPORT_GUARD_H
#define SN_TRANSPORT_GUARD_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each bounds what one peer can make the server do or hold. */
struct sn_limits {
    size_t header_bytes;   /* of one header list: names, values and 32 each */
    uint32_t header_count; /* ... and how many */
    size_t message_bytes;  /* of one gRPC message, inflated */
    size_t gathered_bytes; /* of messages not yet whole, per connection */
    size_t unsent_bytes;   /* that wait because a connection's peer doesn't read */
    size_t memory_bytes;   /* of all requests and answers together, when another one begins */
    uint32_t streams;      /* open at once, per connection */
    uint32_t calls;        /* running at once per connection, cancelled ones that end late too */
    uint32_t connections;
    uint32_t address_connections; /* per address of a peer */
    uint32_t peers;               /* peer connections (WebRTC) */
    uint64_t greeting_ns;         /* until a connection's first request begins */
    uint64_t head_ns;             /* until a request's head is whole */
    uint64_t stall_ns; /* that a reader or writer may stand still in the middle of a message */
    uint64_t idle_ns;  /* without a request: HTTP/1 */
    uint64_t idle_http2_ns;
};

/* Good for most machines. */
extern const struct sn_limits sn_limits_preset;

/* Why a connection or request was refused: symbol, name in metrics. */
#define SN_REFUSALS(ROW)                          \
    ROW(CONNECTIONS, "connections")               \
    ROW(ADDRESS, "connections_of_address")        \
    ROW(MEMORY, "memory")                         \
    ROW(TLS, "tls_on_plaintext")                  \
    ROW(HANDSHAKE, "tls_handshake")               \
    ROW(PROTOCOL, "protocol")                     \
    ROW(GREETING, "greeting_overdue")             \
    ROW(HEAD, "head_overdue")                     \
    ROW(IDLE, "idle")                             \
    ROW(HEADER_BYTES, "header_bytes")             \
    ROW(HEADER_COUNT, "header_count")             \
    ROW(MESSAGE, "message_unreadable")            \
    ROW(STREAMS, "streams")                       \
    ROW(CALLS, "calls")                           \
    ROW(PEERS, "peer_connections")                \
    ROW(SLOW_READER, "slow_reader")               \
    ROW(SLOW_WRITER, "slow_writer")               \
    ROW(FLOOD_SETTINGS, "flood_settings")         \
    ROW(FLOOD_PING, "flood_ping")                 \
    ROW(FLOOD_RESET, "flood_reset")               \
    ROW(FLOOD_EMPTY, "flood_empty_data")          \
    ROW(FLOOD_CONTINUATION, "flood_continuation") \
    ROW(FLOOD_OTHER, "flood_other")               \
    ROW(REQUEST, "request")

enum sn_refusal {
#define SN_REFUSAL_SYMBOL(symbol, name) SN_REFUSED_##symbol,
    SN_REFUSALS(SN_REFUSAL_SYMBOL)
#undef SN_REFUSAL_SYMBOL
        SN_REFUSED_COUNT
};

extern const char *const sn_refusal_names[SN_REFUSED_COUNT];

struct sn_guard {
    struct sn_limits limits;
    uint64_t refused[SN_REFUSED_COUNT];
};

struct sn_block_pool; /* "sinew/arena.h" */

/* Whether there is memory for another request; counts it as refused otherwise. */
bool sn_guard_has_memory(struct sn_guard *guard, struct sn_block_pool *blocks) SN_MUST_USE;

#endif
