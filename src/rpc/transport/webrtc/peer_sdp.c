/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions of a connection: the first offer and answer, those that come later on the channel
 * "negotiation", and candidates.
 */
#include "base/log.h"
#include "rpc/transport/webrtc/peer_private.h"
#include "wire/ice/description.h"

enum {
    SDP_TEXT_OURS = 8192, /* of a description of ours, besides what is echoed of an offer */
    RENEGOTIATION_MEMORY = 1 << 20,
};

/* ---- candidates ---- */

static void on_found(struct sn_mdns_lookup *lookup, const struct sn_ip *address)
{
    struct peer_name *name = sn_container_of(lookup, struct peer_name, lookup);
    struct sn_candidate candidate = name->candidate;

    if (!address) {
        name->used = false;
        return;
    }
    uint16_t port = candidate.address.port;
    candidate.address = *address;
    candidate.address.port = port;
    sn_ice_add_remote(&name->peer->ice, &candidate);
    peer_wake(name->peer);
}

/* Has an address looked up that its owner hides. When that fails, checks from there tell it. */
static void look_up(struct sn_webrtc_peer *peer, const struct sn_candidate *candidate)
{
    struct peer_name *name = NULL;

    for (int i = 0; i < PEER_NAMES_MAX && !name; i++)
        if (!peer->names[i].used)
            name = &peer->names[i];
    if (!name)
        return;
    if (!peer->hub->mdns)
        peer->hub->mdns = sn_mdns_create(peer->hub->loop);
    if (!peer->hub->mdns)
        return;
    *name = (struct peer_name){.peer = peer, .candidate = *candidate};
    name->candidate.name = SN_STR_NULL;
    name->used = sn_mdns_resolve(peer->hub->mdns, &name->lookup, candidate->name, on_found) == 0;
}

/* INVALID_ARGUMENT for what is malformed; what can't be used is passed over. */
static int add_candidate(struct sn_webrtc_peer *peer, struct sn_str text)
{
    struct sn_candidate candidate;
    int code = text.len && peer->state != PEER_ENDED ? sn_candidate_parse(text, &candidate)
                                                     : SN_ERR_UNIMPLEMENTED;

    if (code)
        return code == SN_ERR_UNIMPLEMENTED ? 0 : code;
    if (candidate.name.len)
        look_up(peer, &candidate);
    else
        sn_ice_add_remote(&peer->ice, &candidate);
    peer_wake(peer);
    return 0;
}

int sn_webrtc_peer_candidate(struct sn_webrtc_peer *peer, struct sn_str text,
                             struct sn_error *error)
{
    int code = add_candidate(peer, text);

    return code ? sn_error_set(error, code, "malformed candidate: \"%.*s\"",
                               (int)(text.len < 100 ? text.len : 100), text.ptr)
                : 0;
}

/* Those of a description; malformed ones are passed over there. */
static void add_candidates(struct sn_webrtc_peer *peer, const struct sn_sdp *sdp)
{
    for (size_t i = 0; i < sdp->candidate_count; i++)
        add_candidate(peer, sdp->candidates[i]);
}

/* ---- our descriptions ---- */

/* Ours, to `offer` (of `offer_len` bytes) or, when that is NULL, an offer; in the arena. */
static int write_sdp(struct sn_webrtc_peer *peer, const struct sn_sdp *offer, size_t offer_len,
                     struct sn_arena *arena, struct sn_str *ret_sdp, struct sn_error *error)
{
    size_t size = 2 * offer_len + SDP_TEXT_OURS;
    struct sn_sdp_local local = {
        .offer = offer,
        .session_id = peer->session_id,
        .version = ++peer->version,
        .ufrag = peer->ice.ufrag,
        .password = peer->ice.password,
        .fingerprint = sn_dtls_identity_fingerprint(peer->hub->identity)->digest,
        .setup = !offer         ? SN_SDP_ACTPASS
                 : peer->active ? SN_SDP_ACTIVE
                                : SN_SDP_PASSIVE,
        .max_message_size = SN_DATACHANNEL_MESSAGE_MAX,
        .candidates = peer->ice.local,
        .candidate_count = peer->ice.local_count,
        .end_of_candidates = true,
    };
    char *text = sn_arena_alloc(arena, size);
    int len = text ? sn_sdp_write(&local, text, size) : SN_ERR_RESOURCE_EXHAUSTED;

    if (len < 0)
        return sn_error_set(error, len, "no room for the description");
    *ret_sdp = (struct sn_str){text, (size_t)len};
    return 0;
}

/* A struct of some 5 KB: not for the stack of a callback in a callback. */
static struct sn_sdp *read_sdp(struct sn_str text, bool is_offer, struct sn_arena *arena,
                               struct sn_error *error)
{
    struct sn_sdp *sdp = sn_arena_alloc(arena, sizeof(*sdp));

    if (!sdp)
        sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    if (!sdp || sn_sdp_parse(text, sdp, error) || sn_sdp_check(sdp, is_offer, error))
        return NULL;
    return sdp;
}

int sn_webrtc_peer_answer(struct sn_webrtc_hub *hub, struct sn_str offer, struct sn_arena *arena,
                          const struct sn_webrtc_peer_events *events, void *owner,
                          struct sn_webrtc_peer **ret_peer, struct sn_str *ret_answer,
                          struct sn_error *error)
{
    struct sn_sdp *sdp = read_sdp(offer, true, arena, error);
    struct sn_webrtc_peer *peer = sdp ? peer_create(hub, false, events, owner, error) : NULL;

    if (!peer)
        return error->code;
    int code = peer_describe(peer, sdp, error);
    if (!code)
        code = write_sdp(peer, sdp, offer.len, arena, ret_answer, error);
    if (code) {
        peer_discard(peer);
        return code;
    }
    add_candidates(peer, sdp);
    *ret_peer = peer;
    return 0;
}

int sn_webrtc_peer_offer(struct sn_webrtc_hub *hub, struct sn_arena *arena,
                         const struct sn_webrtc_peer_events *events, void *owner,
                         struct sn_webrtc_peer **ret_peer, struct sn_str *ret_offer,
                         struct sn_error *error)
{
    struct sn_webrtc_peer *peer = peer_create(hub, true, events, owner, error);

    if (!peer)
        return error->code;
    int code = write_sdp(peer, NULL, 0, arena, ret_offer, error);
    if (code) {
        peer_discard(peer);
        return code;
    }
    *ret_peer = peer;
    return 0;
}

int sn_webrtc_peer_accept(struct sn_webrtc_peer *peer, struct sn_str answer, struct sn_error *error)
{
    struct sn_arena arena;

    if (peer->state != PEER_CONNECTING || peer->described)
        return sn_error_set(error, SN_ERR_FAILED_PRECONDITION, "no answer is expected");
    sn_arena_init(&arena, sn_loop_blocks(peer->hub->loop), RENEGOTIATION_MEMORY);
    struct sn_sdp *sdp = read_sdp(answer, false, &arena, error);
    int code = sdp ? peer_describe(peer, sdp, error) : error->code;
    if (!code)
        add_candidates(peer, sdp);
    sn_arena_fini(&arena);
    return code;
}

/* ---- later ones ---- */

static int answer_again(struct sn_webrtc_peer *peer, struct sn_str text, struct sn_arena *arena,
                        struct sn_error *error)
{
    struct sn_description description, reply = {.is_offer = false};

    int code = sn_description_read(text, arena, &description, error);
    if (code || !description.is_offer) /* we offer nothing that could be answered */
        return code;
    struct sn_sdp *sdp = read_sdp(description.sdp, true, arena, error);
    if (!sdp)
        return error->code;
    code = sn_ice_set_remote(&peer->ice, peer_now(peer), sdp->transport.ufrag,
                             sdp->transport.password);
    if (code)
        return sn_error_set(error, SN_ERR_UNIMPLEMENTED, "ICE restarts are not there");
    code = write_sdp(peer, sdp, description.sdp.len, arena, &reply.sdp, error);
    if (code)
        return code;
    add_candidates(peer, sdp);
    struct sn_str written = sn_description_write(&reply, arena);
    if (!written.ptr)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    peer_wake(peer);
    code = sn_datachannels_send(peer->channels, 1, SN_DATACHANNEL_TEXT, written);
    return code ? sn_error_set(error, code, "the answer can't be sent") : 0;
}

void peer_renegotiate(struct sn_webrtc_peer *peer, struct sn_str text)
{
    struct sn_arena arena;
    struct sn_error error;

    sn_arena_init(&arena, sn_loop_blocks(peer->hub->loop), RENEGOTIATION_MEMORY);
    if (answer_again(peer, text, &arena, &error))
        sn_log_debug(sn_logger_get("rdk.webrtc"), "negotiation with %s: %s", peer->remote,
                     error.text);
    sn_arena_fini(&arena);
}
