/* SPDX-License-Identifier: Apache-2.0
 *
 * What the interop tests ask of a server. Source: the gRPC project's "Interop Test Case
 * Descriptions", server requirements.
 */
#include "service.h"

#include "pb/grpc/testing/test.h"

/* SEND_AHEAD is above the low water at which the transport asks for more. */
enum { PAYLOAD_MAX = 16 << 20, ORDERS_MAX = 10000, SEND_AHEAD = 1 << 20 };

/* A response that was asked for and not sent yet. */
struct order {
    struct sn_list link;
    int32_t size;
    uint64_t pause_ns;
    const struct pb_grpc_testing_bool_value *compressed; /* NULL: as it comes */
};

/* StreamingOutputCall, FullDuplexCall and HalfDuplexCall are one thing: orders come in, responses
 * go out, each after its pause and when the client can take it. */
struct duplex {
    struct sn_rpc *rpc;
    struct sn_list orders;
    uint32_t count;
    struct sn_timer pause;
    bool waits_for_all; /* half duplex */
    bool ended;         /* by the client: no more orders */
};

static int echo_metadata(struct sn_rpc *rpc)
{
    struct sn_str initial = sn_metadata_get(&rpc->metadata, SN_STR("x-grpc-test-echo-initial"));
    struct sn_str trailing =
        sn_metadata_get(&rpc->metadata, SN_STR("x-grpc-test-echo-trailing-bin"));
    int code = 0;

    if (initial.ptr)
        code = sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("x-grpc-test-echo-initial"),
                               initial);
    if (!code && trailing.ptr)
        code = sn_metadata_add(&rpc->trailers, &rpc->arena, SN_STR("x-grpc-test-echo-trailing-bin"),
                               trailing);
    return code;
}

static int asked_status(struct sn_call *call, const struct pb_grpc_testing_echo_status *status)
{
    if (!status || status->code == 0)
        return 0;
    if (status->code < 0 || status->code > 16)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "no status has the code %d",
                            status->code);
    return sn_call_fail(call, -status->code, "%.*s", SN_STR_ARGS(status->message));
}

/* What the message that is being delivered was to be like on the wire. */
static int check_compression(struct sn_rpc *rpc, const struct pb_grpc_testing_bool_value *expected)
{
    if (!expected || expected->value == rpc->stream->compressed)
        return 0;
    return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT, "the request came %s",
                        expected->value ? "uncompressed" : "compressed");
}

static void choose_compression(struct sn_rpc *rpc, const struct pb_grpc_testing_bool_value *wanted)
{
    if (wanted && rpc->stream)
        rpc->stream->compress = wanted->value ? SN_COMPRESS_ALWAYS : SN_COMPRESS_NEVER;
}

static int make_payload(struct sn_call *call, struct sn_arena *arena, int32_t size,
                        struct pb_grpc_testing_payload **ret_payload)
{
    if (size < 0 || size > PAYLOAD_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "payload of %d bytes; allowed: 0 to %d",
                            size, PAYLOAD_MAX);
    struct pb_grpc_testing_payload *payload = sn_arena_zalloc(arena, sizeof(*payload));
    void *body = sn_arena_zalloc(arena, (size_t)size);
    if (!payload || !body)
        return SN_ERR_RESOURCE_EXHAUSTED;
    payload->body = (struct sn_str){body, (size_t)size};
    *ret_payload = payload;
    return 0;
}

static int empty_call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return 0;
}

static int unary_call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_grpc_testing_simple_request *req = request;
    struct pb_grpc_testing_simple_response *resp = response;
    int code = check_compression(rpc, req->expect_compressed);

    if (!code)
        code = echo_metadata(rpc);
    if (!code)
        code = asked_status(&rpc->call, req->response_status);
    choose_compression(rpc, req->response_compressed);
    if (!code)
        code = interop_report_call(rpc, req->orca_per_query_report);
    if (req->fill_server_id)
        resp->server_id = SN_STR("sinew");
    if (!code && req->response_size)
        code = make_payload(&rpc->call, &rpc->arena, req->response_size, &resp->payload);
    return code;
}

/* ---- input ---- */

static void input_message(struct sn_rpc *rpc, const void *request)
{
    const struct pb_grpc_testing_streaming_input_call_request *req = request;
    int32_t *total = rpc->call.holder;
    int code = check_compression(rpc, req->expect_compressed);

    if (code) {
        sn_call_done(&rpc->call, code);
        return;
    }
    if (req->payload)
        *total += (int32_t)req->payload->body.len;
}

static void input_end(struct sn_rpc *rpc)
{
    sn_call_done(&rpc->call, 0);
}

static void input_cancel(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int input_call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_grpc_testing_streaming_input_call_response *resp = response;

    const struct pb_grpc_testing_streaming_input_call_request *first = request;

    rpc->call.holder = &resp->aggregated_payload_size;
    rpc->call.on_cancel = input_cancel;
    rpc->on_message = input_message;
    rpc->on_half_close = input_end;
    int code = check_compression(rpc, first->expect_compressed);
    if (!code && first->payload)
        resp->aggregated_payload_size = (int32_t)first->payload->body.len;
    return code ? code : SN_PENDING;
}

/* ---- output ---- */

static const struct pb_grpc_testing_bool_value yes = {.value = true}, no = {.value = false};

static int duplex_order(struct duplex *duplex,
                        const struct pb_grpc_testing_streaming_output_call_request *req)
{
    struct sn_call *call = &duplex->rpc->call;
    int code = asked_status(call, req->response_status);

    if (!code)
        code = interop_report_load(call, req->orca_oob_report);
    for (size_t i = 0; i < req->response_parameters.n && !code; i++) {
        const struct pb_grpc_testing_response_parameters *asked = &req->response_parameters.v[i];
        struct order *order = sn_arena_alloc(call->arena, sizeof(*order));

        if (!order || duplex->count++ == ORDERS_MAX)
            return SN_ERR_RESOURCE_EXHAUSTED;
        order->size = asked->size;
        order->compressed = NULL;
        if (asked->compressed)
            order->compressed = asked->compressed->value ? &yes : &no;
        order->pause_ns = asked->interval_us > 0 ? (uint64_t)asked->interval_us * 1000 : 0;
        sn_list_append(&duplex->orders, &order->link);
    }
    return code;
}

static int send_response(struct duplex *duplex, int32_t size)
{
    struct pb_grpc_testing_streaming_output_call_response response = {0};
    struct sn_call *call = &duplex->rpc->call;
    struct sn_arena arena;

    sn_arena_init(&arena, call->env->blocks, (size_t)PAYLOAD_MAX + 65536);
    int code = make_payload(call, &arena, size, &response.payload);
    if (!code)
        code = sn_rpc_send(duplex->rpc, &response);
    sn_arena_fini(&arena);
    return code;
}

static void duplex_end(struct duplex *duplex, int code)
{
    sn_timer_stop(duplex->rpc->call.env->timers, &duplex->pause);
    sn_call_done(&duplex->rpc->call, code);
}

static void duplex_pump(struct duplex *duplex);

static void duplex_resume(struct sn_timer *timer)
{
    struct duplex *duplex = sn_container_of(timer, struct duplex, pause);
    struct order *order = sn_container_of(duplex->orders.next, struct order, link);

    order->pause_ns = 0;
    duplex_pump(duplex);
}

static bool can_send(const struct duplex *duplex)
{
    struct sn_server_stream *stream = duplex->rpc->stream;

    return stream && stream->ops->queued(stream) < SEND_AHEAD;
}

static void duplex_pump(struct duplex *duplex)
{
    if (duplex->waits_for_all && !duplex->ended)
        return;
    while (!sn_list_empty(&duplex->orders)) {
        struct order *order = sn_container_of(duplex->orders.next, struct order, link);

        if (order->pause_ns) {
            if (!duplex->pause.armed)
                sn_timer_start(duplex->rpc->call.env->timers, &duplex->pause, order->pause_ns,
                               duplex_resume);
            return;
        }
        if (!can_send(duplex))
            return;
        sn_list_remove(&order->link);
        choose_compression(duplex->rpc, order->compressed);
        int code = send_response(duplex, order->size);
        if (code) {
            duplex_end(duplex, code);
            return;
        }
    }
    if (duplex->ended)
        duplex_end(duplex, 0);
}

static void duplex_message(struct sn_rpc *rpc, const void *request)
{
    struct duplex *duplex = rpc->call.holder;
    int code = duplex_order(duplex, request);

    if (code)
        duplex_end(duplex, code);
    else
        duplex_pump(duplex);
}

static void duplex_half_close(struct sn_rpc *rpc)
{
    struct duplex *duplex = rpc->call.holder;

    duplex->ended = true;
    duplex_pump(duplex);
}

static void duplex_writable(struct sn_rpc *rpc)
{
    duplex_pump(rpc->call.holder);
}

static void duplex_cancel(struct sn_call *call)
{
    duplex_end(call->holder, sn_call_cancelled(call));
}

static int duplex_call(struct sn_rpc *rpc, const void *request, bool waits_for_all)
{
    struct duplex *duplex = sn_arena_zalloc(&rpc->arena, sizeof(*duplex));
    int code = duplex ? echo_metadata(rpc) : SN_ERR_RESOURCE_EXHAUSTED;

    if (code)
        return code;
    duplex->rpc = rpc;
    duplex->waits_for_all = waits_for_all;
    sn_list_init(&duplex->orders);
    rpc->call.holder = duplex;
    rpc->call.on_cancel = duplex_cancel;
    rpc->on_message = duplex_message;
    rpc->on_half_close = duplex_half_close;
    rpc->on_writable = duplex_writable;
    code = duplex_order(duplex, request);
    if (!code)
        duplex_pump(duplex);
    return code ? code : SN_PENDING;
}

static int output_call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return duplex_call(rpc, request, true);
}

static int full_duplex_call(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return duplex_call(rpc, request, false);
}

static const struct sn_handler handlers[] = {
    {"EmptyCall", empty_call, 0, {0}, NULL},
    {"UnaryCall", unary_call, 0, {0}, NULL},
    {"CacheableUnaryCall", unary_call, 0, {0}, NULL},
    {"StreamingOutputCall", output_call, 0, {0}, NULL},
    {"StreamingInputCall", input_call, 0, {0}, NULL},
    {"FullDuplexCall", full_duplex_call, 0, {0}, NULL},
    {"HalfDuplexCall", output_call, 0, {0}, NULL},
    {0},
};

const struct sn_service sn_interop_service = {NULL, &pb_grpc_testing_test_service, handlers};
