/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC's own part of the wire, whatever carries it: message frames, timeouts, status, text and
 * binary metadata. Pure: no memory of its own, no sockets, no clock.
 * Source: gRPC "PROTOCOL-HTTP2"; base64 of RFC 4648.
 */
#ifndef SN_WIRE_GRPC_H
#define SN_WIRE_GRPC_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

/* ---- messages ----
 *
 *   flag (1 byte: 1 = compressed) | length (4 bytes, big-endian) | that many bytes
 */

enum { SN_GRPC_PREFIX = 5 };

/* Writes the prefix of an uncompressed message. */
void sn_grpc_write_prefix(uint8_t prefix[SN_GRPC_PREFIX], uint32_t len);

/* Takes a stream apart. In the owner's memory; zeroed is ready for use. `buffer` is needed only
 * for messages that don't lie whole in one chunk; the owner gives, enlarges and frees it. */
struct sn_grpc_reader {
    uint8_t *buffer;
    size_t capacity;
    size_t have;  /* bytes of the message in the buffer */
    uint32_t len; /* of the message */
    uint8_t prefix[SN_GRPC_PREFIX];
    uint8_t prefix_have;
};

enum sn_grpc_event {
    SN_GRPC_MORE,      /* the chunk is used up */
    SN_GRPC_MESSAGE,   /* a whole one */
    SN_GRPC_GROW,      /* `buffer` is full: enlarge it (to `len` at most) or give up */
    SN_GRPC_TOO_LARGE, /* `len` is above the limit: the end */
    SN_GRPC_MALFORMED, /* a flag that doesn't exist: the end */
};

struct sn_grpc_message {
    struct sn_str bytes; /* in the chunk or in the buffer, valid until the next call */
    bool compressed;
};

/* Takes bytes from the front of `chunk` until something is to be told; to be called again until
 * SN_GRPC_MORE. Messages above `limit` bytes are refused before any byte of them is kept. */
enum sn_grpc_event sn_grpc_next(struct sn_grpc_reader *reader, struct sn_str *chunk, size_t limit,
                                struct sn_grpc_message *ret_message);

/* Whether the stream may end here: not within a message. */
static inline bool sn_grpc_between(const struct sn_grpc_reader *reader)
{
    return reader->prefix_have == 0;
}

/* ---- grpc-timeout ---- */

/* Up to 8 digits and one of HMSmun. INVALID_ARGUMENT. */
int sn_grpc_parse_timeout(struct sn_str text, uint64_t *ret_ns) SN_MUST_USE;

/* The finest unit in which it fits, rounded up; NUL-terminated. Returns the length. */
enum { SN_GRPC_TIMEOUT_MAX = 10 };
size_t sn_grpc_print_timeout(uint64_t ns, char text[SN_GRPC_TIMEOUT_MAX]);

/* ---- grpc-status, grpc-message ---- */

/* 0 or SN_ERR_*; UNKNOWN for what is no status. */
int sn_grpc_parse_status(struct sn_str text);

/* What a response without grpc-status means. Source: gRPC "http-grpc-status-mapping". */
int sn_grpc_of_http(int http_status);

/* Percent-encodes all but printable ASCII, and "%". `out` holds 3 bytes for each of `text`. Returns
 * the length. */
size_t sn_grpc_escape(char *out, struct sn_str text);

/* The reverse; what is no escape stays as it is. `out` holds text.len bytes, and may be `text`'s
 * own. Returns the length. */
size_t sn_grpc_unescape(char *out, struct sn_str text);

/* ---- values of "-bin" metadata ---- */

#define SN_BASE64_LEN(len) (((len)*4 + 2) / 3)       /* without padding */
#define SN_BASE64_BYTES_MAX(len) ((len) / 4 * 3 + 2) /* at most */

/* What a character of base64 stands for, or -1. */
int sn_base64_digit(char c);

/* Without padding. `out` holds SN_BASE64_LEN(bytes.len). Returns the length. */
size_t sn_base64_encode(char *out, struct sn_str bytes);

/* Padding is optional. `out` holds SN_BASE64_BYTES_MAX(text.len), and may be `text`'s own.
 * INVALID_ARGUMENT. */
int sn_base64_decode(uint8_t *out, struct sn_str text, size_t *ret_len) SN_MUST_USE;

#endif
