/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of connections: an end of one, and what happened to it. For *_test.c only.
 */
#ifndef SN_NET_END_TESTING_H
#define SN_NET_END_TESTING_H

#include "net/testing.h"
#include "net/tls.h"

#include <string.h>

struct end {
    struct sn_conn *conn;
    struct sn_tls *tls; /* of a server that has it; else NULL */
    size_t got, reads, drains;
    uint8_t last[64];        /* the newest bytes */
    uint32_t sum;            /* over all bytes, in their order */
    bool echo, stop_reading; /* what to do with bytes, besides counting */
    bool ended, closed;
    int code;
    const char *cause;
    char error[SN_ERROR_TEXT_MAX];
};

static inline void end_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct end *end = conn->owner;
    struct sn_str part = {(const char *)bytes, len};

    for (size_t i = 0; i < len; i++)
        end->sum = end->sum * 31 + bytes[i];
    end->got += len;
    end->reads++;
    memcpy(end->last, bytes, len < sizeof(end->last) ? len : sizeof(end->last));
    if (end->stop_reading)
        sn_conn_read(conn, false);
    if (end->echo)
        assert_int_equal(sn_conn_write(conn, &part, 1), 0);
}

static inline void end_end(struct sn_conn *conn)
{
    ((struct end *)conn->owner)->ended = true;
}

static inline void end_drain(struct sn_conn *conn)
{
    ((struct end *)conn->owner)->drains++;
}

static inline void end_close(struct sn_conn *conn, int code)
{
    struct end *end = conn->owner;

    assert_false(end->closed);
    end->closed = true;
    end->code = code;
    end->cause = conn->cause;
}

static const struct sn_conn_events end_events = {end_read, end_end, end_drain, end_close};

/* For sn_listen(): the connection becomes that of the end. */
static inline void adopt(void *owner, struct sn_conn *conn)
{
    struct end *end = owner;

    if (end->tls)
        conn = sn_tls_accept(end->tls, conn);
    assert_non_null(conn);
    end->conn = conn;
    conn->events = &end_events;
    conn->owner = end;
}

/* For sn_dial(). */
static inline void connected(void *owner, struct sn_conn *conn, const struct sn_error *error)
{
    struct end *end = owner;

    if (conn) {
        adopt(owner, conn);
        return;
    }
    end->code = error->code;
    snprintf(end->error, sizeof(end->error), "%s", error->text);
}

#endif
