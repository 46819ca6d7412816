/* SPDX-License-Identifier: Apache-2.0
 *
 * RE-CONFIG: streams that begin anew, ours and the peer's. Data channels close so.
 * Source: RFC 6525.
 */
#include "wire/sctp/private.h"

enum { PARAM_RESET_OUT = 13, PARAM_ANSWER = 16, RESET_HEADER = 16, ANSWER_LEN = 12 };
_Static_assert((int)ANSWER_LEN == SCTP_RESET_ANSWER_LEN, "one answer");

/* Source: RFC 6525, 4.4. */
enum {
    RESULT_PERFORMED = 1,
    RESULT_DENIED = 2,
    RESULT_BAD_SEQUENCE = 5,
    RESULT_IN_PROGRESS = 6,
};

/* ---- ours ---- */

int sn_sctp_reset(struct sn_sctp *sctp, uint16_t stream)
{
    if (!sctp_is_up(sctp))
        return SN_ERR_UNAVAILABLE;
    if (stream >= sctp->streams_out)
        return SN_ERR_INVALID_ARGUMENT;
    if (sctp->streams[stream].flags & SCTP_STREAM_RESET_ASKED)
        return 0;
    sctp->streams[stream].flags |= SCTP_STREAM_RESET_WANTED;
    sctp->reset_wanted = true;
    if (!sctp->reset_out)
        sctp_arm(sctp, SCTP_T_RESET, 0);
    return 0;
}

static bool may_ask(const struct sctp_stream *row)
{
    return row->flags & SCTP_STREAM_RESET_WANTED && !row->unsent;
}

/* Where the peer knows no RE-CONFIG. */
static void reset_alone(struct sn_sctp *sctp)
{
    sctp->reset_wanted = false;
    for (uint16_t i = 0; i < sctp->streams_out && sctp_is_up(sctp); i++) {
        struct sctp_stream *row = &sctp->streams[i];

        if (may_ask(row)) {
            row->flags = 0; /* its numbers go on: the peer's do too */
            sctp->events->reset_done(sctp->owner, i);
        }
        sctp->reset_wanted |= row->flags != 0;
    }
}

void sctp_reset_step(struct sn_sctp *sctp, uint64_t now_ns)
{
    int count = 0;

    if (!sctp->reset_wanted || sctp->reset_out)
        return;
    if (!sctp->can_reset) {
        reset_alone(sctp);
        return;
    }
    sctp->reset_wanted = false;
    for (uint16_t i = 0; i < sctp->streams_out; i++) {
        struct sctp_stream *row = &sctp->streams[i];

        if (may_ask(row) && count < SCTP_RESET_STREAMS_MAX) {
            row->flags = SCTP_STREAM_RESET_ASKED;
            count++;
        }
        sctp->reset_wanted |= (row->flags & SCTP_STREAM_RESET_WANTED) != 0;
    }
    if (!count)
        return;
    sctp->reset_out = true;
    sctp->reset_tsn = sctp->next_tsn - 1;
    sctp->want |= SCTP_WANT_RESET;
    sctp_arm(sctp, SCTP_T_RESET, now_ns + sctp->rto_ns);
}

/* The same at each repetition. */
size_t sctp_write_reset(struct sn_sctp *sctp, uint8_t *value)
{
    uint8_t *at = value + RESET_HEADER;

    for (uint16_t i = 0; i < sctp->streams_out; i++)
        if (sctp->streams[i].flags & SCTP_STREAM_RESET_ASKED)
            at = sctp_put16(at, i);
    size_t len = (size_t)(at - value);
    sctp_put16(value, PARAM_RESET_OUT);
    sctp_put16(value + 2, (uint16_t)len);
    sctp_put32(value + 4, sctp->reset_seq);
    sctp_put32(value + 8, sctp->peer_reset_seq - 1);
    sctp_put32(value + 12, sctp->reset_tsn);
    return len;
}

void sctp_on_reset_timeout(struct sn_sctp *sctp, uint64_t now_ns)
{
    sctp_disarm(sctp, SCTP_T_RESET);
    if (!sctp->reset_out) { /* new ones: told of from here, not from inside sn_sctp_reset() */
        sctp_reset_step(sctp, now_ns);
        return;
    }
    if (sctp_back_off(sctp))
        return;
    sctp->want |= SCTP_WANT_RESET;
    sctp_arm(sctp, SCTP_T_RESET, now_ns + sctp->rto_ns);
}

static void on_answer(struct sn_sctp *sctp, const struct sctp_part *param)
{
    if (param->len < ANSWER_LEN - SCTP_CHUNK_HEADER || !sctp->reset_out ||
        sctp_get32(param->value) != sctp->reset_seq)
        return;
    uint32_t result = sctp_get32(param->value + 4);
    sctp->errors = 0;
    if (result == RESULT_IN_PROGRESS) /* asked again at the timeout */
        return;
    sctp->reset_out = false;
    sctp->reset_seq++;
    sctp->want &= ~SCTP_WANT_RESET;
    sctp_disarm(sctp, SCTP_T_RESET);
    for (uint16_t i = 0; i < sctp->streams_out && sctp_is_up(sctp); i++) {
        struct sctp_stream *row = &sctp->streams[i];

        if (!(row->flags & SCTP_STREAM_RESET_ASKED))
            continue;
        row->flags &= ~SCTP_STREAM_RESET_ASKED;
        if (result == RESULT_PERFORMED)
            row->next_out = 0;
        sctp->events->reset_done(sctp->owner, i);
    }
}

/* ---- the peer's ---- */

static void peer_reset(struct sn_sctp *sctp, uint16_t stream)
{
    sctp->streams[stream].next_in = 0;
    sctp->events->peer_reset(sctp->owner, stream);
}

/* No list: all streams. */
static void perform(struct sn_sctp *sctp, const uint8_t *streams, size_t count)
{
    if (!count)
        for (uint16_t i = 0; i < sctp->streams_in && sctp_is_up(sctp); i++)
            peer_reset(sctp, i);
    for (size_t i = 0; i < count && sctp_is_up(sctp); i++)
        if (sctp_get16(streams + 2 * i) < sctp->streams_in)
            peer_reset(sctp, sctp_get16(streams + 2 * i));
}

static void answer(struct sn_sctp *sctp, uint32_t seq, uint32_t result)
{
    sctp->answer_seq = seq;
    sctp->answer_result = result;
    sctp->want |= SCTP_WANT_RESET_ANSWER;
}

size_t sctp_write_reset_answer(struct sn_sctp *sctp, uint8_t *value)
{
    uint8_t *at = sctp_put16(value, PARAM_ANSWER);

    at = sctp_put16(at, ANSWER_LEN);
    at = sctp_put32(at, sctp->answer_seq);
    sctp_put32(at, sctp->answer_result);
    return ANSWER_LEN;
}

static void on_request(struct sn_sctp *sctp, const struct sctp_part *param)
{
    uint32_t seq = sctp_get32(param->value);
    bool waits =
        sctp->answer_result == RESULT_IN_PROGRESS && sctp->answer_seq == sctp->peer_reset_seq;

    if (waits && seq == sctp->peer_reset_seq + 1) /* again, as libwebrtc did it for years */
        sctp->peer_reset_seq = seq;
    if (seq == sctp->peer_reset_seq - 1 && seq == sctp->answer_seq) { /* our answer was lost */
        sctp->want |= SCTP_WANT_RESET_ANSWER;
    } else if (seq != sctp->peer_reset_seq) {
        answer(sctp, seq, RESULT_BAD_SEQUENCE);
    } else if (param->type != PARAM_RESET_OUT || param->len < RESET_HEADER - SCTP_CHUNK_HEADER) {
        sctp->peer_reset_seq++;
        answer(sctp, seq, RESULT_DENIED);
    } else if (sctp_before(sctp->received_tsn, sctp_get32(param->value + 8))) {
        answer(sctp, seq, RESULT_IN_PROGRESS); /* it will ask again */
    } else {
        sctp->peer_reset_seq++;
        answer(sctp, seq, RESULT_PERFORMED);
        perform(sctp, param->value + 12, (param->len - 12) / 2);
    }
}

/* Requests to reset what we send, to add streams or to begin all numbers anew are denied: data
 * channels need none of them. */
void sctp_on_reconfig(struct sn_sctp *sctp, const struct sctp_part *chunk)
{
    struct sn_str params = {(const char *)chunk->value, chunk->len};
    struct sctp_part param;

    while (sctp_is_up(sctp) && sctp_next_param(&params, &param)) {
        if (param.type == PARAM_ANSWER)
            on_answer(sctp, &param);
        else if (param.type >= PARAM_RESET_OUT && param.type <= 18 && param.len >= 4)
            on_request(sctp, &param);
    }
}
