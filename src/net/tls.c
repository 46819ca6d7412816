/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections over TLS. OpenSSL reads from the bytes at hand and writes into a buffer that all
 * connections of an sn_tls share, which leaves in one piece: nothing waits inside of it.
 */
#include "net/tls_private.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORD = SSL3_RT_MAX_PLAIN_LENGTH,
    RECORD_OVERHEAD = 64, /* header, padding and tag are less */
};

enum tls_state {
    TLS_SHAKING,
    TLS_OPEN,
    TLS_CLOSING, /* the inner one is closing; its end is ours */
};

struct tls_conn {
    struct sn_conn conn; /* first */
    struct sn_tls *tls;
    struct sn_conn *inner;
    SSL *ssl;
    const uint8_t *in; /* what is being read */
    size_t in_len;
    sn_tls_ready_fn on_ready; /* of a client that isn't ready */
    void *ready_owner;
    int code; /* for on_close */
    uint32_t key_changes;
    uint8_t state;    /* enum tls_state */
    bool ended;       /* on_end was told */
    bool write_error; /* the inner one takes no more */
};

static struct tls_conn *tls_conn_of(struct sn_conn *conn)
{
    return (struct tls_conn *)conn;
}

/* ---- what OpenSSL reads and writes ---- */

static bool flush(struct tls_conn *tc)
{
    struct sn_tls *tls = tc->tls;
    const struct sn_str out = {(const char *)tls->out, tls->out_len};

    tls->out_len = 0;
    if (out.len && !tc->write_error)
        tc->write_error = sn_conn_write(tc->inner, &out, 1) != 0;
    tc->conn.bytes_out = tc->inner->bytes_out;
    return !tc->write_error;
}

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *ret_len)
{
    struct tls_conn *tc = BIO_get_data(bio);
    struct sn_tls *tls = tc->tls;

    for (size_t done = 0; done < len;) {
        size_t room = sizeof(tls->out) - tls->out_len;
        size_t some = len - done < room ? len - done : room;

        memcpy(tls->out + tls->out_len, bytes + done, some);
        tls->out_len += some;
        done += some;
        if (tls->out_len == sizeof(tls->out) && !flush(tc))
            return 0;
    }
    *ret_len = len;
    return 1;
}

static int bio_read(BIO *bio, char *bytes, size_t len, size_t *ret_len)
{
    struct tls_conn *tc = BIO_get_data(bio);
    size_t some = len < tc->in_len ? len : tc->in_len;

    BIO_clear_retry_flags(bio);
    if (!some) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(bytes, tc->in, some);
    tc->in += some;
    tc->in_len -= some;
    *ret_len = some;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_bio_create(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sinew");

    if (method) {
        BIO_meth_set_write_ex(method, bio_write);
        BIO_meth_set_read_ex(method, bio_read);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

/* Told of each message of the protocol. A change of keys costs us more than its sender. */
void tls_on_message(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl,
                    void *unused)
{
    struct tls_conn *tc = SSL_get_app_data(ssl);

    if (!sent && type == SSL3_RT_HANDSHAKE && len && *(const uint8_t *)bytes == SSL3_MT_KEY_UPDATE)
        tc->key_changes++;
}

/* ---- the end ---- */

static void begin_close(struct tls_conn *tc, int code, bool linger)
{
    tc->state = TLS_CLOSING;
    tc->code = code;
    sn_conn_close(tc->inner, linger);
}

/* The peer is told by an alert that OpenSSL has written. `cause` is static. */
static void break_off(struct tls_conn *tc, const char *cause)
{
    if (tc->state == TLS_CLOSING)
        return;
    if (!tc->conn.cause)
        tc->conn.cause = cause;
    begin_close(tc, SN_ERR_UNAVAILABLE, flush(tc));
}

/* Why OpenSSL gave up. */
static const char *cause_of(const struct tls_conn *tc)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    long verified = SSL_get_verify_result(tc->ssl);

    ERR_clear_error();
    if (verified != X509_V_OK && SSL_get_verify_mode(tc->ssl) != SSL_VERIFY_NONE)
        return X509_verify_cert_error_string(verified);
    return reason ? reason : "TLS failed";
}

static void tls_close(struct sn_conn *conn, bool linger)
{
    struct tls_conn *tc = tls_conn_of(conn);

    if (tc->state == TLS_CLOSING) {
        if (!linger)
            sn_conn_close(tc->inner, false);
        return;
    }
    tc->on_ready = NULL;
    if (tc->state == TLS_OPEN && (linger || !sn_conn_queued(tc->inner))) {
        ERR_clear_error();
        SSL_shutdown(tc->ssl); /* writes close_notify */
        flush(tc);
    }
    begin_close(tc, 0, linger);
}

static void inner_closed(struct sn_conn *inner, int code)
{
    struct tls_conn *tc = inner->owner;
    struct sn_conn *conn = &tc->conn;
    sn_tls_ready_fn on_ready = tc->on_ready;
    struct sn_error error;

    if (tc->state != TLS_CLOSING) {
        tc->code = code;
        conn->cause = inner->cause;
    }
    SSL_free(tc->ssl);
    if (on_ready) {
        sn_error_set(&error, SN_ERR_UNAVAILABLE, "%s",
                     conn->cause ? conn->cause : "the connection ended during the TLS handshake");
        on_ready(tc->ready_owner, NULL, &error);
    } else if (conn->events) {
        conn->events->on_close(conn, tc->code);
    }
    if (conn->released)
        conn->released(conn);
    sn_tls_unref(tc->tls);
    free(tc);
}

/* ---- reading ---- */

static bool speaks_http2(const SSL *ssl)
{
    const unsigned char *protocol;
    unsigned int len;

    SSL_get0_alpn_selected(ssl, &protocol, &len);
    return len == 2 && memcmp(protocol, "h2", 2) == 0;
}

static void handshake_done(struct tls_conn *tc)
{
    sn_tls_ready_fn on_ready = tc->on_ready;

    tc->state = TLS_OPEN;
    if (!on_ready)
        return;
    if (!speaks_http2(tc->ssl)) {
        break_off(tc, "the server speaks no HTTP/2 over TLS");
        return;
    }
    tc->on_ready = NULL;
    on_ready(tc->ready_owner, &tc->conn, NULL);
}

static void shake(struct tls_conn *tc)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tc->ssl);
    int error = SSL_get_error(tc->ssl, result);

    if (result != 1 && error != SSL_ERROR_WANT_READ)
        break_off(tc, cause_of(tc));
    else if (!flush(tc))
        break_off(tc, "the connection takes no more");
    else if (result == 1)
        handshake_done(tc);
}

static void end(struct tls_conn *tc)
{
    if (tc->ended || tc->state == TLS_CLOSING)
        return;
    tc->ended = true;
    if (tc->state == TLS_OPEN)
        tc->conn.events->on_end(&tc->conn);
    else
        break_off(tc, "the connection ended during the TLS handshake");
}

/* Fills the shared buffer with what is there. False when that was the last. */
static bool decrypt(struct tls_conn *tc, size_t *ret_len)
{
    struct sn_tls *tls = tc->tls;
    size_t len = 0, some;

    ERR_clear_error();
    while (sizeof(tls->plain) - len >= RECORD) {
        if (SSL_read_ex(tc->ssl, tls->plain + len, sizeof(tls->plain) - len, &some) != 1) {
            *ret_len = len;
            return false;
        }
        len += some;
    }
    *ret_len = len;
    return true;
}

static void read_on(struct tls_conn *tc)
{
    for (bool more = true; more && tc->state == TLS_OPEN;) {
        size_t len;

        more = decrypt(tc, &len);
        int error = more ? SSL_ERROR_NONE : SSL_get_error(tc->ssl, 0);
        const char *cause = error == SSL_ERROR_SSL ? cause_of(tc) : NULL;

        if (tc->key_changes > SN_TLS_KEY_CHANGES + (tc->conn.bytes_in >> 20))
            cause = "too many changes of keys";
        if (!flush(tc) && !cause)
            cause = "the connection takes no more";
        if (len)
            tc->conn.events->on_read(&tc->conn, tc->tls->plain, len);
        if (cause)
            break_off(tc, cause);
        else if (error == SSL_ERROR_ZERO_RETURN)
            end(tc);
    }
}

static void inner_read(struct sn_conn *inner, const uint8_t *bytes, size_t len)
{
    struct tls_conn *tc = inner->owner;
    struct sn_tls *tls = sn_tls_ref(tc->tls);

    tc->conn.bytes_in = inner->bytes_in;
    tc->in = bytes;
    tc->in_len = len;
    if (tc->state == TLS_SHAKING)
        shake(tc);
    if (tc->state == TLS_OPEN && !tc->ended)
        read_on(tc);
    tc->in_len = 0;
    sn_tls_unref(tls);
}

void sn_tls_feed(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    inner_read(tls_conn_of(conn)->inner, bytes, len);
}

static void inner_end(struct sn_conn *inner)
{
    end(inner->owner);
}

static void inner_drain(struct sn_conn *inner)
{
    struct tls_conn *tc = inner->owner;

    if (tc->state == TLS_OPEN)
        tc->conn.events->on_drain(&tc->conn);
}

static void tls_read(struct sn_conn *conn, bool on)
{
    sn_conn_read(tls_conn_of(conn)->inner, on);
}

/* ---- writing ---- */

static bool encrypt(struct tls_conn *tc, const char *bytes, size_t len)
{
    size_t written;

    return !len || SSL_write_ex(tc->ssl, bytes, len, &written) == 1;
}

/* Small parts go together into one record. */
static bool encrypt_parts(struct tls_conn *tc, const struct sn_str *parts, size_t count)
{
    char *gathered = tc->tls->gathered;
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        if (len + parts[i].len > RECORD) {
            if (!encrypt(tc, gathered, len))
                return false;
            len = 0;
        }
        if (parts[i].len >= RECORD) {
            if (!encrypt(tc, parts[i].ptr, parts[i].len))
                return false;
        } else if (parts[i].len) {
            memcpy(gathered + len, parts[i].ptr, parts[i].len);
            len += parts[i].len;
        }
    }
    return encrypt(tc, gathered, len);
}

static int tls_write(struct sn_conn *conn, const struct sn_str *parts, size_t count)
{
    struct tls_conn *tc = tls_conn_of(conn);
    size_t room = SN_CONN_QUEUE_MAX - sn_conn_queued(tc->inner);

    if (tc->state != TLS_OPEN)
        return SN_ERR_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        size_t len = parts[i].len + parts[i].len / RECORD * RECORD_OVERHEAD + RECORD_OVERHEAD;

        if (len > room)
            return SN_ERR_RESOURCE_EXHAUSTED;
        room -= len;
    }
    ERR_clear_error();
    if (encrypt_parts(tc, parts, count) && flush(tc))
        return 0;
    break_off(tc, "the connection takes no more");
    return SN_ERR_UNAVAILABLE;
}

static size_t tls_queued(const struct sn_conn *conn)
{
    return sn_conn_queued(((const struct tls_conn *)conn)->inner);
}

/* ---- making ---- */

static const struct sn_conn_events inner_events = {inner_read, inner_end, inner_drain,
                                                   inner_closed};

static const struct sn_conn_ops tls_ops = {
    .write = tls_write,
    .queued = tls_queued,
    .read = tls_read,
    .close = tls_close,
};

static bool attach(struct tls_conn *tc)
{
    tc->ssl = SSL_new(tc->tls->ctx);
    BIO *bio = tc->ssl ? BIO_new(tc->tls->bio) : NULL;
    if (!bio) {
        SSL_free(tc->ssl);
        return false;
    }
    BIO_set_data(bio, tc);
    BIO_set_init(bio, 1);
    SSL_set_bio(tc->ssl, bio, bio); /* takes it */
    SSL_set_app_data(tc->ssl, tc);
    return true;
}

static struct tls_conn *create(struct sn_tls *tls, struct sn_conn *inner)
{
    struct tls_conn *tc = calloc(1, sizeof(*tc));

    if (!tc)
        return NULL;
    tc->tls = tls;
    tc->inner = inner;
    tc->conn.ops = &tls_ops;
    tc->conn.trusted = inner->trusted;
    tc->conn.bytes_in = inner->bytes_in;
    tc->conn.bytes_out = inner->bytes_out;
    memcpy(tc->conn.peer, inner->peer, sizeof(tc->conn.peer));
    memcpy(tc->conn.local, inner->local, sizeof(tc->conn.local));
    if (!attach(tc)) {
        free(tc);
        return NULL;
    }
    return tc;
}

/* From here on the inner connection is the TLS's. */
static void take(struct tls_conn *tc)
{
    sn_tls_ref(tc->tls);
    tc->inner->events = &inner_events;
    tc->inner->owner = tc;
}

struct sn_conn *sn_tls_accept(struct sn_tls *tls, struct sn_conn *take_inner)
{
    struct tls_conn *tc = create(tls, take_inner);

    if (!tc)
        return NULL;
    SSL_set_accept_state(tc->ssl);
    take(tc);
    return &tc->conn;
}

struct sn_conn *sn_tls_connect(struct sn_tls *tls, struct sn_conn *take_inner, const char *name,
                               sn_tls_ready_fn on_ready, void *owner)
{
    struct tls_conn *tc = create(tls, take_inner);

    if (!tc)
        return NULL;
    if (!tls_expect_name(tc->ssl, name)) {
        SSL_free(tc->ssl);
        free(tc);
        return NULL;
    }
    SSL_set_connect_state(tc->ssl);
    take(tc);
    tc->on_ready = on_ready;
    tc->ready_owner = owner;
    shake(tc);
    return &tc->conn;
}
