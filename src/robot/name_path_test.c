/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests are routed by their raw bytes: each method's path must lead to the field that names the
 * resource, or a module's resource could not be reached by it.
 */
#include "api/api.h"
#include "base/heap.h"
#include "rpc/reflection/files.h"
#include "wire/pb/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SCHEMA_MAX = 64 << 20 };

/* What the schema calls the name, where it isn't "name"; of the message, or of one in it. */
static const struct {
    const char *method, *outer, *field;
} others[] = {
    {"BoardService.ReadAnalogReader", NULL, "board_name"},
    {"BoardService.GetDigitalInterruptValue", NULL, "board_name"},
    {"InputControllerService.GetControls", NULL, "controller"},
    {"InputControllerService.GetEvents", NULL, "controller"},
    {"InputControllerService.StreamEvents", NULL, "controller"},
    {"InputControllerService.TriggerEvent", NULL, "controller"},
    {"AudioOutService.PlayStream", "init", "name"},
    {"ShellService.CopyFilesToMachine", "metadata", "name"},
    {"ShellService.CopyFilesFromMachine", "metadata", "name"},
};

static uint32_t number_of(const struct sn_pb_schema_msg *msg, const char *field)
{
    int i = sn_pb_schema_field(msg, sn_str_of(field));

    if (i < 0)
        fail_msg("%.*s has no field %s", SN_STR_ARGS(msg->name), field);
    return msg->table->fields[i].number;
}

static void expected_path(const char *service, const struct sn_pb_schema_method *method,
                          uint32_t ret_path[2])
{
    const struct sn_pb_schema_msg *msg = method->request;
    const char *outer = NULL, *field = "name";
    char name[128];

    snprintf(name, sizeof(name), "%s.%.*s", strrchr(service, '.') + 1, SN_STR_ARGS(method->name));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i].method, name) == 0) {
            outer = others[i].outer;
            field = others[i].field;
        }
    if (!outer) {
        ret_path[0] = number_of(msg, field);
        ret_path[1] = 0;
        return;
    }
    ret_path[0] = number_of(msg, outer);
    ret_path[1] = number_of(msg->fields[sn_pb_schema_field(msg, sn_str_of(outer))].msg, field);
}

static const struct sn_pb_schema_method *method_in(const struct sn_pb_schema_service *service,
                                                   const char *name)
{
    for (uint32_t i = 0; i < service->count; i++)
        if (sn_str_is(service->methods[i].name, name))
            return &service->methods[i];
    fail_msg("no method %s", name);
    return NULL;
}

static void check_api(const struct sn_pb_schema *schema, const struct sn_api *api)
{
    const struct sn_pb_schema_service *service =
        sn_pb_schema_service(schema, sn_str_of(api->service.pb->name));

    assert_non_null(service);
    for (const struct sn_handler *row = api->service.handlers; row->method; row++) {
        uint32_t path[2], first = row->name_path[0] ? row->name_path[0] : 1;

        expected_path(api->service.pb->name, method_in(service, row->method), path);
        if (first != path[0] || row->name_path[1] != path[1])
            fail_msg("%s/%s is routed by field %u, %u, not %u, %u", api->service.pb->name,
                     row->method, first, row->name_path[1], path[0], path[1]);
    }
}

/* All of our files as one FileDescriptorSet. */
static struct sn_str descriptor_set(struct sn_arena *arena)
{
    size_t size = 0;

    for (size_t i = 0; i < sn_proto_file_count; i++)
        size += sn_proto_files[i].len + 6;
    char *set = sn_arena_alloc(arena, size), *end = set;
    for (size_t i = 0; i < sn_proto_file_count; i++) {
        size_t len = sn_proto_files[i].len;

        *end++ = 1 << 3 | 2;
        for (; len >= 0x80; len >>= 7)
            *end++ = (char)(0x80 | (len & 0x7f));
        *end++ = (char)len;
        memcpy(end, sn_proto_files[i].bytes, sn_proto_files[i].len);
        end += sn_proto_files[i].len;
    }
    return (struct sn_str){set, (size_t)(end - set)};
}

static void paths_lead_to_names(void **state)
{
    struct sn_block_pool blocks;
    struct sn_pb_schema schema;
    struct sn_arena arena;
    struct sn_error error;

    sn_block_pool_init(&blocks, &sn_heap, 0);
    sn_arena_init(&arena, &blocks, SCHEMA_MAX);
    assert_int_equal(sn_pb_schema_build(&schema, descriptor_set(&arena), &arena, &error), 0);
    for (size_t i = 0; i < sn_api_count; i++)
        check_api(&schema, sn_apis[i]);
    sn_arena_fini(&arena);
    sn_block_pool_fini(&blocks);
}

/* The texts for empty responses are kept by path. */
static void texts_belong_to_methods(void **state)
{
    const char *path;

    for (size_t i = 0; (path = sn_api_hollow_path(i)); i++) {
        bool found = false;

        for (size_t k = 0; k < sn_api_count; k++) {
            const struct sn_pb_service *pb = sn_apis[k]->service.pb;
            size_t len = strlen(pb->name);

            for (uint16_t m = 0; m < pb->count; m++)
                found |= strncmp(path + 1, pb->name, len) == 0 && path[1 + len] == '/' &&
                         strcmp(path + len + 2, pb->methods[m].name) == 0;
        }
        if (!found)
            fail_msg("%s is no method", path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(paths_lead_to_names),
                                       cmocka_unit_test(texts_belong_to_methods)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
