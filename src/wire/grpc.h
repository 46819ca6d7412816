/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of gRPC over HTTP/2: message framing, timeouts, escaped texts, binary metadata. Pure:
 * bytes in, bytes out. Any thread. Source: gRPC "PROTOCOL-HTTP2".
 */
#ifndef SN_WIRE_GRPC_H
#define SN_WIRE_GRPC_H

#include "sinew/arena.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- Length-Prefixed-Message ---- */

enum { SN_GRPC_PREFIX = 5 };

/* Writes the prefix of a message of `len` bytes. */
void sn_grpc_write_prefix(uint8_t prefix[SN_GRPC_PREFIX], bool compressed, uint32_t len);

enum sn_grpc_read { SN_GRPC_MORE, SN_GRPC_MESSAGE, SN_GRPC_TOO_LARGE, SN_GRPC_NO_MEMORY };

/* Takes messages out of a stream of bytes. Zeroed is ready. A message that lies whole in one chunk
 * is lent as it lies; others are gathered in memory that grows with what has really arrived, not
 * with what the prefix promises. */
struct sn_grpc_reader {
    size_t max; /* bytes of a message */
    uint8_t prefix[SN_GRPC_PREFIX];
    uint8_t prefix_len;
    uint32_t wanted; /* of the present message, when its prefix is complete */
    struct sn_block_pool *blocks;
    struct sn_block *buffer; /* gathers; NULL when nothing was */
    size_t gathered;
};

/* Consumes from the front of `*bytes`. SN_GRPC_MESSAGE: `*ret_message` and `*ret_compressed` are
 * set, valid until the next call on the reader or until the chunk goes. After SN_GRPC_TOO_LARGE or
 * SN_GRPC_NO_MEMORY the stream can't be read on. */
enum sn_grpc_read sn_grpc_read(struct sn_grpc_reader *reader, struct sn_str *bytes,
                               struct sn_str *ret_message, bool *ret_compressed);

/* Frees what was gathered. */
void sn_grpc_reader_fini(struct sn_grpc_reader *reader);

/* ---- header values ---- */

/* "100m" -> ns. INVALID_ARGUMENT: not 1 to 8 digits and one of H M S m u n. */
int sn_grpc_timeout_parse(struct sn_str text, uint64_t *ret_ns) SN_MUST_USE;

/* The shortest form that isn't less than `ns`; at most 9 characters and a NUL. */
void sn_grpc_timeout_print(uint64_t ns, char text[16]);

/* Percent-encoding of grpc-message. ptr NULL: no memory. Decoding takes malformed escapes as they
 * stand, as the specification asks. */
struct sn_str sn_grpc_message_encode(struct sn_str text, struct sn_arena *arena) SN_MUST_USE;
struct sn_str sn_grpc_message_decode(struct sn_str text, struct sn_arena *arena) SN_MUST_USE;

/* Base64 of "-bin" metadata, written without padding, read with or without. INVALID_ARGUMENT,
 * RESOURCE_EXHAUSTED. */
struct sn_str sn_base64_encode(struct sn_str bytes, struct sn_arena *arena) SN_MUST_USE;
int sn_base64_decode(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes)
    SN_MUST_USE;

/* 0..16 as negated codes; what isn't one is SN_ERR_UNKNOWN. */
int sn_grpc_status_parse(struct sn_str text);

#endif
