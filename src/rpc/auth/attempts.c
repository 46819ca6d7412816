/* SPDX-License-Identifier: Apache-2.0
 *
 * Failed attempts by address.
 */
#include "rpc/auth/attempts.h"
#include "sinew/str.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Slots an address may be in. */
enum { WAYS = 4 };

void sn_attempts_host(const char *address, char ret_host[SN_ATTEMPTS_HOST_MAX])
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : strlen(address);
    struct in6_addr in6;
    char text[SN_ATTEMPTS_HOST_MAX];

    if (*address != '[' || len < 2) {
        snprintf(ret_host, SN_ATTEMPTS_HOST_MAX, "%.*s", (int)len, address);
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)len - 2, address + 1);
    if (inet_pton(AF_INET6, text, &in6) == 1 && !IN6_IS_ADDR_V4MAPPED(&in6))
        snprintf(ret_host, SN_ATTEMPTS_HOST_MAX, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64",
                 in6.s6_addr[0], in6.s6_addr[1], in6.s6_addr[2], in6.s6_addr[3], in6.s6_addr[4],
                 in6.s6_addr[5], in6.s6_addr[6], in6.s6_addr[7]);
    else
        memcpy(ret_host, text, sizeof(text));
}

static size_t first_slot(const char *host)
{
    return sn_str_hash(sn_str_of(host)) % SN_ATTEMPTS_SLOTS;
}

/* NULL when it isn't known. */
static const struct sn_attempts_slot *find(const struct sn_attempts *attempts, const char *host)
{
    size_t first = first_slot(host);

    for (size_t i = 0; i < WAYS; i++) {
        const struct sn_attempts_slot *slot = &attempts->slots[(first + i) % SN_ATTEMPTS_SLOTS];

        if (strcmp(slot->host, host) == 0)
            return slot;
    }
    return NULL;
}

uint64_t sn_attempts_wait(const struct sn_attempts *attempts, const char *host, uint64_t now_ns)
{
    const struct sn_attempts_slot *slot = find(attempts, host);

    return slot && slot->until_ns > now_ns ? slot->until_ns - now_ns : 0;
}

/* Its slot, or the one of its slots that was quiet for longest. */
static struct sn_attempts_slot *take(struct sn_attempts *attempts, const char *host)
{
    struct sn_attempts_slot *slot = (struct sn_attempts_slot *)find(attempts, host);
    size_t first = first_slot(host);

    if (slot)
        return slot;
    slot = &attempts->slots[first];
    for (size_t i = 1; i < WAYS; i++) {
        struct sn_attempts_slot *other = &attempts->slots[(first + i) % SN_ATTEMPTS_SLOTS];

        if (other->last_ns < slot->last_ns)
            slot = other;
    }
    *slot = (struct sn_attempts_slot){0};
    snprintf(slot->host, sizeof(slot->host), "%s", host);
    return slot;
}

void sn_attempts_failed(struct sn_attempts *attempts, const char *host, uint64_t now_ns)
{
    struct sn_attempts_slot *slot = take(attempts, host);
    uint64_t forgiven = slot->failures ? (now_ns - slot->last_ns) / SN_ATTEMPTS_LAST_NS : 0;
    uint64_t wait_ns = SN_ATTEMPTS_FIRST_NS;

    slot->failures -= forgiven < slot->failures ? (uint32_t)forgiven : slot->failures;
    slot->failures += slot->failures < UINT32_MAX;
    slot->last_ns = now_ns;
    if (slot->failures <= attempts->free)
        return;
    for (uint32_t i = attempts->free + 1; i < slot->failures && wait_ns < SN_ATTEMPTS_LAST_NS; i++)
        wait_ns *= 2;
    slot->until_ns = now_ns + (wait_ns < SN_ATTEMPTS_LAST_NS ? wait_ns : SN_ATTEMPTS_LAST_NS);
}

void sn_attempts_succeeded(struct sn_attempts *attempts, const char *host)
{
    struct sn_attempts_slot *slot = (struct sn_attempts_slot *)find(attempts, host);

    if (slot)
        *slot = (struct sn_attempts_slot){0};
}
