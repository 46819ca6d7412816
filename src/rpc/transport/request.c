/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads of requests, and of what gRPC answers. Loop thread.
 */
#include "rpc/transport/request.h"

#include "rpc/transport/gzip.h"
#include "rpc/transport/headers.h"
#include "wire/grpc.h"
#include "wire/http.h"

enum { TEXT_MAX = 4 << 10 }; /* of an error's: clients limit trailers, Python's to 8 KiB */

/* ---- what is asked ---- */

void sn_request_init(struct sn_request *request)
{
    *request = (struct sn_request){.timeout_ns = SN_NEVER};
}

void sn_request_refuse(struct sn_request *request, struct sn_guard *guard, int status,
                       enum sn_refusal refusal)
{
    if (request->refused)
        return;
    request->refused = status;
    guard->refused[refusal]++;
}

/* What stands before the first `mark`; what is behind it is put to `rest`. */
static struct sn_str cut(struct sn_str text, char mark, struct sn_str *ret_rest)
{
    const char *at = text.len ? memchr(text.ptr, mark, text.len) : NULL;
    size_t len = at ? (size_t)(at - text.ptr) : text.len;

    *ret_rest = at ? (struct sn_str){at + 1, text.len - len - 1} : SN_STR("");
    return (struct sn_str){text.ptr, len};
}

struct sn_str sn_request_path(const struct sn_request *request, struct sn_str *ret_query)
{
    return cut(request->path, '?', ret_query);
}

bool sn_query_next(struct sn_str *query, struct sn_str *ret_name, struct sn_str *ret_value)
{
    if (!query->len)
        return false;
    *ret_name = cut(cut(*query, '&', query), '=', ret_value);
    return true;
}

/* Where to keep a header that isn't metadata. */
static struct sn_str *place_of(struct sn_request *request, struct sn_str name)
{
    return sn_str_is(name, ":path")                  ? &request->path
           : sn_str_is(name, ":method")              ? &request->method
           : sn_str_is(name, "content-type")         ? &request->content_type
           : sn_str_is(name, "grpc-encoding")        ? &request->encoding
           : sn_str_is(name, "grpc-accept-encoding") ? &request->accept_encoding
                                                     : NULL;
}

void sn_request_header(struct sn_request *request, struct sn_arena *arena, struct sn_guard *guard,
                       struct sn_str name, struct sn_str value)
{
    struct sn_str *place = place_of(request, name);
    int code = 0;

    if (++request->header_count > guard->limits.header_count) {
        sn_request_refuse(request, guard, 431, SN_REFUSED_HEADER_COUNT);
        return;
    }
    if (place) {
        *place = sn_arena_copy(arena, value);
        code = place->ptr ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
    } else if (sn_str_is(name, "grpc-timeout")) {
        code = sn_grpc_parse_timeout(value, &request->timeout_ns);
    } else {
        code = sn_header_keep(&request->metadata, arena, name, value);
    }
    if (code)
        sn_request_refuse(request, guard, code == SN_ERR_INVALID_ARGUMENT ? 400 : 431,
                          SN_REFUSED_REQUEST);
}

bool sn_request_has_type(const struct sn_request *request, struct sn_str type)
{
    struct sn_str given = request->content_type;

    return sn_str_has_prefix(given, type) &&
           (given.len == type.len || given.ptr[type.len] == '+' || given.ptr[type.len] == ';');
}

static bool is_known_encoding(struct sn_str encoding)
{
    return !encoding.len || sn_str_is(encoding, "gzip") || sn_str_is(encoding, "identity");
}

static void refuse_call(struct sn_server_stream *stream, int code, struct sn_str text)
{
    struct sn_status status = {.code = code, .text = text};
    struct sn_metadata none = {0};

    stream->ops->trailers(stream, &status, &none);
}

void sn_request_begin(const struct sn_request *request, struct sn_server *server,
                      struct sn_server_stream *stream, struct sn_arena *arena,
                      struct sn_guard *guard)
{
    if (!is_known_encoding(request->encoding)) {
        refuse_call(
            stream, SN_ERR_UNIMPLEMENTED,
            sn_arena_printf(arena, "grpc: Decompressor is not installed for grpc-encoding \"%.*s\"",
                            SN_STR_ARGS(request->encoding)));
    } else if (stream->peer->calls >= guard->limits.calls) {
        guard->refused[SN_REFUSED_CALLS]++;
        refuse_call(
            stream, SN_ERR_RESOURCE_EXHAUSTED,
            sn_arena_printf(arena, "%u calls of this connection still run", stream->peer->calls));
    } else {
        sn_server_begin(server, stream, request->path, &request->metadata, request->timeout_ns);
    }
}

/* ---- what is answered ---- */

bool sn_request_wants_gzip(const struct sn_request *request, const struct sn_server_stream *stream)
{
    if (stream->compress == SN_COMPRESS_LIKE_REQUEST)
        return sn_str_is(request->encoding, "gzip");
    return sn_http_has_token(request->accept_encoding, "gzip") ||
           sn_str_is(request->encoding, "gzip");
}

struct sn_message *sn_request_compress(const struct sn_server_stream *stream,
                                       struct sn_message *take_message)
{
    return stream->compress == SN_COMPRESS_NEVER ? take_message : sn_gzip_deflate(take_message);
}

static const char *const code_texts[] = {"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                         "9", "10", "11", "12", "13", "14", "15", "16"};

/* Cut between characters. */
static struct sn_str cut_text(struct sn_str text)
{
    if (text.len <= TEXT_MAX)
        return text;
    text.len = TEXT_MAX;
    while (text.len && ((uint8_t)text.ptr[text.len] & 0xc0) == 0x80)
        text.len--;
    return text;
}

int sn_status_headers(const struct sn_status *status, struct sn_arena *arena,
                      struct sn_metadata_entry ret_headers[SN_STATUS_HEADERS])
{
    int count = 0;

    ret_headers[count++] =
        (struct sn_metadata_entry){SN_STR("grpc-status"), sn_str_of(code_texts[-status->code])};
    if (status->text.len) {
        struct sn_str text = sn_header_escape(cut_text(status->text), arena);

        if (!text.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        ret_headers[count++] = (struct sn_metadata_entry){SN_STR("grpc-message"), text};
    }
    if (status->details.len) {
        struct sn_str details = sn_header_encode(status->details, arena);

        if (!details.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
        ret_headers[count++] =
            (struct sn_metadata_entry){SN_STR("grpc-status-details-bin"), details};
    }
    return count;
}
