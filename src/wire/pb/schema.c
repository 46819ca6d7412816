/* SPDX-License-Identifier: Apache-2.0
 *
 * Schemas: collecting what descriptors declare, services, and looking things up. Collecting comes
 * first and resolving names last, so the order of files and types does not matter.
 * Source: comments of google/protobuf/descriptor.proto.
 */
#include "wire/pb/schema.h"

#include "wire/pb/schema_build.h"
#include "wire/pb/sort.h"

/* Method options that are extensions. */
enum {
    OPTION_SAFETY_HEARTBEAT = 84260, /* viam.common.v1.safety_heartbeat_monitored, bool */
    OPTION_HTTP = 72295728,          /* google.api.http, message HttpRule */
};

int sn_pb_build_exhausted(struct sn_pb_builder *b)
{
    return sn_error_set(b->error, SN_ERR_RESOURCE_EXHAUSTED,
                        "the schema needs more memory than it may take");
}

void *sn_pb_build_array(struct sn_pb_builder *b, size_t n, size_t size)
{
    void *array = n < SN_PB_SIZE_MAX / size ? sn_arena_zalloc(b->arena, n * size + 1) : NULL;

    if (!array)
        sn_pb_build_exhausted(b);
    return array;
}

static int malformed(struct sn_pb_builder *b)
{
    return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT, "the descriptor set is malformed");
}

/* "scope.name" in the arena; ptr is NULL when that is exhausted. */
static struct sn_str join(struct sn_pb_builder *b, struct sn_str scope, struct sn_str name)
{
    if (scope.len == 0)
        return name.ptr ? name : SN_STR("");
    char *text = sn_arena_alloc(b->arena, scope.len + 1 + name.len);
    if (!text)
        return SN_STR_NULL;
    memcpy(text, scope.ptr, scope.len);
    text[scope.len] = '.';
    if (name.len)
        memcpy(text + scope.len + 1, name.ptr, name.len);
    return (struct sn_str){text, scope.len + 1 + name.len};
}

/* Enters a symbol and returns its full name; ptr is NULL after an error. */
static struct sn_str declare(struct sn_pb_builder *b, struct sn_str scope, struct sn_str name,
                             uint8_t kind, uint32_t index, uint32_t file)
{
    struct sn_str full = join(b, scope, name);
    struct sn_pb_schema_symbol *symbol = full.ptr ? sn_pb_add(&b->symbols, &b->scratch) : NULL;

    if (!symbol)
        return SN_STR_NULL;
    *symbol = (struct sn_pb_schema_symbol){full, index, file, kind};
    return full;
}

static int enum_collect(struct sn_pb_builder *b, struct sn_str scope, uint32_t file,
                        const struct pb_google_enum_descriptor_proto *proto)
{
    struct sn_str name = declare(b, scope, proto->name, SN_PB_SYMBOL_ENUM, b->enums.n, file);
    struct sn_pb_schema_enum *e = name.ptr ? sn_pb_add(&b->enums, &b->scratch) : NULL;
    struct sn_pb_schema_enum_value *values =
        e ? sn_pb_build_array(b, proto->value.n, sizeof *values) : NULL;

    if (!values)
        return sn_pb_build_exhausted(b);
    for (uint32_t i = 0; i < proto->value.n; i++)
        values[i] =
            (struct sn_pb_schema_enum_value){proto->value.v[i].name, proto->value.v[i].number};
    *e = (struct sn_pb_schema_enum){name, values, proto->value.n,
                                    sn_str_is(name, "google.protobuf.NullValue")};
    return 0;
}

/* Depth: that of the descriptor, which the decoder has limited. */
static int msg_collect(struct sn_pb_builder *b, struct sn_str scope, uint32_t file, bool proto3,
                       const struct pb_google_descriptor_proto *proto)
{
    struct sn_str name = declare(b, scope, proto->name, SN_PB_SYMBOL_MSG, b->sources.n, file);
    struct sn_pb_msg_source *source = name.ptr ? sn_pb_add(&b->sources, &b->scratch) : NULL;
    int rc = 0;

    if (!source)
        return sn_pb_build_exhausted(b);
    *source = (struct sn_pb_msg_source){.name = name, .proto = proto, .proto3 = proto3};
    source->is_entry = proto->options && proto->options->map_entry;
    for (uint32_t i = 0; i < proto->nested_type.n && !rc; i++)
        rc = msg_collect(b, name, file, proto3, &proto->nested_type.v[i]);
    for (uint32_t i = 0; i < proto->enum_type.n && !rc; i++)
        rc = enum_collect(b, name, file, &proto->enum_type.v[i]);
    return rc;
}

static int service_collect(struct sn_pb_builder *b, struct sn_str scope, uint32_t file,
                           const struct pb_google_service_descriptor_proto *proto)
{
    uint32_t index = b->services.n;
    struct sn_str name = declare(b, scope, proto->name, SN_PB_SYMBOL_SERVICE, index, file);
    struct sn_pb_service_source *source = name.ptr ? sn_pb_add(&b->services, &b->scratch) : NULL;

    if (!source)
        return sn_pb_build_exhausted(b);
    *source = (struct sn_pb_service_source){name, proto};
    for (uint32_t i = 0; i < proto->method.n; i++) {
        if (!declare(b, name, proto->method.v[i].name, SN_PB_SYMBOL_METHOD, index, file).ptr)
            return sn_pb_build_exhausted(b);
    }
    return 0;
}

static int file_collect(struct sn_pb_builder *b, uint32_t file,
                        const struct pb_google_file_descriptor_proto *proto)
{
    bool proto3 = sn_str_is(proto->syntax, "proto3");
    int rc = 0;

    for (uint32_t i = 0; i < proto->message_type.n && !rc; i++)
        rc = msg_collect(b, proto->package, file, proto3, &proto->message_type.v[i]);
    for (uint32_t i = 0; i < proto->enum_type.n && !rc; i++)
        rc = enum_collect(b, proto->package, file, &proto->enum_type.v[i]);
    for (uint32_t i = 0; i < proto->service.n && !rc; i++)
        rc = service_collect(b, proto->package, file, &proto->service.v[i]);
    return rc;
}

/* Keeps each file's own bytes, for reflection; `protos` are the same files, decoded. */
static int files_keep(struct sn_pb_builder *b, struct sn_str descriptor_set,
                      const struct pb_google_file_descriptor_set *set)
{
    struct sn_pb_schema_file *files = sn_pb_build_array(b, set->file.n, sizeof *files);
    struct sn_pb_raw raw;
    uint32_t n = 0;

    if (!files)
        return SN_ERR_RESOURCE_EXHAUSTED;
    while (n < set->file.n && sn_pb_raw_next(&descriptor_set, &raw) > 0) {
        if (raw.number != 1 || !raw.bytes.ptr)
            continue;
        files[n] = (struct sn_pb_schema_file){set->file.v[n].name, raw.bytes};
        n++;
    }
    b->schema->files = files;
    b->schema->file_count = n;
    return 0;
}

static int compare_names(struct sn_str a, struct sn_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_symbols(const void *context, uint32_t a, uint32_t b)
{
    const struct sn_pb_schema_symbol *symbols = context;

    return compare_names(symbols[a].name, symbols[b].name);
}

static int symbols_sort(struct sn_pb_builder *b)
{
    uint32_t n = b->symbols.n;
    const uint32_t *order = sn_pb_sort(n, compare_symbols, b->symbols.v, &b->scratch);
    struct sn_pb_schema_symbol *sorted = order ? sn_pb_build_array(b, n, sizeof *sorted) : NULL;

    if (!sorted)
        return sn_pb_build_exhausted(b);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = b->symbols.v[order[i]];
        if (i > 0 && sn_str_eq(sorted[i].name, sorted[i - 1].name))
            return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT, "\"%.*s\" is declared twice",
                                SN_STR_ARGS(sorted[i].name));
    }
    b->schema->symbols = sorted;
    b->schema->symbol_count = n;
    return 0;
}

static int collect(struct sn_pb_builder *b, struct sn_str descriptor_set)
{
    struct pb_google_file_descriptor_set set = {0};
    int rc = sn_pb_decode(&pb_google_file_descriptor_set_msg, &set, descriptor_set.ptr,
                          descriptor_set.len, &b->scratch);

    if (rc)
        return rc == SN_ERR_RESOURCE_EXHAUSTED ? sn_pb_build_exhausted(b) : malformed(b);
    rc = files_keep(b, descriptor_set, &set);
    for (uint32_t i = 0; i < set.file.n && !rc; i++)
        rc = file_collect(b, i, &set.file.v[i]);
    return rc ? rc : symbols_sort(b);
}

static const struct sn_pb_schema_msg *msg_resolve(struct sn_pb_builder *b, struct sn_str type_name)
{
    if (type_name.len == 0 || type_name.ptr[0] != '.')
        return NULL;
    return sn_pb_schema_msg(b->schema, (struct sn_str){type_name.ptr + 1, type_name.len - 1});
}

static void options_read(struct sn_pb_schema_method *method,
                         const struct pb_google_method_options *options)
{
    for (uint32_t i = 0; options && i < options->unknown_fields.n; i++) {
        struct sn_str bytes = options->unknown_fields.v[i];
        struct sn_pb_raw raw;

        while (sn_pb_raw_next(&bytes, &raw) > 0) {
            if (raw.number == OPTION_SAFETY_HEARTBEAT && raw.value)
                method->flags |= SN_PB_SAFETY_HEARTBEAT;
            else if (raw.number == OPTION_HTTP)
                method->http = raw.bytes;
        }
    }
}

static int method_build(struct sn_pb_builder *b, struct sn_pb_schema_method *method,
                        const struct pb_google_method_descriptor_proto *proto)
{
    *method = (struct sn_pb_schema_method){.name = proto->name,
                                           .request = msg_resolve(b, proto->input_type),
                                           .response = msg_resolve(b, proto->output_type)};
    if (!method->request || !method->response)
        return sn_error_set(b->error, SN_ERR_INVALID_ARGUMENT,
                            "method \"%.*s\": no message \"%.*s\"", SN_STR_ARGS(proto->name),
                            SN_STR_ARGS(method->request ? proto->output_type : proto->input_type));
    if (proto->client_streaming)
        method->flags |= SN_PB_CLIENT_STREAMING;
    if (proto->server_streaming)
        method->flags |= SN_PB_SERVER_STREAMING;
    options_read(method, proto->options);
    return 0;
}

static int service_build(struct sn_pb_builder *b, struct sn_pb_schema_service *service,
                         const struct sn_pb_service_source *source)
{
    uint32_t count = source->proto->method.n;
    struct sn_pb_schema_method *methods = sn_pb_build_array(b, count, sizeof *methods);
    int rc = 0;

    if (!methods)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *service = (struct sn_pb_schema_service){source->name, methods, count};
    for (uint32_t i = 0; i < count && !rc; i++)
        rc = method_build(b, &methods[i], &source->proto->method.v[i]);
    return rc;
}

static int services_build(struct sn_pb_builder *b)
{
    struct sn_pb_schema_service *services = sn_pb_build_array(b, b->services.n, sizeof *services);
    int rc = 0;

    if (!services)
        return SN_ERR_RESOURCE_EXHAUSTED;
    b->schema->services = services;
    b->schema->service_count = b->services.n;
    for (uint32_t i = 0; i < b->services.n && !rc; i++)
        rc = service_build(b, &services[i], &b->services.v[i]);
    return rc;
}

static int enums_keep(struct sn_pb_builder *b)
{
    struct sn_pb_schema_enum *enums = sn_pb_build_array(b, b->enums.n, sizeof *enums);

    if (!enums)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (b->enums.n)
        memcpy(enums, b->enums.v, b->enums.n * sizeof *enums);
    b->schema->enums = enums;
    b->schema->enum_count = b->enums.n;
    return 0;
}

int sn_pb_schema_build(struct sn_pb_schema *schema, struct sn_str descriptor_set,
                       struct sn_arena *arena, struct sn_error *error)
{
    struct sn_pb_builder b = {.schema = schema, .arena = arena, .error = error};

    *schema = (struct sn_pb_schema){0};
    sn_arena_init(&b.scratch, arena->pool, arena->left);
    int rc = collect(&b, descriptor_set);
    if (!rc)
        rc = enums_keep(&b);
    if (!rc)
        rc = sn_pb_tables_build(&b);
    if (!rc)
        rc = services_build(&b);
    sn_arena_fini(&b.scratch);
    return rc;
}

const struct sn_pb_schema_symbol *sn_pb_symbol_find(const struct sn_pb_schema *schema,
                                                    struct sn_str name)
{
    uint32_t low = 0, high = schema->symbol_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_names(name, schema->symbols[middle].name);

        if (order == 0)
            return &schema->symbols[middle];
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct sn_pb_schema_symbol *find_kind(const struct sn_pb_schema *schema,
                                                   struct sn_str name, uint8_t kind)
{
    const struct sn_pb_schema_symbol *symbol = sn_pb_symbol_find(schema, name);

    return symbol && symbol->kind == kind ? symbol : NULL;
}

const struct sn_pb_schema_msg *sn_pb_schema_msg(const struct sn_pb_schema *schema,
                                                struct sn_str name)
{
    const struct sn_pb_schema_symbol *symbol = find_kind(schema, name, SN_PB_SYMBOL_MSG);

    return symbol ? &schema->msgs[symbol->index] : NULL;
}

const struct sn_pb_schema_enum *sn_pb_schema_enum(const struct sn_pb_schema *schema,
                                                  struct sn_str name)
{
    const struct sn_pb_schema_symbol *symbol = find_kind(schema, name, SN_PB_SYMBOL_ENUM);

    return symbol ? &schema->enums[symbol->index] : NULL;
}

const struct sn_pb_schema_service *sn_pb_schema_service(const struct sn_pb_schema *schema,
                                                        struct sn_str name)
{
    const struct sn_pb_schema_symbol *symbol = find_kind(schema, name, SN_PB_SYMBOL_SERVICE);

    return symbol ? &schema->services[symbol->index] : NULL;
}

const struct sn_pb_schema_msg *sn_pb_schema_any(const struct sn_pb_schema *schema,
                                                struct sn_str type_url)
{
    size_t start = type_url.len;

    while (start > 0 && type_url.ptr[start - 1] != '/')
        start--;
    if (start == 0)
        return NULL;
    return sn_pb_schema_msg(schema, (struct sn_str){type_url.ptr + start, type_url.len - start});
}

const struct sn_pb_schema_file *sn_pb_schema_file_of(const struct sn_pb_schema *schema,
                                                     struct sn_str name)
{
    const struct sn_pb_schema_symbol *symbol = sn_pb_symbol_find(schema, name);

    return symbol ? &schema->files[symbol->file] : NULL;
}

int sn_pb_schema_field(const struct sn_pb_schema_msg *msg, struct sn_str name)
{
    for (int i = 0; i < msg->table->count; i++) {
        if (sn_str_eq(msg->fields[i].name, name) || sn_str_eq(msg->fields[i].json_name, name))
            return i;
    }
    return -1;
}
