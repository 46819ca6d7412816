/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection as a stream of bytes: TCP and UNIX sockets, and TLS over one of them (net/tls.h),
 * all behind one ops table. Everything runs on the loop thread; nothing blocks.
 *
 * Reading: `on_read` gets bytes that are valid during the call only.
 * Writing: sn_conn_write() gives what it can to the socket at once and keeps (copies) the rest;
 * `on_drain` tells that the rest went out. Who writes watches sn_conn_queued() and stops producing.
 * Closing: sn_conn_close() returns at once; `on_close` is the only callback after it and the last
 * of all, after which the owner may free its own memory. The conn frees itself then. No callback
 * comes from inside a function of this header.
 */
#ifndef SN_NET_CONN_H
#define SN_NET_CONN_H

#include "loop/loop.h"
#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

struct sn_conn;

struct sn_conn_events {
    void (*on_read)(struct sn_conn *conn, const uint8_t *bytes, size_t len);
    void (*on_end)(struct sn_conn *conn); /* the peer sends no more; writing goes on */
    void (*on_drain)(struct sn_conn *conn);
    /* Once. `code` is 0 after a wanted close, UNAVAILABLE after a reset or failure. */
    void (*on_close)(struct sn_conn *conn, int code);
};

struct sn_conn_ops {
    int (*write)(struct sn_conn *conn, const struct sn_str *parts, size_t count);
    size_t (*queued)(const struct sn_conn *conn);
    void (*read)(struct sn_conn *conn, bool on);
    void (*close)(struct sn_conn *conn, bool linger);
};

struct sn_conn {
    const struct sn_conn_ops *ops;
    const struct sn_conn_events *events;
    void *owner;   /* of the events */
    char peer[64]; /* "127.0.0.1:4711", "unix"; for logs */
    char local[64];
    const char *cause; /* of an unwanted end ("connection reset by peer"); static; else NULL */
    uint64_t bytes_in, bytes_out;
    bool trusted; /* by who accepted it: what comes over it needs no proof of who sent it */
    /* For who keeps account of connections, whoever has the events: after on_close, the very last.
     * May be NULL. */
    void (*released)(struct sn_conn *conn);
    void *lease;
};

/* Sends the parts in order. UNAVAILABLE when the connection is gone or going; RESOURCE_EXHAUSTED
 * when more than SN_CONN_QUEUE_MAX bytes could have to wait (the writer ignored sn_conn_queued):
 * nothing was taken. */
int sn_conn_write(struct sn_conn *conn, const struct sn_str *parts, size_t count) SN_MUST_USE;
enum { SN_CONN_QUEUE_MAX = 64 << 20 };

/* Bytes accepted and not yet given to the system. */
size_t sn_conn_queued(const struct sn_conn *conn);

/* Stops and resumes reading (on after accept and connect). */
void sn_conn_read(struct sn_conn *conn, bool on);

/* `linger`: sends what is queued, shuts the writing side, reads and drops until the peer ends or
 * nothing moves for 1 s, so that the peer can read the last bytes before a reset. Otherwise at
 * once.
 */
void sn_conn_close(struct sn_conn *conn, bool linger);

/* ---- making connections ---- */

struct sn_listener;

/* An address is "host:port" or "unix:/path". To listen, the host is an IP literal ("[::1]"),
 * "localhost" (127.0.0.1) or "" for all interfaces, and port 0 lets the system choose; to dial, it
 * may be any name, and its addresses are tried in turn. */

/* Called for each accepted connection; it must set conn->events and conn->owner before it returns,
 * or close it at once. */
typedef void (*sn_accept_fn)(void *owner, struct sn_conn *conn);

/* UNAVAILABLE with a text naming address and cause ("listen on 127.0.0.1:8080: address already in
 * use"), INVALID_ARGUMENT for a malformed address. A UNIX socket that nobody listens on any more is
 * replaced. Out of descriptors, accepting pauses and goes on by itself. */
int sn_listen(struct sn_loop *loop, const char *address, sn_accept_fn accept, void *owner,
              struct sn_listener **ret_listener, struct sn_error *error) SN_MUST_USE;

/* The same on a socket that listens already and was handed to the program; `fd` becomes the
 * listener's. UNAVAILABLE for what is no such socket: it stays open. */
int sn_listen_on(struct sn_loop *loop, int fd, sn_accept_fn accept, void *owner,
                 struct sn_listener **ret_listener, struct sn_error *error) SN_MUST_USE;

/* "127.0.0.1:8080", with the port the system chose; "unix:/path". */
const char *sn_listener_address(const struct sn_listener *listener);

/* Stops accepting; connections live on. Accepts NULL. */
void sn_listener_close(struct sn_listener *listener);

/* `on_connect` gets the conn, or NULL with UNAVAILABLE and a text naming address and cause
 * ("connect to localhost:8080: connection refused"); it must set events and owner, and may close
 * the conn. sn_dial_cancel() ends an attempt: its callback then doesn't come. There is no timeout
 * but the system's. INVALID_ARGUMENT for a malformed address. */
struct sn_dial;
typedef void (*sn_connect_fn)(void *owner, struct sn_conn *conn, const struct sn_error *error);
int sn_dial(struct sn_loop *loop, const char *address, sn_connect_fn on_connect, void *owner,
            struct sn_dial **ret_dial, struct sn_error *error) SN_MUST_USE;
void sn_dial_cancel(struct sn_dial *dial);

/* Right after sn_dial(): the connection will speak TLS (net/tls.h), with the host of the address as
 * the name the server must have, or `name` where that isn't NULL (it lives as long as the dial). */
struct sn_tls;
void sn_dial_secure(struct sn_dial *dial, struct sn_tls *tls, const char *name);

#endif
