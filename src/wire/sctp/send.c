/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of messages to be sent, cut into chunks as they come; which chunk leaves next.
 */
#include "wire/sctp/private.h"

/* ---- in ---- */

static int check_send(const struct sn_sctp *sctp, uint16_t stream, struct sn_str bytes)
{
    if (sctp->state != SCTP_ESTABLISHED)
        return SN_ERR_UNAVAILABLE;
    if (stream >= sctp->streams_out || !bytes.len)
        return SN_ERR_INVALID_ARGUMENT;
    if (sctp->streams[stream].flags)
        return SN_ERR_FAILED_PRECONDITION;
    if (bytes.len > sctp->config.send_max - sn_sctp_queued(sctp))
        return SN_ERR_RESOURCE_EXHAUSTED;
    return 0;
}

/* All chunks of a message, or none. */
static int cut(struct sctp_store *store, struct sn_str bytes, struct sctp_queue *ret_chunks)
{
    for (size_t at = 0; at < bytes.len; at += SCTP_DATA_MAX) {
        size_t left = bytes.len - at;
        struct sctp_chunk *chunk = sctp_store_take(store, (const uint8_t *)bytes.ptr + at,
                                                   left < SCTP_DATA_MAX ? left : SCTP_DATA_MAX);

        if (!chunk) {
            sctp_queue_clear(ret_chunks, store);
            return SN_ERR_RESOURCE_EXHAUSTED;
        }
        sctp_queue_append(ret_chunks, chunk);
    }
    ret_chunks->first->flags = SCTP_BEGIN;
    ret_chunks->last->flags |= SCTP_END;
    return 0;
}

int sn_sctp_send(struct sn_sctp *sctp, uint16_t stream, uint32_t ppid, bool unordered,
                 struct sn_str bytes)
{
    struct sctp_queue chunks = {0};
    int code = check_send(sctp, stream, bytes);

    if (!code)
        code = cut(&sctp->out, bytes, &chunks);
    if (code)
        return code;
    struct sctp_stream *row = &sctp->streams[stream];
    uint16_t ssn = unordered ? 0 : row->next_out++;
    while (chunks.first) {
        struct sctp_chunk *chunk = sctp_queue_pop(&chunks);

        chunk->stream = stream;
        chunk->ssn = ssn;
        chunk->ppid = ppid;
        chunk->flags |= unordered ? SCTP_UNORDERED : 0;
        row->unsent++;
        sctp_queue_append(&sctp->unsent, chunk);
    }
    sctp->unsent_bytes += (uint32_t)bytes.len;
    sctp->stats.messages_out++;
    sctp->stats.bytes_out += bytes.len;
    return 0;
}

size_t sn_sctp_queued(const struct sn_sctp *sctp)
{
    return sctp->unsent_bytes + sctp->sent_bytes;
}

/* What the network takes now, and what it will take within the time that may be waited. */
size_t sn_sctp_room(const struct sn_sctp *sctp)
{
    size_t left = sctp->config.send_max - sn_sctp_queued(sctp);
    uint64_t room = sctp->cwnd > sctp->flight ? sctp->cwnd - sctp->flight : 0;

    if (sctp->state != SCTP_ESTABLISHED)
        return 0;
    if (room > sctp->peer_window)
        room = sctp->peer_window;
    if (sctp->srtt_ns && sctp->peer_window >= SN_SCTP_MTU)
        room += sctp->cwnd * (sctp->config.send_queue_ns >> 10) / ((sctp->srtt_ns >> 10) + 1);
    room = room > sctp->unsent_bytes ? room - sctp->unsent_bytes : 0;
    return room < left ? (size_t)room : left;
}

uint16_t sn_sctp_streams(const struct sn_sctp *sctp)
{
    return sctp->streams_out < sctp->streams_in ? sctp->streams_out : sctp->streams_in;
}

/* ---- out ---- */

static struct sctp_chunk *first_lost(const struct sn_sctp *sctp)
{
    struct sctp_chunk *chunk = sctp->sent.first;

    while (chunk->state != SCTP_CHUNK_LOST)
        chunk = chunk->next;
    return chunk;
}

/* Also asks a peer that has no room, with one chunk at a time. Source: RFC 9260, 6.1 A. */
static bool fits_window(const struct sn_sctp *sctp, const struct sctp_chunk *chunk)
{
    return chunk->len <= sctp->peer_window || !sctp->flight;
}

static bool may_send_data(const struct sn_sctp *sctp)
{
    return sctp->state == SCTP_ESTABLISHED || sctp->state == SCTP_SHUTDOWN_PENDING ||
           sctp->state == SCTP_SHUTDOWN_RECEIVED;
}

struct sctp_chunk *sctp_sendable(struct sn_sctp *sctp)
{
    struct sctp_chunk *chunk = sctp->unsent.first;

    if (!may_send_data(sctp) || (!sctp->burst && sctp->flight))
        return NULL;
    if (sctp->lost)
        return sctp->resend_now || sctp->flight < sctp->cwnd ? first_lost(sctp) : NULL;
    if (!chunk || sctp->flight >= sctp->cwnd || sctp->sent_count >= SCTP_SENT_MAX ||
        !fits_window(sctp, chunk))
        return NULL;
    return chunk;
}

/* After silence the path is less well known: for each timeout half. Source: RFC 9260, 7.2.1. */
static void forget_path(struct sn_sctp *sctp, uint64_t now_ns)
{
    uint64_t least = 4 * SN_SCTP_MTU;

    for (uint64_t idle_ns = now_ns - sctp->last_data_ns;
         idle_ns > sctp->rto_ns && sctp->cwnd > least; idle_ns -= sctp->rto_ns)
        sctp->cwnd = sctp->cwnd / 2 > least ? sctp->cwnd / 2 : (uint32_t)least;
}

static void take_off(struct sn_sctp *sctp, struct sctp_chunk *chunk)
{
    sctp_queue_pop(&sctp->unsent);
    chunk->tsn = sctp->next_tsn++;
    sctp->streams[chunk->stream].unsent--;
    sctp->unsent_bytes -= chunk->len;
    sctp->sent_bytes += chunk->len;
    sctp->sent_count++;
    sctp_queue_append(&sctp->sent, chunk);
}

void sctp_sent(struct sn_sctp *sctp, struct sctp_chunk *chunk, uint64_t now_ns)
{
    if (chunk->state == SCTP_CHUNK_LOST) {
        sctp->lost--;
        sctp->stats.retransmits++;
    } else {
        if (!sctp->sent.first)
            forget_path(sctp, now_ns);
        take_off(sctp, chunk);
    }
    chunk->state = SCTP_CHUNK_FLYING;
    chunk->misses = 0;
    chunk->sent_ns = now_ns;
    chunk->sent += chunk->sent < UINT8_MAX;
    sctp->flight += chunk->len;
    sctp->probing = chunk->len > sctp->peer_window;
    sctp->peer_window -= chunk->len < sctp->peer_window ? chunk->len : sctp->peer_window;
    sctp->last_data_ns = now_ns;
    if (sctp->due_ns[SCTP_T_DATA] == SN_SCTP_NEVER)
        sctp_arm(sctp, SCTP_T_DATA, now_ns + sctp->rto_ns);
}
