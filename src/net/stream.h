/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection on a TCP or UNIX socket, as listen.c and dial.c make it. Not for other folders.
 */
#ifndef SN_NET_STREAM_H
#define SN_NET_STREAM_H

#include "net/conn.h"

#include <uv.h>

struct sn_stream {
    struct sn_conn conn; /* first */
    struct sn_loop *loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    size_t queued; /* bytes in writes under way */
    uv_shutdown_t shutdown;
    struct sn_timer linger;
    size_t linger_left;    /* bytes not sent when it was armed */
    unsigned linger_looks; /* at how many in a row nothing had moved */
    int code;              /* for on_close */
    uint8_t state;         /* enum stream_state */
    bool started, read_off, ended;
};

/* A socket to connect or to open. NULL without memory or descriptors. */
struct sn_stream *sn_stream_create(struct sn_loop *loop, bool is_unix) SN_MUST_USE;

/* Gives up one that nobody was told of. */
void sn_stream_discard(struct sn_stream *stream);

/* Once the socket is connected: fills the names of both ends. */
void sn_stream_name(struct sn_stream *stream);

/* Once the owner has set events and owner: begins to read, unless it wanted otherwise. */
void sn_stream_start(struct sn_stream *stream);

#endif
