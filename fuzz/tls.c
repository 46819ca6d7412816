/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as what a client sends where TLS is served, in pieces of a size chosen by the first
 * byte. Whatever comes of it, the connection ends once and nothing of it is left.
 */
#include "net/tls.h"

#include "fuzz.h"

/* Of nobody but this program. */
static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUVk+Fep4Bf3s0d3enCz4xxMad95swCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjQxNDM4MDdaGA8yMTI2MTAzMTE0Mzgw\n"
    "N1owDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOHm\n"
    "mhU0eyW82a1spBjgLDpytrc8XpM2/tjlia5NdHSkH/KOl5G/ECISspYLnHBPGSTh\n"
    "ktr2h+7dhCR7H5+5qUOjUzBRMB0GA1UdDgQWBBSccWcuLqkbSDvbon8gHQLl9eH5\n"
    "wzAfBgNVHSMEGDAWgBSccWcuLqkbSDvbon8gHQLl9eH5wzAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDvYw53xpPlpnV3XFdhASzS+SJ2H8Yb4npU\n"
    "i2iU4Lzy6QIgII19sNB6MyMYKwSTlxfRMEQ8MhFyAL6MU7Obyf/9kv0=\n"
    "-----END CERTIFICATE-----\n";
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/0wqXcE5wxaGpLcT\n"
                          "Dqk9TBoIcXz4eid5CRUF+keLVLWhRANCAATh5poVNHslvNmtbKQY4Cw6cra3PF6T\n"
                          "Nv7Y5YmuTXR0pB/yjpeRvxAiErKWC5xwTxkk4ZLa9ofu3YQkex+fualD\n"
                          "-----END PRIVATE KEY-----\n";

struct pipe {
    struct sn_conn conn; /* first */
    bool closing;
};

static int pipe_write(struct sn_conn *conn, const struct sn_str *parts, size_t count)
{
    struct pipe *pipe = (struct pipe *)conn;

    for (size_t i = 0; i < count; i++)
        conn->bytes_out += parts[i].len;
    return pipe->closing || conn->bytes_out % 7 == 6 ? SN_ERR_UNAVAILABLE : 0;
}

static size_t pipe_queued(const struct sn_conn *conn)
{
    return 0;
}

static void pipe_read(struct sn_conn *conn, bool on)
{
}

static void pipe_close(struct sn_conn *conn, bool linger)
{
    ((struct pipe *)conn)->closing = true;
}

static size_t ends, closes;

static void on_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    FUZZ_REQUIRE(len > 0 && !closes);
}

static void on_end(struct sn_conn *conn)
{
    FUZZ_REQUIRE(!ends++ && !closes);
}

static void on_drain(struct sn_conn *conn)
{
}

static void on_close(struct sn_conn *conn, int code)
{
    FUZZ_REQUIRE(!closes++ && (code == 0 || conn->cause));
}

static const struct sn_conn_events events = {on_read, on_end, on_drain, on_close};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sn_conn_ops ops = {pipe_write, pipe_queued, pipe_read, pipe_close};
    static const struct sn_tls_identity identity = {{certificate, sizeof(certificate) - 1},
                                                    {key, sizeof(key) - 1}};
    struct pipe pipe = {.conn.ops = &ops};
    static struct sn_tls *tls;

    if (size < 1)
        return 0;
    if (!tls)
        FUZZ_REQUIRE(sn_tls_create_server(&identity, &tls, NULL) == 0);
    ends = closes = 0;
    struct sn_conn *conn = sn_tls_accept(tls, &pipe.conn);
    FUZZ_REQUIRE(conn);
    conn->events = &events;
    size_t step = 1 + (size_t)data[0] * 4;
    for (size_t at = 1; at < size && !pipe.closing; at += step) {
        size_t len = size - at < step ? size - at : step;

        pipe.conn.bytes_in += len;
        pipe.conn.events->on_read(&pipe.conn, data + at, len);
    }
    if (!pipe.closing)
        pipe.conn.events->on_end(&pipe.conn);
    if (!pipe.closing)
        sn_conn_close(conn, data[0] % 2);
    FUZZ_REQUIRE(pipe.closing);
    pipe.conn.events->on_close(&pipe.conn, 0);
    FUZZ_REQUIRE(closes == 1);
    return 0;
}
