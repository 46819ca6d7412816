/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of gRPC over HTTP/2. Loop thread.
 */
#include "rpc/transport/http2/server.h"

static struct h2_server_stream *stream_of(const struct sn_server_stream *rpc)
{
    return sn_container_of(rpc, struct h2_server_stream, rpc);
}

static nghttp2_nv *nv_array(struct h2_server_stream *stream, const struct sn_metadata *metadata,
                            size_t extra)
{
    return sn_arena_alloc(&stream->arena, (metadata->count + extra) * sizeof(nghttp2_nv));
}

/* ---- what the core asks for ---- */

static void send_headers(struct sn_server_stream *rpc, const struct sn_metadata *headers)
{
    struct h2_server_stream *stream = stream_of(rpc);
    nghttp2_nv *nv = nv_array(stream, headers, 3);
    size_t count = 0;

    stream->head_sent = true;
    if (!nv) {
        h2_server_fail(stream);
        return;
    }
    nv[count++] = h2_nv(SN_STR(":status"), SN_STR("200"));
    nv[count++] = h2_nv(SN_STR("content-type"), stream->request.content_type);
    stream->gzip = sn_request_wants_gzip(&stream->request, rpc);
    if (stream->gzip)
        nv[count++] = h2_nv(SN_STR("grpc-encoding"), SN_STR("gzip"));
    nghttp2_data_provider provider = h2_stream_provider(&stream->h2);
    if (h2_add_metadata(nv, &count, headers, &stream->arena) ||
        nghttp2_submit_response(stream->h2.session->ng, stream->h2.id, nv, count, &provider))
        h2_server_fail(stream);
    h2_session_wake(stream->h2.session);
}

static void send_message(struct sn_server_stream *rpc, struct sn_message *take_message)
{
    struct h2_server_stream *stream = stream_of(rpc);

    if (stream->gzip)
        take_message = sn_request_compress(rpc, take_message);
    h2_stream_message(&stream->h2, take_message);
}

static int add_status(struct h2_server_stream *stream, nghttp2_nv *nv, size_t *count,
                      const struct sn_status *status)
{
    struct sn_metadata_entry headers[SN_STATUS_HEADERS];
    int made = sn_status_headers(status, &stream->arena, headers);

    for (int i = 0; i < made; i++)
        nv[(*count)++] = h2_nv(headers[i].key, headers[i].value);
    return made < 0 ? made : 0;
}

static void send_trailers(struct sn_server_stream *rpc, const struct sn_status *status,
                          const struct sn_metadata *trailers)
{
    struct h2_server_stream *stream = stream_of(rpc);
    nghttp2_session *ng = stream->h2.session->ng;
    nghttp2_nv *nv = nv_array(stream, trailers, 2 + SN_STATUS_HEADERS);
    size_t count = 0;

    sn_inbox_close(&stream->h2.in);
    if (!nv) {
        h2_server_fail(stream);
        return;
    }
    if (!stream->head_sent) {
        nv[count++] = h2_nv(SN_STR(":status"), SN_STR("200"));
        nv[count++] = h2_nv(SN_STR("content-type"), stream->request.content_type);
    }
    if (add_status(stream, nv, &count, status) ||
        h2_add_metadata(nv, &count, trailers, &stream->arena)) {
        h2_server_fail(stream);
    } else if (stream->head_sent) {
        h2_stream_end(&stream->h2, nv, count);
    } else if (nghttp2_submit_response(ng, stream->h2.id, nv, count, NULL)) {
        h2_server_fail(stream);
    }
    h2_session_wake(stream->h2.session);
}

static size_t queued(const struct sn_server_stream *rpc)
{
    return h2_stream_queued(&stream_of(rpc)->h2);
}

static void credit(struct sn_server_stream *rpc, size_t bytes)
{
    h2_stream_credit(&stream_of(rpc)->h2, bytes);
}

static struct sn_message *take(struct sn_server_stream *rpc)
{
    return sn_inbox_take(&stream_of(rpc)->h2.in);
}

static const struct sn_server_stream_ops stream_ops = {
    .headers = send_headers,
    .message = send_message,
    .trailers = send_trailers,
    .queued = queued,
    .credit = credit,
    .take = take,
};

/* ---- what the connection tells ---- */

void h2_call_start(struct h2_server_stream *stream)
{
    stream->rpc.ops = &stream_ops;
    stream->rpc.peer = &h2_conn_of(stream)->peer;
    stream->h2.in.encoding = stream->request.encoding;
    sn_request_begin(&stream->request, h2_conn_of(stream)->http2->core, &stream->rpc,
                     &stream->arena, h2_conn_of(stream)->http2->guard);
}

void h2_call_message(struct h2_server_stream *stream, struct sn_str bytes, bool compressed)
{
    if (!stream->rpc.rpc)
        return;
    stream->rpc.compressed = compressed;
    sn_server_message(&stream->rpc, bytes.ptr, bytes.len);
}

void h2_call_end(struct h2_server_stream *stream)
{
    if (!stream->rpc.rpc || stream->h2.in.closed) /* refused: its end is on the way */
        return;
    if (!sn_inbox_is_between(&stream->h2.in))
        sn_server_refuse(&stream->rpc, SN_ERR_UNKNOWN, "unexpected EOF");
    else
        sn_server_half_close(&stream->rpc);
}
