/* SPDX-License-Identifier: Apache-2.0
 *
 * What all kinds of connections have in common: their ops, called.
 */
#include "net/conn.h"

int sn_conn_write(struct sn_conn *conn, const struct sn_str *parts, size_t count)
{
    return conn->ops->write(conn, parts, count);
}

size_t sn_conn_queued(const struct sn_conn *conn)
{
    return conn->ops->queued(conn);
}

void sn_conn_read(struct sn_conn *conn, bool on)
{
    conn->ops->read(conn, on);
}

void sn_conn_close(struct sn_conn *conn, bool linger)
{
    conn->ops->close(conn, linger);
}
