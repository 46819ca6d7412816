/* SPDX-License-Identifier: Apache-2.0
 *
 * DATA: chunks in order become messages as they come; those behind a gap wait, but whole messages
 * among them that nothing precedes on their stream are passed on at once.
 * Source: RFC 9260, 6.2, 6.5 to 6.9; RFC 3758, 3.6.
 */
#include "wire/sctp/private.h"

/* Others wait 200 ms at most; what has an answer is acknowledged with that. */
#define SACK_DELAY_NS SN_MS(50)

/* ---- room ---- */

static uint32_t used(const struct sn_sctp *sctp)
{
    return sctp->uncredited + sctp->partial_len + sctp->early_bytes;
}

uint32_t sctp_window(const struct sn_sctp *sctp)
{
    return used(sctp) < sctp->config.receive_max ? sctp->config.receive_max - used(sctp) : 0;
}

/* A peer that was told of little room hears when there is much again. */
void sn_sctp_credit(struct sn_sctp *sctp, size_t bytes)
{
    uint32_t half = sctp->config.receive_max / 2;

    sctp->uncredited -= bytes < sctp->uncredited ? (uint32_t)bytes : sctp->uncredited;
    if (sctp_is_up(sctp) && sctp->told_window < half && sctp_window(sctp) >= half)
        sctp->want |= SCTP_WANT_SACK;
}

/* Drops the last chunk behind a gap that isn't passed on yet; the peer will send it again. Our
 * SACKs don't bind us. Source: RFC 9260, 6.2 ("reneging"). */
static bool drop_last_early(struct sn_sctp *sctp)
{
    struct sctp_chunk *last = NULL, *before_last = NULL, *before = NULL;

    for (struct sctp_chunk *chunk = sctp->early.first; chunk; chunk = chunk->next) {
        if (chunk->state != SCTP_CHUNK_DELIVERED) {
            last = chunk;
            before_last = before;
        }
        before = chunk;
    }
    if (!last)
        return false;
    if (before_last)
        before_last->next = last->next;
    else
        sctp->early.first = last->next;
    if (!last->next)
        sctp->early.last = before_last;
    sctp->early_count--;
    sctp->early_bytes -= last->len;
    sctp_store_put(&sctp->in, last);
    return true;
}

/* ---- messages ---- */

static void deliver(struct sn_sctp *sctp, const struct sctp_chunk *head, struct sn_str bytes)
{
    struct sctp_stream *row = &sctp->streams[head->stream];

    if (!(head->flags & SCTP_UNORDERED))
        row->next_in = (uint16_t)(head->ssn + 1);
    sctp->uncredited += (uint32_t)bytes.len;
    sctp->stats.messages_in++;
    sctp->stats.bytes_in += bytes.len;
    sctp->events->message(sctp->owner, head->stream, head->ppid, bytes);
}

static void forget_partial(struct sn_sctp *sctp)
{
    if (sctp->partial)
        sn_block_put(sctp->config.blocks, sctp->partial);
    sctp->partial = NULL;
    sctp->partial_len = 0;
    sctp->in_message = false;
}

/* A block with room for `len` bytes, the old one's kept. */
static bool grow_partial(struct sn_sctp *sctp, size_t len)
{
    size_t size = sctp->partial ? sctp->partial->size : SN_BLOCK_SIZE / 2;

    if (sctp->partial && len <= size - sizeof(struct sn_block))
        return true;
    do
        size *= 2;
    while (size - sizeof(struct sn_block) < len);
    struct sn_block *block = sn_block_get(sctp->config.blocks, size);
    if (!block)
        return false;
    if (sctp->partial) {
        memcpy(block + 1, sctp->partial + 1, sctp->partial_len);
        sn_block_put(sctp->config.blocks, sctp->partial);
    }
    sctp->partial = block;
    return true;
}

static void end_partial(struct sn_sctp *sctp)
{
    struct sn_block *block = sctp->partial;
    uint32_t len = sctp->partial_len;

    sctp->partial = NULL;
    sctp->partial_len = 0;
    sctp->in_message = false;
    deliver(sctp, &sctp->partial_head, (struct sn_str){(const char *)(block + 1), len});
    sn_block_put(sctp->config.blocks, block);
}

/* A chunk whose TSN is the next. `head` says all but the bytes. 0; INVALID_ARGUMENT where chunks
 * don't make a message; RESOURCE_EXHAUSTED. */
static int take(struct sn_sctp *sctp, const struct sctp_chunk *head, struct sn_str bytes)
{
    bool begins = head->flags & SCTP_BEGIN, ends = head->flags & SCTP_END;

    if (sctp->skipping && !begins)
        return 0;
    sctp->skipping = false;
    if (begins == sctp->in_message)
        return SN_ERR_INVALID_ARGUMENT;
    if (!begins && (head->stream != sctp->partial_head.stream ||
                    (head->flags ^ sctp->partial_head.flags) & SCTP_UNORDERED))
        return SN_ERR_INVALID_ARGUMENT;
    if (sctp->partial_len + bytes.len > sctp->config.message_max)
        return SN_ERR_OUT_OF_RANGE;
    if (begins && ends) {
        deliver(sctp, head, bytes);
        return 0;
    }
    if (!grow_partial(sctp, sctp->partial_len + bytes.len))
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (begins)
        sctp->partial_head = *head;
    sctp->in_message = true;
    memcpy((char *)(sctp->partial + 1) + sctp->partial_len, bytes.ptr, bytes.len);
    sctp->partial_len += (uint32_t)bytes.len;
    if (ends)
        end_partial(sctp);
    return 0;
}

/* Whether the chunk was taken. What can't be right ends the association. */
static bool take_next(struct sn_sctp *sctp, const struct sctp_chunk *head, struct sn_str bytes)
{
    if (head->stream >= sctp->streams_in) { /* acknowledged, not heard */
        sctp->received_tsn++;
        return true;
    }
    int code = take(sctp, head, bytes);
    if (code == SN_ERR_RESOURCE_EXHAUSTED) {
        sctp->stats.refused++;
        return false;
    }
    if (code) {
        sctp_abort(sctp, code == SN_ERR_OUT_OF_RANGE ? "the peer sent a message larger than allowed"
                                                     : "the peer sent chunks that make no message");
        return false;
    }
    sctp->received_tsn++;
    return sctp->state != SCTP_DEAD;
}

static void note_duplicate(struct sn_sctp *sctp, uint32_t tsn)
{
    sctp->stats.duplicates++;
    sctp->want |= SCTP_WANT_SACK; /* ours was lost, maybe */
    if (sctp->duplicate_count < SCTP_DUPLICATES_MAX)
        sctp->duplicates[sctp->duplicate_count++] = tsn;
}

/* ---- behind a gap ---- */

static struct sctp_chunk *pop_early(struct sn_sctp *sctp)
{
    struct sctp_chunk *chunk = sctp_queue_pop(&sctp->early);

    sctp->early_count--;
    if (chunk->state != SCTP_CHUNK_DELIVERED)
        sctp->early_bytes -= chunk->len;
    return chunk;
}

/* What now is in order. */
static void drain_early(struct sn_sctp *sctp)
{
    struct sctp_chunk *chunk;

    while ((chunk = sctp->early.first) && chunk->tsn == sctp->received_tsn + 1) {
        struct sn_str bytes = {(const char *)sctp_bytes(chunk), chunk->len};

        if (chunk->state == SCTP_CHUNK_DELIVERED)
            sctp->received_tsn++;
        else if (!take_next(sctp, chunk, bytes))
            return;
        sctp_store_put(&sctp->in, pop_early(sctp));
    }
}

/* The last chunk of the message that begins with `begin`, if all of it is there. */
static struct sctp_chunk *message_end(struct sctp_chunk *begin, size_t *ret_len)
{
    struct sctp_chunk *chunk = begin;

    *ret_len = chunk->len;
    while (!(chunk->flags & SCTP_END)) {
        struct sctp_chunk *next = chunk->next;

        if (!next || next->tsn != chunk->tsn + 1 || next->flags & SCTP_BEGIN ||
            next->stream != begin->stream)
            return NULL;
        chunk = next;
        *ret_len += chunk->len;
    }
    return chunk;
}

/* Delivers the message from `begin` to `end`; its chunks stay as marks. False: no memory, later. */
static bool deliver_early(struct sn_sctp *sctp, struct sctp_chunk *begin, struct sctp_chunk *end,
                          size_t len)
{
    struct sn_block *block = NULL;
    const char *bytes = (const char *)sctp_bytes(begin);

    if (begin != end) {
        block = sn_block_get(sctp->config.blocks, sizeof(*block) + len);
        if (!block)
            return false;
        char *at = (char *)(block + 1);
        bytes = at;
        for (struct sctp_chunk *chunk = begin;; chunk = chunk->next) {
            memcpy(at, sctp_bytes(chunk), chunk->len);
            at += chunk->len;
            if (chunk == end)
                break;
        }
    }
    for (struct sctp_chunk *chunk = begin; chunk != end->next; chunk = chunk->next)
        chunk->state = SCTP_CHUNK_DELIVERED;
    sctp->early_bytes -= (uint32_t)len;
    deliver(sctp, begin, (struct sn_str){bytes, len});
    if (block)
        sn_block_put(sctp->config.blocks, block);
    return true;
}

/* Whether nothing that is still to come precedes it on its stream. */
static bool is_next_of_stream(const struct sn_sctp *sctp, const struct sctp_chunk *begin)
{
    return begin->flags & SCTP_UNORDERED || begin->ssn == sctp->streams[begin->stream].next_in;
}

/* Whether a whole message begins there and was passed on. */
static bool try_message(struct sn_sctp *sctp, struct sctp_chunk *begin)
{
    size_t len;

    if (!(begin->flags & SCTP_BEGIN) || begin->state == SCTP_CHUNK_DELIVERED ||
        begin->stream >= sctp->streams_in || !is_next_of_stream(sctp, begin))
        return false;
    struct sctp_chunk *end = message_end(begin, &len);
    return end && len <= sctp->config.message_max && deliver_early(sctp, begin, end, len);
}

/* Passes on what begins there, and then what that held up. */
static void try_early(struct sn_sctp *sctp, struct sctp_chunk *begin)
{
    if (!try_message(sctp, begin) || begin->flags & SCTP_UNORDERED)
        return;
    for (struct sctp_chunk *at = begin->next; at && sctp->state != SCTP_DEAD; at = at->next) {
        sctp->steps++;
        if (at->stream == begin->stream)
            try_message(sctp, at);
    }
}

/* The last chunk before that one, and, where it needs one, the beginning of its message. */
static struct sctp_chunk *find_before(struct sn_sctp *sctp, const struct sctp_chunk *head,
                                      struct sctp_chunk **ret_begin)
{
    struct sctp_chunk *before = NULL, *last = sctp->early.last;

    *ret_begin = NULL;
    if (last && sctp_before(last->tsn, head->tsn) &&
        (head->flags & SCTP_BEGIN || last->tsn + 1 != head->tsn))
        return last;
    for (struct sctp_chunk *at = sctp->early.first; at && sctp_before(at->tsn, head->tsn);
         at = at->next) {
        sctp->steps++;
        if (at->flags & SCTP_BEGIN || !before || before->tsn + 1 != at->tsn)
            *ret_begin = at;
        before = at;
    }
    return before;
}

/* Files the chunk by its TSN. */
static void keep_early(struct sn_sctp *sctp, const struct sctp_chunk *head, struct sn_str bytes)
{
    if (sctp->steps > SCTP_STEPS_MAX) { /* it will come again, with fewer others */
        sctp->stats.refused++;
        return;
    }
    struct sctp_chunk *begin, *before = find_before(sctp, head, &begin);
    struct sctp_chunk *after = before ? before->next : sctp->early.first;
    if (after && after->tsn == head->tsn) {
        note_duplicate(sctp, head->tsn);
        return;
    }
    struct sctp_chunk *chunk =
        sctp->early_count < SCTP_EARLY_MAX
            ? sctp_store_take(&sctp->in, (const uint8_t *)bytes.ptr, bytes.len)
            : NULL;
    if (!chunk) {
        sctp->stats.refused++;
        return;
    }
    chunk->tsn = head->tsn;
    chunk->stream = head->stream;
    chunk->ssn = head->ssn;
    chunk->ppid = head->ppid;
    chunk->flags = head->flags;
    chunk->next = after;
    if (before)
        before->next = chunk;
    else
        sctp->early.first = chunk;
    if (!after)
        sctp->early.last = chunk;
    sctp->early_count++;
    sctp->early_bytes += chunk->len;
    if (chunk->flags & SCTP_BEGIN || !before || before->tsn + 1 != chunk->tsn)
        begin = chunk;
    try_early(sctp, begin);
}

/* ---- chunks ---- */

/* Whether there is room; the one chunk that all others wait for makes some. */
static bool make_room(struct sn_sctp *sctp, bool next, size_t len)
{
    while (used(sctp) + len > sctp->config.receive_max)
        if (!next || !drop_last_early(sctp))
            return false;
    return true;
}

void sctp_on_data(struct sn_sctp *sctp, const struct sctp_part *chunk)
{
    enum { HEADER = SCTP_DATA_HEADER - SCTP_CHUNK_HEADER };

    if (!sctp_is_up(sctp) || sctp->state >= SCTP_SHUTDOWN_RECEIVED || chunk->len < HEADER)
        return;
    if (chunk->len == HEADER) {
        sctp_abort(sctp, "the peer sent a chunk without data");
        return;
    }
    struct sctp_chunk head = {
        .tsn = sctp_get32(chunk->value),
        .stream = sctp_get16(chunk->value + 4),
        .ssn = sctp_get16(chunk->value + 6),
        .ppid = sctp_get32(chunk->value + 8),
        .len = (uint16_t)(chunk->len - HEADER),
        .flags = chunk->flags,
    };
    struct sn_str bytes = {(const char *)chunk->value + HEADER, head.len};
    bool next = head.tsn == sctp->received_tsn + 1;

    sctp->new_data = true;
    if (chunk->flags & SCTP_IMMEDIATE)
        sctp->want |= SCTP_WANT_SACK;
    if (!sctp_before(sctp->received_tsn, head.tsn)) {
        note_duplicate(sctp, head.tsn);
    } else if (head.tsn - sctp->received_tsn > UINT16_MAX || head.len > SCTP_EARLY_LEN_MAX ||
               !make_room(sctp, next, head.len)) {
        sctp->stats.refused++;
        sctp->want |= SCTP_WANT_SACK;
    } else if (!next) {
        keep_early(sctp, &head, bytes);
    } else if (take_next(sctp, &head, bytes)) {
        drain_early(sctp);
    }
}

void sctp_data_received(struct sn_sctp *sctp, uint64_t now_ns)
{
    if (!sctp->new_data)
        return;
    sctp->new_data = false;
    if (sctp->state == SCTP_SHUTDOWN_SENT)
        sctp->want |= SCTP_WANT_SACK | SCTP_WANT_SHUTDOWN;
    if (++sctp->unacked >= 2 || sctp->early.first)
        sctp->want |= SCTP_WANT_SACK;
    else if (sctp->due_ns[SCTP_T_SACK] == SN_SCTP_NEVER)
        sctp_arm(sctp, SCTP_T_SACK, now_ns + SACK_DELAY_NS);
}

/* ---- what the peer gave up ---- */

static void skip_streams(struct sn_sctp *sctp, const uint8_t *at, size_t count)
{
    for (; count; count--, at += 4) {
        uint16_t stream = sctp_get16(at), ssn = sctp_get16(at + 2);

        if (stream >= sctp->streams_in)
            continue;
        struct sctp_stream *row = &sctp->streams[stream];
        if ((int16_t)(ssn - row->next_in) >= 0)
            row->next_in = (uint16_t)(ssn + 1);
    }
}

/* What is whole among the chunks passed over is delivered; pieces are dropped. */
void sctp_on_forward_tsn(struct sn_sctp *sctp, const struct sctp_part *chunk)
{
    if (!sctp_is_up(sctp) || chunk->len < 4)
        return;
    uint32_t until = sctp_get32(chunk->value);
    sctp->new_data = true;
    sctp->want |= SCTP_WANT_SACK;
    if (!sctp_before(sctp->received_tsn, until) || until - sctp->received_tsn > UINT16_MAX)
        return;
    while (sctp->early.first && !sctp_before(until, sctp->early.first->tsn)) {
        if (sctp->early.first->tsn != sctp->received_tsn + 1) {
            forget_partial(sctp);
            sctp->skipping = true;
        }
        sctp->received_tsn = sctp->early.first->tsn - 1;
        uint32_t before = sctp->received_tsn;
        drain_early(sctp);
        if (!sctp_is_up(sctp) || sctp->received_tsn == before)
            return;
    }
    if (sctp_before(sctp->received_tsn, until)) {
        forget_partial(sctp);
        sctp->skipping = true;
        sctp->received_tsn = until;
    }
    skip_streams(sctp, chunk->value + 4, (chunk->len - 4) / 4);
    drain_early(sctp);
}

/* ---- our SACKs ---- */

/* Runs of chunks behind the gap as offsets; how many. */
static size_t write_gaps(const struct sn_sctp *sctp, uint8_t *at, size_t max)
{
    const struct sctp_chunk *chunk = sctp->early.first;
    size_t count = 0;

    for (; chunk && count < max; count++) {
        uint32_t from = chunk->tsn, to = from;

        while ((chunk = chunk->next) && chunk->tsn == to + 1)
            to++;
        at = sctp_put16(at, (uint16_t)(from - sctp->received_tsn));
        at = sctp_put16(at, (uint16_t)(to - sctp->received_tsn));
    }
    return count;
}

size_t sctp_write_sack(struct sn_sctp *sctp, uint8_t *value, size_t room)
{
    size_t duplicates = sctp->duplicate_count;

    if (duplicates > (room - 12) / 4)
        duplicates = (room - 12) / 4;
    size_t gaps = write_gaps(sctp, value + 12, (room - 12) / 4 - duplicates);
    uint8_t *at = value + 12 + 4 * gaps;
    for (size_t i = 0; i < duplicates; i++)
        at = sctp_put32(at, sctp->duplicates[i]);
    sctp->told_window = sctp_window(sctp);
    sctp_put32(value, sctp->received_tsn);
    sctp_put32(value + 4, sctp->told_window);
    sctp_put16(value + 8, (uint16_t)gaps);
    sctp_put16(value + 10, (uint16_t)duplicates);
    sctp->duplicate_count = 0;
    sctp->unacked = 0;
    return (size_t)(at - value);
}
