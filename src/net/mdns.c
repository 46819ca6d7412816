/* SPDX-License-Identifier: Apache-2.0
 *
 * One socket at the well-known port, a member of the group on each interface: browsers answer to
 * the group only. It is shared with the system's own responder.
 */
#include "net/mdns.h"

#include "net/udp.h"

#include <stdlib.h>

/* When a question is asked (again): soon, since somebody waits for a connection. */
static const uint64_t pauses_ns[] = {SN_MS(250), SN_MS(750), SN_SECONDS(1), SN_SECONDS(2)};
enum { QUESTIONS = sizeof(pauses_ns) / sizeof(pauses_ns[0]) };

struct sn_mdns {
    struct sn_loop *loop;
    struct sn_udp *udp;
    struct sn_list lookups; /* sn_mdns_lookup.link */
    uint64_t second;        /* in which questions are counted */
    unsigned questions;
};

/* ---- answers ---- */

static struct sn_mdns_lookup *find(const struct sn_mdns *mdns, struct sn_str name)
{
    struct sn_list *node;

    sn_list_for_each (node, &mdns->lookups) {
        struct sn_mdns_lookup *lookup = sn_container_of(node, struct sn_mdns_lookup, link);

        if (sn_str_is(name, lookup->name))
            return lookup;
    }
    return NULL;
}

/* Several may ask for one name; each is told, and goes to the back meanwhile, so that any may be
 * cancelled from inside. */
static void note(void *owner, struct sn_str name, const struct sn_ip *address)
{
    struct sn_mdns *mdns = owner;
    struct sn_list told;

    sn_list_init(&told);
    for (;;) {
        struct sn_mdns_lookup *lookup = find(mdns, name);

        if (!lookup)
            break;
        sn_list_remove(&lookup->link);
        sn_list_append(&told, &lookup->link);
        lookup->found(lookup, address);
    }
    while (!sn_list_empty(&told)) {
        struct sn_list *node = told.next;

        sn_list_remove(node);
        sn_list_append(&mdns->lookups, node);
    }
}

static void receive(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    if (remote->port == SN_MDNS_PORT && sn_mdns_read(bytes, len, note, owner))
        return; /* what was right in it has been heard */
}

/* ---- questions ---- */

static bool may_ask(struct sn_mdns *mdns)
{
    uint64_t second = sn_loop_timers(mdns->loop)->now_ns / SN_SECONDS(1);

    if (second != mdns->second)
        mdns->questions = 0;
    mdns->second = second;
    return mdns->questions++ < SN_MDNS_QUESTIONS_PER_S;
}

static void ask(struct sn_mdns_lookup *lookup)
{
    struct sn_mdns *mdns = lookup->mdns;
    struct sn_interface interfaces[32];
    size_t count = sn_interfaces(interfaces, 32);
    uint8_t bytes[SN_MDNS_QUERY_MAX];
    struct sn_ip group = {.family = 4, .port = SN_MDNS_PORT};
    int len = sn_mdns_query(sn_str_of(lookup->name), bytes);

    memcpy(group.bytes, sn_mdns_group_v4, 4);
    for (size_t i = 0; i < count && len > 0; i++)
        if (interfaces[i].address.family == 4)
            sn_udp_send(mdns->udp, &interfaces[i].address, &group, bytes, (size_t)len);
}

static void on_time(struct sn_timer *timer)
{
    struct sn_mdns_lookup *lookup = sn_container_of(timer, struct sn_mdns_lookup, timer);

    if (lookup->asked == QUESTIONS) {
        sn_list_remove(&lookup->link);
        lookup->found(lookup, NULL);
        return;
    }
    if (may_ask(lookup->mdns))
        ask(lookup);
    sn_timer_start(sn_loop_timers(lookup->mdns->loop), timer, pauses_ns[lookup->asked++], on_time);
}

int sn_mdns_resolve(struct sn_mdns *mdns, struct sn_mdns_lookup *lookup, struct sn_str name,
                    void (*found)(struct sn_mdns_lookup *lookup, const struct sn_ip *address))
{
    uint8_t bytes[SN_MDNS_QUERY_MAX];

    *lookup = (struct sn_mdns_lookup){.mdns = mdns, .found = found};
    sn_list_init(&lookup->link);
    if (sn_mdns_query(name, bytes) < 0)
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < name.len && i < SN_MDNS_NAME_MAX; i++) {
        char c = name.ptr[i];

        lookup->name[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    sn_list_append(&mdns->lookups, &lookup->link);
    sn_timer_start(sn_loop_timers(mdns->loop), &lookup->timer, 0, on_time);
    return 0;
}

void sn_mdns_cancel(struct sn_mdns_lookup *lookup)
{
    sn_list_remove(&lookup->link);
    sn_timer_stop(sn_loop_timers(lookup->mdns->loop), &lookup->timer);
}

/* ---- making ---- */

struct sn_mdns *sn_mdns_create(struct sn_loop *loop)
{
    struct sn_ip any = {.family = 4, .port = SN_MDNS_PORT};
    struct sn_mdns *mdns = calloc(1, sizeof(*mdns));
    struct sn_error error;

    if (!mdns)
        return NULL;
    mdns->loop = loop;
    sn_list_init(&mdns->lookups);
    if (sn_udp_open(loop, &any, receive, mdns, &mdns->udp, &error)) {
        free(mdns);
        return NULL;
    }
    sn_udp_join(mdns->udp, sn_mdns_group_v4);
    return mdns;
}

void sn_mdns_destroy(struct sn_mdns *mdns)
{
    if (!mdns)
        return;
    sn_udp_close(mdns->udp);
    free(mdns);
}
