/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a relayed call costs: a server that does nothing but pass calls on, and one behind
 * it that answers them from a UNIX socket, with as many bytes as it was told.
 *
 *   bench-relay module unix:PATH SIZE
 *   bench-relay parent IP:PORT unix:PATH
 */
#include "net/conn.h"
#include "pb/component/testecho/v1/testecho.h"
#include "rpc/core/server.h"
#include "rpc/transport/http2/http2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sn_pb_method methods[] = {
    {"Get", &pb_testecho_echo_request_msg, &pb_testecho_echo_response_msg, 0}};
static const struct sn_pb_service pb = {"bench.Relay", methods, 1};

static struct sn_resource resource = {.refs = 1, .elsewhere = true};
static struct sn_str text; /* what the module answers */

static int get(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    ((struct pb_testecho_echo_response *)response)->message = text;
    return 0;
}

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    *ret_resource = sn_resource_ref(&resource);
    return 0;
}

static void on_accept(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(owner, conn);
}

static int serve(struct sn_loop *loop, const struct sn_service *service, const char *address)
{
    static struct sn_env env;
    struct sn_router router = {.find = find};
    struct sn_server_config config = {
        .env = &env, .router = &router, .unary_timeout_ns = SN_SECONDS(600)};
    struct sn_listener *listener;
    struct sn_error error = {0};

    env = (struct sn_env){.timers = sn_loop_timers(loop), .blocks = sn_loop_blocks(loop)};
    struct sn_server *server = sn_server_create(&config);
    struct sn_http2_server *http2 =
        server ? sn_http2_server_create(loop, server, NULL, NULL) : NULL;
    if (!http2 || sn_server_add(server, service, NULL) ||
        sn_listen(loop, address, on_accept, http2, &listener, &error)) {
        fprintf(stderr, "bench-relay: %s\n", error.text);
        return 1;
    }
    sn_loop_run(loop);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct sn_handler handlers[] = {{"Get", get, 0, {0}, NULL}, {0}};
    static const struct sn_service module = {NULL, &pb, handlers},
                                   parent = {"bench:component:relay", &pb, handlers};
    struct sn_loop *loop = sn_loop_create();

    if (argc == 4 && loop && strcmp(argv[1], "module") == 0) {
        size_t size = strtoul(argv[3], NULL, 10);
        char *bytes = malloc(size + 1);

        if (!bytes)
            return 1;
        text = (struct sn_str){memset(bytes, 'x', size), size};
        return serve(loop, &module, argv[2]);
    }
    if (argc == 4 && loop && strcmp(argv[1], "parent") == 0 &&
        sn_http2_channel_create(loop, argv[3], &resource.relay, NULL) == 0)
        return serve(loop, &parent, argv[2]);
    fprintf(stderr, "usage: %s module unix:PATH SIZE | parent IP:PORT unix:PATH\n", argv[0]);
    return 2;
}
