/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams over the loopback: trains, sizes, which address they come to and leave from.
 */
#include "net/udp.h"

#include "net/testing.h"

struct end {
    struct sn_udp *udp;
    size_t count, bytes;
    struct sn_ip local, remote;
    uint8_t last[SN_UDP_SEND_MAX];
    size_t last_len;
    bool in_order, close_at_first;
};

static void receive(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    struct end *end = owner;

    end->in_order &= len == 0 || bytes[0] == (uint8_t)end->count;
    end->count++;
    end->bytes += len;
    end->local = *local;
    end->remote = *remote;
    end->last_len = len;
    memcpy(end->last, bytes, len);
    if (end->close_at_first)
        sn_udp_close(end->udp);
}

static struct sn_ip any_v4(void)
{
    return (struct sn_ip){.family = 4};
}

static struct sn_ip loopback(struct sn_udp *udp, uint8_t last)
{
    return (struct sn_ip){.family = 4, .port = sn_udp_port(udp), .bytes = {127, 0, 0, last}};
}

static void open_end(struct sn_loop *loop, struct end *end, struct sn_ip address)
{
    struct sn_error error;

    *end = (struct end){.in_order = true};
    assert_int_equal(sn_udp_open(loop, &address, receive, end, &end->udp, &error), 0);
    assert_int_not_equal(sn_udp_port(end->udp), 0);
}

/* A hundred equal datagrams and a shorter one: few calls, all arrive, in order. */
static void test_train(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a, b;
    uint8_t bytes[1200] = {0};

    open_end(loop, &a, any_v4());
    open_end(loop, &b, any_v4());
    struct sn_ip to = loopback(b.udp, 1);
    for (int i = 0; i < 100; i++) {
        bytes[0] = (uint8_t)i;
        sn_udp_send(a.udp, NULL, &to, bytes, sizeof(bytes));
    }
    bytes[0] = 100;
    sn_udp_send(a.udp, NULL, &to, bytes, 7);
    run_until(loop, b.count == 101);
    assert_true(b.in_order);
    assert_int_equal(b.bytes, 100 * 1200 + 7);
    assert_int_equal(sn_udp_count(a.udp)->sent, 101);
    assert_int_equal(sn_udp_count(a.udp)->dropped, 0);
    assert_in_range(sn_udp_count(a.udp)->calls, 1, 2);
    sn_udp_close(a.udp);
    sn_udp_close(b.udp);
    sn_loop_destroy(loop);
}

/* All sizes, to two places by turns. */
static void test_sizes(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a, b, c;
    uint8_t bytes[SN_UDP_SEND_MAX + 1] = {0};
    size_t bytes_sent = 0;

    open_end(loop, &a, any_v4());
    open_end(loop, &b, any_v4());
    open_end(loop, &c, any_v4());
    struct sn_ip to[] = {loopback(b.udp, 1), loopback(c.udp, 1)};
    for (size_t i = 0; i < 200; i++) {
        size_t len = i * 7919 % (SN_UDP_SEND_MAX + 1);

        bytes[0] = (uint8_t)(i / 2);
        sn_udp_send(a.udp, NULL, &to[i % 2], bytes, len);
        bytes_sent += len;
    }
    sn_udp_send(a.udp, NULL, &to[0], bytes, sizeof(bytes)); /* too long */
    assert_int_equal(sn_udp_count(a.udp)->dropped, 1);
    run_until(loop, b.count + c.count == 200);
    assert_int_equal(b.bytes + c.bytes, bytes_sent);
    assert_true(b.in_order && c.in_order);
    sn_udp_close(a.udp);
    sn_udp_close(b.udp);
    sn_udp_close(c.udp);
    sn_loop_destroy(loop);
}

/* Both ends are at all addresses: the one that is named is used, the one that was used is named. */
static void test_addresses(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a, b;

    open_end(loop, &a, any_v4());
    open_end(loop, &b, any_v4());
    struct sn_ip from = loopback(a.udp, 3), to = loopback(b.udp, 4);
    sn_udp_send(a.udp, &from, &to, "x", 1);
    run_until(loop, b.count == 1);
    assert_true(sn_ip_eq(&b.local, &to));
    assert_true(sn_ip_eq(&b.remote, &from));
    sn_udp_send(b.udp, &b.local, &b.remote, "y", 1);
    run_until(loop, a.count == 1);
    assert_true(sn_ip_eq(&a.local, &from));
    assert_true(sn_ip_eq(&a.remote, &to));
    sn_udp_close(a.udp);
    sn_udp_close(b.udp);
    sn_loop_destroy(loop);
}

static void test_v6(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct sn_ip any = {.family = 6}, to = {.family = 6, .bytes = {[15] = 1}};
    struct end a = {0}, b;
    struct sn_error error;

    if (sn_udp_open(loop, &any, receive, &a, &a.udp, &error)) {
        sn_loop_destroy(loop);
        skip(); /* a kernel without IPv6 */
    }
    open_end(loop, &b, any);
    to.port = sn_udp_port(b.udp);
    for (int i = 0; i < 3; i++)
        sn_udp_send(a.udp, &to, &to, "abc", 3);
    b.in_order = false;
    run_until(loop, b.count == 3);
    assert_true(sn_ip_eq(&b.local, &to));
    assert_true(sn_ip_same_host(&b.remote, &to));
    struct sn_ip v4 = {.family = 4, .port = to.port, .bytes = {127, 0, 0, 1}};
    sn_udp_send(a.udp, NULL, &v4, "x", 1);
    assert_int_equal(sn_udp_count(a.udp)->dropped, 1);
    sn_udp_close(a.udp);
    sn_udp_close(b.udp);
    sn_loop_destroy(loop);
}

/* What can't be sent (an address that isn't ours) is dropped, and what comes behind it leaves, in
 * runs as before. */
static void test_undeliverable(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a, b;
    struct sn_ip foreign = {.family = 4, .bytes = {192, 0, 2, 1}};
    uint8_t bytes[100] = {0};

    open_end(loop, &a, any_v4());
    open_end(loop, &b, any_v4());
    struct sn_ip to = loopback(b.udp, 1);
    for (int i = 0; i < 5; i++)
        sn_udp_send(a.udp, &foreign, &to, bytes, sizeof(bytes));
    for (int i = 0; i < 50; i++) {
        bytes[0] = (uint8_t)i;
        sn_udp_send(a.udp, NULL, &to, bytes, sizeof(bytes));
    }
    run_until(loop, b.count == 50);
    assert_true(b.in_order);
    assert_int_equal(sn_udp_count(a.udp)->dropped, 5);
    assert_in_range(sn_udp_count(a.udp)->calls, 1, 10);
    sn_udp_close(a.udp);
    sn_udp_close(b.udp);
    sn_loop_destroy(loop);
}

/* Closing from inside a callback, with more to come and more to send. */
static void test_close_inside(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a, b;

    open_end(loop, &a, any_v4());
    open_end(loop, &b, any_v4());
    b.close_at_first = true;
    struct sn_ip to = loopback(b.udp, 1);
    for (int i = 0; i < 10; i++)
        sn_udp_send(a.udp, NULL, &to, "x", 1);
    run_until(loop, b.count > 0);
    sn_udp_send(a.udp, NULL, &to, "x", 1);
    sn_udp_close(a.udp);
    sn_loop_run(loop); /* nothing keeps it */
    assert_int_equal(b.count, 1);
    sn_loop_destroy(loop);
}

static void test_taken_port(void **state)
{
    struct sn_loop *loop = sn_loop_create();
    struct end a;
    struct sn_udp *udp;
    struct sn_error error;

    open_end(loop, &a, (struct sn_ip){.family = 4, .bytes = {127, 0, 0, 1}});
    struct sn_ip taken = loopback(a.udp, 1);
    assert_int_equal(sn_udp_open(loop, &taken, receive, &a, &udp, &error), SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(error.text, "address already in use"));
    sn_udp_close(a.udp);
    sn_loop_destroy(loop);
}

static void test_interfaces(void **state)
{
    struct sn_interface found[64];
    size_t count = sn_interfaces(found, 64);
    bool loopback_found = false;

    for (size_t i = 0; i < count; i++) {
        loopback_found |= sn_ip_is_loopback(&found[i].address);
        assert_true(found[i].index > 0 && found[i].name[0]);
        assert_int_equal(found[i].address.port, 0);
    }
    assert_true(loopback_found);
    assert_int_equal(sn_interfaces(found, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train),         cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_addresses),     cmocka_unit_test(test_v6),
        cmocka_unit_test(test_undeliverable), cmocka_unit_test(test_close_inside),
        cmocka_unit_test(test_taken_port),    cmocka_unit_test(test_interfaces),
    };

    return cmocka_run_group_tests_name("net/udp", tests, NULL, NULL);
}
