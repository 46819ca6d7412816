/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the headers of a request are a well-formed HTTP message. nghttp2 would check this too,
 * but it insists on ":authority" or "host", which some clients leave out; so it is told not to, and
 * all of it is here. Pure. Source: RFC 9113, 8.1 to 8.3.
 */
#ifndef SN_HTTP2_CHECK_H
#define SN_HTTP2_CHECK_H

#include "sinew/str.h"

#include <stdint.h>

struct h2_check {
    uint8_t pseudo;         /* those seen, a bit each */
    bool regular;           /* a header that isn't pseudo was seen */
    bool trailers;          /* the request's headers are through */
    bool malformed;         /* the end: PROTOCOL_ERROR */
    bool connect, asterisk; /* ":method" is CONNECT; ":path" is "*" */
    bool options;
    bool has_length;
    uint64_t content_length;
};

/* Zeroed is ready. */
void h2_check_header(struct h2_check *check, struct sn_str name, struct sn_str value);

/* A header block is complete: the request's own, then that of its trailers. */
void h2_check_headers_end(struct h2_check *check, bool end_stream);

/* The request is complete, with so many bytes of data. */
void h2_check_end(struct h2_check *check, uint64_t data_len);

#endif
