/* SPDX-License-Identifier: Apache-2.0
 *
 * DTLS connections. A BIO of our own has one datagram to read, or none, and hands what is written
 * to the owner; OpenSSL's memory BIOs would merge datagrams.
 */
#include "net/dtls_private.h"
#include "sinew/list.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum dtls_state { DTLS_SHAKING, DTLS_OPEN, DTLS_ENDED };

/* Waits of a flight that was not answered. */
enum { FIRST_WAIT_US = 100000, LAST_WAIT_US = 3000000 };

struct sn_dtls {
    SSL *ssl;
    struct sn_dtls_identity *identity;
    struct sn_timers *timers;
    const struct sn_dtls_events *events;
    void *owner;
    struct sn_dtls_fingerprint peer;
    size_t mtu;
    struct sn_timer retransmit;
    const uint8_t *in; /* the datagram to be read; NULL: none */
    size_t in_len;
    uint32_t entered; /* functions of this file that are running */
    uint8_t state;    /* enum dtls_state */
    bool active, stranger, doomed;
};

/* ---- what OpenSSL reads and writes ---- */

static int bio_write(BIO *bio, const char *bytes, int len)
{
    struct sn_dtls *dtls = BIO_get_data(bio);

    if (len > 0 && !dtls->doomed)
        dtls->events->send(dtls, (const uint8_t *)bytes, (size_t)len);
    return len;
}

static int bio_read(BIO *bio, char *bytes, int len)
{
    struct sn_dtls *dtls = BIO_get_data(bio);
    size_t some = dtls->in_len < (size_t)len ? dtls->in_len : (size_t)len;

    BIO_clear_retry_flags(bio);
    if (!dtls->in) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(bytes, dtls->in, some);
    dtls->in = NULL;
    return (int)some;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *dtls_bio_create(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sinew datagrams");

    if (method) {
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

static unsigned int next_wait(SSL *ssl, unsigned int wait_us)
{
    if (!wait_us)
        return FIRST_WAIT_US;
    return wait_us < LAST_WAIT_US / 2 ? 2 * wait_us : LAST_WAIT_US;
}

int dtls_verify(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct sn_dtls *dtls = SSL_get_app_data(ssl);
    struct sn_dtls_fingerprint shown;

    if (dtls_digest(X509_STORE_CTX_get0_cert(store), dtls->peer.algorithm, &shown) &&
        shown.len == dtls->peer.len &&
        CRYPTO_memcmp(shown.digest, dtls->peer.digest, shown.len) == 0)
        return 1;
    dtls->stranger = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/* ---- the handshake's timer ---- */

static void on_retransmit(struct sn_timer *timer);

static void arm(struct sn_dtls *dtls)
{
    struct timeval left;

    if (dtls->state == DTLS_ENDED || DTLSv1_get_timeout(dtls->ssl, &left) != 1) {
        sn_timer_stop(dtls->timers, &dtls->retransmit);
        return;
    }
    /* OpenSSL asks its own clock whether it is time. */
    uint64_t left_ns = (uint64_t)left.tv_sec * SN_SECONDS(1) + (uint64_t)left.tv_usec * 1000;
    sn_timer_start(dtls->timers, &dtls->retransmit, left_ns + SN_MS(1), on_retransmit);
}

/* ---- the ways in and out ---- */

static void release(struct sn_dtls *dtls)
{
    sn_timer_stop(dtls->timers, &dtls->retransmit);
    SSL_free(dtls->ssl);
    sn_dtls_identity_unref(dtls->identity);
    free(dtls);
}

static void enter(struct sn_dtls *dtls)
{
    dtls->entered++;
    ERR_clear_error();
    if (dtls->state == DTLS_OPEN)
        SSL_alloc_buffers(dtls->ssl);
}

static void leave(struct sn_dtls *dtls)
{
    ERR_clear_error();
    if (--dtls->entered)
        return;
    if (dtls->doomed) {
        release(dtls);
        return;
    }
    arm(dtls);
    if (dtls->state == DTLS_OPEN)
        SSL_free_buffers(dtls->ssl); /* two of 17 KB, which OpenSSL would keep */
}

static void end(struct sn_dtls *dtls, int code, const char *cause)
{
    if (dtls->state == DTLS_ENDED)
        return;
    dtls->state = DTLS_ENDED;
    if (!dtls->doomed)
        dtls->events->ended(dtls, code, cause);
}

/* After an error that OpenSSL can't go on from; its alert has been sent. */
static void fail(struct sn_dtls *dtls)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    end(dtls, SN_ERR_UNAVAILABLE,
        dtls->stranger ? "the peer's certificate has another fingerprint"
        : reason       ? reason
                       : "DTLS failed");
}

static void shake(struct sn_dtls *dtls)
{
    int result = SSL_do_handshake(dtls->ssl);

    if (result == 1) {
        dtls->state = DTLS_OPEN;
        dtls->events->connected(dtls);
    } else if (SSL_get_error(dtls->ssl, result) != SSL_ERROR_WANT_READ) {
        fail(dtls);
    }
}

static void read_records(struct sn_dtls *dtls)
{
    uint8_t record[SSL3_RT_MAX_PLAIN_LENGTH];
    size_t len;

    while (dtls->state == DTLS_OPEN && !dtls->doomed) {
        int result = SSL_read_ex(dtls->ssl, record, sizeof(record), &len);
        int error = SSL_get_error(dtls->ssl, result);

        if (result == 1) {
            dtls->events->received(dtls, record, len);
        } else if (error == SSL_ERROR_ZERO_RETURN) {
            SSL_shutdown(dtls->ssl); /* the answer */
            end(dtls, 0, "the peer closed the connection");
        } else {
            if (error != SSL_ERROR_WANT_READ)
                fail(dtls);
            return;
        }
    }
}

static void on_retransmit(struct sn_timer *timer)
{
    struct sn_dtls *dtls = sn_container_of(timer, struct sn_dtls, retransmit);

    enter(dtls);
    if (DTLSv1_handle_timeout(dtls->ssl) < 0)
        end(dtls, SN_ERR_UNAVAILABLE, "the peer does not answer the handshake");
    leave(dtls);
}

/* ---- what the owner does ---- */

void sn_dtls_start(struct sn_dtls *dtls)
{
    enter(dtls);
    if (dtls->active && dtls->state == DTLS_SHAKING)
        shake(dtls);
    leave(dtls);
}

void sn_dtls_receive(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    if (!len || bytes[0] < SN_DTLS_FIRST_MIN || bytes[0] > SN_DTLS_FIRST_MAX ||
        dtls->state == DTLS_ENDED)
        return;
    enter(dtls);
    dtls->in = bytes;
    dtls->in_len = len;
    if (dtls->state == DTLS_SHAKING)
        shake(dtls);
    if (dtls->state == DTLS_OPEN && !dtls->doomed)
        read_records(dtls);
    dtls->in = NULL;
    leave(dtls);
}

int sn_dtls_send(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    size_t written;

    if (dtls->state != DTLS_OPEN)
        return SN_ERR_UNAVAILABLE;
    if (!len || len > dtls->mtu - SN_DTLS_OVERHEAD)
        return SN_ERR_INVALID_ARGUMENT;
    enter(dtls);
    int result = SSL_write_ex(dtls->ssl, bytes, len, &written);
    leave(dtls);
    return result == 1 ? 0 : SN_ERR_UNAVAILABLE;
}

void sn_dtls_close(struct sn_dtls *dtls)
{
    enter(dtls);
    if (dtls->state == DTLS_OPEN)
        SSL_shutdown(dtls->ssl);
    dtls->state = DTLS_ENDED;
    leave(dtls);
}

bool sn_dtls_is_connected(const struct sn_dtls *dtls)
{
    return dtls->state == DTLS_OPEN;
}

enum sn_dtls_srtp sn_dtls_srtp_profile(const struct sn_dtls *dtls)
{
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);

    return profile ? (enum sn_dtls_srtp)profile->id : SN_DTLS_SRTP_NONE;
}

int sn_dtls_export(struct sn_dtls *dtls, const char *label, uint8_t *ret_bytes, size_t len)
{
    if (dtls->state != DTLS_OPEN || SSL_export_keying_material(dtls->ssl, ret_bytes, len, label,
                                                               strlen(label), NULL, 0, 0) != 1)
        return SN_ERR_UNAVAILABLE;
    return 0;
}

void *sn_dtls_owner(const struct sn_dtls *dtls)
{
    return dtls->owner;
}

/* ---- making ---- */

static bool attach(struct sn_dtls *dtls)
{
    dtls->ssl = SSL_new(dtls->identity->ctx);
    BIO *bio = dtls->ssl ? BIO_new(dtls->identity->bio) : NULL;
    if (!bio)
        return false;
    BIO_set_data(bio, dtls);
    BIO_set_init(bio, 1);
    SSL_set_bio(dtls->ssl, bio, bio); /* takes it */
    SSL_set_app_data(dtls->ssl, dtls);
    SSL_set_mtu(dtls->ssl, (long)dtls->mtu);
    DTLS_set_timer_cb(dtls->ssl, next_wait);
    if (dtls->active)
        SSL_set_connect_state(dtls->ssl);
    else
        SSL_set_accept_state(dtls->ssl);
    return true;
}

int sn_dtls_create(const struct sn_dtls_options *options, struct sn_dtls **ret_dtls,
                   struct sn_error *error)
{
    if (options->mtu < SN_DTLS_MTU_MIN)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "an mtu of %zu: %d at least",
                            options->mtu, SN_DTLS_MTU_MIN);
    struct sn_dtls *dtls = calloc(1, sizeof(*dtls));
    if (!dtls)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for DTLS");
    dtls->identity = sn_dtls_identity_ref(options->identity);
    dtls->timers = options->timers;
    dtls->events = options->events;
    dtls->owner = options->owner;
    dtls->peer = options->peer;
    dtls->mtu = options->mtu;
    dtls->active = options->active;
    if (!attach(dtls)) {
        release(dtls);
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for DTLS");
    }
    *ret_dtls = dtls;
    return 0;
}

void sn_dtls_destroy(struct sn_dtls *dtls)
{
    if (!dtls)
        return;
    dtls->doomed = true;
    dtls->state = DTLS_ENDED;
    if (!dtls->entered)
        release(dtls);
}
