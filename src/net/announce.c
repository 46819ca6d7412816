/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes to the group is answered to the group, on the interface it came in and with that one's
 * address. Each name has a message of its own.
 */
#include "net/announce.h"

#include "net/udp.h"
#include "sinew/list.h"

#include <stdlib.h>

/* Twice at the start (RFC 6762, 8.3); then only interfaces that are new are joined. */
static const uint64_t again_ns = SN_SECONDS(1), join_ns = SN_SECONDS(60);
enum { NAMES_MAX = 4, INTERFACES_MAX = 32, ANNOUNCEMENTS = 2 };

struct sn_announcer {
    struct sn_loop *loop;
    struct sn_udp *udp;
    char names[NAMES_MAX][SN_MDNS_INSTANCE_MAX + 1]; /* lower case */
    size_t name_count;
    struct sn_ip at;
    struct sn_timer timer;
    unsigned announced;
    uint64_t second; /* in which answers are counted */
    unsigned answers;
};

static bool is_reached(const struct sn_announcer *announcer, const struct sn_ip *address)
{
    const struct sn_ip *at = &announcer->at;

    return address->family == 4 && (sn_ip_is_unspecified(at) || sn_ip_same_host(at, address) ||
                                    (sn_ip_is_loopback(at) && sn_ip_is_loopback(address)));
}

/* Tells a name on an interface, or on all (0). */
static void tell(struct sn_announcer *announcer, const char *name, unsigned interface,
                 uint32_t ttl_s)
{
    struct sn_interface interfaces[INTERFACES_MAX];
    size_t count = sn_interfaces(interfaces, INTERFACES_MAX);
    struct sn_ip group = {.family = 4, .port = SN_MDNS_PORT};
    uint8_t bytes[SN_MDNS_ANSWER_MAX];

    memcpy(group.bytes, sn_mdns_group_v4, 4);
    for (size_t i = 0; i < count; i++) {
        const struct sn_ip *address = &interfaces[i].address;

        if ((interface && interfaces[i].index != interface) || !is_reached(announcer, address))
            continue;
        int len = sn_mdns_answer(sn_str_of(name), announcer->at.port, address->bytes, ttl_s, bytes);
        if (len > 0)
            sn_udp_send(announcer->udp, address, &group, bytes, (size_t)len);
    }
}

static bool may_answer(struct sn_announcer *announcer)
{
    uint64_t second = sn_loop_timers(announcer->loop)->now_ns / SN_SECONDS(1);

    if (second != announcer->second)
        announcer->answers = 0;
    announcer->second = second;
    return announcer->answers++ < SN_ANNOUNCE_ANSWERS_PER_S;
}

/* What came to an address of ours may be from far away. */
static void receive(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    struct sn_announcer *announcer = owner;

    if (remote->port != SN_MDNS_PORT || !local->scope)
        return;
    for (size_t i = 0; i < announcer->name_count; i++)
        if (sn_mdns_asks_for(bytes, len, sn_str_of(announcer->names[i])) && may_answer(announcer))
            tell(announcer, announcer->names[i], local->scope, SN_MDNS_SERVICE_TTL_S);
}

static void tell_all(struct sn_announcer *announcer, uint32_t ttl_s)
{
    for (size_t i = 0; i < announcer->name_count; i++)
        tell(announcer, announcer->names[i], 0, ttl_s);
}

static void on_time(struct sn_timer *timer)
{
    struct sn_announcer *announcer = sn_container_of(timer, struct sn_announcer, timer);
    bool fresh = announcer->announced < ANNOUNCEMENTS;

    if (fresh) {
        announcer->announced++;
        tell_all(announcer, SN_MDNS_SERVICE_TTL_S);
    } else {
        sn_udp_join(announcer->udp, sn_mdns_group_v4);
    }
    sn_timer_start(sn_loop_timers(announcer->loop), timer, fresh ? again_ns : join_ns, on_time);
}

/* Adds the name as it is and, where it has dots, with dashes. */
static int add_name(struct sn_announcer *announcer, const char *name, struct sn_error *error)
{
    uint8_t bytes[SN_MDNS_ANSWER_MAX];
    char *own = announcer->names[announcer->name_count];
    size_t len = strlen(name);

    if (sn_mdns_answer(sn_str_of(name), 0, announcer->at.bytes, 0, bytes) < 0)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "\"%.300s\" is no name of a machine",
                            name);
    for (size_t i = 0; i < len; i++)
        own[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
    announcer->name_count++;
    if (!strchr(own, '.'))
        return 0;
    char *dashed = announcer->names[announcer->name_count];
    for (size_t i = 0; i < len; i++)
        dashed[i] = own[i] == '.' ? '-' : own[i];
    if (sn_mdns_answer(sn_str_of(dashed), 0, announcer->at.bytes, 0, bytes) > 0)
        announcer->name_count++; /* else it is too long a label */
    return 0;
}

int sn_announcer_create(struct sn_loop *loop, const char *const names[2], const struct sn_ip *at,
                        struct sn_announcer **ret_announcer, struct sn_error *error)
{
    struct sn_ip any = {.family = 4, .port = SN_MDNS_PORT};
    struct sn_announcer *announcer = calloc(1, sizeof(*announcer));

    if (!announcer)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    announcer->loop = loop;
    announcer->at = *at;
    int code = at->family == 4 || sn_ip_is_unspecified(at)
                   ? add_name(announcer, names[0], error)
                   : sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "the address is one of IPv6");
    if (!code && *names[1])
        code = add_name(announcer, names[1], error);
    if (!code)
        code = sn_udp_open(loop, &any, receive, announcer, &announcer->udp, error);
    if (!code && !sn_udp_join(announcer->udp, sn_mdns_group_v4)) {
        sn_udp_close(announcer->udp);
        code = sn_error_set(error, SN_ERR_UNAVAILABLE, "no network has multicast");
    }
    if (code) {
        free(announcer);
        return code;
    }
    sn_timer_start(sn_loop_timers(loop), &announcer->timer, 0, on_time);
    *ret_announcer = announcer;
    return 0;
}

void sn_announcer_destroy(struct sn_announcer *announcer)
{
    if (!announcer)
        return;
    sn_timer_stop(sn_loop_timers(announcer->loop), &announcer->timer);
    tell_all(announcer, 0);
    sn_udp_close(announcer->udp);
    free(announcer);
}
