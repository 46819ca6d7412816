/* SPDX-License-Identifier: Apache-2.0
 *
 * INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, whoever begins, or both; SHUTDOWN and its answers.
 *
 * Below us is DTLS: whoever sends INITs has proven who it is. So a cookie isn't signed, and our tag
 * is the same for every answer, as RFC 9260, 5.2.1 wants it where both ends begin. A peer that
 * begins anew on a standing association isn't heard: it would have made a new peer connection.
 */
#include "wire/sctp/private.h"

enum {
    PARAM_COOKIE = 7,
    PARAM_EXTENSIONS = 0x8008,
    PARAM_FORWARD_TSN = 0xc000,
    INIT_LEN = 16, /* without parameters */
    COOKIE_MAGIC = 0x534e3031,
    COOKIE_LEN = 28, /* of ours */
};

/* ---- what we write ---- */

static uint8_t *write_hello(const struct sn_sctp *sctp, uint8_t *at)
{
    at = sctp_put32(at, sctp->tag);
    at = sctp_put32(at, sctp_window(sctp));
    at = sctp_put16(at, sctp->config.streams);
    at = sctp_put16(at, sctp->config.streams);
    at = sctp_put32(at, sctp->next_tsn);
    at = sctp_put16(at, PARAM_EXTENSIONS);
    at = sctp_put16(at, SCTP_CHUNK_HEADER + 2);
    *at++ = SCTP_RECONFIG;
    *at++ = SCTP_FORWARD_TSN;
    at = sctp_put16(at, 0); /* padding */
    at = sctp_put16(at, PARAM_FORWARD_TSN);
    return sctp_put16(at, SCTP_CHUNK_HEADER);
}

size_t sctp_write_init(const struct sn_sctp *sctp, uint8_t *value)
{
    return (size_t)(write_hello(sctp, value) - value);
}

size_t sctp_write_init_ack(const struct sn_sctp *sctp, uint8_t *value)
{
    const struct sctp_hello *caller = &sctp->caller;
    uint8_t *at = write_hello(sctp, value);

    at = sctp_put16(at, PARAM_COOKIE);
    at = sctp_put16(at, SCTP_CHUNK_HEADER + COOKIE_LEN);
    at = sctp_put32(at, COOKIE_MAGIC);
    at = sctp_put32(at, sctp->tag);
    at = sctp_put32(at, caller->tag);
    at = sctp_put32(at, caller->window);
    at = sctp_put32(at, caller->tsn);
    at = sctp_put16(at, caller->streams_out);
    at = sctp_put16(at, caller->streams_in);
    at = sctp_put32(at, caller->can_reset);
    return (size_t)(at - value);
}

/* ---- what we read ---- */

static void read_extensions(struct sctp_hello *hello, const struct sctp_part *param)
{
    for (size_t i = 0; i < param->len; i++)
        hello->can_reset |= param->value[i] == SCTP_RECONFIG;
}

/* Parameters we don't know make no difference and aren't reported. `ret_cookie` may be NULL. */
static bool read_hello(const struct sctp_part *chunk, struct sctp_hello *hello,
                       struct sn_str *ret_cookie)
{
    const uint8_t *at = chunk->value;
    struct sctp_part param;

    if (chunk->len < INIT_LEN)
        return false;
    *hello = (struct sctp_hello){
        .tag = sctp_get32(at),
        .window = sctp_get32(at + 4),
        .streams_out = sctp_get16(at + 8),
        .streams_in = sctp_get16(at + 10),
        .tsn = sctp_get32(at + 12),
    };
    struct sn_str params = {(const char *)at + INIT_LEN, chunk->len - INIT_LEN};
    while (sctp_next_param(&params, &param)) {
        if (param.type == PARAM_EXTENSIONS)
            read_extensions(hello, &param);
        else if (param.type == PARAM_COOKIE && ret_cookie)
            *ret_cookie = (struct sn_str){(const char *)param.value, param.len};
    }
    return hello->tag && hello->streams_out && hello->streams_in;
}

static bool read_cookie(const struct sn_sctp *sctp, const struct sctp_part *chunk,
                        struct sctp_hello *hello)
{
    const uint8_t *at = chunk->value;

    if (chunk->len != COOKIE_LEN || sctp_get32(at) != COOKIE_MAGIC ||
        sctp_get32(at + 4) != sctp->tag)
        return false;
    *hello = (struct sctp_hello){
        .tag = sctp_get32(at + 8),
        .window = sctp_get32(at + 12),
        .tsn = sctp_get32(at + 16),
        .streams_out = sctp_get16(at + 20),
        .streams_in = sctp_get16(at + 22),
        .can_reset = sctp_get32(at + 24) != 0,
    };
    return hello->tag && hello->streams_out && hello->streams_in;
}

static uint16_t lesser(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static void adopt(struct sn_sctp *sctp, const struct sctp_hello *peer)
{
    sctp->peer_tag = peer->tag;
    sctp->peer_window = peer->window;
    sctp->ssthresh = sctp->config.send_max; /* "arbitrarily high" */
    sctp->received_tsn = peer->tsn - 1;
    sctp->peer_reset_seq = peer->tsn;
    sctp->streams_out = lesser(sctp->config.streams, peer->streams_in);
    sctp->streams_in = lesser(sctp->config.streams, peer->streams_out);
    sctp->can_reset = peer->can_reset;
}

static void establish(struct sn_sctp *sctp, uint64_t now_ns)
{
    sctp->state = SCTP_ESTABLISHED;
    sctp->want &= ~(SCTP_WANT_INIT | SCTP_WANT_COOKIE_ECHO);
    sctp->errors = 0;
    sctp_disarm(sctp, SCTP_T_HANDSHAKE);
    if (sctp->config.heartbeat_ns != SN_SCTP_NEVER)
        sctp_arm(sctp, SCTP_T_LIFE, now_ns + sctp->config.heartbeat_ns);
    if (sctp->cookie)
        sn_block_put(sctp->config.blocks, sctp->cookie);
    sctp->cookie = NULL;
    sctp->events->connected(sctp->owner);
}

void sctp_on_init(struct sn_sctp *sctp, const struct sctp_part *chunk)
{
    if (sctp->state < SCTP_ESTABLISHED && read_hello(chunk, &sctp->caller, NULL))
        sctp->want |= SCTP_WANT_INIT_ACK;
    else
        sctp->stats.dropped++;
}

void sctp_on_init_ack(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    struct sctp_hello peer;
    struct sn_str cookie = SN_STR_NULL;

    if (sctp->state != SCTP_COOKIE_WAIT)
        return;
    if (!read_hello(chunk, &peer, &cookie) || !cookie.len || cookie.len > SCTP_COOKIE_MAX) {
        sctp->stats.dropped++;
        return;
    }
    sctp->cookie = sn_block_get(sctp->config.blocks, SN_BLOCK_SIZE);
    if (!sctp->cookie) /* the next INIT gets another */
        return;
    memcpy(sctp->cookie + 1, cookie.ptr, cookie.len);
    sctp->cookie_len = (uint16_t)cookie.len;
    adopt(sctp, &peer);
    sctp->state = SCTP_COOKIE_ECHOED;
    sctp->errors = 0;
    sctp->want &= ~SCTP_WANT_INIT;
    sctp->want |= SCTP_WANT_COOKIE_ECHO;
    sctp_arm(sctp, SCTP_T_HANDSHAKE, now_ns + sctp->rto_ns);
}

/* Whatever state we are in: the cookie proves that the peer got our answer to its INIT, and with it
 * all there is to know. Source: RFC 9260, 5.2.4, cases B and D; others aren't ours. */
void sctp_on_cookie_echo(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    struct sctp_hello peer;

    if (!read_cookie(sctp, chunk, &peer) || sctp->state == SCTP_DEAD ||
        (sctp_is_up(sctp) && peer.tag != sctp->peer_tag)) {
        sctp->stats.dropped++;
        return;
    }
    sctp->want |= SCTP_WANT_COOKIE_ACK;
    if (sctp_is_up(sctp)) /* the answer was lost */
        return;
    adopt(sctp, &peer);
    establish(sctp, now_ns);
}

void sctp_on_cookie_ack(struct sn_sctp *sctp, uint64_t now_ns)
{
    if (sctp->state == SCTP_COOKIE_ECHOED)
        establish(sctp, now_ns);
}

/* ---- shutdown ---- */

void sn_sctp_shutdown(struct sn_sctp *sctp, uint64_t now_ns)
{
    if (sctp->state < SCTP_ESTABLISHED)
        sctp_abort(sctp, "shut down");
    if (sctp->state != SCTP_ESTABLISHED)
        return;
    sctp->state = SCTP_SHUTDOWN_PENDING;
    sctp_shutdown_step(sctp, now_ns);
}

void sctp_shutdown_step(struct sn_sctp *sctp, uint64_t now_ns)
{
    if (sctp->unsent.first || sctp->sent.first)
        return;
    if (sctp->state == SCTP_SHUTDOWN_PENDING) {
        sctp->state = SCTP_SHUTDOWN_SENT;
        sctp->want |= SCTP_WANT_SHUTDOWN;
    } else if (sctp->state == SCTP_SHUTDOWN_RECEIVED) {
        sctp->state = SCTP_SHUTDOWN_ACK_SENT;
        sctp->want |= SCTP_WANT_SHUTDOWN_ACK;
    } else {
        return;
    }
    sctp_arm(sctp, SCTP_T_HANDSHAKE, now_ns + sctp->rto_ns);
}

void sctp_on_shutdown(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    if (!sctp_is_up(sctp) || chunk->len < 4 ||
        !sctp_ack_up_to(sctp, sctp_get32(chunk->value), now_ns))
        return;
    if (sctp->state == SCTP_SHUTDOWN_SENT) { /* both at once */
        sctp->state = SCTP_SHUTDOWN_ACK_SENT;
        sctp->want &= ~SCTP_WANT_SHUTDOWN;
        sctp->want |= SCTP_WANT_SHUTDOWN_ACK;
        sctp_arm(sctp, SCTP_T_HANDSHAKE, now_ns + sctp->rto_ns);
    } else if (sctp->state == SCTP_SHUTDOWN_ACK_SENT) { /* ours was lost */
        sctp->want |= SCTP_WANT_SHUTDOWN_ACK;
    } else {
        sctp->state = SCTP_SHUTDOWN_RECEIVED;
    }
}

/* Answered after the end too: the answer may have been lost. */
void sctp_on_shutdown_ack(struct sn_sctp *sctp)
{
    if (sctp->state < SCTP_SHUTDOWN_SENT || sctp->state == SCTP_SHUTDOWN_RECEIVED)
        return;
    sctp->want |= SCTP_WANT_SHUTDOWN_COMPLETE;
    sctp_die(sctp, "shut down");
}

void sctp_on_shutdown_complete(struct sn_sctp *sctp)
{
    if (sctp->state == SCTP_SHUTDOWN_ACK_SENT)
        sctp_die(sctp, "shut down");
}

void sctp_on_handshake_timeout(struct sn_sctp *sctp, uint64_t now_ns)
{
    sctp_disarm(sctp, SCTP_T_HANDSHAKE);
    if (sctp_back_off(sctp))
        return;
    if (sctp->state == SCTP_COOKIE_WAIT)
        sctp->want |= SCTP_WANT_INIT;
    else if (sctp->state == SCTP_COOKIE_ECHOED)
        sctp->want |= SCTP_WANT_COOKIE_ECHO;
    else if (sctp->state == SCTP_SHUTDOWN_SENT)
        sctp->want |= SCTP_WANT_SHUTDOWN;
    else
        sctp->want |= SCTP_WANT_SHUTDOWN_ACK;
    sctp_arm(sctp, SCTP_T_HANDSHAKE, now_ns + sctp->rto_ns);
}
