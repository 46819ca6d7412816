/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking a name up: a responder of the test's own answers to the group, as browsers do.
 */
#include "net/mdns.h"

#include "net/testing.h"
#include "net/udp.h"

struct responder {
    struct sn_udp *udp;
    size_t heard;
};

/* Answers each question with 192.0.2.7 for the name in it. */
static void respond(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 192, 0, 2, 7};
    struct responder *responder = owner;
    struct sn_ip group = {.family = 4, .port = SN_MDNS_PORT};
    uint8_t answer[SN_MDNS_QUERY_MAX + sizeof(record)];

    if (len < 20 || (bytes[2] & 0x80) || len > SN_MDNS_QUERY_MAX ||
        memcmp(bytes + 12, "\x0bsinew-mdns-", 12) != 0)
        return;
    responder->heard++;
    memcpy(group.bytes, sn_mdns_group_v4, 4);
    memcpy(answer, bytes, len);
    memcpy(answer + len, record, sizeof(record));
    answer[2] = 0x84;
    answer[7] = 1; /* one answer, behind the question */
    sn_udp_send(responder->udp, NULL, &group, answer, len + sizeof(record));
}

static struct sn_ip last;
static int found_count, end_count;

static void found(struct sn_mdns_lookup *lookup, const struct sn_ip *address)
{
    if (!address) {
        end_count++;
        return;
    }
    found_count++;
    last = *address;
}

static void found_and_cancel(struct sn_mdns_lookup *lookup, const struct sn_ip *address)
{
    assert_non_null(address);
    found_count++;
    sn_mdns_cancel(lookup);
}

/* Skips the test where there is no multicast. */
static struct sn_mdns *begin(struct sn_loop *loop, struct responder *responder)
{
    struct sn_mdns *mdns = sn_mdns_create(loop);
    struct sn_ip any = {.family = 4, .port = SN_MDNS_PORT};
    struct sn_error error;

    *responder = (struct responder){0};
    found_count = end_count = 0;
    if (mdns && !sn_udp_open(loop, &any, respond, responder, &responder->udp, &error) &&
        sn_udp_join(responder->udp, sn_mdns_group_v4))
        return mdns;
    sn_mdns_destroy(mdns);
    sn_udp_close(responder->udp);
    sn_loop_destroy(loop);
    skip();
    return NULL;
}

static void end(struct sn_loop *loop, struct sn_mdns *mdns, struct responder *responder)
{
    sn_mdns_destroy(mdns);
    sn_udp_close(responder->udp);
    sn_loop_run(loop);
    sn_loop_destroy(loop);
}

/* However many want to know something, the network hears few questions. */
static void test_many(void **state)
{
    enum { MANY = 500, INTERFACES_MAX = 32 };
    static struct sn_mdns_lookup lookups[MANY];
    struct sn_interface interfaces[INTERFACES_MAX];
    struct sn_loop *loop = sn_loop_create();
    struct responder responder;
    struct sn_mdns *mdns = begin(loop, &responder);
    size_t count = sn_interfaces(interfaces, INTERFACES_MAX);
    uint64_t begun_ns = sn_loop_timers(loop)->now_ns;

    for (int i = 0; i < MANY; i++)
        assert_int_equal(sn_mdns_resolve(mdns, &lookups[i], SN_STR("sinew-mdns-.local"), found), 0);
    run_until(loop, found_count >= MANY);
    size_t seconds = (sn_loop_timers(loop)->now_ns - begun_ns) / SN_SECONDS(1) + 2;
    assert_in_range(responder.heard, 1, seconds * SN_MDNS_QUESTIONS_PER_S * count);
    for (int i = 0; i < MANY; i++)
        sn_mdns_cancel(&lookups[i]);
    end(loop, mdns, &responder);
}

static void test_lookup(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct responder responder;
    struct sn_mdns *mdns = begin(loop, &responder);
    struct sn_mdns_lookup first, second, third;

    assert_int_equal(sn_mdns_resolve(mdns, &first, SN_STR("Sinew-mdns-.local"), found), 0);
    assert_int_equal(sn_mdns_resolve(mdns, &second, SN_STR("sinew-mdns-.local"), found_and_cancel),
                     0);
    assert_int_equal(sn_mdns_resolve(mdns, &third, SN_STR(".."), found), SN_ERR_INVALID_ARGUMENT);
    run_until(loop, found_count >= 2);
    assert_int_equal(last.bytes[3], 7);
    sn_mdns_cancel(&first);
    sn_mdns_cancel(&first);
    assert_int_equal(sn_mdns_resolve(mdns, &first, SN_STR("sinew-mdns-.local"), found), 0);
    for (int i = 1; i < 8 && !end_count; i++)
        sn_timers_advance(sn_loop_timers(loop), sn_loop_timers(loop)->now_ns + SN_SECONDS(1));
    assert_int_equal(end_count, 1);
    end(loop, mdns, &responder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests_name("net/mdns", tests, NULL, NULL);
}
