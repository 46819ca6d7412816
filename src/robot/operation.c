/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids of running calls. Loop thread.
 */
#include "robot/operation.h"

#include <ctype.h>

static bool is_uuid(struct sn_str s)
{
    if (s.len != SN_UUID_LEN)
        return false;
    for (size_t i = 0; i < SN_UUID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? s.ptr[i] != '-' : !isxdigit((unsigned char)s.ptr[i]))
            return false;
    }
    return true;
}

static void draw_id(struct sn_random *random, char id[SN_UUID_LEN + 1])
{
    uint64_t numbers[2] = {sn_random_next(random), sn_random_next(random)};
    uint8_t bytes[16];

    memcpy(bytes, numbers, sizeof(bytes));
    sn_uuid_format(bytes, id);
}

int sn_operation_begin(void *owner, struct sn_rpc *rpc)
{
    struct sn_env *env = rpc->call.env;
    struct sn_operation *operation = sn_arena_alloc(&rpc->arena, sizeof(*operation));
    struct sn_str given = sn_metadata_get(&rpc->metadata, SN_STR("opid"));

    if (!operation)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (is_uuid(given))
        memcpy(operation->id, given.ptr, SN_UUID_LEN + 1);
    else
        draw_id(env->random, operation->id);
    operation->started_unix_ns = env->unix_ns();
    sn_list_init(&operation->waiters);
    rpc->operation = operation;
    return sn_metadata_add(&rpc->headers, &rpc->arena, SN_STR("opid"),
                           (struct sn_str){operation->id, SN_UUID_LEN});
}

void sn_operation_end(void *owner, struct sn_rpc *rpc, int code)
{
    struct sn_list *waiters = &rpc->operation->waiters;

    while (!sn_list_empty(waiters)) {
        struct sn_operation_wait *wait =
            sn_container_of(waiters->next, struct sn_operation_wait, link);

        sn_list_remove(&wait->link);
        wait->ended(wait);
    }
}

struct sn_rpc *sn_operation_find(struct sn_server *server, struct sn_str id)
{
    struct sn_list *node, *rpcs = sn_server_rpcs(server);

    sn_list_for_each (node, rpcs) {
        struct sn_rpc *rpc = sn_container_of(node, struct sn_rpc, link);

        if (rpc->operation && sn_str_is(id, rpc->operation->id))
            return rpc;
    }
    return NULL;
}
