/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as frames of gRPC over a data channel, from either side; pieces of messages are written
 * again and read the same.
 */
#include "wire/grpc_webrtc.h"
#include "fuzz.h"

#include <string.h>

static void check_within(struct sn_str part, struct sn_str whole)
{
    FUZZ_REQUIRE(part.len == 0 ||
                 (part.ptr >= whole.ptr && part.len <= (size_t)(whole.ptr + whole.len - part.ptr)));
}

static void write_again(const struct sn_frame *frame, bool is_request)
{
    static uint8_t memory[SN_FRAME_HEAD_MAX + SN_FRAME_DATA_MAX];
    uint8_t *data = memory + SN_FRAME_HEAD_MAX;
    struct sn_frame again;

    if (frame->kind != SN_FRAME_MESSAGE || !frame->has_message)
        return;
    if (frame->data.len)
        memcpy(data, frame->data.ptr, frame->data.len);
    size_t head = is_request ? sn_frame_write_request(data, frame->data.len, frame->stream,
                                                      frame->end_message, frame->end_stream)
                             : sn_frame_write_response(data, frame->data.len, frame->stream,
                                                       frame->end_message);
    FUZZ_REQUIRE(head <= SN_FRAME_HEAD_MAX);
    struct sn_str bytes = {(const char *)data - head, head + frame->data.len};
    FUZZ_REQUIRE((is_request ? sn_frame_read_request(bytes, &again)
                             : sn_frame_read_response(bytes, &again)) == 0);
    FUZZ_REQUIRE(again.stream == frame->stream && again.kind == frame->kind);
    FUZZ_REQUIRE(again.end_message == frame->end_message);
    FUZZ_REQUIRE(!is_request || again.end_stream == frame->end_stream);
    FUZZ_REQUIRE(sn_str_eq(again.data, frame->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_str bytes = {(const char *)data, size};
    struct sn_frame frame;

    if (size > SN_FRAME_DATA_MAX)
        return 0;
    for (int is_request = 0; is_request < 2; is_request++) {
        if (is_request ? sn_frame_read_request(bytes, &frame)
                       : sn_frame_read_response(bytes, &frame))
            continue;
        check_within(frame.body, bytes);
        check_within(frame.data, bytes);
        write_again(&frame, is_request);
    }
    return 0;
}
