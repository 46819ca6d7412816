/* SPDX-License-Identifier: Apache-2.0
 *
 * Metadata as HTTP headers, and the texts in them; on whichever HTTP. Loop thread.
 */
#ifndef SN_TRANSPORT_HEADERS_H
#define SN_TRANSPORT_HEADERS_H

#include "rpc/core/metadata.h"

/* Whether a name (in lower case) is HTTP's or gRPC's own, and so no metadata. */
bool sn_header_is_reserved(struct sn_str name);

/* Metadata as a header: the name in lower case, "-bin" values as base64. 1; 0 for what HTTP can't
 * carry or keeps for itself, and so is left out; RESOURCE_EXHAUSTED. */
int sn_header_make(const struct sn_metadata_entry *entry, struct sn_arena *arena,
                   struct sn_metadata_entry *ret_header) SN_MUST_USE;

/* Keeps a header of the peer as metadata, unless it is HTTP's or gRPC's own. INVALID_ARGUMENT,
 * RESOURCE_EXHAUSTED. */
int sn_header_keep(struct sn_metadata *metadata, struct sn_arena *arena, struct sn_str name,
                   struct sn_str value) SN_MUST_USE;

/* Texts and bytes in headers, on the arena. ptr NULL: no memory. */
struct sn_str sn_header_escape(struct sn_str text, struct sn_arena *arena);
struct sn_str sn_header_unescape(struct sn_str text, struct sn_arena *arena);
struct sn_str sn_header_encode(struct sn_str bytes, struct sn_arena *arena);

/* INVALID_ARGUMENT, RESOURCE_EXHAUSTED. */
int sn_header_decode(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes)
    SN_MUST_USE;

#endif
