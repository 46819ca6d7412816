/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of the messages are as seen from the other side: the server sends AnswerRequests, we
 * send AnswerResponses. Our candidates are all in the answer, so "done" follows it at once; the
 * caller's come until the caller is through.
 */
#include "rpc/signaling/answerer.h"

#include "base/log.h"
#include "pb/google/rpc/status.h"
#include "pb/proto/rpc/webrtc/v1/signaling.h"
#include "sinew/list.h"

#include <stdlib.h>

enum {
    UUID_MAX = 128,        /* bytes of a call's name, the server's choice */
    CALL_MEMORY = 1 << 20, /* of one message and its answer */
    RETRY_S = 1,           /* after a stream that brought nobody; upstream's */
};

struct worker {
    struct sn_answerer *answerer;
    struct sn_client_stream *stream; /* NULL: none */
    struct sn_offer *offer;          /* that its caller made, until it is settled */
    struct sn_timer timer;           /* to begin again, or to give a caller up */
    bool taken;                      /* a caller came */
    char uuid[UUID_MAX];
    size_t uuid_len;
};

struct sn_answerer {
    struct sn_channel *channel;
    struct sn_offers *offers;
    const char *const *hosts;
    size_t host_count;
    bool closing;
    struct worker workers[SN_ANSWERER_WORKERS];
};

static struct sn_timers *timers_of(const struct worker *worker)
{
    return worker->answerer->channel->env->timers;
}

/* ---- what we say ---- */

static void say(struct worker *worker, struct pb_proto_rpc_webrtc_answer_response *response)
{
    struct sn_message *message =
        worker->stream ? sn_message_create(worker->answerer->channel->env->blocks) : NULL;
    struct sn_str bytes;

    if (!message)
        return;
    response->uuid = (struct sn_str){worker->uuid, worker->uuid_len};
    if (sn_pb_encode(&pb_proto_rpc_webrtc_answer_response_msg, response, &message->arena,
                     SN_MESSAGE_HEADROOM, &bytes)) {
        sn_message_free(message);
        return;
    }
    message->data = (uint8_t *)(uintptr_t)bytes.ptr;
    message->len = bytes.len;
    worker->stream->ops->message(worker->stream, message, false);
}

static void say_error(struct worker *worker, int code, const char *text)
{
    struct pb_google_rpc_status status = {.code = -code, .message = sn_str_of(text)};
    struct pb_proto_rpc_webrtc_answer_response_error_stage stage = {&status};
    struct pb_proto_rpc_webrtc_answer_response response = {
        .which_stage = PB_PROTO_RPC_WEBRTC_ANSWER_RESPONSE_STAGE_ERROR, .error = &stage};

    say(worker, &response);
}

static void say_answer(struct worker *worker, struct sn_str answer)
{
    struct pb_proto_rpc_webrtc_answer_response_init_stage init = {answer};
    struct pb_proto_rpc_webrtc_answer_response_done_stage done = {0};
    struct pb_proto_rpc_webrtc_answer_response response = {
        .which_stage = PB_PROTO_RPC_WEBRTC_ANSWER_RESPONSE_STAGE_INIT, .init = &init};

    say(worker, &response);
    response = (struct pb_proto_rpc_webrtc_answer_response){
        .which_stage = PB_PROTO_RPC_WEBRTC_ANSWER_RESPONSE_STAGE_DONE, .done = &done};
    say(worker, &response);
}

/* ---- a caller ---- */

static void on_overdue(struct sn_timer *timer)
{
    struct worker *worker = sn_container_of(timer, struct worker, timer);

    if (worker->stream)
        worker->stream->ops->cancel(worker->stream, SN_ERR_DEADLINE_EXCEEDED);
}

static void on_settled(void *owner, bool connected)
{
    struct worker *worker = owner;

    worker->offer = NULL;
    if (!connected)
        say_error(worker, SN_ERR_UNKNOWN, "the peer connection came to nothing");
    if (worker->stream)
        worker->stream->ops->half_close(worker->stream);
}

/* Nobody's offer any more. */
static void let_go(struct worker *worker)
{
    if (worker->offer)
        sn_offer_watch(worker->offer, NULL, NULL);
    worker->offer = NULL;
}

static void refuse(struct worker *worker, int code, const char *text)
{
    say_error(worker, code, text);
    worker->stream->ops->half_close(worker->stream);
}

static void take_offer(struct worker *worker,
                       const struct pb_proto_rpc_webrtc_answer_request *request,
                       struct sn_arena *arena)
{
    struct sn_error error;
    struct sn_str answer;

    worker->taken = true;
    sn_timer_start(timers_of(worker), &worker->timer, SN_SECONDS(SN_OFFER_LIFETIME_S), on_overdue);
    int code = sn_offers_answer(worker->answerer->offers, request->init->sdp, arena, &worker->offer,
                                &answer, &error);
    if (code) {
        worker->offer = NULL;
        refuse(worker, code, error.text);
        return;
    }
    sn_offer_watch(worker->offer, on_settled, worker);
    say_answer(worker, answer);
}

static void take_update(struct worker *worker,
                        const struct pb_proto_rpc_webrtc_answer_request *request)
{
    struct sn_error error;

    if (worker->offer && request->update->candidate &&
        sn_offer_candidate(worker->offer, request->update->candidate->candidate, &error))
        sn_log_debug(sn_logger_get("rdk.networking"), "from a caller: %s", error.text);
}

static void take(struct worker *worker, const struct pb_proto_rpc_webrtc_answer_request *request,
                 struct sn_arena *arena)
{
    bool is_init = request->which_stage == PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_INIT;

    if (request->which_stage == PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_HEARTBEAT)
        return;
    if (!worker->taken && request->uuid.len < UUID_MAX) {
        if (request->uuid.len)
            memcpy(worker->uuid, request->uuid.ptr, request->uuid.len);
        worker->uuid_len = request->uuid.len;
    }
    if (is_init == worker->taken) {
        refuse(worker, SN_ERR_INVALID_ARGUMENT,
               is_init ? "init comes once" : "expected first stage to be init");
        return;
    }
    switch (request->which_stage) {
    case PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_INIT:
        take_offer(worker, request, arena);
        break;
    case PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_UPDATE:
        take_update(worker, request);
        break;
    case PB_PROTO_RPC_WEBRTC_ANSWER_REQUEST_STAGE_ERROR:
        if (worker->offer) {
            struct sn_offer *offer = worker->offer;

            let_go(worker);
            sn_offer_withdraw(offer);
        }
        worker->stream->ops->half_close(worker->stream);
        break;
    default: /* done: candidates may have been overtaken, so the connection tells the end */
        break;
    }
}

/* ---- streams ---- */

static void on_headers(struct sn_client_stream *stream, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_client_stream *stream, const void *bytes, size_t len)
{
    struct worker *worker = stream->owner;
    struct pb_proto_rpc_webrtc_answer_request request = {0};
    struct sn_arena arena;

    stream->ops->credit(stream, len);
    sn_arena_init(&arena, worker->answerer->channel->env->blocks, CALL_MEMORY);
    if (sn_pb_decode(&pb_proto_rpc_webrtc_answer_request_msg, &request, bytes, len, &arena))
        refuse(worker, SN_ERR_INVALID_ARGUMENT, "a message that can't be read");
    else
        take(worker, &request, &arena);
    sn_arena_fini(&arena);
}

static void begin(struct worker *worker);

static void on_retry(struct sn_timer *timer)
{
    begin(sn_container_of(timer, struct worker, timer));
}

static void rest(struct worker *worker, uint64_t ns)
{
    sn_timer_start(timers_of(worker), &worker->timer, ns, on_retry);
}

static void on_trailers(struct sn_client_stream *stream, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct worker *worker = stream->owner;

    worker->stream = NULL;
    let_go(worker);
    if (worker->answerer->closing)
        return;
    if (!worker->taken)
        sn_log_debug(sn_logger_get("rdk.networking"), "signaling ended: %.*s",
                     SN_STR_ARGS(status->text));
    rest(worker, worker->taken ? 0 : SN_SECONDS(RETRY_S));
}

/* Opens a stream, says nothing and waits. */
static void begin(struct worker *worker)
{
    static const struct sn_client_events events = {
        .on_headers = on_headers, .on_message = on_message, .on_trailers = on_trailers};
    const struct sn_answerer *answerer = worker->answerer;
    struct sn_metadata_entry entries[SN_ANSWERER_HOSTS_MAX + 1] = {
        {SN_STR("heartbeats-allowed"), SN_STR("true")}};
    struct sn_metadata metadata = {.v = entries, .count = 1, .capacity = SN_ANSWERER_HOSTS_MAX + 1};

    for (size_t i = 0; i < answerer->host_count; i++)
        entries[metadata.count++] =
            (struct sn_metadata_entry){SN_STR("rpc-host"), sn_str_of(answerer->hosts[i])};
    worker->taken = false;
    worker->uuid_len = 0;
    worker->stream = answerer->channel->ops->open(
        answerer->channel, &events, worker, SN_STR("/proto.rpc.webrtc.v1.SignalingService/Answer"),
        &metadata, SN_NEVER);
    if (!worker->stream)
        rest(worker, SN_SECONDS(RETRY_S));
}

int sn_answerer_create(struct sn_channel *channel, struct sn_offers *offers,
                       const char *const *hosts, size_t host_count,
                       struct sn_answerer **ret_answerer, struct sn_error *error)
{
    if (!host_count || host_count > SN_ANSWERER_HOSTS_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%zu hosts; 1 to %d are possible",
                            host_count, SN_ANSWERER_HOSTS_MAX);
    struct sn_answerer *answerer = calloc(1, sizeof(*answerer));
    if (!answerer)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    answerer->channel = channel;
    answerer->offers = offers;
    answerer->hosts = hosts;
    answerer->host_count = host_count;
    for (int i = 0; i < SN_ANSWERER_WORKERS; i++) {
        answerer->workers[i].answerer = answerer;
        begin(&answerer->workers[i]);
    }
    *ret_answerer = answerer;
    return 0;
}

void sn_answerer_destroy(struct sn_answerer *answerer)
{
    if (!answerer)
        return;
    answerer->closing = true;
    for (int i = 0; i < SN_ANSWERER_WORKERS; i++) {
        struct worker *worker = &answerer->workers[i];

        sn_timer_stop(timers_of(worker), &worker->timer);
        if (worker->stream)
            worker->stream->ops->cancel(worker->stream, SN_ERR_CANCELLED);
    }
    free(answerer);
}
