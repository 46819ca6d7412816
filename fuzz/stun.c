/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a datagram to an ICE agent; the first byte says whether they are taken as they are,
 * or as the attributes of a message that is otherwise right.
 */
#include "fuzz.h"
#include "sinew/timers.h"
#include "wire/ice/ice.h"

static void no_chance(void *owner, void *bytes, size_t len)
{
    memset(bytes, 7, len);
}

static void drop(void *owner, unsigned local, const struct sn_ip *remote, const void *bytes,
                 size_t len)
{
    struct sn_stun_message message;

    FUZZ_REQUIRE(local < SN_ICE_LOCAL_MAX);
    FUZZ_REQUIRE(sn_stun_parse(bytes, len, &message) == 0 && message.has_fingerprint);
}

static void give(struct sn_ice *ice, const void *bytes, size_t len)
{
    struct sn_ip from = {.family = 4, .port = 99, .bytes = {10, 0, 0, 9}};
    struct sn_stun_message message;
    bool is = sn_stun_is(bytes, len);

    FUZZ_REQUIRE(is || sn_stun_parse(bytes, len, &message));
    FUZZ_REQUIRE((sn_ice_receive(ice, SN_SECONDS(2), 0, &from, bytes, len) != SN_ICE_NOT_STUN) ==
                 is);
    uint16_t label;
    sn_ice_label(bytes, len, &label);
    FUZZ_REQUIRE(ice->remote_count <= 2);
    sn_ice_tick(ice, SN_SECONDS(3));
    sn_ice_due(ice);
}

/* A message of this agent's with these attributes before the integrity. */
static void wrap(struct sn_ice *ice, unsigned class, const uint8_t *bytes, size_t len)
{
    uint8_t packet[SN_STUN_MAX], id[SN_STUN_ID_LEN];
    struct sn_stun_writer writer;
    char username[SN_ICE_UFRAG_LEN + 3];

    memset(id, 7, sizeof(id)); /* what the agent drew */
    snprintf(username, sizeof(username), "%s:x", ice->ufrag);
    sn_stun_begin(&writer, packet, sizeof(packet), class, SN_STUN_BINDING, id);
    sn_stun_add(&writer, SN_STUN_USERNAME, username, strlen(username));
    while (len >= 3) {
        size_t value = bytes[2] < len - 3 ? bytes[2] : len - 3;

        sn_stun_add(&writer, (uint16_t)(bytes[0] << 8 | bytes[1]), bytes + 3, value);
        bytes += 3 + value;
        len -= 3 + value;
    }
    size_t whole = sn_stun_end(
        &writer, sn_str_of(class >= SN_STUN_SUCCESS ? ice->remote_password : ice->password));
    if (whole)
        give(ice, packet, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_ice_config config = {.random = no_chance,
                                   .send = drop,
                                   .patience_ns = SN_SECONDS(9),
                                   .consent_ns = SN_SECONDS(9)};
    struct sn_candidate candidate = {.address = {4, 99, 0, {10, 0, 0, 8}}, .priority = 1};
    struct sn_ip local = {.family = 4, .port = 5, .bytes = {10, 0, 0, 1}};
    static struct sn_ice ice;

    if (size < 1 || size > 2000)
        return 0;
    config.controlling = data[0] & 8;
    sn_ice_init(&ice, &config);
    FUZZ_REQUIRE(sn_ice_add_local(&ice, &local, 9) == 0);
    sn_ice_add_remote(&ice, &candidate);
    FUZZ_REQUIRE(sn_ice_set_remote(&ice, SN_SECONDS(1), SN_STR("abcd"),
                                   SN_STR("0123456789012345678901")) == 0);
    if (data[0] & 4)
        wrap(&ice, data[0] & 3, data + 1, size - 1);
    else
        give(&ice, data + 1, size - 1);
    return 0;
}
