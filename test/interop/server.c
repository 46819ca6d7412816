/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc-interop-server [--port N]: the interop tests' server, h2c. Port 0 takes a free one; the
 * address is printed.
 */
#include "loop/loop.h"
#include "rpc/transport/http2/http2.h"
#include "service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct program {
    struct sn_loop *loop;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
};

static void accept_conn(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct program *)owner)->http2, conn);
}

static void drained(void *owner)
{
    sn_loop_stop(((struct program *)owner)->loop);
}

static void on_signal(struct sn_loop *loop, int signal)
{
    struct program *program = sn_loop_user(loop);

    if (!program->listener)
        return;
    sn_listener_close(program->listener);
    program->listener = NULL;
    sn_http2_server_drain(program->http2, SN_SECONDS(1), drained, program);
}

/* NULL: usage. */
static const char *port_of(int argc, char **argv)
{
    const char *text = "0";

    if (argc == 2 && strncmp(argv[1], "--port=", 7) == 0)
        text = argv[1] + 7;
    else if (argc == 3 && strcmp(argv[1], "--port") == 0)
        text = argv[2];
    else if (argc != 1)
        return NULL;
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    return *text && !*end && port <= 65535 ? text : NULL;
}

static int serve(struct program *program, const char *port)
{
    struct sn_error error;
    char address[32];

    snprintf(address, sizeof(address), "localhost:%s", port);
    if (sn_listen(program->loop, address, accept_conn, program, &program->listener, &error)) {
        fprintf(stderr, "grpc-interop-server: %s\n", error.text);
        return 1;
    }
    sn_loop_set_user(program->loop, program);
    if (sn_loop_on_signal(program->loop, SIGINT, on_signal) ||
        sn_loop_on_signal(program->loop, SIGTERM, on_signal))
        return 1;
    printf("%s\n", sn_listener_address(program->listener));
    fflush(stdout);
    sn_loop_run(program->loop);
    return 0;
}

int main(int argc, char **argv)
{
    const char *port = port_of(argc, argv);
    struct program program = {.loop = sn_loop_create()};

    if (!port) {
        fprintf(stderr, "usage: %s [--port N]\n", argv[0]);
        return 2;
    }
    struct sn_server_config config = {.env = sn_loop_env(program.loop),
                                      .unary_timeout_ns = SN_SECONDS(60)};
    struct sn_server *server = sn_server_create(&config);
    if (!server || sn_server_add(server, &sn_interop_service, NULL) ||
        sn_server_add(server, &sn_interop_orca_service, NULL))
        return 1;
    program.http2 = sn_http2_server_create(program.loop, server, NULL, NULL);
    int code = serve(&program, port);
    sn_http2_server_destroy(program.http2);
    sn_server_destroy(server);
    sn_loop_destroy(program.loop);
    return code;
}
