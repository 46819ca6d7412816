/* SPDX-License-Identifier: Apache-2.0
 *
 * What SACKs say of the data sent: what arrived, what is lost, how fast the path is.
 * Source: RFC 9260, 6.2.1, 6.3, 7.2.
 */
#include "wire/sctp/private.h"

/* Above what peers delay their SACKs by. */
#define RTO_MIN_NS SN_MS(300)
#define RTO_MAX_NS SN_SECONDS(10)

enum { MISSES_MAX = 3, WINDOW_MIN = 4 * SN_SCTP_MTU };

/* What one SACK brought. */
struct ack {
    uint64_t now_ns, rtt_ns; /* 0: not measured */
    uint32_t bytes;          /* acknowledged the first time */
    uint32_t highest;        /* TSN of these */
    bool moved;              /* all up to a later one than before */
};

static uint32_t clamp(uint64_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : (uint32_t)value;
}

void sctp_measured(struct sn_sctp *sctp, uint64_t rtt_ns)
{
    if (!sctp->srtt_ns) {
        sctp->srtt_ns = rtt_ns + !rtt_ns;
        sctp->rttvar_ns = rtt_ns / 2;
    } else {
        uint64_t off = rtt_ns > sctp->srtt_ns ? rtt_ns - sctp->srtt_ns : sctp->srtt_ns - rtt_ns;

        sctp->rttvar_ns = (3 * sctp->rttvar_ns + off) / 4;
        sctp->srtt_ns = (7 * sctp->srtt_ns + rtt_ns) / 8 + 1;
    }
    uint64_t rto_ns = sctp->srtt_ns + 4 * sctp->rttvar_ns;
    sctp->rto_ns = rto_ns < RTO_MIN_NS ? RTO_MIN_NS : rto_ns > RTO_MAX_NS ? RTO_MAX_NS : rto_ns;
}

/* ---- what arrived ---- */

/* Round trips are measured by what was sent once only (Karn). */
static void arrived(struct sn_sctp *sctp, struct sctp_chunk *chunk, struct ack *ack)
{
    if (chunk->state == SCTP_CHUNK_ACKED)
        return;
    if (chunk->state == SCTP_CHUNK_LOST)
        sctp->lost--;
    else
        sctp->flight -= chunk->len;
    chunk->state = SCTP_CHUNK_ACKED;
    ack->bytes += chunk->len;
    ack->highest = chunk->tsn;
    if (chunk->sent == 1)
        ack->rtt_ns = ack->now_ns - chunk->sent_ns + 1;
}

static void forget_arrived(struct sn_sctp *sctp, uint32_t tsn, struct ack *ack)
{
    while (sctp->sent.first && !sctp_before(tsn, sctp->sent.first->tsn)) {
        struct sctp_chunk *chunk = sctp_queue_pop(&sctp->sent);

        arrived(sctp, chunk, ack);
        sctp->sent_bytes -= chunk->len;
        sctp->sent_count--;
        sctp_store_put(&sctp->out, chunk);
        ack->moved = true;
    }
    sctp->acked_tsn = tsn;
}

/* The peer had it and has it no more. */
static void taken_back(struct sn_sctp *sctp, struct sctp_chunk *chunk)
{
    if (chunk->state != SCTP_CHUNK_ACKED)
        return;
    chunk->state = SCTP_CHUNK_FLYING;
    sctp->flight += chunk->len;
}

static void read_gaps(struct sn_sctp *sctp, const uint8_t *gap, size_t count, struct ack *ack)
{
    struct sctp_chunk *chunk = sctp->sent.first;

    for (; count; count--, gap += 4) {
        uint32_t from = sctp->acked_tsn + sctp_get16(gap);
        uint32_t to = sctp->acked_tsn + sctp_get16(gap + 2);

        for (; chunk && sctp_before(chunk->tsn, from); chunk = chunk->next)
            taken_back(sctp, chunk);
        for (; chunk && !sctp_before(to, chunk->tsn); chunk = chunk->next)
            arrived(sctp, chunk, ack);
    }
    for (; chunk; chunk = chunk->next)
        taken_back(sctp, chunk);
}

/* ---- what is lost ---- */

static void enter_recovery(struct sn_sctp *sctp)
{
    sctp->recovering = true;
    sctp->recovery_tsn = sctp->next_tsn - 1;
    sctp->ssthresh = clamp(sctp->cwnd / 2, WINDOW_MIN, UINT32_MAX);
    sctp->cwnd = sctp->ssthresh;
    sctp->partial_acked = 0;
    sctp->resend_now = true;
}

/* Counts for each chunk the SACKs that told of later ones; with three it is taken for lost, once:
 * what is lost again waits for the timer. */
static void count_misses(struct sn_sctp *sctp, const struct ack *ack, uint32_t last_gap)
{
    uint32_t until = sctp->recovering && ack->moved ? last_gap : ack->highest;

    for (struct sctp_chunk *chunk = sctp->sent.first; chunk && sctp_before(chunk->tsn, until);
         chunk = chunk->next) {
        if (chunk->state != SCTP_CHUNK_FLYING || chunk->sent > 1 || ++chunk->misses < MISSES_MAX)
            continue;
        chunk->state = SCTP_CHUNK_LOST;
        sctp->flight -= chunk->len;
        sctp->lost++;
        sctp->stats.fast_retransmits++;
        if (!sctp->recovering)
            enter_recovery(sctp);
    }
}

/* ---- the window ---- */

/* `flight`: what was under way before this SACK; a window that isn't used doesn't grow. */
static void grow(struct sn_sctp *sctp, const struct ack *ack, uint32_t flight)
{
    bool full = flight + SN_SCTP_MTU > sctp->cwnd;

    if (!ack->moved || sctp->recovering)
        return;
    if (sctp->cwnd <= sctp->ssthresh) {
        if (full)
            sctp->cwnd += ack->bytes < 2 * SN_SCTP_MTU ? ack->bytes : 2 * SN_SCTP_MTU;
    } else {
        sctp->partial_acked += ack->bytes;
        if (sctp->partial_acked >= sctp->cwnd && full) {
            sctp->partial_acked -= sctp->cwnd;
            sctp->cwnd += SN_SCTP_MTU;
        } else if (sctp->partial_acked > sctp->cwnd) {
            sctp->partial_acked = sctp->cwnd;
        }
    }
    sctp->cwnd = clamp(sctp->cwnd, 0, sctp->config.send_max);
}

/* Before the reading of gaps: what of them is new counts for the window, too. */
static void settle(struct sn_sctp *sctp, const struct ack *ack, uint32_t flight)
{
    if (sctp->recovering && !sctp_before(sctp->acked_tsn, sctp->recovery_tsn))
        sctp->recovering = false;
    grow(sctp, ack, flight);
    if (!sctp->sent.first)
        sctp->partial_acked = 0;
    if (ack->rtt_ns)
        sctp_measured(sctp, ack->rtt_ns);
    if (ack->moved)
        sctp->errors = 0;
    if (!sctp->sent.first)
        sctp_disarm(sctp, SCTP_T_DATA);
    else if (ack->moved)
        sctp_arm(sctp, SCTP_T_DATA, ack->now_ns + sctp->rto_ns);
}

/* The peer has room again. What it was asked with it has dropped, most likely. */
static void probe_again(struct sn_sctp *sctp)
{
    struct sctp_chunk *chunk = sctp->sent.first;

    sctp->probing = false;
    if (!chunk || chunk->state != SCTP_CHUNK_FLYING)
        return;
    chunk->state = SCTP_CHUNK_LOST;
    sctp->flight -= chunk->len;
    sctp->lost++;
}

static bool is_possible(const struct sn_sctp *sctp, uint32_t tsn)
{
    return !sctp_before(tsn, sctp->acked_tsn) && sctp_before(tsn, sctp->next_tsn);
}

bool sctp_ack_up_to(struct sn_sctp *sctp, uint32_t tsn, uint64_t now_ns)
{
    struct ack ack = {.now_ns = now_ns, .highest = sctp->acked_tsn};
    uint32_t flight = sctp->flight;

    if (!is_possible(sctp, tsn))
        return false;
    forget_arrived(sctp, tsn, &ack);
    settle(sctp, &ack, flight);
    return true;
}

void sctp_on_sack(struct sn_sctp *sctp, const struct sctp_part *chunk, uint64_t now_ns)
{
    struct ack ack = {.now_ns = now_ns, .highest = sctp->acked_tsn};
    uint32_t flight = sctp->flight;

    if (!sctp_is_up(sctp) || sctp->sacked || chunk->len < 12 ||
        !is_possible(sctp, sctp_get32(chunk->value)))
        return;
    uint32_t window = sctp_get32(chunk->value + 4);
    size_t gaps = sctp_get16(chunk->value + 8);
    const uint8_t *gap = chunk->value + 12;
    if (gaps > (chunk->len - 12) / 4)
        return;
    sctp->sacked = true; /* others in the packet would say the same */
    forget_arrived(sctp, sctp_get32(chunk->value), &ack);
    read_gaps(sctp, gap, gaps, &ack);
    settle(sctp, &ack, flight);
    if (gaps)
        count_misses(sctp, &ack, sctp->acked_tsn + sctp_get16(gap + 4 * gaps - 2));
    if (sctp->probing && window >= SN_SCTP_MTU)
        probe_again(sctp);
    sctp->peer_window = window > sctp->flight ? window - sctp->flight : 0;
    if (sctp->probing) /* it lives, and has no room: ask on for ever */
        sctp->errors = 0;
    if (sn_sctp_room(sctp))
        sctp->events->writable(sctp->owner);
}

/* Nothing came for long: all that is under way counts as lost, the path as unknown. */
void sctp_on_data_timeout(struct sn_sctp *sctp, uint64_t now_ns)
{
    sctp_disarm(sctp, SCTP_T_DATA);
    sctp->stats.timeouts++;
    if (sctp_back_off(sctp))
        return;
    for (struct sctp_chunk *chunk = sctp->sent.first; chunk; chunk = chunk->next) {
        if (chunk->state != SCTP_CHUNK_FLYING)
            continue;
        chunk->state = SCTP_CHUNK_LOST;
        sctp->lost++;
    }
    sctp->flight = 0;
    sctp->ssthresh = clamp(sctp->cwnd / 2, WINDOW_MIN, UINT32_MAX);
    sctp->cwnd = SN_SCTP_MTU;
    sctp->partial_acked = 0;
    sctp->recovering = false;
    sctp->resend_now = false;
    sctp->burst = SCTP_BURST_MAX;
    if (sctp->sent.first)
        sctp_arm(sctp, SCTP_T_DATA, now_ns + sctp->rto_ns);
}
