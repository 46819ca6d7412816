/* SPDX-License-Identifier: Apache-2.0
 *
 * Connectivity checks: requests out, answers in, and the other way round (RFC 8445, 7).
 */
#include "wire/ice/ice_private.h"

/* The largest check is a header, a username of two fragments, and 60 bytes. */
enum { CHECK_MAX = SN_STUN_HEADER + 4 + SN_ICE_UFRAG_LEN + 1 + SN_ICE_SECRET_MAX + 3 + 100 };

static void send_to(struct sn_ice *ice, unsigned local, const struct sn_ip *remote,
                    const void *bytes, size_t len)
{
    struct sn_ip to = *remote;

    if (sn_ip_is_link_local(&to) && to.family == 6)
        to.scope = ice->local[local].address.scope;
    ice->config.send(ice->config.owner, local, &to, bytes, len);
}

/* A number for a request: the label, then chance. */
static void draw_id(struct sn_ice *ice, uint8_t id[SN_STUN_ID_LEN])
{
    ice->config.random(ice->config.owner, id, SN_STUN_ID_LEN);
    id[0] = (uint8_t)(ice->config.label >> 8);
    id[1] = (uint8_t)ice->config.label;
}

/* ---- requests out ---- */

/* PRIORITY is that of the candidate the other side would learn from this check (7.1.1). */
static uint32_t reflexive_priority(const struct sn_ice *ice, unsigned local)
{
    uint16_t preference = (uint16_t)(ice->local[local].priority >> 8);

    return sn_candidate_priority(SN_CANDIDATE_PEER_REFLEXIVE, preference);
}

static void send_request(struct sn_ice *ice, const struct sn_ice_pair *pair, const uint8_t *id,
                         bool nominate)
{
    char username[SN_ICE_UFRAG_LEN + 1 + SN_ICE_SECRET_MAX];
    size_t theirs = strlen(ice->remote_ufrag);
    struct sn_stun_writer writer;
    uint8_t bytes[CHECK_MAX];

    memcpy(username, ice->remote_ufrag, theirs);
    username[theirs] = ':';
    memcpy(username + theirs + 1, ice->ufrag, SN_ICE_UFRAG_LEN);
    sn_stun_begin(&writer, bytes, sizeof(bytes), SN_STUN_REQUEST, SN_STUN_BINDING, id);
    sn_stun_add(&writer, SN_STUN_USERNAME, username, theirs + 1 + SN_ICE_UFRAG_LEN);
    sn_stun_add_u32(&writer, SN_STUN_PRIORITY, reflexive_priority(ice, pair->local));
    sn_stun_add_u64(&writer, ice->controlling ? SN_STUN_ICE_CONTROLLING : SN_STUN_ICE_CONTROLLED,
                    ice->tie_breaker);
    if (nominate && ice->controlling)
        sn_stun_add(&writer, SN_STUN_USE_CANDIDATE, NULL, 0);
    size_t len = sn_stun_end(&writer, sn_str_of(ice->remote_password));
    if (len)
        send_to(ice, pair->local, &ice->remote[pair->remote].address, bytes, len);
}

void ice_check(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    if (pair->state != SN_ICE_IN_PROGRESS) {
        draw_id(ice, pair->id);
        pair->state = SN_ICE_IN_PROGRESS;
        pair->sends = 0;
    }
    pair->turn = 0;
    pair->was_controlling = ice->controlling;
    uint64_t wait = SN_ICE_RETRY_NS << (pair->sends < 8 ? pair->sends : 8);
    pair->due_ns = ice->now_ns + (wait < SN_ICE_RETRY_MAX_NS ? wait : SN_ICE_RETRY_MAX_NS);
    pair->sends++;
    send_request(ice, pair, pair->id, pair->nominating);
}

void ice_ask(struct sn_ice *ice, struct sn_ice_pair *route)
{
    unsigned slot = ice->consents_sent++ % SN_ICE_CONSENTS;

    draw_id(ice, ice->consents[slot].id);
    ice->consents[slot].pair = route;
    route->was_controlling = ice->controlling;
    send_request(ice, route, ice->consents[slot].id, false);
}

/* ---- answers in ---- */

static struct sn_ice_pair *pair_of_answer(struct sn_ice *ice, const uint8_t *id)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    if (pair->state == SN_ICE_IN_PROGRESS && memcmp(pair->id, id, SN_STUN_ID_LEN) == 0)
        return pair;
    for (unsigned i = 0; i < SN_ICE_CONSENTS; i++)
        if (ice->consents[i].pair && memcmp(ice->consents[i].id, id, SN_STUN_ID_LEN) == 0)
            return ice->consents[i].pair;
    return NULL;
}

/* The check of the pair was answered (7.2.5.3). An address of ours that we learn thereby is worth
 * nothing: what is sent goes from its base, which the pair has. */
static void succeed(struct sn_ice *ice, struct sn_ice_pair *pair, bool checked)
{
    pair->answered_ns = ice->now_ns;
    if (!ice->valid_ns)
        ice->valid_ns = ice->now_ns;
    if (!checked)
        return;
    pair->state = SN_ICE_SUCCEEDED;
    pair->turn = 0;
    if (pair->nominating) {
        pair->nominating = false;
        ice->nominating = NULL;
        ice_select(ice, pair);
    } else if (pair->named && !ice->controlling) {
        ice_accept(ice, pair);
    }
}

static void take_error(struct sn_ice *ice, struct sn_ice_pair *pair, int error)
{
    if (error != SN_STUN_ROLE_CONFLICT) {
        pair->state = SN_ICE_PAIR_FAILED;
        return;
    }
    if (ice->controlling == pair->was_controlling)
        sn_ice_set_role(ice, !ice->controlling);
    pair->state = SN_ICE_WAITING;
    ice_trigger(ice, pair);
}

static bool take_answer(struct sn_ice *ice, unsigned local, const struct sn_ip *remote,
                        const struct sn_stun_message *message)
{
    struct sn_ice_pair *pair = pair_of_answer(ice, message->id);

    if (!pair || !sn_stun_is_authentic(message, sn_str_of(ice->remote_password)))
        return false;
    bool checked =
        pair->state == SN_ICE_IN_PROGRESS && memcmp(pair->id, message->id, SN_STUN_ID_LEN) == 0;
    /* The answer must come back the way the request went (7.2.5.2.1). */
    if (pair->local != local || !sn_ip_eq(&ice->remote[pair->remote].address, remote)) {
        if (checked)
            pair->state = SN_ICE_PAIR_FAILED;
        return false;
    }
    if (message->class == SN_STUN_SUCCESS)
        succeed(ice, pair, checked);
    else
        take_error(ice, pair, message->error);
    return true;
}

/* ---- requests in ---- */

static void answer(struct sn_ice *ice, unsigned local, const struct sn_ip *remote,
                   const struct sn_stun_message *request, int error)
{
    uint8_t bytes[CHECK_MAX];
    struct sn_stun_writer writer;

    sn_stun_begin(&writer, bytes, sizeof(bytes), error ? SN_STUN_ERROR : SN_STUN_SUCCESS,
                  SN_STUN_BINDING, request->id);
    if (error)
        sn_stun_add_error(&writer, error);
    else
        sn_stun_add_mapped(&writer, remote);
    if (error == SN_STUN_UNKNOWN_ATTRIBUTE)
        sn_stun_add_unknown(&writer, request->unknown, request->unknown_count);
    size_t len = sn_stun_end(&writer, sn_str_of(ice->password));
    if (len)
        send_to(ice, local, remote, bytes, len);
}

/* Whether who sent the request knows our password (RFC 8489, 9.1.3). */
static bool is_authentic(const struct sn_ice *ice, const struct sn_stun_message *request)
{
    struct sn_str username = request->username;

    return username.ptr && username.len > SN_ICE_UFRAG_LEN &&
           username.ptr[SN_ICE_UFRAG_LEN] == ':' &&
           memcmp(username.ptr, ice->ufrag, SN_ICE_UFRAG_LEN) == 0 &&
           sn_stun_is_authentic(request, sn_str_of(ice->password));
}

/* Both think they have the same role: the larger tie-breaker controls (7.3.1.1). True when the
 * other side has to change. */
static bool settle_roles(struct sn_ice *ice, const struct sn_stun_message *request)
{
    bool larger = ice->tie_breaker >= request->tie_breaker;

    if (ice->controlling ? !request->controlling : !request->controlled)
        return false;
    if (larger == ice->controlling)
        return true;
    sn_ice_set_role(ice, larger);
    return false;
}

/* What a request says about its pair (7.3.1.3 to 7.3.1.5). */
static void note_request(struct sn_ice *ice, unsigned local, const struct sn_ip *remote,
                         const struct sn_stun_message *request)
{
    int index = ice_find_remote(ice, remote);

    if (index < 0)
        index = ice_learn_remote(ice, remote, request->priority);
    if (index < 0)
        return;
    struct sn_ice_pair *pair = ice_find_pair(ice, local, (unsigned)index);
    if (!pair)
        pair = ice_add_pair(ice, local, (unsigned)index, true);
    if (!pair)
        return;
    if (request->use_candidate && !ice->controlling)
        pair->named = true;
    if (pair->state != SN_ICE_SUCCEEDED) {
        if (pair->state == SN_ICE_PAIR_FAILED)
            pair->state = SN_ICE_WAITING;
        ice_trigger(ice, pair);
    } else if (request->use_candidate && !ice->controlling) {
        ice_accept(ice, pair);
    }
}

/* Whoever isn't authentic gets no answer, as with pion: no agent could trust one, and it would go
 * where a liar says he is. */
static bool take_request(struct sn_ice *ice, unsigned local, const struct sn_ip *remote,
                         const struct sn_stun_message *request)
{
    int error = 0;

    if (!is_authentic(ice, request)) {
        ice->refused++;
        return false;
    }
    if (request->unknown_count)
        error = SN_STUN_UNKNOWN_ATTRIBUTE;
    else if (settle_roles(ice, request))
        error = SN_STUN_ROLE_CONFLICT;
    answer(ice, local, remote, request, error);
    if (!error)
        note_request(ice, local, remote, request);
    return error == 0;
}

enum sn_ice_received sn_ice_receive(struct sn_ice *ice, uint64_t now_ns, unsigned local,
                                    const struct sn_ip *remote, const void *bytes, size_t len)
{
    struct sn_ip from = *remote;
    struct sn_stun_message message;
    bool authentic = false;

    if (!sn_stun_is(bytes, len))
        return SN_ICE_NOT_STUN;
    from.scope = 0; /* that of the local candidate it came to */
    if (ice->state == SN_ICE_FAILED || local >= ice->local_count ||
        sn_stun_parse(bytes, len, &message) || message.method != SN_STUN_BINDING)
        return SN_ICE_DROPPED;
    ice->now_ns = now_ns;
    if (message.class == SN_STUN_REQUEST)
        authentic = take_request(ice, local, &from, &message);
    else if (message.class != SN_STUN_INDICATION)
        authentic = take_answer(ice, local, &from, &message);
    sn_ice_tick(ice, now_ns);
    return authentic ? SN_ICE_AUTHENTIC : SN_ICE_DROPPED;
}

bool sn_ice_knows(const struct sn_ice *ice, const void *bytes, size_t len)
{
    struct sn_stun_message message;

    return !sn_stun_parse(bytes, len, &message) && message.class == SN_STUN_REQUEST &&
           is_authentic(ice, &message);
}

bool sn_ice_label(const void *bytes, size_t len, uint16_t *ret_label)
{
    struct sn_stun_message message;
    int label = -1;

    if (sn_stun_parse(bytes, len, &message))
        return false;
    if (message.class != SN_STUN_REQUEST) {
        label = message.id[0] << 8 | message.id[1];
    } else if (message.username.len) {
        const char *colon = memchr(message.username.ptr, ':', message.username.len);

        if (colon)
            label = ice_ufrag_label(
                (struct sn_str){message.username.ptr, (size_t)(colon - message.username.ptr)});
    }
    if (label < 0)
        return false;
    *ret_label = (uint16_t)label;
    return true;
}
