/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata of a call: keys in lower case, values as raw bytes (a transport that must, codes those
 * of
 * "-bin" keys as base64). Repeated keys are kept apart and in order. Memory: the arena it was made
 * on. Source: gRPC "PROTOCOL-HTTP2", Custom-Metadata.
 */
#ifndef SN_RPC_METADATA_H
#define SN_RPC_METADATA_H

#include "sinew/arena.h"
#include "sinew/str.h"

#include <stdint.h>

struct sn_metadata_entry {
    struct sn_str key, value;
};

struct sn_metadata {
    struct sn_metadata_entry *v;
    uint32_t count, capacity;
};

/* Peer-supplied: entries per call. The bytes are bounded by the transport and the arena. */
enum { SN_METADATA_MAX = 256 };

/* Borrows both strings. RESOURCE_EXHAUSTED past SN_METADATA_MAX or the arena's limit. */
int sn_metadata_add(struct sn_metadata *metadata, struct sn_arena *arena, struct sn_str key,
                    struct sn_str value) SN_MUST_USE;

/* First value of that key; ptr is NULL when there is none. */
struct sn_str sn_metadata_get(const struct sn_metadata *metadata, struct sn_str key);

/* True for keys that end in "-bin". */
static inline bool sn_metadata_is_binary(struct sn_str key)
{
    return key.len >= 4 && memcmp(key.ptr + key.len - 4, "-bin", 4) == 0;
}

#endif
