/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.x requests: the head, taken apart where it lies, and the body's framing. Strict, since
 * what two parsers read differently is a way around one of them: lines end in CRLF, no folded
 * lines, one kind of length. Pure: no memory of its own, no sockets, no clock.
 * Source: RFC 9112.
 */
#ifndef SN_WIRE_HTTP1_H
#define SN_WIRE_HTTP1_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

/* ---- the head ---- */

/* Bytes of the head, its empty line included; 0 when it isn't whole. Looks at nothing before
 * `from`, but for the three bytes that could begin the end. */
size_t sn_http1_head_len(struct sn_str bytes, size_t from);

struct sn_http1_start {
    struct sn_str method, target; /* "GET", "/path?query" (scheme and host cut off), or "*" */
    uint8_t minor;                /* of HTTP/1.x */
};

/* Takes the first line off the front of `head`. INVALID_ARGUMENT; UNIMPLEMENTED for an HTTP that
 * isn't 1.x; UNAVAILABLE for what isn't HTTP at all. */
int sn_http1_start_line(struct sn_str *head, struct sn_http1_start *ret_start) SN_MUST_USE;

/* Takes a header off the front of `head`: 1, 0 at its end, or INVALID_ARGUMENT. The value has no
 * blanks around it. */
int sn_http1_header(struct sn_str *head, struct sn_str *ret_name, struct sn_str *ret_value)
    SN_MUST_USE;

/* ---- what the head says of the body and the connection ---- */

struct sn_http1_framing {
    bool has_length, chunked;
    bool close, keep_alive;        /* "connection" */
    bool expects, expects_unknown; /* "expect: 100-continue", or something else */
    uint8_t hosts;                 /* so many "host" headers */
    uint64_t length;
};

/* Takes note of a header; zeroed is ready. INVALID_ARGUMENT for one that can't be right;
 * UNIMPLEMENTED for a transfer coding other than chunked. */
int sn_http1_frame(struct sn_http1_framing *framing, struct sn_str name, struct sn_str value)
    SN_MUST_USE;

/* ---- the body ---- */

enum sn_http1_event {
    SN_HTTP1_MORE,  /* the input is used up */
    SN_HTTP1_BYTES, /* of the body */
    SN_HTTP1_END,
    SN_HTTP1_MALFORMED, /* the end of all */
};

struct sn_http1_body {
    uint8_t state;
    uint32_t line; /* bytes of the line being read */
    uint64_t left; /* of the chunk, or of the body */
};

void sn_http1_body_init(struct sn_http1_body *body, const struct sn_http1_framing *framing);

/* Takes bytes off the front of `input`; to be called again until SN_HTTP1_MORE or the end. Trailers
 * are read and dropped. */
enum sn_http1_event sn_http1_body_next(struct sn_http1_body *body, struct sn_str *input,
                                       struct sn_str *ret_bytes);

#endif
