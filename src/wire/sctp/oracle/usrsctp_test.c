/* SPDX-License-Identifier: Apache-2.0
 *
 * Our engine against usrsctp, which browsers had for ten years, in simulated time: whoever begins,
 * with and without losses, messages both ways, resets, both ways to end.
 */
#include "wire/sctp/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/time.h>
#include <usrsctp.h>

enum { STREAMS = 16, PPID = 53, MESSAGES = 60, UNORDERED = 5 };

enum who { OURS, THEIRS, BOTH };

struct world {
    struct net net; /* end 0 is ours, 1 is usrsctp's */
    struct sn_block_pool pool;
    struct sn_sctp *sctp;
    struct socket *listener, *socket;
    uint64_t ticked_ns; /* usrsctp's clock */
    bool connected, connected_there, gone_there;
    const char *cause;
    uint32_t received, received_there;
    uint32_t next_in[STREAMS], next_in_there[STREAMS];
    char resets[256], resets_there[256];
};

static struct world *world; /* usrsctp's callbacks know no other */

/* Also the library's clock: what it sent a moment ago it would not send again. */
int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    uint64_t us = SN_SECONDS(1000000) / 1000 + (world ? world->net.now_ns / 1000 : 0);

    *ret_time = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    return 0;
}

static size_t length_of(uint32_t n)
{
    static const size_t lengths[] = {8, 9, 1000, 1172, 1173, 5000, 20001, 65000};

    return lengths[n % 8];
}

static size_t make_message(uint8_t *bytes, uint32_t n)
{
    size_t len = length_of(n);

    for (size_t i = 4; i < len; i++)
        bytes[i] = (uint8_t)(n + i * 3);
    memcpy(bytes, &n, 4);
    return len;
}

static void check_message(uint32_t *next_in, uint16_t stream, struct sn_str got)
{
    static uint8_t expected[1 << 16];
    uint32_t n;

    assert_true(stream < STREAMS && got.len >= 8);
    memcpy(&n, got.ptr, 4);
    assert_int_equal(got.len, make_message(expected, n));
    assert_memory_equal(got.ptr, expected, got.len);
    if (stream != UNORDERED)
        assert_int_equal(n, next_in[stream]);
    next_in[stream]++;
}

/* ---- ours ---- */

static void on_connected(void *owner)
{
    world->connected = true;
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    assert_int_equal(ppid, PPID);
    check_message(world->next_in, stream, bytes);
    world->received++;
    sn_sctp_credit(world->sctp, bytes.len);
}

static void on_writable(void *owner)
{
}

static void on_peer_reset(void *owner, uint16_t stream)
{
    size_t used = strlen(world->resets);

    snprintf(world->resets + used, sizeof(world->resets) - used, "peer%u ", stream);
    world->next_in[stream] = 0;
}

static void on_reset_done(void *owner, uint16_t stream)
{
    size_t used = strlen(world->resets);

    snprintf(world->resets + used, sizeof(world->resets) - used, "done%u ", stream);
}

static void on_closed(void *owner, const char *cause)
{
    world->cause = cause;
}

static const struct sn_sctp_events events = {
    on_connected, on_message, on_writable, on_peer_reset, on_reset_done, on_closed,
};

/* ---- theirs ---- */

static int their_output(void *address, void *bytes, size_t len, uint8_t tos, uint8_t set_df)
{
    struct net_packet packet = {.to = 0, .len = len};

    assert_true(len <= sizeof(packet.bytes));
    memcpy(packet.bytes, bytes, len);
    net_send(&world->net, &packet);
    return 0;
}

static void their_input(struct net *net, const struct net_packet *packet)
{
    usrsctp_conninput(world, packet->bytes, packet->len, 0);
}

static void on_their_notification(const union sctp_notification *news, size_t len)
{
    if (news->sn_header.sn_type == SCTP_ASSOC_CHANGE) {
        uint16_t state = news->sn_assoc_change.sac_state;

        world->connected_there |= state == SCTP_COMM_UP;
        world->gone_there |= state == SCTP_COMM_LOST || state == SCTP_SHUTDOWN_COMP;
    } else if (news->sn_header.sn_type == SCTP_STREAM_RESET_EVENT) {
        const struct sctp_stream_reset_event *reset = &news->sn_strreset_event;
        size_t count = (reset->strreset_length - sizeof(*reset)) / sizeof(uint16_t);

        for (size_t i = 0; i < count; i++) {
            size_t used = strlen(world->resets_there);
            bool incoming = reset->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN;

            snprintf(world->resets_there + used, sizeof(world->resets_there) - used, "%s%u ",
                     incoming ? "peer" : "done", reset->strreset_stream_list[i]);
            if (incoming)
                world->next_in_there[reset->strreset_stream_list[i]] = 0;
        }
    }
}

/* Messages come in pieces when they are large. */
static int on_their_receive(struct socket *socket, union sctp_sockstore address, void *data,
                            size_t len, struct sctp_rcvinfo info, int flags, void *arg)
{
    static char whole[1 << 17];
    static size_t have;

    if (!data) {
        world->gone_there = true;
        return 1;
    }
    if (flags & MSG_NOTIFICATION) {
        on_their_notification(data, len);
    } else {
        assert_true(have + len <= sizeof(whole));
        memcpy(whole + have, data, len);
        have += len;
        if (flags & MSG_EOR) {
            assert_int_equal(ntohl(info.rcv_ppid), PPID);
            check_message(world->next_in_there, info.rcv_sid, (struct sn_str){whole, have});
            world->received_there++;
            have = 0;
        }
    }
    free(data);
    return 1;
}

static void set_option(struct socket *socket, int option, const void *value, size_t len)
{
    assert_int_equal(usrsctp_setsockopt(socket, IPPROTO_SCTP, option, value, (socklen_t)len), 0);
}

static void set_options(struct socket *socket)
{
    struct sctp_initmsg init = {.sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS};
    struct sctp_assoc_value resets = {.assoc_id = SCTP_ALL_ASSOC,
                                      .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
    uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT};
    struct linger linger = {.l_onoff = 1};
    int on = 1;

    set_option(socket, SCTP_INITMSG, &init, sizeof(init));
    set_option(socket, SCTP_ENABLE_STREAM_RESET, &resets, sizeof(resets));
    set_option(socket, SCTP_NODELAY, &on, sizeof(on));
    for (size_t i = 0; i < 2; i++) {
        struct sctp_event event = {.se_assoc_id = SCTP_ALL_ASSOC, .se_type = types[i], .se_on = 1};

        set_option(socket, SCTP_EVENT, &event, sizeof(event));
    }
    usrsctp_setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    usrsctp_set_non_blocking(socket, 1);
}

/* Bound and, as browsers do, both listening and calling; or only one of them. */
static void open_theirs(enum who who)
{
    struct sockaddr_conn address = {
        .sconn_family = AF_CONN, .sconn_port = htons(SN_SCTP_PORT), .sconn_addr = world};

    world->socket =
        usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_their_receive, NULL, 0, NULL);
    assert_non_null(world->socket);
    set_options(world->socket);
    assert_int_equal(usrsctp_bind(world->socket, (struct sockaddr *)&address, sizeof(address)), 0);
    if (who == OURS) {
        assert_int_equal(usrsctp_listen(world->socket, 1), 0);
        return;
    }
    int code = usrsctp_connect(world->socket, (struct sockaddr *)&address, sizeof(address));
    assert_true(code == 0 || errno == EINPROGRESS);
}

/* ---- time ---- */

static void tick(void)
{
    while (world->ticked_ns + SN_MS(10) <= world->net.now_ns) {
        world->ticked_ns += SN_MS(10);
        usrsctp_handle_timers(10);
    }
}

static void run(uint64_t for_ns)
{
    uint64_t until_ns = world->net.now_ns + for_ns;

    while (world->net.now_ns < until_ns) {
        net_run(&world->net, SN_MS(10));
        tick();
    }
}

static void run_until(const bool *what)
{
    for (int i = 0; i < 6000 && !*what; i++)
        run(SN_MS(10));
    assert_true(*what);
}

/* ---- */

static void world_open(enum who who, uint32_t loss)
{
    struct sn_sctp_config config = {.streams = STREAMS};

    world = calloc(1, sizeof(*world));
    config.blocks = &world->pool;
    config.random = &world->net.random;
    sn_random_init(&world->net.random, 3 + loss);
    sn_block_pool_init(&world->pool, &sn_heap, 16);
    world->net.delay_ns = SN_MS(5);
    world->net.loss = loss;
    world->net.foreign = their_input;
    world->sctp = world->net.ends[0] = sn_sctp_create(&config, &events, world);
    usrsctp_init_nothreads(0, their_output, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_register_address(world);
    open_theirs(who);
    if (who != THEIRS)
        sn_sctp_start(world->sctp, world->net.now_ns);
    run_until(&world->connected);
    if (who == OURS) {
        for (int i = 0; i < 1000 && !world->listener; i++) {
            struct socket *accepted = usrsctp_accept(world->socket, NULL, NULL);

            if (accepted) {
                world->listener = world->socket;
                world->socket = accepted;
                set_options(accepted);
            }
            run(SN_MS(10));
        }
        assert_non_null(world->listener);
    } else {
        run_until(&world->connected_there);
    }
    assert_int_equal(sn_sctp_streams(world->sctp), STREAMS);
}

static void world_close(void)
{
    usrsctp_close(world->socket);
    if (world->listener)
        usrsctp_close(world->listener);
    usrsctp_deregister_address(world);
    for (int i = 0; i < 1000 && usrsctp_finish(); i++)
        usrsctp_handle_timers(100);
    net_drop_all(&world->net);
    sn_sctp_destroy(world->sctp);
    assert_int_equal(world->pool.in_use, 0);
    sn_block_pool_fini(&world->pool);
    free(world);
    world = NULL;
}

static void send_ours(uint16_t stream, uint32_t n)
{
    static uint8_t bytes[1 << 16];
    size_t len = make_message(bytes, n);
    int code;

    while ((code = sn_sctp_send(world->sctp, stream, PPID, stream == UNORDERED,
                                (struct sn_str){(const char *)bytes, len})) ==
           SN_ERR_RESOURCE_EXHAUSTED)
        run(SN_MS(10));
    assert_int_equal(code, 0);
}

static void send_theirs(uint16_t stream, uint32_t n)
{
    static uint8_t bytes[1 << 16];
    size_t len = make_message(bytes, n);
    struct sctp_sndinfo info = {.snd_sid = stream,
                                .snd_flags = stream == UNORDERED ? SCTP_UNORDERED : 0,
                                .snd_ppid = htonl(PPID)};

    while (usrsctp_sendv(world->socket, bytes, len, NULL, 0, &info, sizeof(info),
                         SCTP_SENDV_SNDINFO, 0) < 0) {
        assert_true(errno == EWOULDBLOCK);
        run(SN_MS(10));
    }
}

static void exchange(void)
{
    uint32_t in = world->received, there = world->received_there;
    uint32_t numbers[STREAMS] = {0}, numbers_there[STREAMS] = {0};

    for (uint32_t i = 0; i < STREAMS; i++) {
        numbers[i] = world->next_in_there[i];
        numbers_there[i] = world->next_in[i];
    }
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint16_t stream = (uint16_t)(i * 7 % STREAMS);

        send_ours(stream, numbers[stream]++);
        send_theirs(stream, numbers_there[stream]++);
        if (i % 8 == 0)
            run(SN_MS(10));
    }
    for (int i = 0;
         i < 20000 && (world->received < in + MESSAGES || world->received_there < there + MESSAGES);
         i++)
        run(SN_MS(10));
    assert_int_equal(world->received, in + MESSAGES);
    assert_int_equal(world->received_there, there + MESSAGES);
}

static void reset_theirs(uint16_t stream)
{
    size_t size = sizeof(struct sctp_reset_streams) + sizeof(uint16_t);
    struct sctp_reset_streams *reset = calloc(1, size);

    reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    reset->srs_number_streams = 1;
    reset->srs_stream_list[0] = stream;
    set_option(world->socket, SCTP_RESET_STREAMS, reset, size);
    free(reset);
}

static void run_until_told(const char *here, const char *there)
{
    for (int i = 0;
         i < 30000 && (strcmp(world->resets, here) != 0 || strcmp(world->resets_there, there) != 0);
         i++)
        run(SN_MS(10));
    assert_string_equal(world->resets, here);
    assert_string_equal(world->resets_there, there);
}

static void all_of_it(enum who who, uint32_t loss)
{
    world_open(who, loss);
    exchange();
    assert_int_equal(sn_sctp_reset(world->sctp, 3), 0);
    run_until_told("done3 ", "peer3 ");
    reset_theirs(3);
    run_until_told("done3 peer3 ", "peer3 done3 ");
    exchange();
}

static void ends_in_peace(void **state)
{
    world_open(BOTH, 0);
    exchange();
    sn_sctp_shutdown(world->sctp, world->net.now_ns);
    run_until(&world->gone_there);
    run(SN_SECONDS(1));
    assert_string_equal(world->cause, "shut down");
    world_close();
    world_open(BOTH, 0);
    usrsctp_shutdown(world->socket, SHUT_RDWR);
    run(SN_SECONDS(2));
    assert_string_equal(world->cause, "shut down");
    world_close();
}

static void ends_at_once(void **state)
{
    world_open(BOTH, 0);
    sn_sctp_abort(world->sctp);
    run_until(&world->gone_there);
    world_close();
    world_open(BOTH, 0);
    usrsctp_close(world->socket); /* lingers for no time: ABORT */
    run(SN_SECONDS(1));
    assert_string_equal(world->cause, "aborted by the peer");
    world->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    world_close();
}

static void ours_begins(void **state)
{
    all_of_it(OURS, 0);
    world_close();
}

static void theirs_begins(void **state)
{
    all_of_it(THEIRS, 0);
    world_close();
}

static void both_begin(void **state)
{
    all_of_it(BOTH, 0);
    world_close();
}

static void on_a_bad_network(void **state)
{
    for (uint32_t loss = 1; loss <= 100; loss += 2) { /* of 1,000; a seed each */
        all_of_it((enum who)(loss % 3), loss);
        world_close();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_begins),   cmocka_unit_test(theirs_begins),
        cmocka_unit_test(both_begin),    cmocka_unit_test(on_a_bad_network),
        cmocka_unit_test(ends_in_peace), cmocka_unit_test(ends_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
