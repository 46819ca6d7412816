/* SPDX-License-Identifier: Apache-2.0
 *
 * Channels over TLS: calls to a server they trust, and none to another.
 */
#include "net/tls_testing.h"
#include "rpc/transport/answer_testing.h"
#include "rpc/transport/http2/testing.h"

enum { CALLS = 20, SIZE = 100000 };

static struct tls_paper authority, stranger, leaf;

struct fixture {
    struct world *world;
    struct sn_tls *server_tls, *client_tls;
    struct sn_channel *channel;
    bool closed;
};

static void accept_secured(void *owner, struct sn_conn *conn)
{
    struct fixture *f = owner;
    struct sn_conn *secured = sn_tls_accept(f->server_tls, conn);

    assert_non_null(secured);
    sn_http2_server_accept(f->world->http2, secured);
}

static struct sn_tls *trust(const struct tls_paper *paper)
{
    struct sn_tls_trust trusted = {.authorities = sn_str_of(paper->certificate_pem)};
    struct sn_tls *tls = NULL;

    assert_int_equal(sn_tls_create_client(&trusted, &tls, NULL), 0);
    return tls;
}

static void open_channel(struct fixture *f, const struct tls_paper *trusted)
{
    char address[64];

    snprintf(address, sizeof(address), "localhost%s",
             strrchr(sn_listener_address(f->world->listener), ':'));
    f->client_tls = trusted ? trust(trusted) : NULL;
    assert_int_equal(sn_http2_channel_create(f->world->loop, address, &f->channel, NULL), 0);
    if (f->client_tls)
        sn_http2_channel_secure(f->channel, f->client_tls, NULL);
}

static int setup(void **state)
{
    struct sn_tls_identity identity = {sn_str_of(leaf.certificate_pem), sn_str_of(leaf.key_pem)};
    struct fixture *f = calloc(1, sizeof(*f));

    f->world = world_create();
    assert_int_equal(sn_tls_create_server(&identity, &f->server_tls, NULL), 0);
    *state = f;
    return sn_listen(f->world->loop, "127.0.0.1:0", accept_secured, f, &f->world->listener, NULL);
}

static void channel_closed(void *owner)
{
    ((struct fixture *)owner)->closed = true;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->channel->ops->close(f->channel, channel_closed, f);
    run_until(f->world->loop, f->closed);
    world_destroy(f->world);
    sn_tls_unref(f->server_tls);
    sn_tls_unref(f->client_tls);
    free(f);
    return 0;
}

static void call(struct fixture *f, struct answer *answer)
{
    static const uint8_t bytes[SIZE];
    struct sn_metadata none = {0};

    answer_open(answer, f->channel, sn_loop_blocks(f->world->loop), "/t/Echo", &none,
                SN_SECONDS(10));
    send_bytes(answer, bytes, SIZE, true);
}

static void test_calls(void **state)
{
    struct answer answers[CALLS] = {0};
    struct fixture *f = *state;

    open_channel(f, &authority);
    for (size_t i = 0; i < CALLS; i++)
        call(f, &answers[i]);
    for (size_t i = 0; i < CALLS; i++) {
        run_until(f->world->loop, answers[i].done);
        assert_int_equal(answers[i].code, 0);
        assert_int_equal(answers[i].bytes, SIZE);
    }
    assert_int_equal(sn_http2_server_connections(f->world->http2), 1);
}

static void test_stranger(void **state)
{
    struct answer answer = {0};
    struct fixture *f = *state;

    open_channel(f, &stranger);
    call(f, &answer);
    run_until(f->world->loop, answer.done);
    assert_int_equal(answer.code, SN_ERR_UNAVAILABLE);
    if (strncmp(answer.text, "connect to localhost:", 21) != 0 ||
        !strstr(answer.text, ": certificate signature failure"))
        fail_msg("%s", answer.text);
    run_until(f->world->loop, sn_http2_server_connections(f->world->http2) == 0);
}

/* Plaintext to who wants TLS. */
static void test_plaintext(void **state)
{
    struct answer answer = {0};
    struct fixture *f = *state;

    open_channel(f, NULL);
    call(f, &answer);
    run_until(f->world->loop, answer.done);
    assert_int_equal(answer.code, SN_ERR_UNAVAILABLE);
}

static int make_papers(void **state)
{
    tls_issue(&authority, NULL, NULL, 86400);
    tls_issue(&stranger, NULL, NULL, 86400);
    tls_issue(&leaf, &authority, "DNS:localhost", 86400);
    return 0;
}

static int free_papers(void **state)
{
    tls_paper_free(&authority);
    tls_paper_free(&stranger);
    tls_paper_free(&leaf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stranger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plaintext, setup, teardown),
    };

    return cmocka_run_group_tests(tests, make_papers, free_papers);
}
