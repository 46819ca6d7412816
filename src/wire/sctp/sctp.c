/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an association: making, ending, packets in, time.
 */
#include "base/random.h"
#include "wire/sctp/private.h"

#include <assert.h>

/* Answers on a local network come within this; a second, as the RFC has it, is a motor's whole
 * way. Peers delay SACKs by 200 ms at most. */
#define RTO_FIRST_NS SN_MS(500)
#define RTO_MAX_NS SN_SECONDS(10)

/* ---- making ---- */

static void preset(struct sn_sctp_config *config)
{
    if (!config->port)
        config->port = SN_SCTP_PORT;
    if (!config->streams)
        config->streams = SN_SCTP_STREAMS_PRESET;
    if (config->streams > SN_SCTP_STREAMS_MAX)
        config->streams = SN_SCTP_STREAMS_MAX;
    if (!config->message_max)
        config->message_max = 64 << 10;
    if (!config->receive_max)
        config->receive_max = 256 << 10;
    if (config->receive_max < 2 * config->message_max)
        config->receive_max = 2 * config->message_max;
    if (!config->send_max)
        config->send_max = 1 << 20;
    if (!config->send_queue_ns)
        config->send_queue_ns = SN_MS(50);
    if (!config->heartbeat_ns)
        config->heartbeat_ns = SN_SECONDS(30);
    if (!config->retransmits_max)
        config->retransmits_max = 10;
}

static void *allocate(struct sn_block_pool *blocks, size_t size)
{
    struct sn_block *block = sn_block_get(blocks, sizeof(struct sn_block) + size);

    if (!block)
        return NULL;
    memset(block + 1, 0, size);
    return block + 1;
}

struct sn_sctp *sn_sctp_create(const struct sn_sctp_config *config,
                               const struct sn_sctp_events *events, void *owner)
{
    struct sn_sctp_config set = *config;

    preset(&set);
    struct sn_sctp *sctp =
        allocate(set.blocks, sizeof(*sctp) + set.streams * sizeof(struct sctp_stream));
    if (!sctp)
        return NULL;
    sctp->config = set;
    sctp->events = events;
    sctp->owner = owner;
    sctp->streams = (struct sctp_stream *)(sctp + 1);
    for (int i = 0; i < SCTP_TIMERS; i++)
        sctp->due_ns[i] = SN_SCTP_NEVER;
    sctp_store_init(&sctp->out, set.blocks, set.send_max);
    sctp_store_init(&sctp->in, set.blocks, set.receive_max);
    sctp->tag = (uint32_t)sn_random_next(set.random) | 1; /* not 0 */
    sctp->next_tsn = (uint32_t)sn_random_next(set.random);
    sctp->acked_tsn = sctp->next_tsn - 1;
    sctp->reset_seq = sctp->next_tsn;
    sctp->rto_ns = RTO_FIRST_NS;
    sctp->told_window = set.receive_max;
    /* Source: RFC 9260, 7.2.1. */
    sctp->cwnd = 4380 > 2 * SN_SCTP_MTU ? 4380 : 2 * SN_SCTP_MTU;
    return sctp;
}

void sn_sctp_destroy(struct sn_sctp *sctp)
{
    if (!sctp)
        return;
    struct sn_block_pool *blocks = sctp->config.blocks;
    sctp_queue_clear(&sctp->unsent, &sctp->out);
    sctp_queue_clear(&sctp->sent, &sctp->out);
    sctp_queue_clear(&sctp->early, &sctp->in);
    if (sctp->partial)
        sn_block_put(blocks, sctp->partial);
    if (sctp->cookie)
        sn_block_put(blocks, sctp->cookie);
    sn_block_put(blocks, (struct sn_block *)sctp - 1);
}

void sn_sctp_start(struct sn_sctp *sctp, uint64_t now_ns)
{
    if (sctp->state != SCTP_WAITING)
        return;
    sctp->state = SCTP_COOKIE_WAIT;
    sctp->want |= SCTP_WANT_INIT;
    sctp_arm(sctp, SCTP_T_HANDSHAKE, now_ns + sctp->rto_ns);
}

/* ---- the end ---- */

/* Memory stays until destroy: whoever is in the middle of a packet may still look at it. */
void sctp_die(struct sn_sctp *sctp, const char *cause)
{
    if (sctp->state == SCTP_DEAD)
        return;
    sctp->state = SCTP_DEAD;
    sctp->want &= SCTP_WANT_ABORT | SCTP_WANT_SHUTDOWN_COMPLETE;
    for (int i = 0; i < SCTP_TIMERS; i++)
        sctp->due_ns[i] = SN_SCTP_NEVER;
    sctp->events->closed(sctp->owner, cause);
}

void sctp_abort(struct sn_sctp *sctp, const char *cause)
{
    if (sctp->state == SCTP_DEAD)
        return;
    if (sctp->peer_tag)
        sctp->want |= SCTP_WANT_ABORT;
    sctp_die(sctp, cause);
}

void sn_sctp_abort(struct sn_sctp *sctp)
{
    sctp_abort(sctp, "aborted");
}

/* ---- time ---- */

void sctp_arm(struct sn_sctp *sctp, enum sctp_timer timer, uint64_t due_ns)
{
    sctp->due_ns[timer] = due_ns;
}

bool sctp_back_off(struct sn_sctp *sctp)
{
    sctp->rto_ns = sctp->rto_ns * 2 < RTO_MAX_NS ? sctp->rto_ns * 2 : RTO_MAX_NS;
    if (++sctp->errors <= sctp->config.retransmits_max)
        return false;
    sctp_abort(sctp, "the peer doesn't answer");
    return true;
}

uint64_t sn_sctp_next_timeout(const struct sn_sctp *sctp)
{
    uint64_t next_ns = SN_SCTP_NEVER;

    for (int i = 0; i < SCTP_TIMERS; i++)
        if (sctp->due_ns[i] < next_ns)
            next_ns = sctp->due_ns[i];
    return next_ns;
}

static void on_sack_timeout(struct sn_sctp *sctp)
{
    sctp_disarm(sctp, SCTP_T_SACK);
    sctp->want |= SCTP_WANT_SACK;
}

/* Silence: asks for a sign of life, and again until there is one or patience ends. */
static void on_life_timeout(struct sn_sctp *sctp, uint64_t now_ns)
{
    uint64_t due_ns = sctp->heard_ns + sctp->config.heartbeat_ns;

    if (due_ns > now_ns && !sctp->heartbeat_out) {
        sctp_arm(sctp, SCTP_T_LIFE, due_ns);
        return;
    }
    if (sctp->heartbeat_out && sctp_back_off(sctp))
        return;
    sctp->heartbeat_out = true;
    sctp->heartbeat_ns = now_ns;
    sctp->heartbeat_nonce = sn_random_next(sctp->config.random);
    sctp->want |= SCTP_WANT_HEARTBEAT;
    sctp_arm(sctp, SCTP_T_LIFE, now_ns + sctp->rto_ns);
}

static void fire(struct sn_sctp *sctp, enum sctp_timer timer, uint64_t now_ns)
{
    switch (timer) {
    case SCTP_T_HANDSHAKE:
        sctp_on_handshake_timeout(sctp, now_ns);
        break;
    case SCTP_T_DATA:
        sctp_on_data_timeout(sctp, now_ns);
        break;
    case SCTP_T_SACK:
        on_sack_timeout(sctp);
        break;
    case SCTP_T_RESET:
        sctp_on_reset_timeout(sctp, now_ns);
        break;
    default:
        on_life_timeout(sctp, now_ns);
        break;
    }
}

void sn_sctp_on_timeout(struct sn_sctp *sctp, uint64_t now_ns)
{
    for (int i = 0; i < SCTP_TIMERS; i++)
        if (sctp->due_ns[i] <= now_ns)
            fire(sctp, (enum sctp_timer)i, now_ns);
}

/* ---- packets in ---- */

static bool next_part(struct sn_str *bytes, size_t len, struct sctp_part *part)
{
    if (len < SCTP_CHUNK_HEADER || len > bytes->len)
        return false;
    part->value = (const uint8_t *)bytes->ptr + SCTP_CHUNK_HEADER;
    part->len = len - SCTP_CHUNK_HEADER;
    size_t whole = sctp_padded(len) < bytes->len ? sctp_padded(len) : bytes->len;
    bytes->ptr += whole;
    bytes->len -= whole;
    return true;
}

bool sctp_next_chunk(struct sn_str *bytes, struct sctp_part *ret_chunk)
{
    const uint8_t *at = (const uint8_t *)bytes->ptr;

    if (bytes->len < SCTP_CHUNK_HEADER)
        return false;
    ret_chunk->type = at[0];
    ret_chunk->flags = at[1];
    return next_part(bytes, sctp_get16(at + 2), ret_chunk);
}

bool sctp_next_param(struct sn_str *bytes, struct sctp_part *ret_param)
{
    const uint8_t *at = (const uint8_t *)bytes->ptr;

    if (bytes->len < SCTP_CHUNK_HEADER)
        return false;
    ret_param->type = sctp_get16(at);
    ret_param->flags = 0;
    return next_part(bytes, sctp_get16(at + 2), ret_param);
}

static void on_heartbeat(struct sn_sctp *sctp, const struct sctp_part *chunk)
{
    if (!sctp_is_up(sctp) || chunk->len >= SCTP_ECHO_MAX)
        return;
    memcpy(sctp->echo, chunk->value, chunk->len);
    sctp->echo_len = (uint8_t)chunk->len;
    sctp->want |= SCTP_WANT_HEARTBEAT_ACK;
}

static void on_heartbeat_ack(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    uint64_t nonce;

    if (!sctp->heartbeat_out || chunk->len != SCTP_CHUNK_HEADER + sizeof(nonce))
        return;
    memcpy(&nonce, chunk->value + SCTP_CHUNK_HEADER, sizeof(nonce));
    if (nonce != sctp->heartbeat_nonce)
        return;
    sctp->heartbeat_out = false;
    sctp->errors = 0;
    sctp_measured(sctp, now_ns - sctp->heartbeat_ns);
}

/* False: the rest of the packet isn't to be read. Unknown chunks aren't reported to the peer, which
 * could do nothing about it. */
static bool take_chunk(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    switch (chunk->type) {
    case SCTP_DATA:
        sctp_on_data(sctp, chunk);
        break;
    case SCTP_INIT_ACK:
        sctp_on_init_ack(sctp, chunk, now_ns);
        break;
    case SCTP_SACK:
        sctp_on_sack(sctp, chunk, now_ns);
        break;
    case SCTP_HEARTBEAT:
        on_heartbeat(sctp, chunk);
        break;
    case SCTP_HEARTBEAT_ACK:
        on_heartbeat_ack(sctp, chunk, now_ns);
        break;
    case SCTP_ABORT:
        sctp_die(sctp, "aborted by the peer");
        break;
    case SCTP_SHUTDOWN:
        sctp_on_shutdown(sctp, chunk, now_ns);
        break;
    case SCTP_SHUTDOWN_ACK:
        sctp_on_shutdown_ack(sctp);
        break;
    case SCTP_SHUTDOWN_COMPLETE:
        sctp_on_shutdown_complete(sctp);
        break;
    case SCTP_COOKIE_ECHO:
        sctp_on_cookie_echo(sctp, chunk, now_ns);
        break;
    case SCTP_COOKIE_ACK:
        sctp_on_cookie_ack(sctp, now_ns);
        break;
    case SCTP_RECONFIG:
        sctp_on_reconfig(sctp, chunk);
        break;
    case SCTP_FORWARD_TSN:
        sctp_on_forward_tsn(sctp, chunk);
        break;
    case SCTP_INIT: /* never among others */
        return false;
    case SCTP_ERROR:
        break;
    default:
        return chunk->type & 0x80; /* Source: RFC 9260, 3.2: the high bits say what to do */
    }
    return sctp->state != SCTP_DEAD;
}

/* The tag shows that the packet is of this association, and no late one of another. */
static bool has_right_tag(const struct sn_sctp *sctp, uint32_t tag, const struct sctp_part *first)
{
    if (first->type == SCTP_INIT)
        return tag == 0;
    if ((first->type == SCTP_ABORT || first->type == SCTP_SHUTDOWN_COMPLETE) &&
        first->flags & SCTP_REFLECTED)
        return sctp->peer_tag && tag == sctp->peer_tag;
    return tag == sctp->tag;
}

static bool is_ours(const struct sn_sctp *sctp, struct sn_str packet)
{
    const uint8_t *at = (const uint8_t *)packet.ptr;

    return packet.len >= SCTP_HEADER_LEN + SCTP_CHUNK_HEADER && packet.len <= UINT16_MAX &&
           sctp_get16(at) == sctp->config.port && sctp_get16(at + 2) == sctp->config.port &&
           sctp_get32(at + 8) == sctp_checksum(at, packet.len);
}

static void take_packet(struct sn_sctp *sctp, struct sn_str packet, uint64_t now_ns)
{
    uint32_t tag = sctp_get32((const uint8_t *)packet.ptr + 4);
    struct sn_str rest = {packet.ptr + SCTP_HEADER_LEN, packet.len - SCTP_HEADER_LEN};
    struct sctp_part chunk;

    if (!sctp_next_chunk(&rest, &chunk) || !has_right_tag(sctp, tag, &chunk)) {
        sctp->stats.dropped++;
        return;
    }
    sctp->heard_ns = now_ns;
    if (chunk.type == SCTP_INIT) {
        sctp_on_init(sctp, &chunk);
        return;
    }
    while (take_chunk(sctp, &chunk, now_ns) && sctp_next_chunk(&rest, &chunk))
        ;
}

void sn_sctp_input(struct sn_sctp *sctp, struct sn_str packet, uint64_t now_ns)
{
    sctp->stats.packets_in++;
    sctp->burst = SCTP_BURST_MAX;
    sctp->steps = 0;
    sctp->sacked = false;
    if (!is_ours(sctp, packet)) {
        sctp->stats.dropped++;
        return;
    }
    take_packet(sctp, packet, now_ns);
    if (sctp_is_up(sctp))
        sctp_data_received(sctp, now_ns);
    if (sctp_is_up(sctp))
        sctp_reset_step(sctp, now_ns);
    if (sctp_is_up(sctp))
        sctp_shutdown_step(sctp, now_ns);
}

/* ---- figures ---- */

void sn_sctp_stats(const struct sn_sctp *sctp, struct sn_sctp_stats *ret_stats)
{
    *ret_stats = sctp->stats;
    ret_stats->srtt_ns = sctp->srtt_ns;
    ret_stats->rto_ns = sctp->rto_ns;
    ret_stats->cwnd = sctp->cwnd;
    ret_stats->ssthresh = sctp->ssthresh;
    ret_stats->flight = sctp->flight;
    ret_stats->unsent = sctp->unsent_bytes;
    ret_stats->peer_window = sctp->peer_window;
    ret_stats->received = sctp->config.receive_max - sctp_window(sctp);
    ret_stats->blocks = sctp->out.blocks + sctp->in.blocks;
}
