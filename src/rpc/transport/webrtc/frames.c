/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers, metadata and trailers as protobuf. Values are text as it is: no base64, no escapes.
 */
#include "pb/google/protobuf/duration.h"
#include "pb/google/rpc/status.h"
#include "pb/proto/rpc/webrtc/v1/grpc.h"
#include "rpc/transport/headers.h"
#include "rpc/transport/webrtc/private.h"
#include "wire/grpc.h"
#include "wire/pb/wire.h"

/* ---- writing ---- */

static struct pb_proto_rpc_webrtc_metadata_md_entry *
find_entry(struct pb_proto_rpc_webrtc_metadata *to, struct sn_str key)
{
    for (uint32_t i = 0; i < to->md.n; i++)
        if (sn_str_eq(to->md.v[i].key, key))
            return &to->md.v[i];
    return NULL;
}

/* Values of one key lie together; NULL without memory. */
static struct pb_proto_rpc_webrtc_metadata *make_metadata(const struct sn_metadata *from,
                                                          struct sn_arena *arena)
{
    struct pb_proto_rpc_webrtc_metadata *to = sn_arena_zalloc(arena, sizeof(*to));

    for (uint32_t i = 0; to && i < from->count; i++) {
        const struct sn_metadata_entry *entry = &from->v[i];

        if (!sn_pb_utf8_valid(entry->key.ptr, entry->key.len) ||
            !sn_pb_utf8_valid(entry->value.ptr, entry->value.len))
            continue;
        struct pb_proto_rpc_webrtc_metadata_md_entry *found = find_entry(to, entry->key);
        if (!found)
            found = sn_pb_add(&to->md, arena);
        struct sn_str *value = found ? sn_pb_add(&found->value.values, arena) : NULL;
        if (!value)
            return NULL;
        found->key = entry->key;
        *value = entry->value;
    }
    return to;
}

static struct sn_message *encode(struct sn_message *message, const struct sn_pb_msg *msg,
                                 const void *in)
{
    struct sn_str bytes;

    if (sn_pb_encode(msg, in, &message->arena, 0, &bytes) || bytes.len > SN_WEBRTC_FRAME_MAX) {
        sn_message_free(message);
        return NULL;
    }
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    return message;
}

struct sn_message *rtc_write_request_headers(struct sn_env *env, uint64_t id, struct sn_str path,
                                             const struct sn_metadata *metadata,
                                             uint64_t timeout_ns)
{
    struct sn_message *message = sn_message_create(env->blocks);
    struct pb_proto_rpc_webrtc_stream stream = {.id = id};
    struct pb_google_duration timeout = {.seconds = (int64_t)(timeout_ns / 1000000000),
                                         .nanos = (int32_t)(timeout_ns % 1000000000)};

    if (!message)
        return NULL;
    struct pb_proto_rpc_webrtc_request_headers headers = {
        .method = path,
        .metadata = make_metadata(metadata, &message->arena),
        .timeout = timeout_ns == SN_NEVER ? NULL : &timeout,
    };
    struct pb_proto_rpc_webrtc_request request = {
        .stream = &stream,
        .which_type = PB_PROTO_RPC_WEBRTC_REQUEST_TYPE_HEADERS,
        .headers = &headers,
    };
    return encode(message, &pb_proto_rpc_webrtc_request_msg, &request);
}

struct sn_message *rtc_write_response_headers(struct sn_env *env, uint64_t id,
                                              const struct sn_metadata *metadata)
{
    struct sn_message *message = sn_message_create(env->blocks);
    struct pb_proto_rpc_webrtc_stream stream = {.id = id};

    if (!message)
        return NULL;
    struct pb_proto_rpc_webrtc_response_headers headers = {
        .metadata = make_metadata(metadata, &message->arena)};
    struct pb_proto_rpc_webrtc_response response = {
        .stream = &stream,
        .which_type = PB_PROTO_RPC_WEBRTC_RESPONSE_TYPE_HEADERS,
        .headers = &headers,
    };
    return encode(message, &pb_proto_rpc_webrtc_response_msg, &response);
}

/* Clients of the reference's family put the text into a header: one line of it. */
static struct sn_str one_line(struct sn_str text, struct sn_arena *arena)
{
    struct sn_str copy = sn_pb_utf8_valid(text.ptr, text.len)
                             ? sn_arena_copy(arena, text)
                             : SN_STR("(a text that is not UTF-8)");
    char *c = (char *)(uintptr_t)copy.ptr;

    for (size_t i = 0; i < copy.len; i++)
        if (c[i] == '\n' || c[i] == '\r')
            c[i] = ' ';
    return copy;
}

/* `details` are a whole Status, of which only the details are wanted. */
static void make_status(const struct sn_status *from, struct sn_arena *arena,
                        struct pb_google_rpc_status *to)
{
    *to = (struct pb_google_rpc_status){0};
    if (from->details.len &&
        sn_pb_decode(&pb_google_rpc_status_msg, to, from->details.ptr, from->details.len, arena))
        *to = (struct pb_google_rpc_status){0};
    to->code = -from->code;
    to->message = one_line(from->text, arena);
}

/* OK has no status at all. Source: the reference. */
struct sn_message *rtc_write_trailers(struct sn_env *env, uint64_t id,
                                      const struct sn_status *status,
                                      const struct sn_metadata *metadata)
{
    struct sn_message *message = sn_message_create(env->blocks);
    struct pb_proto_rpc_webrtc_stream stream = {.id = id};
    struct pb_google_rpc_status made;

    if (!message)
        return NULL;
    make_status(status, &message->arena, &made);
    struct pb_proto_rpc_webrtc_response_trailers trailers = {
        .status = status->code ? &made : NULL,
        .metadata = make_metadata(metadata, &message->arena),
    };
    struct pb_proto_rpc_webrtc_response response = {
        .stream = &stream,
        .which_type = PB_PROTO_RPC_WEBRTC_RESPONSE_TYPE_TRAILERS,
        .trailers = &trailers,
    };
    return encode(message, &pb_proto_rpc_webrtc_response_msg, &response);
}

struct sn_message *rtc_write_bytes(struct sn_env *env, const uint8_t *frame, size_t len)
{
    return sn_message_copy(env->blocks, frame, len);
}

/* ---- reading ---- */

static struct sn_str lower_case(struct sn_str key, struct sn_arena *arena)
{
    struct sn_str lower = sn_arena_copy(arena, key);
    char *c = (char *)(uintptr_t)lower.ptr;

    for (size_t i = 0; i < lower.len; i++)
        if (c[i] >= 'A' && c[i] <= 'Z')
            c[i] = (char)(c[i] | 0x20);
    return lower;
}

/* The dialer of Python and C++ passes all of HTTP's headers on as metadata. */
static int read_metadata(const struct pb_proto_rpc_webrtc_metadata *from, struct sn_arena *arena,
                         struct sn_metadata *to)
{
    for (uint32_t i = 0; from && i < from->md.n; i++) {
        const struct pb_proto_rpc_webrtc_metadata_md_entry *entry = &from->md.v[i];
        struct sn_str key = lower_case(entry->key, arena);

        if (!key.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        if (sn_header_is_reserved(key))
            continue;
        for (uint32_t j = 0; j < entry->value.values.n; j++) {
            int code = sn_metadata_add(to, arena, key, entry->value.values.v[j]);

            if (code)
                return code;
        }
    }
    return 0;
}

static uint64_t duration_ns(const struct pb_google_duration *duration)
{
    if (duration->seconds < 0 || duration->nanos < 0)
        return 0;
    if (duration->seconds >= INT64_MAX / 1000000000)
        return SN_NEVER;
    return (uint64_t)duration->seconds * 1000000000 + (uint64_t)duration->nanos;
}

/* Said by the field, where zero is none, or by a client that only passes its headers on. */
static uint64_t timeout_of(const struct pb_proto_rpc_webrtc_request_headers *headers)
{
    const struct pb_google_duration *said = headers->timeout;
    const struct pb_proto_rpc_webrtc_metadata *metadata = headers->metadata;
    uint64_t ns;

    if (said && (said->seconds || said->nanos))
        return duration_ns(said);
    for (uint32_t i = 0; metadata && i < metadata->md.n; i++) {
        const struct pb_proto_rpc_webrtc_metadata_md_entry *entry = &metadata->md.v[i];

        if (sn_str_is(entry->key, "grpc-timeout") && entry->value.values.n == 1 &&
            sn_grpc_parse_timeout(entry->value.values.v[0], &ns) == 0)
            return ns;
    }
    return SN_NEVER;
}

int rtc_read_request_headers(struct sn_str body, struct sn_arena *arena, struct sn_str *ret_path,
                             struct sn_metadata *ret_metadata, uint64_t *ret_timeout_ns)
{
    struct pb_proto_rpc_webrtc_request_headers headers = {0};
    int code =
        sn_pb_decode(&pb_proto_rpc_webrtc_request_headers_msg, &headers, body.ptr, body.len, arena);

    if (code)
        return code;
    *ret_path = headers.method;
    *ret_timeout_ns = timeout_of(&headers);
    return read_metadata(headers.metadata, arena, ret_metadata);
}

int rtc_read_response_headers(struct sn_str body, struct sn_arena *arena,
                              struct sn_metadata *ret_metadata)
{
    struct pb_proto_rpc_webrtc_response_headers headers = {0};
    struct sn_str copy = sn_arena_copy(arena, body);

    if (!copy.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_pb_decode(&pb_proto_rpc_webrtc_response_headers_msg, &headers, copy.ptr, copy.len,
                            arena);
    return code ? code : read_metadata(headers.metadata, arena, ret_metadata);
}

int rtc_read_trailers(struct sn_str body, struct sn_arena *arena, struct sn_status *ret_status,
                      struct sn_metadata *ret_metadata)
{
    static const uint32_t status_path[] = {1};
    struct pb_proto_rpc_webrtc_response_trailers trailers = {0};

    *ret_status = (struct sn_status){0};
    int code = sn_pb_decode(&pb_proto_rpc_webrtc_response_trailers_msg, &trailers, body.ptr,
                            body.len, arena);
    if (!code)
        code = read_metadata(trailers.metadata, arena, ret_metadata);
    const struct pb_google_rpc_status *status = trailers.status;
    if (code || !status || !status->code)
        return code;
    ret_status->code = status->code > 0 && status->code <= 16 ? -status->code : SN_ERR_UNKNOWN;
    ret_status->text = status->message;
    if (status->details.n)
        code = sn_pb_peek(body, status_path, 1, &ret_status->details);
    return code;
}
