/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a machine's config, first with $VAR substitution; what can be parsed has entries
 * whose attributes a table of every type decodes, whatever model they are for.
 */
#include "resource/config.h"
#include "fuzz.h"
#include "resource/attr.h"

#include <string.h>

/* An input of 64 KiB makes no more of its own; what is over was multiplied. */
enum { ARENA_MAX = 32 << 20 };

struct inner {
    struct sn_str name;
    double factor;
};

struct outer {
    bool flag;
    int64_t count;
    double number;
    struct sn_str board, raw;
    struct sn_attr_list names;  /* of struct sn_str */
    struct sn_attr_list inners; /* of struct inner */
    struct inner inner;
};

static const struct sn_attr inner_table[] = {
    {.key = "name",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct inner, name),
     .required = true,
     .dependency = true},
    {.key = "factor",
     .type = SN_ATTR_NUMBER,
     .offset = offsetof(struct inner, factor),
     .preset = "1.5"},
    {0},
};

static const struct sn_attr outer_table[] = {
    {.key = "flag", .type = SN_ATTR_BOOL, .offset = offsetof(struct outer, flag), .preset = "true"},
    {.key = "count", .type = SN_ATTR_INT, .offset = offsetof(struct outer, count)},
    {.key = "number", .type = SN_ATTR_NUMBER, .offset = offsetof(struct outer, number)},
    {.key = "board",
     .type = SN_ATTR_STRING,
     .offset = offsetof(struct outer, board),
     .required = true,
     .dependency = true},
    {.key = "raw", .type = SN_ATTR_JSON, .offset = offsetof(struct outer, raw)},
    {.key = "names",
     .type = SN_ATTR_STRINGS,
     .offset = offsetof(struct outer, names),
     .dependency = true},
    {.key = "inners",
     .type = SN_ATTR_OBJECTS,
     .offset = offsetof(struct outer, inners),
     .sub = inner_table,
     .sub_size = sizeof(struct inner)},
    {.key = "inner",
     .type = SN_ATTR_OBJECT,
     .offset = offsetof(struct outer, inner),
     .sub = inner_table,
     .sub_size = sizeof(struct inner)},
    {0},
};

static const char *lookup(const char *name)
{
    static const char *const values[] = {NULL, "", "\"", "${A}", "value"};

    return values[strlen(name) % 5];
}

static void attributes_use(const struct sn_config_resource *entry)
{
    struct fuzz_memory m;
    struct sn_error error;
    struct sn_attr_names names;
    void *attrs;

    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    int err = sn_attrs_decode(outer_table, sizeof(struct outer), entry->attributes, arena, &attrs,
                              &error);
    FUZZ_REQUIRE(err == 0 || strlen(error.text) > 0);
    err = sn_attrs_check(outer_table, entry->attributes, entry->path, &error);
    FUZZ_REQUIRE(err == 0 || err == SN_ERR_INVALID_ARGUMENT);
    if (sn_attrs_dependencies(outer_table, entry->attributes, false, arena, &names) == 0) {
        for (size_t i = 0; i < names.count; i++)
            FUZZ_REQUIRE(*names.v[i]);
    }
    fuzz_memory_fini(&m);
}

/* What every entry of a parsed config promises. */
static void resources_use(const struct sn_config_resource *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        FUZZ_REQUIRE(entries[i].path && entries[i].name && entries[i].api && entries[i].model);
        FUZZ_REQUIRE(*entries[i].name || entries[i].invalid);
        for (size_t j = 0; j < entries[i].depends_on.count; j++)
            FUZZ_REQUIRE(entries[i].depends_on.v[j]);
        for (size_t j = 0; j < entries[i].services.count; j++)
            FUZZ_REQUIRE(entries[i].services.v[j].api);
        attributes_use(&entries[i]);
    }
}

static void config_use(const char *text, size_t len)
{
    struct sn_config *config = NULL;
    struct sn_error error = {0};

    if (sn_config_parse(text, len, &config, &error)) {
        FUZZ_REQUIRE(!config && error.code && error.text[0]);
        return;
    }
    resources_use(config->components.v, config->components.count);
    resources_use(config->services.v, config->services.count);
    /* A door that was to be locked is locked. */
    FUZZ_REQUIRE(!config->auth.handlers.count || config->auth.api_keys.count);
    FUZZ_REQUIRE(!config->auth.handlers.count || config->auth.required);
    FUZZ_REQUIRE(*config->network.bind_address);
    sn_config_destroy(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = 0;
    char *text = sn_config_substitute((const char *)data, size, lookup, &len);

    config_use((const char *)data, size);
    FUZZ_REQUIRE(text != NULL);
    config_use(text, len);
    free(text);
    return 0;
}
