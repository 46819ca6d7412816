/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the path, query and body of a request for a call as JSON; they are parted by
 * newlines. What comes out must be a message of the method's type.
 */
#include "fuzz.h"
#include "rpc/rest/private.h"

static struct fuzz_memory tables;
static struct rest_routes routes;

static struct sn_str take_line(struct sn_str *rest)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    struct sn_str line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};

    rest->ptr += line.len + (end != NULL);
    rest->len -= line.len + (end != NULL);
    return line;
}

static void try_message(const struct rest_match *match, struct sn_str query, struct sn_str body)
{
    const struct sn_pb_msg *table = match->route->method->request->table;
    struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, 1 << 20);
    struct sn_str bytes;
    struct sn_error error;
    void *message = sn_arena_zalloc(arena, table->size);

    if (!rest_message(match, query, body, arena, &bytes, &error) && message)
        FUZZ_REQUIRE(sn_pb_decode(table, message, bytes.ptr, bytes.len, arena) !=
                     SN_ERR_INVALID_ARGUMENT);
    fuzz_memory_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_str rest = {(const char *)data, size};
    struct rest_match match;

    if (size < 3 || size > 4096)
        return 0;
    if (!routes.count) {
        fuzz_memory_init(&tables, 0);
        FUZZ_REQUIRE(rest_routes_build(&routes, &tables.pool) == 0);
    }
    struct sn_str verb = take_line(&rest), path = take_line(&rest), query = take_line(&rest);
    rest_match(&routes, verb, path, &match);
    if (match.route)
        try_message(&match, query, rest);
    /* Most paths lead nowhere: the query of some method or other. */
    match = (struct rest_match){.route = &routes.v[data[0] % routes.count]};
    try_message(&match, query, rest);
    return 0;
}
