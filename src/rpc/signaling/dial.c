/* SPDX-License-Identifier: Apache-2.0
 *
 * One step after another, each a call on the TCP channel: Authenticate, OptionalWebRTCConfig, Call.
 * The struct is the channel that the owner gets, too: it lives until that is closed, and all below.
 */
#include "rpc/signaling/dial.h"

#include "net/address.h"
#include "net/find.h"
#include "pb/proto/rpc/v1/auth.h"
#include "pb/proto/rpc/webrtc/v1/signaling.h"
#include "rpc/core/client.h"
#include "rpc/signaling/tagged.h"
#include "rpc/transport/http2/http2.h"
#include "sinew/list.h"
#include "wire/ice/description.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    STEP_S = 20,             /* of a call; Rust's */
    STEP_MEMORY = 512 << 10, /* of a call, descriptions included */
    TOKEN_MAX = 16 << 10,    /* bytes of a token */
    PORT_UNSAID = 443,
};

/* A call of ours. */
struct step {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_machine_dial *dial;
    void (*ended)(struct sn_machine_dial *dial, int code, struct sn_str text);
    int (*begin)(struct sn_machine_dial *dial, struct sn_call *call);
    bool running;
};

struct sn_machine_dial {
    struct sn_channel base; /* first: what the owner gets */
    struct sn_loop *loop;
    char *address, *host, *type, *entity, *payload, *authorization;
    char *name; /* a bare one, to be looked for; NULL: none, or that is over */
    struct sn_find find;
    char found_address[SN_ADDRESS_MAX]; /* "": not found; comes before the other */
    char tls_name[SN_HOST_MAX + 1];     /* of that one */
    bool found_webrtc;
    struct sn_tls *tls;
    bool downgrade, secured, plain; /* plain: TLS failed */
    enum sn_machine_way way;
    sn_machine_fn dialled; /* NULL once it was called */
    void *owner;
    struct sn_channel *tcp; /* NULL: closed */
    struct sn_tagged tagged;
    struct step step, offer;
    struct sn_guard guard;
    struct sn_webrtc_hub *hub; /* NULL: none, or gone */
    struct sn_webrtc_peer *peer;
    struct sn_channel *webrtc; /* calls over it; NULL: none, or closed */
    bool was_webrtc;
    struct sn_timer patience;
    struct sn_task turn;
    bool turning, over; /* over: nobody wants it any more */
    void (*on_closed)(void *owner);
    void *closed_owner;
    struct sn_error error; /* why WebRTC failed */
    struct sn_arena arena; /* of the offer's text */
    struct sn_str offer_text;
};

static void wake(struct sn_machine_dial *dial);

/* ---- the end ---- */

static void on_tcp_closed(void *owner)
{
    struct sn_machine_dial *dial = owner;

    dial->tcp = NULL;
    wake(dial);
}

static void close_tcp(struct sn_machine_dial *dial)
{
    struct sn_channel *tcp = dial->tagged.inner ? &dial->tagged.base : NULL;

    if (!tcp)
        return;
    dial->tagged.inner = NULL;
    dial->tcp->ops->close(dial->tcp, on_tcp_closed, dial);
}

static void on_hub_gone(void *owner)
{
    struct sn_machine_dial *dial = owner;

    dial->hub = NULL;
    wake(dial);
}

static void close_peer(struct sn_machine_dial *dial)
{
    if (dial->peer)
        sn_webrtc_peer_close(dial->peer);
}

static void free_dial(struct sn_machine_dial *dial)
{
    void (*on_closed)(void *owner) = dial->on_closed;
    void *owner = dial->closed_owner;

    sn_timer_stop(sn_loop_timers(dial->loop), &dial->patience);
    sn_tls_unref(dial->tls);
    sn_arena_fini(&dial->arena);
    free(dial->name);
    free(dial->address);
    free(dial->host);
    free(dial->type);
    free(dial->entity);
    free(dial->payload);
    free(dial->authorization);
    free(dial);
    if (on_closed)
        on_closed(owner);
}

/* Ends what is under way; the memory goes when all has ended. */
static void give_up(struct sn_machine_dial *dial)
{
    dial->over = true;
    sn_find_cancel(&dial->find);
    sn_timer_stop(sn_loop_timers(dial->loop), &dial->patience);
    if (dial->step.running)
        sn_call_cancel(&dial->step.call, SN_ERR_CANCELLED);
    if (dial->offer.running)
        sn_call_cancel(&dial->offer.call, SN_ERR_CANCELLED);
    close_peer(dial);
    close_tcp(dial);
    wake(dial);
}

/* ---- calls ---- */

static int start_step(struct sn_call *call)
{
    struct step *step = (struct step *)call;

    return step->begin(step->dial, call);
}

static void end_step(struct sn_call *call, int code)
{
    struct step *step = (struct step *)call;
    struct sn_error error;

    sn_error_set(&error, code, "%.*s", SN_STR_ARGS(sn_call_text(call, code)));
    step->running = false;
    sn_arena_fini(&step->arena);
    if (!step->dial->over)
        step->ended(step->dial, code, sn_str_of(error.text));
    wake(step->dial);
}

static void take_step(struct sn_machine_dial *dial, struct step *step,
                      int (*begin)(struct sn_machine_dial *dial, struct sn_call *call),
                      void (*ended)(struct sn_machine_dial *dial, int code, struct sn_str text))
{
    struct sn_env *env = sn_loop_env(dial->loop);

    step->dial = dial;
    step->begin = begin;
    step->ended = ended;
    step->running = true;
    sn_arena_init(&step->arena, env->blocks, STEP_MEMORY);
    sn_call_init(&step->call, env, &step->arena, NULL);
    step->call.deadline_ns = env->timers->now_ns + SN_SECONDS(STEP_S);
    step->call.start = start_step;
    step->call.end = end_step;
    sn_call_start(&step->call);
}

/* ---- the channel that the owner gets ---- */

static struct sn_client_stream *machine_open(struct sn_channel *channel,
                                             const struct sn_client_events *events, void *owner,
                                             struct sn_str path, const struct sn_metadata *metadata,
                                             uint64_t timeout_ns)
{
    struct sn_machine_dial *dial = (struct sn_machine_dial *)channel;
    struct sn_channel *way = dial->webrtc ? dial->webrtc : &dial->tagged.base;

    return way->ops->open(way, events, owner, path, metadata, timeout_ns);
}

static void on_webrtc_closed(void *owner)
{
    struct sn_machine_dial *dial = owner;

    dial->webrtc = NULL;
    give_up(dial);
}

static void machine_close(struct sn_channel *channel, void (*on_closed)(void *owner), void *owner)
{
    struct sn_machine_dial *dial = (struct sn_machine_dial *)channel;

    dial->on_closed = on_closed;
    dial->closed_owner = owner;
    if (dial->webrtc)
        dial->webrtc->ops->close(dial->webrtc, on_webrtc_closed, dial);
    else
        give_up(dial);
}

static const struct sn_channel_ops machine_ops = {machine_open, machine_close};

bool sn_machine_is_webrtc(const struct sn_channel *channel)
{
    return ((const struct sn_machine_dial *)channel)->was_webrtc;
}

bool sn_machine_is_gone(const struct sn_channel *channel)
{
    const struct sn_machine_dial *dial = (const struct sn_machine_dial *)channel;

    return dial->webrtc && sn_webrtc_channel_is_closed(dial->webrtc);
}

static void tell(struct sn_machine_dial *dial, bool reached)
{
    sn_machine_fn dialled = dial->dialled;
    void *owner = dial->owner;
    struct sn_error error = dial->error;

    if (!dialled)
        return;
    dial->dialled = NULL;
    sn_timer_stop(sn_loop_timers(dial->loop), &dial->patience);
    if (!reached)
        give_up(dial);
    dialled(owner, reached ? &dial->base : NULL, reached ? NULL : &error);
}

/* ---- WebRTC ---- */

static void forget(struct sn_machine_dial *dial, int code, struct sn_str text)
{
}

/* The stream of answers has nothing more to say. */
static void drop_offer(struct sn_machine_dial *dial)
{
    dial->offer.ended = forget;
    if (dial->offer.running)
        sn_call_cancel(&dial->offer.call, SN_ERR_CANCELLED);
}

/* No way over WebRTC: the direct one is there already. */
static void fall_back(struct sn_machine_dial *dial)
{
    if (!dial->dialled)
        return;
    drop_offer(dial);
    close_peer(dial);
    tell(dial, dial->way != SN_MACHINE_WEBRTC);
}

static void on_connected(struct sn_webrtc_peer *peer)
{
    struct sn_machine_dial *dial = sn_webrtc_peer_owner(peer);

    if (!dial->dialled)
        return;
    dial->webrtc = sn_webrtc_channel_create(sn_loop_env(dial->loop), sn_webrtc_peer_data(peer));
    if (!dial->webrtc) {
        sn_error_set(&dial->error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
        fall_back(dial);
        return;
    }
    dial->was_webrtc = true;
    drop_offer(dial);
    if (!dial->step.running)
        close_tcp(dial);
    tell(dial, true);
}

static void on_peer_closed(struct sn_webrtc_peer *peer, const char *cause)
{
    struct sn_machine_dial *dial = sn_webrtc_peer_owner(peer);

    dial->peer = NULL;
    sn_webrtc_hub_destroy(dial->hub, on_hub_gone, dial);
    if (dial->dialled && !dial->error.code)
        sn_error_set(&dial->error, SN_ERR_UNAVAILABLE, "webrtc: %s", cause);
    fall_back(dial);
}

static const struct sn_webrtc_peer_events peer_events = {on_connected, on_peer_closed};

static void on_patience_over(struct sn_timer *timer)
{
    struct sn_machine_dial *dial = sn_container_of(timer, struct sn_machine_dial, patience);

    sn_error_set(&dial->error, SN_ERR_DEADLINE_EXCEEDED, "webrtc: not connected within %d s",
                 SN_MACHINE_WEBRTC_S);
    fall_back(dial);
}

static int tell_done(struct sn_machine_dial *dial, struct sn_call *call)
{
    struct pb_proto_rpc_webrtc_call_update_request request = {
        .uuid = dial->offer_text, /* by now the offer's name */
        .which_update = PB_PROTO_RPC_WEBRTC_CALL_UPDATE_REQUEST_UPDATE_DONE,
        .done = true,
    };

    return sn_client_unary(call, &dial->tagged.base, &pb_proto_rpc_webrtc_signaling_service,
                           "CallUpdate", &request, NULL, NULL);
}

/* A machine serves few callers at a time until it hears this. */
static void told_done(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (dial->was_webrtc)
        close_tcp(dial);
}

static void take_init(struct sn_machine_dial *dial,
                      const struct pb_proto_rpc_webrtc_call_response *r)
{
    struct sn_description description;
    struct sn_arena arena;

    sn_arena_init(&arena, sn_loop_blocks(dial->loop), STEP_MEMORY);
    int code = sn_description_read(r->init->sdp, &arena, &description, &dial->error);
    if (!code)
        code = sn_webrtc_peer_accept(dial->peer, description.sdp, &dial->error);
    sn_arena_fini(&arena);
    dial->offer_text = sn_arena_copy(&dial->arena, r->uuid);
    if (code)
        close_peer(dial);
    else if (!dial->step.running && dial->offer_text.ptr)
        take_step(dial, &dial->step, tell_done, told_done);
}

/* The first tells the answer, the others candidates. */
static void on_answer(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_proto_rpc_webrtc_call_response *r = response;
    struct sn_machine_dial *dial = arg;
    struct sn_error error;

    if (!dial->peer || !dial->dialled)
        return;
    if (r->which_stage == PB_PROTO_RPC_WEBRTC_CALL_RESPONSE_STAGE_INIT)
        take_init(dial, r);
    else if (r->which_stage == PB_PROTO_RPC_WEBRTC_CALL_RESPONSE_STAGE_UPDATE &&
             r->update->candidate &&
             sn_webrtc_peer_candidate(dial->peer, r->update->candidate->candidate, &error))
        return; /* others may be good */
}

static int begin_offer(struct sn_machine_dial *dial, struct sn_call *call)
{
    struct pb_proto_rpc_webrtc_call_request request = {.sdp = dial->offer_text};

    return sn_client_stream(call, &dial->tagged.base, &pb_proto_rpc_webrtc_signaling_service,
                            "Call", &request, on_answer, dial);
}

/* The stream's end is no end while the peers are connecting. */
static void offer_ended(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (!code || !dial->dialled)
        return;
    sn_error_set(&dial->error, code, "%.*s", SN_STR_ARGS(text));
    fall_back(dial);
}

static void make_offer(struct sn_machine_dial *dial)
{
    struct sn_description description = {.is_offer = true};

    dial->hub = sn_webrtc_hub_create(dial->loop, &dial->guard);
    if (!dial->hub) {
        sn_error_set(&dial->error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
        fall_back(dial);
        return;
    }
    if (sn_webrtc_peer_offer(dial->hub, &dial->arena, &peer_events, dial, &dial->peer,
                             &description.sdp, &dial->error)) {
        sn_webrtc_hub_destroy(dial->hub, on_hub_gone, dial);
        fall_back(dial);
        return;
    }
    dial->offer_text = sn_description_write(&description, &dial->arena);
    sn_timer_start(sn_loop_timers(dial->loop), &dial->patience, SN_SECONDS(SN_MACHINE_WEBRTC_S),
                   on_patience_over);
    take_step(dial, &dial->offer, begin_offer, offer_ended);
}

/* ---- reaching the machine ---- */

static void reach(struct sn_machine_dial *dial);

/* Whether a failure was TLS's and plaintext may be tried: then it is. */
static bool downgrade(struct sn_machine_dial *dial, int code)
{
    if (code != SN_ERR_UNAVAILABLE || !dial->secured || !dial->downgrade)
        return false;
    dial->plain = true;
    close_tcp(dial);
    return true; /* goes on when it is closed */
}

/* Nobody is there, or not for us. */
static bool is_silence(int code)
{
    return code == SN_ERR_UNAVAILABLE || code == SN_ERR_DEADLINE_EXCEEDED;
}

/* Whether the machine isn't where mDNS said: then it is looked for by DNS. */
static bool try_address(struct sn_machine_dial *dial, int code)
{
    if (!is_silence(code) || !*dial->found_address)
        return false;
    dial->found_address[0] = '\0';
    dial->plain = false;
    close_tcp(dial);
    return true;
}

static void fail(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (downgrade(dial, code) || try_address(dial, code))
        return;
    sn_error_set(&dial->error, code, "%.*s", SN_STR_ARGS(text));
    tell(dial, false);
}

static int ask_config(struct sn_machine_dial *dial, struct sn_call *call)
{
    struct pb_proto_rpc_webrtc_optional_web_rtc_config_request request = {0};

    return sn_client_unary(call, &dial->tagged.base, &pb_proto_rpc_webrtc_signaling_service,
                           "OptionalWebRTCConfig", &request, NULL, NULL);
}

/* Servers for candidates of other kinds, which it may name, aren't used. */
static void config_told(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (code == SN_ERR_UNAVAILABLE || (*dial->found_address && is_silence(code))) {
        fail(dial, code, text);
    } else if (code && code != SN_ERR_UNIMPLEMENTED) {
        sn_error_set(&dial->error, code, "%.*s", SN_STR_ARGS(text));
        fall_back(dial);
    } else {
        make_offer(dial);
    }
}

/* Whatever it says, somebody is there. */
static void reached(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (is_silence(code))
        fail(dial, code, text);
    else
        tell(dial, true);
}

/* The direct way needs no question but where nobody has answered one yet: there may be another. */
static void go_on(struct sn_machine_dial *dial)
{
    bool direct = dial->way == SN_MACHINE_DIRECT || (*dial->found_address && !dial->found_webrtc);

    if (direct && dial->type)
        tell(dial, true);
    else
        take_step(dial, &dial->step, ask_config, direct ? reached : config_told);
}

static int take_token(struct sn_call *call, const void *response, void *arg)
{
    const struct pb_proto_rpc_authenticate_response *r = response;
    struct sn_machine_dial *dial = arg;

    if (r->access_token.len > TOKEN_MAX)
        return sn_call_fail(call, SN_ERR_UNAUTHENTICATED, "token of %zu bytes; %d at most",
                            r->access_token.len, TOKEN_MAX);
    size_t size = r->access_token.len + sizeof("Bearer ");
    dial->authorization = malloc(size);
    if (!dial->authorization)
        return SN_ERR_RESOURCE_EXHAUSTED;
    snprintf(dial->authorization, size, "Bearer %.*s", SN_STR_ARGS(r->access_token));
    return sn_tagged_add(&dial->tagged, "authorization", dial->authorization);
}

static int authenticate(struct sn_machine_dial *dial, struct sn_call *call)
{
    struct pb_proto_rpc_credentials credentials = {sn_str_of(dial->type), sn_str_of(dial->payload)};
    struct pb_proto_rpc_authenticate_request request = {sn_str_of(dial->entity), &credentials};

    return sn_client_unary(call, &dial->tagged.base, &pb_proto_rpc_auth_service, "Authenticate",
                           &request, take_token, dial);
}

static void authenticated(struct sn_machine_dial *dial, int code, struct sn_str text)
{
    if (code)
        fail(dial, code, text);
    else
        go_on(dial);
}

static void reach(struct sn_machine_dial *dial)
{
    const char *found = *dial->found_address ? dial->found_address : NULL;

    if (sn_http2_channel_create(dial->loop, found ? found : dial->address, &dial->tcp,
                                &dial->error)) {
        tell(dial, false);
        return;
    }
    dial->secured = dial->tls && !dial->plain;
    if (dial->secured)
        sn_http2_channel_secure(dial->tcp, dial->tls, found ? dial->tls_name : NULL);
    sn_tagged_init(&dial->tagged, dial->tcp);
    if (sn_tagged_add(&dial->tagged, "rpc-host", dial->host)) {
        tell(dial, false);
        return;
    }
    if (dial->type)
        take_step(dial, &dial->step, authenticate, authenticated);
    else
        go_on(dial);
}

/* One that speaks nothing we may speak is none. */
static void on_found(struct sn_find *find, const struct sn_mdns_machine *machine)
{
    struct sn_machine_dial *dial = sn_container_of(find, struct sn_machine_dial, find);
    char ip[SN_IP_TEXT_MAX];

    if (machine && (dial->way == SN_MACHINE_WEBRTC ? machine->webrtc : machine->grpc)) {
        sn_ip_format(&machine->address, ip);
        snprintf(dial->found_address, sizeof(dial->found_address), "%s:%u", ip,
                 machine->address.port);
        dial->found_webrtc = machine->webrtc;
    }
    reach(dial);
}

/* Where the name can't be looked for, nobody has to know. */
static void begin(struct sn_machine_dial *dial)
{
    char *name = dial->name;

    dial->name = NULL;
    if (!name || sn_find_start(dial->loop, &dial->find, sn_str_of(name), on_found))
        reach(dial);
    free(name);
}

static void on_turn(struct sn_task *task)
{
    struct sn_machine_dial *dial = sn_container_of(task, struct sn_machine_dial, turn);
    bool idle =
        !dial->tcp && !dial->hub && !dial->step.running && !dial->offer.running && !dial->find.udp;

    dial->turning = false;
    if (!idle)
        return;
    if (dial->over)
        free_dial(dial);
    else if (dial->dialled)
        begin(dial);
}

static void wake(struct sn_machine_dial *dial)
{
    if (dial->turning)
        return;
    dial->turning = true;
    sn_loop_defer(dial->loop, &dial->turn);
}

/* ---- making ---- */

/* A copy of text that may be absent; false without memory. */
static bool keep(char **ret_copy, const char *text)
{
    *ret_copy = text ? strdup(text) : NULL;
    return !text || *ret_copy;
}

/* Whether it is a name without a port, and no address: "host". */
static bool is_bare(const char *text)
{
    struct sn_ip ip;

    return !strchr(text, ':') && !strchr(text, '/') && !sn_ip_parse(sn_str_of(text), &ip);
}

int sn_machine_dial(struct sn_loop *loop, const struct sn_machine_options *options,
                    sn_machine_fn dialled, void *owner, struct sn_machine_dial **ret_dial,
                    struct sn_error *error)
{
    struct sn_machine_dial *dial = calloc(1, sizeof(*dial));
    const char *host = options->host ? options->host : options->address;
    struct sn_address address;
    char text[SN_ADDRESS_MAX];
    bool bare = is_bare(options->address);

    if (bare)
        snprintf(text, sizeof(text), "%s:%d", options->address, PORT_UNSAID);
    else
        snprintf(text, sizeof(text), "%s", options->address);
    int code = sn_address_parse(text, &address, error);
    if (code) {
        free(dial);
        return code;
    }
    if (!dial)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    dial->base = (struct sn_channel){&machine_ops, sn_loop_env(loop)};
    dial->loop = loop;
    dial->tls = options->tls ? sn_tls_ref(options->tls) : NULL;
    dial->downgrade = options->downgrade;
    dial->way = options->way;
    dial->dialled = dialled;
    dial->owner = owner;
    dial->guard.limits = sn_limits_preset;
    dial->turn.run = on_turn;
    sn_arena_init(&dial->arena, sn_loop_blocks(loop), STEP_MEMORY);
    snprintf(dial->tls_name, sizeof(dial->tls_name), "%s", address.name);
    if (!keep(&dial->name, bare && !options->no_mdns ? options->address : NULL) ||
        !keep(&dial->address, text) || !keep(&dial->host, host) ||
        !keep(&dial->type, options->type) || !keep(&dial->payload, options->payload) ||
        !keep(&dial->entity, options->entity ? options->entity : host)) {
        free_dial(dial);
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    }
    wake(dial);
    *ret_dial = dial;
    return 0;
}

void sn_machine_cancel(struct sn_machine_dial *dial)
{
    dial->dialled = NULL;
    give_up(dial);
}
