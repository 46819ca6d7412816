/* SPDX-License-Identifier: Apache-2.0
 *
 * Packets out: what is to be said, as much as fits into each.
 */
#include "wire/sctp/private.h"

struct packet {
    uint8_t *bytes;
    size_t len;
};

static uint8_t *end_of(const struct packet *packet)
{
    return packet->bytes + packet->len;
}

static size_t room_in(const struct packet *packet)
{
    return SN_SCTP_MTU - packet->len;
}

/* The chunk at the end, whose value of `len` bytes is written already. */
static void close_chunk(struct packet *packet, enum sctp_type type, uint8_t flags, size_t len)
{
    uint8_t *at = end_of(packet);
    size_t whole = SCTP_CHUNK_HEADER + len;

    at[0] = (uint8_t)type;
    at[1] = flags;
    sctp_put16(at + 2, (uint16_t)whole);
    memset(at + whole, 0, sctp_padded(whole) - whole);
    packet->len += sctp_padded(whole);
}

static uint8_t *value_of(const struct packet *packet)
{
    return end_of(packet) + SCTP_CHUNK_HEADER;
}

/* Whether it was wanted; if so, it is no more. */
static bool take_want(struct sn_sctp *sctp, uint16_t want)
{
    bool wanted = (sctp->want & want) != 0;

    sctp->want &= ~want;
    return wanted;
}

/* Chunks that are alone in their packet. Returns whether there was one, and its tag. */
static bool write_lone(struct sn_sctp *sctp, struct packet *packet, uint32_t *ret_tag)
{
    *ret_tag = sctp->peer_tag;
    if (take_want(sctp, SCTP_WANT_ABORT)) {
        close_chunk(packet, SCTP_ABORT, 0, 0);
    } else if (take_want(sctp, SCTP_WANT_SHUTDOWN_COMPLETE)) {
        close_chunk(packet, SCTP_SHUTDOWN_COMPLETE, 0, 0);
    } else if (take_want(sctp, SCTP_WANT_INIT)) {
        *ret_tag = 0;
        close_chunk(packet, SCTP_INIT, 0, sctp_write_init(sctp, value_of(packet)));
    } else if (take_want(sctp, SCTP_WANT_INIT_ACK)) {
        *ret_tag = sctp->caller.tag;
        close_chunk(packet, SCTP_INIT_ACK, 0, sctp_write_init_ack(sctp, value_of(packet)));
    } else {
        return false;
    }
    return true;
}

static void write_cookie(struct sn_sctp *sctp, struct packet *packet)
{
    if (take_want(sctp, SCTP_WANT_COOKIE_ECHO)) {
        memcpy(value_of(packet), sctp->cookie + 1, sctp->cookie_len);
        close_chunk(packet, SCTP_COOKIE_ECHO, 0, sctp->cookie_len);
    }
    if (room_in(packet) >= SCTP_CHUNK_HEADER && take_want(sctp, SCTP_WANT_COOKIE_ACK))
        close_chunk(packet, SCTP_COOKIE_ACK, 0, 0);
}

/* What the peer hears of its data: at once where it must, else with data of ours. */
static void write_sack(struct sn_sctp *sctp, struct packet *packet)
{
    bool with_data = sctp->due_ns[SCTP_T_SACK] != SN_SCTP_NEVER && sctp_sendable(sctp);

    if (room_in(packet) < SCTP_SACK_LEN_MIN || (!take_want(sctp, SCTP_WANT_SACK) && !with_data))
        return;
    sctp_disarm(sctp, SCTP_T_SACK);
    close_chunk(packet, SCTP_SACK, 0,
                sctp_write_sack(sctp, value_of(packet), room_in(packet) - SCTP_CHUNK_HEADER));
}

static void write_heartbeats(struct sn_sctp *sctp, struct packet *packet)
{
    if (sctp->want & SCTP_WANT_HEARTBEAT_ACK &&
        room_in(packet) >= sctp_padded(SCTP_CHUNK_HEADER + sctp->echo_len)) {
        take_want(sctp, SCTP_WANT_HEARTBEAT_ACK);
        memcpy(value_of(packet), sctp->echo, sctp->echo_len);
        close_chunk(packet, SCTP_HEARTBEAT_ACK, 0, sctp->echo_len);
    }
    if (room_in(packet) >= 16 && take_want(sctp, SCTP_WANT_HEARTBEAT)) {
        uint8_t *at = sctp_put16(value_of(packet), 1); /* parameter "heartbeat info" */

        at = sctp_put16(at, SCTP_CHUNK_HEADER + sizeof(sctp->heartbeat_nonce));
        memcpy(at, &sctp->heartbeat_nonce, sizeof(sctp->heartbeat_nonce));
        close_chunk(packet, SCTP_HEARTBEAT, 0, SCTP_CHUNK_HEADER + sizeof(sctp->heartbeat_nonce));
    }
}

static void write_resets(struct sn_sctp *sctp, struct packet *packet)
{
    if (room_in(packet) >= SCTP_CHUNK_HEADER + SCTP_RESET_ANSWER_LEN &&
        take_want(sctp, SCTP_WANT_RESET_ANSWER))
        close_chunk(packet, SCTP_RECONFIG, 0, sctp_write_reset_answer(sctp, value_of(packet)));
    if (room_in(packet) >= SCTP_CHUNK_HEADER + SCTP_RESET_LEN_MAX &&
        take_want(sctp, SCTP_WANT_RESET))
        close_chunk(packet, SCTP_RECONFIG, 0, sctp_write_reset(sctp, value_of(packet)));
}

static void write_shutdown(struct sn_sctp *sctp, struct packet *packet)
{
    if (room_in(packet) >= 8 && take_want(sctp, SCTP_WANT_SHUTDOWN)) {
        sctp_put32(value_of(packet), sctp->received_tsn);
        close_chunk(packet, SCTP_SHUTDOWN, 0, 4);
    }
    if (room_in(packet) >= 4 && take_want(sctp, SCTP_WANT_SHUTDOWN_ACK))
        close_chunk(packet, SCTP_SHUTDOWN_ACK, 0, 0);
}

static void write_data_chunk(struct packet *packet, struct sctp_chunk *chunk)
{
    uint8_t *at = value_of(packet);

    at = sctp_put32(at, chunk->tsn);
    at = sctp_put16(at, chunk->stream);
    at = sctp_put16(at, chunk->ssn);
    at = sctp_put32(at, chunk->ppid);
    memcpy(at, sctp_bytes(chunk), chunk->len);
    close_chunk(packet, SCTP_DATA, chunk->flags, SCTP_DATA_HEADER - SCTP_CHUNK_HEADER + chunk->len);
}

static void write_data(struct sn_sctp *sctp, struct packet *packet, uint64_t now_ns)
{
    struct sctp_chunk *chunk;
    bool any = false;

    while ((chunk = sctp_sendable(sctp)) &&
           sctp_padded(SCTP_DATA_HEADER + (size_t)chunk->len) <= room_in(packet)) {
        sctp_sent(sctp, chunk, now_ns);
        write_data_chunk(packet, chunk);
        any = true;
    }
    if (!any)
        return;
    sctp->resend_now = false;
    sctp->burst -= sctp->burst > 0;
}

static void write_chunks(struct sn_sctp *sctp, struct packet *packet, uint64_t now_ns)
{
    if (sctp->want & (SCTP_WANT_COOKIE_ECHO | SCTP_WANT_COOKIE_ACK))
        write_cookie(sctp, packet);
    if (!sctp_is_up(sctp))
        return;
    write_sack(sctp, packet);
    write_heartbeats(sctp, packet);
    write_resets(sctp, packet);
    write_data(sctp, packet, now_ns);
    write_shutdown(sctp, packet);
}

size_t sn_sctp_output(struct sn_sctp *sctp, uint8_t packet[SN_SCTP_MTU], uint64_t now_ns)
{
    struct packet out = {packet, SCTP_HEADER_LEN};
    uint32_t tag;

    if (!write_lone(sctp, &out, &tag))
        write_chunks(sctp, &out, now_ns);
    if (out.len == SCTP_HEADER_LEN)
        return 0;
    sctp_put16(packet, sctp->config.port);
    sctp_put16(packet + 2, sctp->config.port);
    sctp_put32(packet + 4, tag);
    sctp_put32(packet + 8, sctp_checksum(packet, out.len));
    sctp->stats.packets_out++;
    return out.len;
}
