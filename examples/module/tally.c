/* SPDX-License-Identifier: Apache-2.0
 *
 * A module with an API of its own (tally.proto): a counter.
 */
#include "pb/tally.h"
#include "pb/tally_descriptors.h"
#include "sinew/custom.h"
#include "sinew/module.h"

#define API_TALLY "example:component:tally"

struct attrs {
    int64_t start;
};

struct tally {
    struct sn_resource base; /* first: a custom API has no struct of its own */
    int64_t total;
};

/* ---- the API's methods ---- */

static int64_t count(struct sn_resource *resource, const void *request)
{
    struct tally *tally = (struct tally *)resource;

    return tally->total += ((const struct pb_example_component_tally_add_request *)request)->amount;
}

static int add(struct sn_call *call, struct sn_resource *resource, const void *request,
               void *response)
{
    struct pb_example_component_tally_add_response *resp = response;

    resp->total = count(resource, request);
    return 0;
}

static int count_up(struct sn_call *call, struct sn_resource *resource, const void *request,
                    struct sn_custom_sink *sink)
{
    const struct pb_example_component_tally_count_up_request *req = request;
    int code = 0;

    for (uint32_t i = 1; i <= req->count && !code; i++) {
        struct pb_example_component_tally_count_up_response response = {
            .value = ((struct tally *)resource)->total + i};

        code = sink->send(sink, &response);
    }
    return code;
}

/* One that takes a stream of requests stays, until no more come. */
struct stream {
    struct sn_resource *resource;
    struct pb_example_component_tally_add_response *response; /* NULL: each request is answered */
};

static int on_request(struct sn_duplex *duplex, const void *request)
{
    const struct stream *stream = duplex->worker;
    struct pb_example_component_tally_add_response response = {
        .total = count(stream->resource, request)};

    if (!stream->response)
        return duplex->respond(duplex, &response);
    *stream->response = response;
    return 0;
}

static int on_end(struct sn_duplex *duplex)
{
    sn_call_done(duplex->call, 0);
    return 0;
}

static void on_cancel(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int add_stream(struct sn_call *call, struct sn_resource *resource, const void *request,
                      void *response, struct sn_duplex *duplex)
{
    struct stream *stream = sn_arena_alloc(call->arena, sizeof(*stream));

    if (!stream)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *stream = (struct stream){resource, response};
    duplex->worker = stream;
    duplex->on_request = on_request;
    duplex->on_end = on_end;
    call->on_cancel = on_cancel;
    int code = on_request(duplex, request);
    return code ? code : SN_PENDING;
}

static const struct sn_custom_method methods[] = {
    {"Add", .unary = add},
    {"AddAll", .duplex = add_stream},
    {"CountUp", .stream = count_up},
    {"Follow", .duplex = add_stream},
    {0},
};

static const struct sn_custom_api api = {
    .api = API_TALLY,
    .service = "example.component.tally.v1.TallyService",
    .descriptors = &pb_tally_descriptors,
    .pb = &pb_example_component_tally_tally_service,
    .methods = methods,
};

/* ---- the model ---- */

static int start(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    ((struct tally *)resource)->total = ((const struct attrs *)attrs)->start;
    return 0;
}

static const struct sn_attr attrs[] = {
    {"start", SN_ATTR_INT, offsetof(struct attrs, start), .help = "what it counts from"},
    {0},
};

static const struct sn_driver tally = {
    .api = API_TALLY,
    .model = "sinew:example:tally",
    .help = "a counter",
    .size = sizeof(struct tally),
    .attrs_size = sizeof(struct attrs),
    .attrs = attrs,
    .ops = methods, /* all models of the API have the same */
    .open = start,
};

static const struct sn_driver *const drivers[] = {&tally, NULL};
static const struct sn_custom_api *const apis[] = {&api, NULL};
static const struct sn_module module = {.drivers = drivers, .apis = apis};

int main(int argc, char **argv)
{
    return sn_module_main(argc, argv, &module);
}
