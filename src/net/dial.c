/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting: look the name up, try its addresses in turn. Each attempt has one step under way at a
 * time, and the callback of that step frees a cancelled one.
 */
#include "net/address.h"
#include "net/stream.h"
#include "net/tls.h"
#include "sinew/list.h"

#include <stdio.h>
#include <stdlib.h>

/* A dead peer is noticed in a minute, as on the listening side. */
enum { KEEPALIVE_S = 45 };

struct sn_dial {
    struct sn_loop *loop;
    sn_connect_fn on_connect;
    void *owner;
    bool cancelled;
    char text[SN_ADDRESS_MAX];
    struct sn_address address;
    struct sn_task start;
    uv_getaddrinfo_t lookup;
    bool looking_up;
    struct addrinfo *found, *next; /* next: to be tried */
    struct {
        struct addrinfo info;
        struct sockaddr_storage socket;
    } literal[2];             /* of a host that needs no lookup */
    struct sn_stream *stream; /* being tried */
    struct sn_tls *tls;       /* NULL: none is wanted */
    const char *tls_name;     /* NULL: the host */
    struct sn_conn *secured;  /* whose handshake is under way */
    uv_connect_t connect;
};

static void destroy(struct sn_dial *dial)
{
    uv_freeaddrinfo(dial->found);
    sn_tls_unref(dial->tls);
    free(dial);
}

static void give_up(struct sn_dial *dial, const char *cause)
{
    struct sn_error error;
    sn_connect_fn on_connect = dial->on_connect;
    void *owner = dial->owner;

    sn_error_set(&error, SN_ERR_UNAVAILABLE, "connect to %s: %s", dial->text, cause);
    destroy(dial);
    on_connect(owner, NULL, &error);
}

static void succeed(struct sn_dial *dial, struct sn_conn *conn)
{
    sn_connect_fn on_connect = dial->on_connect;
    void *owner = dial->owner;

    destroy(dial);
    on_connect(owner, conn, NULL);
}

static void on_secured(void *owner, struct sn_conn *conn, const struct sn_error *error)
{
    if (conn)
        succeed(owner, conn);
    else
        give_up(owner, error->text);
}

static void connected(struct sn_dial *dial)
{
    struct sn_stream *stream = dial->stream;
    const char *name = dial->tls_name ? dial->tls_name : dial->address.name;

    if (stream->uv.handle.type == UV_TCP) {
        uv_tcp_nodelay(&stream->uv.tcp, 1);
        uv_tcp_keepalive(&stream->uv.tcp, 1, KEEPALIVE_S);
    }
    sn_stream_name(stream);
    if (!dial->tls) {
        succeed(dial, &stream->conn);
        sn_stream_start(stream);
        return;
    }
    dial->secured =
        sn_tls_connect(dial->tls, &stream->conn, *name ? name : "localhost", on_secured, dial);
    if (dial->secured) {
        sn_stream_start(stream);
        return;
    }
    sn_stream_discard(stream);
    give_up(dial, uv_strerror(UV_ENOMEM));
}

static void try_next(struct sn_dial *dial, int code);

static void on_connected(uv_connect_t *uv, int code)
{
    struct sn_dial *dial = uv->data;

    sn_loop_enter(dial->loop);
    if (dial->cancelled) {
        destroy(dial);
    } else if (code) {
        sn_stream_discard(dial->stream);
        try_next(dial, code);
    } else {
        connected(dial);
    }
}

static int connect_tcp(struct sn_dial *dial, const struct sockaddr *address)
{
    dial->stream = sn_stream_create(dial->loop, false);
    if (!dial->stream)
        return UV_ENOMEM;
    int code = uv_tcp_connect(&dial->connect, &dial->stream->uv.tcp, address, on_connected);
    if (code)
        sn_stream_discard(dial->stream);
    return code;
}

/* `code` is why the one before failed. */
static void try_next(struct sn_dial *dial, int code)
{
    while (dial->next) {
        const struct addrinfo *info = dial->next;

        dial->next = info->ai_next;
        code = connect_tcp(dial, info->ai_addr);
        if (!code)
            return;
    }
    give_up(dial, uv_strerror(code));
}

static void on_found(uv_getaddrinfo_t *uv, int code, struct addrinfo *found)
{
    struct sn_dial *dial = uv->data;

    sn_loop_enter(dial->loop);
    dial->looking_up = false;
    dial->found = dial->next = found;
    if (dial->cancelled)
        destroy(dial);
    else
        try_next(dial, code);
}

static void look_up(struct sn_dial *dial)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[8];

    snprintf(port, sizeof(port), "%u", dial->address.port);
    int code = uv_getaddrinfo(sn_loop_backend(dial->loop), &dial->lookup, on_found,
                              dial->address.name, port, &hints);
    if (code)
        give_up(dial, uv_strerror(code));
    else
        dial->looking_up = true;
}

/* Puts the host's address, if it is one, in front of those to be tried. */
static void add_literal(struct sn_dial *dial, size_t slot, const char *host)
{
    struct sn_address address = {.port = dial->address.port};
    struct addrinfo *info = &dial->literal[slot].info;
    struct sockaddr_storage *socket = &dial->literal[slot].socket;

    snprintf(address.name, sizeof(address.name), "%s", host);
    if (!sn_address_literal(&address, socket, &info->ai_addrlen))
        return;
    info->ai_addr = (struct sockaddr *)socket;
    info->ai_next = dial->next;
    dial->next = info;
}

/* What is known without asking: no thread is started for it. */
static void add_literals(struct sn_dial *dial)
{
    const char *host = dial->address.name;

    if (host[0] != '\0' && strcmp(host, "localhost") != 0) {
        add_literal(dial, 0, host);
        return;
    }
    add_literal(dial, 1, "::1");
    add_literal(dial, 0, "127.0.0.1");
}

static void connect_unix(struct sn_dial *dial)
{
    dial->stream = sn_stream_create(dial->loop, true);
    if (!dial->stream)
        give_up(dial, uv_strerror(UV_ENOMEM));
    else
        uv_pipe_connect(&dial->connect, &dial->stream->uv.pipe, dial->address.name, on_connected);
}

static void start(struct sn_task *task)
{
    struct sn_dial *dial = sn_container_of(task, struct sn_dial, start);

    if (dial->cancelled)
        destroy(dial);
    else if (dial->address.is_unix)
        connect_unix(dial);
    else if (dial->next)
        try_next(dial, UV_EADDRNOTAVAIL);
    else
        look_up(dial);
}

int sn_dial(struct sn_loop *loop, const char *address, sn_connect_fn on_connect, void *owner,
            struct sn_dial **ret_dial, struct sn_error *error)
{
    struct sn_address parsed;
    int code = sn_address_parse(address, &parsed, error);

    if (code)
        return code;
    struct sn_dial *dial = calloc(1, sizeof(*dial));
    if (!dial)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "connect to %s: out of memory", address);
    dial->loop = loop;
    dial->on_connect = on_connect;
    dial->owner = owner;
    dial->address = parsed;
    snprintf(dial->text, sizeof(dial->text), "%s", address);
    dial->start.run = start;
    dial->lookup.data = dial->connect.data = dial;
    if (!parsed.is_unix)
        add_literals(dial);
    sn_loop_defer(loop, &dial->start); /* no callback from inside */
    *ret_dial = dial;
    return 0;
}

void sn_dial_secure(struct sn_dial *dial, struct sn_tls *tls, const char *name)
{
    dial->tls_name = name;
    dial->tls = sn_tls_ref(tls);
}

void sn_dial_cancel(struct sn_dial *dial)
{
    dial->cancelled = true;
    if (dial->secured) {
        sn_conn_close(dial->secured, false);
        destroy(dial);
    } else if (dial->looking_up) {
        uv_cancel((uv_req_t *)&dial->lookup);
    } else if (dial->stream) {
        sn_stream_discard(dial->stream);
    }
}
