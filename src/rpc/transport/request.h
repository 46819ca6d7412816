/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of one request, whatever carries it and whoever answers it: gRPC over HTTP/2, gRPC-Web
 * over either HTTP, a page. Loop thread.
 */
#ifndef SN_TRANSPORT_REQUEST_H
#define SN_TRANSPORT_REQUEST_H

#include "rpc/core/transport.h"
#include "rpc/transport/guard.h"

/* Strings lie on the arena it is filled with; empty where the peer said nothing. */
struct sn_request {
    struct sn_str method, path; /* "POST", "/package.Service/Method?query" */
    struct sn_str content_type;
    struct sn_str encoding, accept_encoding; /* of gRPC messages */
    struct sn_metadata metadata;             /* all that isn't HTTP's or gRPC's own */
    uint64_t timeout_ns;                     /* SN_NEVER: none */
    uint32_t header_count;
    int refused; /* HTTP status to answer with instead */
};

void sn_request_init(struct sn_request *request);

/* Takes a header; ":method" and ":path" are HTTP/2's way to say these. What is wrong with it shows
 * in `refused`. */
void sn_request_header(struct sn_request *request, struct sn_arena *arena, struct sn_guard *guard,
                       struct sn_str name, struct sn_str value);

/* Says what it will be answered with, and counts why, unless something else was wrong before. */
void sn_request_refuse(struct sn_request *request, struct sn_guard *guard, int status,
                       enum sn_refusal refusal);

/* The path before "?"; what is behind it. */
struct sn_str sn_request_path(const struct sn_request *request, struct sn_str *ret_query);

/* The next "name=value" of a query, which moves behind it, as written there; false at its end. */
bool sn_query_next(struct sn_str *query, struct sn_str *ret_name, struct sn_str *ret_value);

/* "application/grpc" or "application/grpc-web", alone or with "+codec" or parameters. */
bool sn_request_has_type(const struct sn_request *request, struct sn_str type);

/* Gives the call to the core; or refuses it where its messages come in an encoding that isn't known
 * or where too many of that connection run. */
void sn_request_begin(const struct sn_request *request, struct sn_server *server,
                      struct sn_server_stream *stream, struct sn_arena *arena,
                      struct sn_guard *guard);

/* Whether the answer's headers say "grpc-encoding: gzip". As the reference does, a call whose
 * messages may come compressed is answered so; a handler may ask for more or less by
 * stream->compress. */
bool sn_request_wants_gzip(const struct sn_request *request, const struct sn_server_stream *stream);

/* The message as it is to be sent once such headers are out. */
struct sn_message *sn_request_compress(const struct sn_server_stream *stream,
                                       struct sn_message *take_message) SN_MUST_USE;

/* gRPC's end as headers: grpc-status and, where there are, grpc-message and details; on the arena.
 * Returns how many, or RESOURCE_EXHAUSTED. */
enum { SN_STATUS_HEADERS = 3 };
int sn_status_headers(const struct sn_status *status, struct sn_arena *arena,
                      struct sn_metadata_entry ret_headers[SN_STATUS_HEADERS]) SN_MUST_USE;

#endif
