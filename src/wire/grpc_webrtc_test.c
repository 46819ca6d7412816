/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames as the protobuf codec writes and reads them, and as peers do.
 */
#include "wire/grpc_webrtc.h"

#include "base/heap.h"
#include "pb/proto/rpc/webrtc/v1/grpc.h"
#include "sinew/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct memory {
    struct sn_block_pool pool;
    struct sn_arena arena;
};

static int setup(void **state)
{
    static struct memory memory;

    sn_block_pool_init(&memory.pool, &sn_heap, 0);
    sn_arena_init(&memory.arena, &memory.pool, 1 << 20);
    *state = &memory.arena;
    return 0;
}

static int teardown(void **state)
{
    struct memory *memory = sn_container_of(*state, struct memory, arena);

    sn_arena_fini(&memory->arena);
    sn_block_pool_fini(&memory->pool);
    return 0;
}

static const uint64_t ids[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
static const size_t lens[] = {0, 1, 100, 127, 128, 16383, 16384, SN_FRAME_DATA_MAX};

enum { IDS = sizeof(ids) / sizeof(*ids), LENS = sizeof(lens) / sizeof(*lens) };

static uint8_t buffer[SN_FRAME_HEAD_MAX + SN_FRAME_DATA_MAX];

static uint8_t *fill(size_t len)
{
    memset(buffer, 0xee, sizeof(buffer));
    for (size_t i = 0; i < len; i++)
        buffer[SN_FRAME_HEAD_MAX + i] = (uint8_t)(i * 7);
    return buffer + SN_FRAME_HEAD_MAX;
}

static struct sn_str framed(uint8_t *data, size_t head, size_t len)
{
    assert_true(head <= SN_FRAME_HEAD_MAX);
    return (struct sn_str){(const char *)data - head, head + len};
}

static void check_packet(const struct pb_proto_rpc_webrtc_packet_message *packet, uint8_t *data,
                         size_t len, bool end)
{
    assert_non_null(packet);
    assert_int_equal(packet->data.len, len);
    if (len)
        assert_memory_equal(packet->data.ptr, data, len);
    assert_int_equal(packet->eom, end);
}

static void requests_are_what_the_codec_reads(void **state)
{
    for (size_t i = 0; i < IDS * LENS * 4; i++) {
        size_t len = lens[i % LENS];
        uint64_t id = ids[i / LENS % IDS];
        bool end_message = i / LENS / IDS & 1, end_stream = i / LENS / IDS & 2;
        uint8_t *data = fill(len);
        struct sn_str frame =
            framed(data, sn_frame_write_request(data, len, id, end_message, end_stream), len);
        struct pb_proto_rpc_webrtc_request request = {0};
        struct sn_frame read;

        assert_int_equal(
            sn_pb_decode(&pb_proto_rpc_webrtc_request_msg, &request, frame.ptr, frame.len, *state),
            0);
        assert_int_equal(request.stream->id, id);
        assert_true(request.message->has_message);
        assert_int_equal(request.message->eos, end_stream);
        check_packet(request.message->packet_message, data, len, end_message);
        assert_int_equal(sn_frame_read_request(frame, &read), 0);
        assert_int_equal(read.kind, SN_FRAME_MESSAGE);
        assert_true(read.stream == id && read.has_message);
        assert_true(read.end_message == end_message && read.end_stream == end_stream);
        assert_int_equal(read.data.len, len);
        assert_true(len == 0 || read.data.ptr == (const char *)data);
    }
}

static void responses_are_what_the_codec_reads(void **state)
{
    for (size_t i = 0; i < IDS * LENS * 2; i++) {
        size_t len = lens[i % LENS];
        uint64_t id = ids[i / LENS % IDS];
        bool end_message = i / LENS / IDS & 1;
        uint8_t *data = fill(len);
        struct sn_str frame =
            framed(data, sn_frame_write_response(data, len, id, end_message), len);
        struct pb_proto_rpc_webrtc_response response = {0};
        struct sn_frame read;

        assert_int_equal(sn_pb_decode(&pb_proto_rpc_webrtc_response_msg, &response, frame.ptr,
                                      frame.len, *state),
                         0);
        assert_int_equal(response.stream->id, id);
        check_packet(response.message->packet_message, data, len, end_message);
        assert_int_equal(sn_frame_read_response(frame, &read), 0);
        assert_true(read.kind == SN_FRAME_MESSAGE && read.stream == id);
        assert_true(read.end_message == end_message && read.data.len == len);
    }
}

static void ends_and_resets(void **state)
{
    uint8_t bytes[SN_FRAME_HEAD_MAX];
    struct pb_proto_rpc_webrtc_request request = {0}, reset = {0};
    struct sn_frame read;

    size_t len = sn_frame_write_end(bytes, UINT64_MAX);
    assert_int_equal(sn_pb_decode(&pb_proto_rpc_webrtc_request_msg, &request, bytes, len, *state),
                     0);
    assert_true(request.message->eos && !request.message->has_message);
    assert_int_equal(sn_frame_read_request((struct sn_str){(const char *)bytes, len}, &read), 0);
    assert_true(read.end_stream && !read.has_message);
    len = sn_frame_write_reset(bytes, 0);
    assert_int_equal(sn_pb_decode(&pb_proto_rpc_webrtc_request_msg, &reset, bytes, len, *state), 0);
    assert_true(reset.rst_stream && reset.stream && reset.stream->id == 0);
    assert_int_equal(sn_frame_read_request((struct sn_str){(const char *)bytes, len}, &read), 0);
    assert_int_equal(read.kind, SN_FRAME_RESET);
}

/* The dialer of Python and C++ ends a stream without any packet. */
static void an_end_needs_no_packet(void **state)
{
    struct sn_frame read;

    assert_int_equal(sn_frame_read_request(SN_STR("\x0a\x00\x1a\x02\x18\x01"), &read), 0);
    assert_true(read.kind == SN_FRAME_MESSAGE && read.stream == 0);
    assert_true(read.end_stream && !read.has_message && !read.end_message);
}

static void bodies_are_handed_on(void **state)
{
    struct sn_frame read;

    assert_int_equal(sn_frame_read_request(SN_STR("\x0a\x02\x08\x05\x12\x04\x0a\x02/m"), &read), 0);
    assert_true(read.kind == SN_FRAME_HEADERS && read.stream == 5);
    assert_true(sn_str_is(read.body, "\x0a\x02/m"));
    assert_int_equal(sn_frame_read_response(SN_STR("\x0a\x02\x08\x05\x22\x00"), &read), 0);
    assert_true(read.kind == SN_FRAME_TRAILERS && read.body.len == 0);
}

static void what_is_no_frame_is_refused(void **state)
{
    static const struct sn_str bad[] = {
        SN_STR(""),
        SN_STR("\x12\x00"),                         /* of no call */
        SN_STR("\x0a\x02\x08\x05"),                 /* of no kind */
        SN_STR("\x0a\x7f\x08\x05\x12\x00"),         /* longer than it is */
        SN_STR("\x0a\x02\x08\x80\x12\x00"),         /* a number without an end */
        SN_STR("\x0a\x00\x1a\x02\x12\x05"),         /* a packet longer than it is */
        SN_STR("\x0a\x00\x1a\x04\x12\x02\x0a\x09"), /* data longer than they are */
        SN_STR("\x0a\x00\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        SN_STR("\x0a\x00\x20\x00"), /* no reset */
        SN_STR("\xff\xff\xff"),
    };
    struct sn_frame read;

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(sn_frame_read_request(bad[i], &read), SN_ERR_INVALID_ARGUMENT);
        if (i != 6) /* a request's packet is one level deeper */
            assert_int_equal(sn_frame_read_response(bad[i], &read), SN_ERR_INVALID_ARGUMENT);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(requests_are_what_the_codec_reads),
        TEST(responses_are_what_the_codec_reads),
        TEST(ends_and_resets),
        TEST(an_end_needs_no_packet),
        TEST(bodies_are_handed_on),
        TEST(what_is_no_frame_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
