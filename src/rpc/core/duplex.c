/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests on their way to who carries out an operation, and the server's end of it.
 */
#include "sinew/duplex.h"

#include "rpc/core/server_private.h"

int sn_duplex_request(struct sn_duplex *duplex, const void *request)
{
    int code = duplex->on_request(duplex, request);

    if (code)
        sn_call_cancel(duplex->call, code);
    return code;
}

int sn_duplex_end(struct sn_duplex *duplex)
{
    int code = duplex->on_end ? duplex->on_end(duplex) : 0;

    if (code)
        sn_call_cancel(duplex->call, code);
    return code;
}

void sn_duplex_resume(struct sn_duplex *duplex)
{
    duplex->hold = false;
    if (duplex->resume)
        duplex->resume(duplex);
}

/* ---- between a client's call and an op ---- */

static void on_message(struct sn_rpc *rpc, const void *request)
{
    sn_duplex_request(rpc->duplex, request);
}

static void on_half_close(struct sn_rpc *rpc)
{
    sn_duplex_end(rpc->duplex);
}

static void on_writable(struct sn_rpc *rpc)
{
    if (rpc->duplex->on_writable)
        rpc->duplex->on_writable(rpc->duplex);
}

static int respond(struct sn_duplex *duplex, const void *response)
{
    return sn_rpc_send(duplex->asker, response);
}

static size_t backlog(const struct sn_duplex *duplex)
{
    const struct sn_rpc *rpc = duplex->asker;

    return rpc->stream ? rpc->stream->ops->queued(rpc->stream) : 0;
}

static void resume(struct sn_duplex *duplex)
{
    sn_rpc_resume(duplex->asker);
}

static struct sn_duplex *create(struct sn_rpc *rpc)
{
    struct sn_duplex *duplex = sn_arena_zalloc(&rpc->arena, sizeof(*duplex));

    if (!duplex)
        return NULL;
    duplex->call = &rpc->call;
    duplex->asker = rpc;
    duplex->respond = rpc->response ? NULL : respond;
    duplex->backlog = backlog;
    duplex->resume = resume;
    return duplex;
}

int sn_rpc_duplex(struct sn_rpc *rpc, void *self, const void *request, void *response,
                  sn_duplex_fn op)
{
    if (!rpc->duplex)
        rpc->duplex = create(rpc);
    if (!rpc->duplex)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = op(&rpc->call, self, request, response, rpc->duplex);
    if (code == SN_PENDING && rpc->duplex->on_request) { /* not parked in the lane */
        rpc->on_message = on_message;
        rpc->on_half_close = on_half_close;
        rpc->on_writable = on_writable;
    }
    return code;
}
