/* SPDX-License-Identifier: Apache-2.0
 *
 * What client.c (calls) and channel.c (connections for them) know of each other.
 */
#ifndef SN_HTTP2_CLIENT_H
#define SN_HTTP2_CLIENT_H

#include "net/address.h"
#include "rpc/transport/http2/http2.h"
#include "rpc/transport/http2/session.h"

struct h2_client_conn {
    struct h2_session session; /* first */
    struct h2_channel *channel;
    struct sn_list link; /* h2_channel.conns */
    struct sn_timer ping;
    uint64_t bytes_seen; /* at the last ping */
    bool pinged;
};

struct h2_channel {
    struct sn_channel base; /* first */
    struct sn_loop *loop;
    struct h2_memory memory;
    struct sn_guard guard;
    char address[SN_ADDRESS_MAX];
    struct sn_tls *tls;   /* NULL: plaintext */
    const char *tls_name; /* NULL: the host of the address */
    struct sn_dial *dial;
    struct sn_timer dial_timeout;
    struct h2_client_conn *conn; /* the one that takes new streams; NULL: none */
    struct sn_list conns;   /* h2_client_conn.link: that one, and those that only finish theirs */
    struct sn_list waiting; /* h2_call.wait: to begin, oldest first */
    struct sn_list refused; /* h2_call.wait: to be told so */
    uint32_t waiting_count; /* of both */
    uint64_t pause_ns, longest_pause_ns, may_dial_ns;
    struct sn_error last_error;
    struct sn_task work; /* begins the waiting, dials or fails them, from outside of open() */
    bool work_wanted, closing;
    void (*on_closed)(void *owner);
    void *closed_owner;
};

struct h2_call {
    struct h2_stream h2; /* first */
    struct sn_client_stream rpc;
    struct sn_arena arena; /* holds the call itself */
    struct h2_channel *channel;
    struct sn_list wait; /* h2_channel.waiting or .refused */
    struct sn_timer deadline;
    struct sn_str path;
    struct sn_metadata request, headers, trailers;
    struct sn_str http_status, content_type, grpc_status, grpc_message;
    bool broken;   /* the answer's headers can't be used */
    bool answered; /* headers were passed on */
    bool reported; /* on_trailers was called */
};

/* ---- channel.c ---- */

/* Does what there is to do for the waiting calls, at the end of this turn of the loop. */
void h2_channel_want_work(struct h2_channel *channel);

/* The connection takes no new calls. */
void h2_channel_turn_away(struct h2_client_conn *conn);

/* Whether another call may begin on that connection (may be NULL) now. */
bool h2_channel_has_room(const struct h2_client_conn *conn);

/* What connections tell. */
void h2_channel_goaway(struct h2_session *session);
void h2_channel_settings(struct h2_session *session);
void h2_channel_gone(struct h2_session *session);

/* ---- client.c ---- */

/* sn_channel_ops.open. */
struct sn_client_stream *h2_call_open(struct sn_channel *channel,
                                      const struct sn_client_events *events, void *owner,
                                      struct sn_str path, const struct sn_metadata *metadata,
                                      uint64_t timeout_ns);

/* What streams and connections tell. */
extern const struct h2_side h2_client_side;

/* Sends the request's headers, unless the connection takes no more. */
void h2_call_begin(struct h2_call *call, struct h2_client_conn *conn);

/* Ends it from our side: reported at once, its remains go when HTTP/2 has closed it. */
void h2_call_abandon(struct h2_call *call, int code, struct sn_str text);

/* More than this wait for the server: the next ones are refused. */
enum { H2_WAITING_MAX = 1000 };

#endif
