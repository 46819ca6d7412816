/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates and pairs, whose turn it is, what the route is, and when all is lost.
 */
#include "wire/ice/ice_private.h"

#include <stdio.h>

enum { UFRAG_MIN = 4, PASSWORD_MIN = 22 }; /* RFC 8839, 5.4 */

/* ---- setting up ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void draw_secret(struct sn_ice *ice, char *text, size_t len)
{
    ice->config.random(ice->config.owner, text, len);
    for (size_t i = 0; i < len; i++)
        text[i] = alphabet[(unsigned char)text[i] & 63];
    text[len] = '\0';
}

void sn_ice_init(struct sn_ice *ice, const struct sn_ice_config *config)
{
    memset(ice, 0, sizeof(*ice));
    ice->config = *config;
    ice->controlling = config->controlling;
    draw_secret(ice, ice->ufrag, SN_ICE_UFRAG_LEN);
    for (int i = 0; i < ICE_LABEL_CHARS; i++)
        ice->ufrag[i] = alphabet[config->label >> 6 * i & 63];
    draw_secret(ice, ice->password, SN_ICE_PASSWORD_LEN);
    config->random(config->owner, &ice->tie_breaker, sizeof(ice->tie_breaker));
}

static bool is_secret(struct sn_str text, size_t min)
{
    if (text.len < min || text.len > SN_ICE_SECRET_MAX)
        return false;
    return memchr(text.ptr, '\0', text.len) == NULL && memchr(text.ptr, ':', text.len) == NULL;
}

int sn_ice_set_remote(struct sn_ice *ice, uint64_t now_ns, struct sn_str ufrag,
                      struct sn_str password)
{
    if (!is_secret(ufrag, UFRAG_MIN) || !is_secret(password, PASSWORD_MIN))
        return SN_ERR_INVALID_ARGUMENT;
    if (ice->started)
        return sn_str_is(ufrag, ice->remote_ufrag) && sn_str_is(password, ice->remote_password)
                   ? 0
                   : SN_ERR_FAILED_PRECONDITION;
    memcpy(ice->remote_ufrag, ufrag.ptr, ufrag.len);
    memcpy(ice->remote_password, password.ptr, password.len);
    ice->started = true;
    ice->started_ns = now_ns;
    sn_ice_tick(ice, now_ns);
    return 0;
}

int ice_ufrag_label(struct sn_str ufrag)
{
    int label = 0;

    if (ufrag.len != SN_ICE_UFRAG_LEN)
        return -1;
    for (int i = 0; i < ICE_LABEL_CHARS; i++) {
        const char *at = ufrag.ptr[i] ? strchr(alphabet, ufrag.ptr[i]) : NULL;

        if (!at)
            return -1;
        label |= (int)(at - alphabet) << 6 * i;
    }
    return label <= UINT16_MAX ? label : -1;
}

/* ---- candidates ---- */

int sn_ice_find_local(const struct sn_ice *ice, const struct sn_ip *address)
{
    for (int i = 0; i < ice->local_count; i++)
        if (sn_ip_eq(&ice->local[i].address, address))
            return i;
    return -1;
}

int ice_find_remote(const struct sn_ice *ice, const struct sn_ip *address)
{
    for (int i = 0; i < ice->remote_count; i++)
        if (sn_ip_eq(&ice->remote[i].address, address))
            return i;
    return -1;
}

/* Whether a packet could go that way at all. What is bound to the loopback reaches nothing else
 * and is reached by nothing else. */
static bool can_pair(const struct sn_ip *local, const struct sn_ip *remote)
{
    if (local->family != remote->family || sn_ip_is_loopback(local) != sn_ip_is_loopback(remote))
        return false;
    return local->family == 4 || sn_ip_is_link_local(local) == sn_ip_is_link_local(remote);
}

int sn_ice_add_local(struct sn_ice *ice, const struct sn_ip *address, uint16_t preference)
{
    int found = sn_ice_find_local(ice, address);

    if (found >= 0)
        return found;
    if (ice->local_count == SN_ICE_LOCAL_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    unsigned index = ice->local_count++;
    struct sn_candidate *local = &ice->local[index];
    local->kind = SN_CANDIDATE_HOST;
    local->address = *address;
    local->priority = sn_candidate_priority(SN_CANDIDATE_HOST, preference);
    snprintf(local->foundation, sizeof(local->foundation), "%u", index + 1);
    for (unsigned i = 0; i < ice->remote_count; i++)
        if (can_pair(address, &ice->remote[i].address))
            ice_add_pair(ice, index, i, false);
    return (int)index;
}

static uint64_t pair_priority(const struct sn_ice *ice, const struct sn_ice_pair *pair)
{
    uint64_t ours = ice->local[pair->local].priority;
    uint64_t theirs = ice->remote[pair->remote].priority;
    uint64_t g = ice->controlling ? ours : theirs, d = ice->controlling ? theirs : ours;

    return (g < d ? g : d) << 32 | ((g > d ? g : d) * 2 + (g > d)); /* 6.1.2.3 */
}

static void order_pairs(struct sn_ice *ice)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    pair->priority = pair_priority(ice, pair);
}

void sn_ice_set_role(struct sn_ice *ice, bool controlling)
{
    ice->controlling = controlling;
    if (ice->nominating)
        ice->nominating->nominating = false;
    ice->nominating = NULL;
    order_pairs(ice);
}

static void forget_pair(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    for (unsigned i = 0; i < SN_ICE_CONSENTS; i++)
        if (ice->consents[i].pair == pair)
            ice->consents[i].pair = NULL;
    memset(pair, 0, sizeof(*pair));
}

static bool is_needed(const struct sn_ice *ice, const struct sn_ice_pair *pair)
{
    return ice_is_valid(pair) || pair == ice->selected || pair == ice->nominating;
}

static bool is_remote_needed(struct sn_ice *ice, int index)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    if (pair->remote == index && is_needed(ice, pair))
        return true;
    return false;
}

/* A remote candidate that nothing works with; -1: none. Whom a check came from is there; whom
 * signaling speaks of may be made up: such a one takes no place of its kind, and gives its own. */
static int replaceable_remote(struct sn_ice *ice, bool for_signaled)
{
    int found = -1;

    for (int i = 0; i < ice->remote_count; i++) {
        if (is_remote_needed(ice, i) || (ice->remote[i].signaled && for_signaled))
            continue;
        found = i;
        if (ice->remote[i].signaled)
            break;
    }
    if (found < 0)
        return -1;
    ICE_FOR_EACH_PAIR(ice, pair)
    if (pair->remote == found)
        forget_pair(ice, pair);
    return found;
}

static int put_remote(struct sn_ice *ice, const struct sn_ip *address, uint32_t priority,
                      bool signaled)
{
    int index = ice->remote_count < SN_ICE_REMOTE_MAX ? ice->remote_count++
                                                      : replaceable_remote(ice, signaled);

    if (index >= 0)
        ice->remote[index] = (struct sn_ice_remote){*address, priority, signaled};
    return index;
}

int ice_learn_remote(struct sn_ice *ice, const struct sn_ip *address, uint32_t priority)
{
    return put_remote(ice, address, priority, false);
}

void sn_ice_add_remote(struct sn_ice *ice, const struct sn_candidate *candidate)
{
    struct sn_ip address = candidate->address;

    address.scope = 0;
    if (!address.family || !address.port || sn_ip_is_unspecified(&address) ||
        sn_ip_is_multicast(&address))
        return;
    int found = ice_find_remote(ice, &address);
    if (found >= 0) { /* a check was faster than its signaling: now its priority is known */
        if (!ice->remote[found].signaled)
            ice->remote[found].priority = candidate->priority;
        ice->remote[found].signaled = true;
        order_pairs(ice);
        return;
    }
    int index = put_remote(ice, &address, candidate->priority, true);
    if (index < 0)
        return;
    for (unsigned i = 0; i < ice->local_count; i++)
        if (can_pair(&ice->local[i].address, &address))
            ice_add_pair(ice, i, (unsigned)index, false);
}

/* ---- pairs ---- */

struct sn_ice_pair *ice_find_pair(struct sn_ice *ice, unsigned local, unsigned remote)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    if (pair->local == local && pair->remote == remote)
        return pair;
    return NULL;
}

/* Where a pair of that priority may go: a free slot, or that of the least useful pair. */
static struct sn_ice_pair *pair_slot(struct sn_ice *ice, uint64_t priority)
{
    struct sn_ice_pair *worst = NULL;

    for (struct sn_ice_pair *pair = ice->pairs; pair < ice->pairs + SN_ICE_PAIRS_MAX; pair++) {
        if (pair->state == SN_ICE_UNUSED)
            return pair;
        if (is_needed(ice, pair) || pair->turn)
            continue;
        if (pair->state == SN_ICE_PAIR_FAILED) {
            worst = pair;
            break;
        }
        if (pair->priority < priority && (!worst || pair->priority < worst->priority))
            worst = pair;
    }
    if (worst)
        forget_pair(ice, worst);
    return worst;
}

struct sn_ice_pair *ice_add_pair(struct sn_ice *ice, unsigned local, unsigned remote, bool checked)
{
    struct sn_ice_pair pair = {
        .local = (uint8_t)local, .remote = (uint8_t)remote, .state = SN_ICE_WAITING};

    pair.priority = pair_priority(ice, &pair);
    struct sn_ice_pair *slot = pair_slot(ice, checked ? UINT64_MAX : pair.priority);
    if (slot)
        *slot = pair;
    return slot;
}

void ice_trigger(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    if (!pair->turn)
        pair->turn = ++ice->last_turn;
}

/* Whose check is to begin: triggered ones in their order, then waiting ones by priority. */
static struct sn_ice_pair *next_check(struct sn_ice *ice)
{
    struct sn_ice_pair *next = NULL;

    ICE_FOR_EACH_PAIR(ice, pair)
    {
        if (!pair->turn && pair->state != SN_ICE_WAITING)
            continue;
        if (!next || (pair->turn && (!next->turn || pair->turn < next->turn)) ||
            (!pair->turn && !next->turn && pair->priority > next->priority))
            next = pair;
    }
    return next;
}

static void retransmit(struct sn_ice *ice)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    {
        if (pair->state != SN_ICE_IN_PROGRESS || pair->due_ns > ice->now_ns)
            continue;
        if (pair->sends < SN_ICE_SENDS_MAX) {
            ice_check(ice, pair);
            continue;
        }
        pair->state = SN_ICE_PAIR_FAILED;
        pair->nominating = false;
        if (ice->nominating == pair)
            ice->nominating = NULL;
    }
}

static void begin_check(struct sn_ice *ice)
{
    struct sn_ice_pair *next = ice->now_ns >= ice->pace_ns ? next_check(ice) : NULL;

    if (!next)
        return;
    ice->pace_ns = ice->now_ns + SN_ICE_PACE_NS;
    ice_check(ice, next);
}

/* ---- the route ---- */

static struct sn_ice_pair *best_valid(const struct sn_ice *ice)
{
    struct sn_ice_pair *best = NULL;

    ICE_FOR_EACH_PAIR((struct sn_ice *)ice, pair)
    if (ice_is_valid(pair) && (!best || pair->priority > best->priority))
        best = pair;
    return best;
}

struct sn_ice_pair *ice_route(const struct sn_ice *ice)
{
    return ice->selected ? ice->selected : best_valid(ice);
}

/* The time until the next consent request varies, so that clients don't fall into step (RFC 7675,
 * 5.1). */
static void plan_consent(struct sn_ice *ice)
{
    uint8_t chance;

    ice->config.random(ice->config.owner, &chance, sizeof(chance));
    ice->consent_due_ns =
        ice->now_ns + SN_ICE_CONSENT_NS * 8 / 10 + SN_ICE_CONSENT_NS * 4 / 10 * chance / 255;
}

void ice_select(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    ice->selected = pair;
}

/* With aggressive nomination each pair that works is named, and the best counts; a pair that is
 * named when the old one is in doubt is where the other side has moved. */
void ice_accept(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    if (!ice->selected || pair->priority > ice->selected->priority ||
        ice_silence(ice, ice->selected) >= SN_ICE_DOUBT_NS)
        ice_select(ice, pair);
}

static bool is_better_pending(struct sn_ice *ice, const struct sn_ice_pair *than)
{
    ICE_FOR_EACH_PAIR(ice, pair)
    if ((pair->state == SN_ICE_WAITING || pair->state == SN_ICE_IN_PROGRESS) &&
        pair->priority > than->priority)
        return true;
    return false;
}

/* Names a pair to the other side: a check with USE-CANDIDATE (8.1.1). */
static void nominate(struct sn_ice *ice, struct sn_ice_pair *pair)
{
    if (ice->nominating)
        ice->nominating->nominating = false;
    ice->nominating = pair;
    pair->nominating = true;
    if (pair->state == SN_ICE_IN_PROGRESS)
        pair->state = SN_ICE_WAITING; /* the one under way doesn't say it */
    ice_check(ice, pair);
}

static void decide(struct sn_ice *ice)
{
    struct sn_ice_pair *best = best_valid(ice);

    if (!ice->controlling || ice->selected || ice->nominating || !best)
        return;
    if (ice->now_ns >= ice->valid_ns + SN_ICE_NOMINATE_NS || !is_better_pending(ice, best))
        nominate(ice, best);
}

/* The route is silent: an address has changed, perhaps. Another pair that is answered takes its
 * place; until there is one, all are tried again, each second. */
static void doubt(struct sn_ice *ice, struct sn_ice_pair *route)
{
    struct sn_ice_pair *other = NULL;

    ICE_FOR_EACH_PAIR(ice, pair)
    if (pair != route && ice_is_valid(pair) && ice_silence(ice, pair) < SN_ICE_DOUBT_NS &&
        (!other || pair->priority > other->priority))
        other = pair;
    if (other) {
        ice->selected = other;
        if (ice->controlling)
            nominate(ice, other);
        return;
    }
    if (ice->now_ns < ice->again_ns)
        return;
    ice->again_ns = ice->now_ns + SN_ICE_RETRY_MAX_NS;
    ICE_FOR_EACH_PAIR(ice, pair)
    {
        if (pair->state == SN_ICE_SUCCEEDED || pair->state == SN_ICE_PAIR_FAILED) {
            pair->state = SN_ICE_WAITING;
            ice_trigger(ice, pair);
        }
    }
}

static enum sn_ice_state state_of(struct sn_ice *ice, const struct sn_ice_pair *route)
{
    if (!route)
        return ice->now_ns - ice->started_ns >= ice->config.patience_ns ? SN_ICE_FAILED
                                                                        : SN_ICE_CHECKING;
    uint64_t silence = ice_silence(ice, route);
    if (silence >= ice->config.consent_ns)
        return SN_ICE_FAILED;
    return silence >= SN_ICE_SILENCE_NS ? SN_ICE_DISCONNECTED : SN_ICE_CONNECTED;
}

void sn_ice_tick(struct sn_ice *ice, uint64_t now_ns)
{
    ice->now_ns = now_ns;
    if (!ice->started || ice->state == SN_ICE_FAILED)
        return;
    retransmit(ice);
    begin_check(ice);
    decide(ice);
    struct sn_ice_pair *route = ice_route(ice);
    if (route && !ice->consent_due_ns)
        plan_consent(ice);
    if (route && now_ns >= ice->consent_due_ns) {
        ice_ask(ice, route);
        plan_consent(ice);
    }
    if (route && ice_silence(ice, route) >= SN_ICE_DOUBT_NS)
        doubt(ice, route);
    ice->state = (uint8_t)state_of(ice, ice_route(ice));
}

static void sooner(uint64_t *due_ns, uint64_t other_ns)
{
    if (other_ns < *due_ns)
        *due_ns = other_ns;
}

static uint64_t route_due(const struct sn_ice *ice, const struct sn_ice_pair *route)
{
    uint64_t due_ns = ice->consent_due_ns, doubt_ns = route->answered_ns + SN_ICE_DOUBT_NS;

    sooner(&due_ns, ice->now_ns < doubt_ns ? doubt_ns : ice->again_ns);
    if (ice->state == SN_ICE_CONNECTED)
        sooner(&due_ns, route->answered_ns + SN_ICE_SILENCE_NS);
    sooner(&due_ns, route->answered_ns + ice->config.consent_ns);
    return due_ns;
}

uint64_t sn_ice_due(const struct sn_ice *ice)
{
    const struct sn_ice_pair *route = ice_route(ice);
    uint64_t due_ns = UINT64_MAX;

    if (!ice->started || ice->state == SN_ICE_FAILED)
        return due_ns;
    ICE_FOR_EACH_PAIR((struct sn_ice *)ice, pair)
    {
        if (pair->state == SN_ICE_IN_PROGRESS)
            sooner(&due_ns, pair->due_ns);
        if (pair->turn || pair->state == SN_ICE_WAITING)
            sooner(&due_ns, ice->pace_ns);
    }
    if (ice->controlling && route && !ice->selected && !ice->nominating)
        sooner(&due_ns, ice->valid_ns + SN_ICE_NOMINATE_NS);
    sooner(&due_ns, route ? route_due(ice, route) : ice->started_ns + ice->config.patience_ns);
    return due_ns;
}

enum sn_ice_state sn_ice_state(const struct sn_ice *ice)
{
    return ice->state;
}

bool sn_ice_route(const struct sn_ice *ice, unsigned *ret_local, struct sn_ip *ret_remote)
{
    const struct sn_ice_pair *route = ice_route(ice);

    if (!route || ice->state == SN_ICE_FAILED)
        return false;
    *ret_local = route->local;
    *ret_remote = ice->remote[route->remote].address;
    if (ret_remote->family == 6 && sn_ip_is_link_local(ret_remote))
        ret_remote->scope = ice->local[route->local].address.scope;
    return true;
}
