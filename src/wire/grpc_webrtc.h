/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC over a data channel: each message of the channel is a Request (from the client) or a
 * Response, and is of one call. Here are what calls have most of, pieces of messages, and what
 * tells one frame from another; headers and trailers are for the protobuf codec (RequestHeaders,
 * ResponseHeaders, ResponseTrailers). Pure: no memory of its own.
 * Source: proto.rpc.webrtc.v1 (goutils, proto/rpc/webrtc/v1/grpc.proto).
 */
#ifndef SN_WIRE_GRPC_WEBRTC_H
#define SN_WIRE_GRPC_WEBRTC_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

enum sn_frame_kind {
    SN_FRAME_HEADERS,  /* `body`: RequestHeaders, ResponseHeaders */
    SN_FRAME_MESSAGE,  /* a piece of one, or the end of the client's */
    SN_FRAME_RESET,    /* of requests: the client wants no answer */
    SN_FRAME_TRAILERS, /* of responses; `body`: ResponseTrailers */
};

struct sn_frame {
    uint64_t stream; /* the call; 0 is one like others */
    enum sn_frame_kind kind;
    struct sn_str body; /* in the frame's bytes */
    /* SN_FRAME_MESSAGE */
    struct sn_str data; /* in the frame's bytes */
    bool has_message;   /* of requests; there is a piece */
    bool end_message;   /* it is the last one of its message */
    bool end_stream;    /* of requests: nothing follows, if the message is whole or there is none */
};

/* Takes a frame apart. Unknown fields don't matter; of a field that is there twice the last one
 * counts. INVALID_ARGUMENT: not protobuf, of no call, or of no kind. */
int sn_frame_read_request(struct sn_str bytes, struct sn_frame *ret_frame) SN_MUST_USE;
int sn_frame_read_response(struct sn_str bytes, struct sn_frame *ret_frame) SN_MUST_USE;

/* Writes what belongs before a piece of a message, right before `data` (with `len` bytes, 65,000 at
 * most), whatever is there now; returns the bytes of this head. With it the frame is whole. */
enum { SN_FRAME_HEAD_MAX = 32, SN_FRAME_DATA_MAX = 65000 };
size_t sn_frame_write_request(uint8_t *data, size_t len, uint64_t stream, bool end_message,
                              bool end_stream);
size_t sn_frame_write_response(uint8_t *data, size_t len, uint64_t stream, bool end_message);

/* Whole frames without a piece: the client's end, and its reset. Return the bytes. */
size_t sn_frame_write_end(uint8_t frame[SN_FRAME_HEAD_MAX], uint64_t stream);
size_t sn_frame_write_reset(uint8_t frame[SN_FRAME_HEAD_MAX], uint64_t stream);

#endif
