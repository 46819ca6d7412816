/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides of TLS against each other over TCP, and against peers that don't keep to it.
 */
#include "net/end_testing.h"
#include "net/tls_testing.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { LARGE = 3 << 20 };

static struct tls_paper authority, leaf;

struct world {
    struct sn_loop *loop;
    struct sn_listener *listener;
    struct sn_tls *client_tls;
    struct end server, client;
    struct sn_dial *dial;
};

static struct sn_tls *serve_as(const struct tls_paper *paper)
{
    struct sn_tls_identity identity = {sn_str_of(paper->certificate_pem),
                                       sn_str_of(paper->key_pem)};
    struct sn_error error = {0};
    struct sn_tls *tls = NULL;

    if (sn_tls_create_server(&identity, &tls, &error))
        fail_msg("%s", error.text);
    return tls;
}

static struct sn_tls *trust(const struct tls_paper *paper)
{
    struct sn_tls_trust trusted = {.anyone = !paper};
    struct sn_error error = {0};
    struct sn_tls *tls = NULL;

    if (paper)
        trusted.authorities = sn_str_of(paper->certificate_pem);
    if (sn_tls_create_client(&trusted, &tls, &error))
        fail_msg("%s", error.text);
    return tls;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    world->loop = sn_loop_create();
    world->server.tls = serve_as(&leaf);
    world->client_tls = trust(&authority);
    *state = world;
    return sn_listen(world->loop, "127.0.0.1:0", adopt, &world->server, &world->listener, NULL);
}

static void close_end(struct world *world, struct end *end)
{
    if (!end->conn || end->closed)
        return;
    sn_conn_close(end->conn, false);
    run_until(world->loop, end->closed);
}

static int teardown(void **state)
{
    struct world *world = *state;

    sn_listener_close(world->listener);
    close_end(world, &world->client);
    close_end(world, &world->server);
    sn_loop_destroy(world->loop);
    sn_tls_unref(world->server.tls);
    sn_tls_unref(world->client_tls);
    free(world);
    return 0;
}

/* `host` names this machine. */
static void dial(struct world *world, const char *host)
{
    char address[64];

    snprintf(address, sizeof(address), "%s%s", host,
             strrchr(sn_listener_address(world->listener), ':'));
    assert_int_equal(sn_dial(world->loop, address, connected, &world->client, &world->dial, NULL),
                     0);
    sn_dial_secure(world->dial, world->client_tls, NULL);
}

static void meet(struct world *world)
{
    dial(world, "localhost");
    run_until(world->loop, world->client.conn || world->client.code);
    assert_string_equal(world->client.error, "");
}

static void write_all(struct end *end, const char *bytes, size_t len)
{
    struct sn_str part = {bytes, len};

    assert_int_equal(sn_conn_write(end->conn, &part, 1), 0);
}

/* ---- bytes ---- */

static void test_echo(void **state)
{
    struct world *world = *state;
    char *bytes = malloc(LARGE);
    struct sn_str parts[200];
    uint32_t sum = 0;

    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < LARGE; i++)
        sum = sum * 31 + (uint8_t)bytes[i];
    meet(world);
    world->server.echo = true;
    write_all(&world->client, bytes, LARGE);
    run_until(world->loop, world->client.got == LARGE);
    assert_int_equal(world->client.sum, sum);
    assert_int_equal(world->server.sum, sum);
    assert_true(world->client.conn->bytes_out > LARGE && world->client.conn->bytes_in > LARGE);

    /* Small parts and large ones in one write. */
    world->client.got = world->client.sum = 0;
    size_t total = 0;
    for (size_t i = 0; i < 200; i++) {
        parts[i] = (struct sn_str){bytes + total, i % 50 == 49 ? 20000 : i};
        total += parts[i].len;
    }
    assert_int_equal(sn_conn_write(world->client.conn, parts, 200), 0);
    run_until(world->loop, world->client.got == total);
    sum = 0;
    for (size_t i = 0; i < total; i++)
        sum = sum * 31 + (uint8_t)bytes[i];
    assert_int_equal(world->client.sum, sum);
    free(bytes);
}

static void test_end_and_linger(void **state)
{
    struct world *world = *state;

    meet(world);
    write_all(&world->client, "last", 4);
    sn_conn_close(world->client.conn, true);
    run_until(world->loop, world->server.ended);
    assert_int_equal(world->server.got, 4);
    assert_false(world->client.closed); /* the server may still answer */
    sn_conn_close(world->server.conn, false);
    run_until(world->loop, world->server.closed && world->client.closed);
    assert_int_equal(world->client.code, 0);
    assert_int_equal(world->server.code, 0);
}

static void test_reading_stops(void **state)
{
    struct world *world = *state;
    char bytes[1000] = {0};

    meet(world);
    world->server.stop_reading = true;
    write_all(&world->client, bytes, sizeof(bytes));
    run_until(world->loop, world->server.got == sizeof(bytes));
    write_all(&world->client, bytes, sizeof(bytes));
    for (int i = 0; i < 20; i++)
        uv_run(sn_loop_backend(world->loop), UV_RUN_NOWAIT);
    assert_int_equal(world->server.reads, 1);
    sn_conn_read(world->server.conn, true);
    run_until(world->loop, world->server.got == 2 * sizeof(bytes));
}

static void test_unread_bytes_are_bounded(void **state)
{
    struct world *world = *state;
    char *bytes = calloc(1, 8 << 20);
    struct sn_str part = {bytes, 8 << 20};
    int code = 0;

    meet(world);
    sn_conn_read(world->server.conn, false);
    for (int i = 0; i < 20 && !code; i++)
        code = sn_conn_write(world->client.conn, &part, 1);
    assert_int_equal(code, SN_ERR_RESOURCE_EXHAUSTED);
    assert_true(sn_conn_queued(world->client.conn) <= SN_CONN_QUEUE_MAX);
    assert_false(world->client.closed);
    sn_conn_read(world->server.conn, true);
    run_until(world->loop, world->client.drains > 0);
    assert_int_equal(sn_conn_queued(world->client.conn), 0);
    free(bytes);
}

/* ---- who is trusted ---- */

static void expect_refusal(struct world *world, const char *host, const char *cause)
{
    dial(world, host);
    run_until(world->loop, world->client.code || world->client.conn);
    assert_int_equal(world->client.code, SN_ERR_UNAVAILABLE);
    if (!strstr(world->client.error, cause))
        fail_msg("\"%s\" is not in \"%s\"", cause, world->client.error);
    run_until(world->loop, world->server.closed);
    assert_int_equal(world->server.code, SN_ERR_UNAVAILABLE);
    world->server = (struct end){.tls = world->server.tls};
    world->client = (struct end){0};
}

static void replace(struct sn_tls **at, struct sn_tls *tls)
{
    sn_tls_unref(*at);
    *at = tls;
}

static void test_trust(void **state)
{
    struct world *world = *state;
    struct tls_paper other, stranger, expired;

    tls_issue(&other, NULL, NULL, 1000);
    tls_issue(&stranger, &authority, "DNS:elsewhere", 1000);
    tls_issue(&expired, &authority, "DNS:localhost", -86400);
    replace(&world->client_tls, trust(&other));
    expect_refusal(world, "localhost", "certificate signature failure");
    replace(&world->client_tls, trust(&authority));
    replace(&world->server.tls, serve_as(&stranger));
    expect_refusal(world, "localhost", "hostname mismatch");
    expect_refusal(world, "127.0.0.1", "IP address mismatch");
    replace(&world->server.tls, serve_as(&expired));
    expect_refusal(world, "localhost", "certificate has expired");
    assert_true(sn_tls_expires(world->server.tls) < time(NULL) - 80000);
    replace(&world->client_tls, trust(NULL)); /* whoever it is */
    meet(world);
    tls_paper_free(&other);
    tls_paper_free(&stranger);
    tls_paper_free(&expired);
}

static void test_address_as_name(void **state)
{
    struct world *world = *state;

    dial(world, "127.0.0.1");
    run_until(world->loop, world->client.conn || world->client.code);
    assert_non_null(world->client.conn);
}

static void test_bad_papers(void **state)
{
    static const char encrypted[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgPlhmlxW+4zgICCAAw\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    const struct {
        const char *certificate, *key, *text;
    } cases[] = {
        {"", leaf.key_pem, "the certificate: no start line"},
        {"nonsense", leaf.key_pem, "the certificate: no start line"},
        {leaf.key_pem, leaf.key_pem, "the certificate: no start line"},
        {leaf.certificate_pem, "", "the key: "},
        {leaf.certificate_pem, "nonsense", "the key: "},
        {leaf.certificate_pem, encrypted, "the key: "},
        {leaf.certificate_pem, authority.key_pem, "the key: "},
    };
    struct sn_error error;
    struct sn_tls *tls;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sn_tls_identity identity = {sn_str_of(cases[i].certificate),
                                           sn_str_of(cases[i].key)};

        assert_int_equal(sn_tls_create_server(&identity, &tls, &error), SN_ERR_INVALID_ARGUMENT);
        if (strncmp(error.text, cases[i].text, strlen(cases[i].text)) != 0)
            fail_msg("%zu: %s", i, error.text);
        assert_null(strstr(error.text, "BEGIN"));
    }
    struct sn_tls_trust nobody = {.authorities = SN_STR("nonsense")};
    assert_int_equal(sn_tls_create_client(&nobody, &tls, &error), SN_ERR_INVALID_ARGUMENT);
}

/* A connection lives on with what it began with. */
static void test_renewal(void **state)
{
    struct world *world = *state;

    meet(world);
    replace(&world->server.tls, serve_as(&leaf));
    world->server.echo = true;
    write_all(&world->client, "ping", 4);
    run_until(world->loop, world->client.got == 4);
}

/* ---- peers that don't keep to it ---- */

static void raw_connected(void *owner, struct sn_conn *conn, const struct sn_error *error)
{
    struct end *end = owner;

    assert_non_null(conn);
    end->conn = conn;
    conn->events = &end_events;
    conn->owner = end;
}

static void meet_raw(struct world *world)
{
    assert_int_equal(sn_dial(world->loop, sn_listener_address(world->listener), raw_connected,
                             &world->client, &world->dial, NULL),
                     0);
    run_until(world->loop, world->client.conn && world->server.conn);
}

static void test_garbage(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 18},
        {"\x16\x03\x01\xff\xff", 5},
        {"\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9},
        {"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", 10},
        {"\x15\x03\x01\x00\x02\x02\x28", 7},
        {"\x17\x03\x03\x00\x01\x00", 6},
        {"\x80\x2e\x01\x03\x01", 5},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        meet_raw(world);
        write_all(&world->client, cases[i].bytes, cases[i].len);
        sn_conn_close(world->client.conn, true);
        run_until(world->loop, world->server.closed && world->client.closed);
        assert_int_equal(world->server.code, SN_ERR_UNAVAILABLE);
        assert_non_null(world->server.cause);
        assert_int_equal(world->server.got, 0);
        assert_false(world->server.ended);
        world->server = (struct end){.tls = world->server.tls};
        world->client = (struct end){0};
    }
}

static void test_silence_is_left_to_the_owner(void **state)
{
    struct world *world = *state;
    struct sn_str part = SN_STR("x");

    meet_raw(world);
    write_all(&world->client, "\x16", 1);
    run_until(world->loop, world->server.conn->bytes_in == 1);
    assert_int_equal(sn_conn_write(world->server.conn, &part, 1), SN_ERR_UNAVAILABLE);
    sn_conn_close(world->server.conn, false);
    run_until(world->loop, world->server.closed);
    assert_int_equal(world->server.code, 0);
}

static void test_server_without_tls(void **state)
{
    struct world *world = *state;
    struct sn_tls *tls = world->server.tls;

    world->server.tls = NULL;
    dial(world, "localhost");
    run_until(world->loop, world->server.conn);
    write_all(&world->server, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    run_until(world->loop, world->client.code);
    assert_non_null(strstr(world->client.error, "wrong version number"));
    assert_null(world->client.conn);
    close_end(world, &world->server);
    world->server = (struct end){0};
    world->client = (struct end){0};
    dial(world, "localhost"); /* one that says nothing */
    run_until(world->loop, world->server.got);
    sn_dial_cancel(world->dial);
    run_until(world->loop, world->server.ended);
    assert_null(world->client.conn);
    assert_int_equal(world->client.code, 0);
    world->server.tls = tls;
}

/* An OpenSSL client whose bytes the test carries. */
struct puppet {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
    struct world *world;
};

static void puppet_read(struct sn_conn *conn, const uint8_t *bytes, size_t len)
{
    struct puppet *puppet = conn->owner;

    BIO_write(puppet->in, bytes, (int)len);
}

static void puppet_end(struct sn_conn *conn)
{
    sn_conn_close(conn, false);
}

static void puppet_drain(struct sn_conn *conn)
{
}

static void puppet_close(struct sn_conn *conn, int code)
{
    ((struct puppet *)conn->owner)->world->client.closed = true;
}

static const struct sn_conn_events puppet_events = {puppet_read, puppet_end, puppet_drain,
                                                    puppet_close};

static void puppet_send(struct puppet *puppet)
{
    char bytes[20000];
    int len = BIO_read(puppet->out, bytes, sizeof(bytes));

    if (len > 0 && !puppet->world->client.closed)
        write_all(&puppet->world->client, bytes, (size_t)len);
}

static void puppet_start(struct puppet *puppet, struct world *world, int version_max)
{
    puppet->world = world;
    puppet->ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(puppet->ctx, version_max);
    SSL_CTX_set_min_proto_version(puppet->ctx, TLS1_VERSION);
    SSL_CTX_set_security_level(puppet->ctx, 0);
    puppet->ssl = SSL_new(puppet->ctx);
    puppet->in = BIO_new(BIO_s_mem());
    puppet->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(puppet->in, -1);
    SSL_set_bio(puppet->ssl, puppet->in, puppet->out);
    meet_raw(world);
    world->client.conn->events = &puppet_events;
    world->client.conn->owner = puppet;
}

/* Whether both came to an agreement. */
static bool puppet_shake(struct puppet *puppet)
{
    int result = SSL_connect(puppet->ssl);

    while (result != 1 && !puppet->world->client.closed) {
        puppet_send(puppet);
        run_until(puppet->world->loop,
                  BIO_ctrl_pending(puppet->in) || puppet->world->client.closed);
        result = SSL_connect(puppet->ssl);
        if (result != 1 && SSL_get_error(puppet->ssl, result) != SSL_ERROR_WANT_READ)
            break;
    }
    puppet_send(puppet);
    return result == 1;
}

static void puppet_stop(struct puppet *puppet)
{
    struct world *world = puppet->world;

    ERR_clear_error();
    close_end(world, &world->client);
    close_end(world, &world->server);
    SSL_free(puppet->ssl);
    SSL_CTX_free(puppet->ctx);
}

static void test_versions(void **state)
{
    struct world *world = *state;
    static const struct {
        int version;
        bool good;
    } cases[] = {{TLS1_VERSION, false},
                 {TLS1_1_VERSION, false},
                 {TLS1_2_VERSION, true},
                 {TLS1_3_VERSION, true}};

    for (size_t i = 0; i < 4; i++) {
        struct puppet puppet = {0};

        puppet_start(&puppet, world, cases[i].version);
        assert_int_equal(puppet_shake(&puppet), cases[i].good);
        if (!cases[i].good) {
            run_until(world->loop, world->server.closed);
            assert_string_equal(world->server.cause, "unsupported protocol");
        }
        puppet_stop(&puppet);
        world->server = (struct end){.tls = world->server.tls};
        world->client = (struct end){0};
    }
}

static void test_flood_of_key_changes(void **state)
{
    struct world *world = *state;
    struct puppet puppet = {0};

    puppet_start(&puppet, world, TLS1_3_VERSION);
    assert_true(puppet_shake(&puppet));
    SSL_write(puppet.ssl, "x", 1);
    puppet_send(&puppet);
    run_until(world->loop, world->server.got == 1);
    for (int i = 0; i <= SN_TLS_KEY_CHANGES && !world->server.closed; i++) {
        assert_int_equal(SSL_key_update(puppet.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        SSL_do_handshake(puppet.ssl);
        puppet_send(&puppet);
    }
    run_until(world->loop, world->server.closed);
    assert_string_equal(world->server.cause, "too many changes of keys");
    puppet_stop(&puppet);
}

static void test_forged_record(void **state)
{
    struct world *world = *state;
    struct puppet puppet = {0};
    char bytes[200];

    puppet_start(&puppet, world, TLS1_3_VERSION);
    assert_true(puppet_shake(&puppet));
    SSL_write(puppet.ssl, "good", 4);
    puppet_send(&puppet);
    run_until(world->loop, world->server.got == 4);
    SSL_write(puppet.ssl, "evil", 4);
    int len = BIO_read(puppet.out, bytes, sizeof(bytes));
    bytes[len - 1] ^= 1;
    write_all(&world->client, bytes, (size_t)len);
    run_until(world->loop, world->server.closed);
    assert_int_equal(world->server.got, 4);
    assert_string_equal(world->server.cause, "decryption failed or bad record mac");
    puppet_stop(&puppet);
}

/* Without close_notify. */
static void test_cut_connection(void **state)
{
    struct world *world = *state;
    struct puppet puppet = {0};

    puppet_start(&puppet, world, TLS1_2_VERSION);
    assert_true(puppet_shake(&puppet));
    sn_conn_close(world->client.conn, false);
    run_until(world->loop, world->server.ended);
    puppet_stop(&puppet);
}

static int make_papers(void **state)
{
    tls_issue(&authority, NULL, NULL, 86400);
    tls_issue(&leaf, &authority, "DNS:localhost,IP:127.0.0.1", 86400);
    return 0;
}

static int free_papers(void **state)
{
    tls_paper_free(&authority);
    tls_paper_free(&leaf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_echo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_and_linger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unread_bytes_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trust, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address_as_name, setup, teardown),
        cmocka_unit_test(test_bad_papers),
        cmocka_unit_test_setup_teardown(test_renewal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silence_is_left_to_the_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_without_tls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood_of_key_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forged_record, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_connection, setup, teardown),
    };

    return cmocka_run_group_tests(tests, make_papers, free_papers);
}
