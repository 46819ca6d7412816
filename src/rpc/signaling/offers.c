/* SPDX-License-Identifier: Apache-2.0
 *
 * An offer lives as long as its peer connection, whose events it gets.
 */
#include "rpc/signaling/offers.h"

#include "base/log.h"
#include "sinew/list.h"
#include "wire/ice/description.h"

#include <stdlib.h>

struct sn_offers {
    struct sn_env *env;
    struct sn_webrtc_hub *hub;
    struct sn_webrtc_server *calls;
    struct sn_list offers; /* sn_offer.link */
};

struct sn_offer {
    struct sn_list link;
    struct sn_offers *offers;
    struct sn_webrtc_peer *peer;
    uint64_t until_ns; /* candidates may be added */
    bool connected;
    void (*settled)(void *owner, bool connected);
    void *owner;
    char uuid[SN_UUID_LEN + 1];
};

static const struct sn_logger *logger(void)
{
    return sn_logger_get("rdk.networking");
}

static void settle(struct sn_offer *offer, bool connected)
{
    void (*settled)(void *owner, bool connected) = offer->settled;

    offer->settled = NULL;
    if (settled)
        settled(offer->owner, connected);
}

static void on_connected(struct sn_webrtc_peer *peer)
{
    struct sn_offer *offer = sn_webrtc_peer_owner(peer);

    offer->connected = true;
    if (sn_webrtc_server_accept(offer->offers->calls, sn_webrtc_peer_data(peer),
                                sn_webrtc_peer_remote(peer), sn_webrtc_peer_local(peer))) {
        sn_webrtc_peer_close(peer);
        return;
    }
    sn_log_debug(logger(), "peer connection with %s", sn_webrtc_peer_remote(peer));
    settle(offer, true);
}

static void on_closed(struct sn_webrtc_peer *peer, const char *cause)
{
    struct sn_offer *offer = sn_webrtc_peer_owner(peer);

    if (offer->connected)
        sn_log_debug(logger(), "peer connection with %s ended: %s", sn_webrtc_peer_remote(peer),
                     cause);
    else
        sn_log_info(logger(), "offer came to nothing: %s", cause);
    settle(offer, false);
    sn_list_remove(&offer->link);
    free(offer);
}

static const struct sn_webrtc_peer_events peer_events = {on_connected, on_closed};

static int answer_sdp(struct sn_offer *offer, struct sn_str description, struct sn_arena *arena,
                      struct sn_str *ret_answer, struct sn_error *error)
{
    struct sn_description theirs, ours = {.is_offer = false};
    int code = sn_description_read(description, arena, &theirs, error);

    if (!code && !theirs.is_offer)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "an answer came, not an offer");
    if (!code)
        code = sn_webrtc_peer_answer(offer->offers->hub, theirs.sdp, arena, &peer_events, offer,
                                     &offer->peer, &ours.sdp, error);
    if (code)
        return code;
    *ret_answer = sn_description_write(&ours, arena);
    if (ret_answer->ptr)
        return 0;
    sn_webrtc_peer_close(offer->peer);
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
}

int sn_offers_answer(struct sn_offers *offers, struct sn_str description, struct sn_arena *arena,
                     struct sn_offer **ret_offer, struct sn_str *ret_answer, struct sn_error *error)
{
    struct sn_offer *offer = calloc(1, sizeof(*offer));
    uint8_t chance[16];

    if (!offer)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    offer->offers = offers;
    offer->until_ns = offers->env->timers->now_ns + SN_SECONDS(SN_OFFER_LIFETIME_S);
    sn_random_secret(chance, sizeof(chance));
    sn_uuid_format(chance, offer->uuid);
    sn_list_append(&offers->offers, &offer->link);
    int code = answer_sdp(offer, description, arena, ret_answer, error);
    if (!code) {
        *ret_offer = offer;
    } else if (!offer->peer) { /* else its end frees it */
        sn_list_remove(&offer->link);
        free(offer);
    }
    return code;
}

const char *sn_offer_uuid(const struct sn_offer *offer)
{
    return offer->uuid;
}

struct sn_offer *sn_offers_find(const struct sn_offers *offers, struct sn_str uuid)
{
    struct sn_list *node;

    sn_list_for_each (node, &offers->offers) {
        struct sn_offer *offer = sn_container_of(node, struct sn_offer, link);

        if (sn_str_is(uuid, offer->uuid))
            return offers->env->timers->now_ns < offer->until_ns ? offer : NULL;
    }
    return NULL;
}

int sn_offer_candidate(struct sn_offer *offer, struct sn_str candidate, struct sn_error *error)
{
    return sn_webrtc_peer_candidate(offer->peer, candidate, error);
}

void sn_offer_withdraw(struct sn_offer *offer)
{
    offer->until_ns = 0;
    if (!offer->connected)
        sn_webrtc_peer_close(offer->peer);
}

void sn_offer_watch(struct sn_offer *offer, void (*settled)(void *owner, bool connected),
                    void *owner)
{
    offer->settled = settled;
    offer->owner = owner;
}

struct sn_offers *sn_offers_create(struct sn_env *env, struct sn_webrtc_hub *hub,
                                   struct sn_webrtc_server *calls)
{
    struct sn_offers *offers = calloc(1, sizeof(*offers));

    if (!offers)
        return NULL;
    offers->env = env;
    offers->hub = hub;
    offers->calls = calls;
    sn_list_init(&offers->offers);
    return offers;
}

void sn_offers_destroy(struct sn_offers *offers)
{
    free(offers);
}
