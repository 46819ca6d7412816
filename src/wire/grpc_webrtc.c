/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of gRPC over a data channel.
 */
#include "wire/grpc_webrtc.h"

#include "sinew/pb.h"

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

/* Request and Response agree where they have the same. */
enum {
    FIELD_STREAM = 1,
    FIELD_HEADERS = 2,
    FIELD_MESSAGE = 3,
    FIELD_RESET_OR_TRAILERS = 4,
};

/* ---- reading ---- */

static int read_stream(struct sn_str bytes, uint64_t *ret_stream)
{
    struct sn_pb_raw raw;
    int more;

    *ret_stream = 0;
    while ((more = sn_pb_raw_next(&bytes, &raw)) == 1)
        if (raw.number == 1 && raw.wire == WIRE_VARINT)
            *ret_stream = raw.value;
    return more;
}

/* A PacketMessage. */
static int read_packet(struct sn_str bytes, struct sn_frame *frame)
{
    struct sn_pb_raw raw;
    int more;

    frame->data = SN_STR_NULL;
    frame->end_message = false;
    while ((more = sn_pb_raw_next(&bytes, &raw)) == 1) {
        if (raw.number == 1 && raw.wire == WIRE_BYTES)
            frame->data = raw.bytes;
        else if (raw.number == 2 && raw.wire == WIRE_VARINT)
            frame->end_message = raw.value != 0;
    }
    return more;
}

/* A RequestMessage: has_message, packet_message, eos. */
static int read_request_message(struct sn_str bytes, struct sn_frame *frame)
{
    struct sn_pb_raw raw;
    int more;

    while ((more = sn_pb_raw_next(&bytes, &raw)) == 1) {
        if (raw.number == 1 && raw.wire == WIRE_VARINT)
            frame->has_message = raw.value != 0;
        else if (raw.number == 2 && raw.wire == WIRE_BYTES && read_packet(raw.bytes, frame))
            return SN_ERR_INVALID_ARGUMENT;
        else if (raw.number == 3 && raw.wire == WIRE_VARINT)
            frame->end_stream = raw.value != 0;
    }
    return more;
}

/* A ResponseMessage: packet_message. */
static int read_response_message(struct sn_str bytes, struct sn_frame *frame)
{
    struct sn_pb_raw raw;
    int more;

    frame->has_message = true;
    while ((more = sn_pb_raw_next(&bytes, &raw)) == 1)
        if (raw.number == 1 && raw.wire == WIRE_BYTES && read_packet(raw.bytes, frame))
            return SN_ERR_INVALID_ARGUMENT;
    return more;
}

/* The kind that a field says, or -1. */
static int kind_of(const struct sn_pb_raw *raw, bool is_request)
{
    if (raw->number == FIELD_HEADERS && raw->wire == WIRE_BYTES)
        return SN_FRAME_HEADERS;
    if (raw->number == FIELD_MESSAGE && raw->wire == WIRE_BYTES)
        return SN_FRAME_MESSAGE;
    if (raw->number != FIELD_RESET_OR_TRAILERS)
        return -1;
    if (is_request)
        return raw->wire == WIRE_VARINT && raw->value ? SN_FRAME_RESET : -1;
    return raw->wire == WIRE_BYTES ? SN_FRAME_TRAILERS : -1;
}

static int read_frame(struct sn_str bytes, bool is_request, struct sn_frame *frame)
{
    struct sn_pb_raw raw;
    bool has_stream = false, has_kind = false;
    int more;

    *frame = (struct sn_frame){0};
    while ((more = sn_pb_raw_next(&bytes, &raw)) == 1) {
        int kind = kind_of(&raw, is_request);

        if (raw.number == FIELD_STREAM && raw.wire == WIRE_BYTES) {
            has_stream = true;
            if (read_stream(raw.bytes, &frame->stream))
                return SN_ERR_INVALID_ARGUMENT;
        } else if (kind >= 0) {
            has_kind = true;
            frame->kind = (enum sn_frame_kind)kind;
            frame->body = raw.bytes;
        }
    }
    if (more || !has_stream || !has_kind)
        return SN_ERR_INVALID_ARGUMENT;
    if (frame->kind != SN_FRAME_MESSAGE)
        return 0;
    return is_request ? read_request_message(frame->body, frame)
                      : read_response_message(frame->body, frame);
}

int sn_frame_read_request(struct sn_str bytes, struct sn_frame *ret_frame)
{
    return read_frame(bytes, true, ret_frame);
}

int sn_frame_read_response(struct sn_str bytes, struct sn_frame *ret_frame)
{
    return read_frame(bytes, false, ret_frame);
}

/* ---- writing, backwards: what is inside is known first ---- */

struct back {
    uint8_t *at;
    size_t len; /* of what is behind `at`, up to the frame's end */
};

static void put_byte(struct back *back, uint8_t byte)
{
    *--back->at = byte;
    back->len++;
}

static void put_varint(struct back *back, uint64_t value)
{
    uint8_t bytes[10];
    int count = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[count++] = (uint8_t)(value | 0x80);
    bytes[count++] = (uint8_t)value;
    while (count)
        put_byte(back, bytes[--count]);
}

static void put_tag(struct back *back, uint8_t field, uint8_t wire)
{
    put_byte(back, (uint8_t)(field << 3 | wire));
}

/* Makes all that is behind a field of bytes. */
static void wrap(struct back *back, uint8_t field)
{
    put_varint(back, back->len);
    put_tag(back, field, WIRE_BYTES);
}

static void put_true(struct back *back, uint8_t field, bool value)
{
    if (!value)
        return;
    put_byte(back, 1);
    put_tag(back, field, WIRE_VARINT);
}

static void put_stream(struct back *back, uint64_t stream)
{
    struct back id = {back->at, 0};

    if (stream) {
        put_varint(&id, stream);
        put_tag(&id, 1, WIRE_VARINT);
    }
    wrap(&id, FIELD_STREAM);
    back->at = id.at;
}

/* A PacketMessage around the data. */
static void put_packet(struct back *back, size_t len, bool end_message)
{
    back->len = len;
    if (len)
        wrap(back, 1);
    put_true(back, 2, end_message);
}

size_t sn_frame_write_request(uint8_t *data, size_t len, uint64_t stream, bool end_message,
                              bool end_stream)
{
    struct back back = {data, 0};

    put_packet(&back, len, end_message);
    wrap(&back, 2);
    put_true(&back, 3, end_stream);
    put_true(&back, 1, true);
    wrap(&back, FIELD_MESSAGE);
    put_stream(&back, stream);
    return (size_t)(data - back.at);
}

size_t sn_frame_write_response(uint8_t *data, size_t len, uint64_t stream, bool end_message)
{
    struct back back = {data, 0};

    put_packet(&back, len, end_message);
    wrap(&back, 1);
    wrap(&back, FIELD_MESSAGE);
    put_stream(&back, stream);
    return (size_t)(data - back.at);
}

/* Writes behind, then moves to the front. */
static size_t move_to_front(uint8_t frame[SN_FRAME_HEAD_MAX], const struct back *back)
{
    size_t len = (size_t)(frame + SN_FRAME_HEAD_MAX - back->at);

    memmove(frame, back->at, len);
    return len;
}

/* With an empty packet, as the reference's clients have it. */
size_t sn_frame_write_end(uint8_t frame[SN_FRAME_HEAD_MAX], uint64_t stream)
{
    struct back back = {frame + SN_FRAME_HEAD_MAX, 0};

    put_packet(&back, 0, true);
    wrap(&back, 2);
    put_true(&back, 3, true);
    wrap(&back, FIELD_MESSAGE);
    put_stream(&back, stream);
    return move_to_front(frame, &back);
}

size_t sn_frame_write_reset(uint8_t frame[SN_FRAME_HEAD_MAX], uint64_t stream)
{
    struct back back = {frame + SN_FRAME_HEAD_MAX, 0};

    put_true(&back, FIELD_RESET_OR_TRAILERS, true);
    put_stream(&back, stream);
    return move_to_front(frame, &back);
}
