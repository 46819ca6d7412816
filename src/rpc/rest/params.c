/* SPDX-License-Identifier: Apache-2.0
 *
 * A request's message: each value of path and query becomes an object of JSON with one field, is
 * read by the run-time table and written as protobuf; these pieces behind each other are the whole,
 * since that is how protobuf merges. Loop thread.
 */
#include "rpc/rest/private.h"

#include "wire/grpc.h"
#include "wire/pb/json.h"

enum { DEPTH_MAX = 8 }; /* of "a.b.c" */

/* ---- texts ---- */

struct sn_str rest_quote(struct sn_str text, struct sn_arena *arena)
{
    static const char hex[] = "0123456789abcdef";
    char *out = sn_arena_alloc(arena, text.len * 6 + 2);
    size_t len = 0;

    if (!out)
        return SN_STR_NULL;
    out[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if ((uint8_t)c < ' ') {
            memcpy(out + len, "\\u00", 4);
            out[len + 4] = hex[c >> 4];
            out[len + 5] = hex[c & 15];
            len += 6;
            continue;
        }
        if (c == '"' || c == '\\')
            out[len++] = '\\';
        out[len++] = c;
    }
    out[len++] = '"';
    return (struct sn_str){out, len};
}

/* "%20" and, in a query, "+". What is no escape stays as it is. ptr NULL: no memory. */
static struct sn_str unescape(struct sn_str text, bool plus, struct sn_arena *arena)
{
    char *out = sn_arena_alloc(arena, text.len + 1);

    if (!out)
        return SN_STR_NULL;
    for (size_t i = 0; i < text.len; i++)
        out[i] = plus && text.ptr[i] == '+' ? ' ' : text.ptr[i];
    return (struct sn_str){out, sn_grpc_unescape(out, (struct sn_str){out, text.len})};
}

/* ---- values ---- */

/* What reads such a value with the reference, for the text of a failure; NULL: JSON does. */
static const char *reader_of(const struct sn_pb_field *field)
{
    switch (field->type) {
    case SN_PB_DOUBLE:
    case SN_PB_FLOAT:
        return "ParseFloat";
    case SN_PB_BOOL:
        return "ParseBool";
    case SN_PB_UINT32:
    case SN_PB_UINT64:
    case SN_PB_FIXED32:
    case SN_PB_FIXED64:
        return "ParseUint";
    case SN_PB_INT32:
    case SN_PB_INT64:
    case SN_PB_SINT32:
    case SN_PB_SINT64:
    case SN_PB_SFIXED32:
    case SN_PB_SFIXED64:
        return "ParseInt";
    default:
        return NULL;
    }
}

static struct sn_str json_bool(struct sn_str value)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (sn_str_is(value, yes[i]))
            return SN_STR("true");
        if (sn_str_is(value, no[i]))
            return SN_STR("false");
    }
    return SN_STR("\"\""); /* is no bool */
}

/* A value as it stands in JSON. ptr NULL: no memory. */
static struct sn_str json_value(const struct sn_pb_field *field,
                                const struct sn_pb_schema_field *described, struct sn_str value,
                                struct sn_arena *arena)
{
    if (field->type == SN_PB_BOOL)
        return json_bool(value);
    if (field->type == SN_PB_MESSAGE) {
        uint8_t known = described->msg->known;

        if (known == SN_PB_KNOWN_STRUCT || known == SN_PB_KNOWN_VALUE ||
            known == SN_PB_KNOWN_LIST_VALUE)
            return value;
    }
    if (field->type == SN_PB_ENUM && value.len && *value.ptr >= '0' && *value.ptr <= '9')
        return value;
    return rest_quote(value, arena);
}

/* The message's bytes of a text of JSON. */
static int encode(const struct sn_pb_schema_msg *msg, struct sn_str json, struct sn_arena *arena,
                  struct sn_str *ret_bytes, struct sn_error *error)
{
    void *message = sn_arena_zalloc(arena, msg->table->size);

    if (!message)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = sn_pb_json_parse(msg, message, json, SN_PB_JSON_IGNORE_UNKNOWN, arena, error);
    return code ? code : sn_pb_encode(msg->table, message, arena, 0, ret_bytes);
}

static int fail_value(struct sn_str name, const struct sn_pb_field *field, struct sn_str value,
                      const struct sn_error *cause, struct sn_error *error)
{
    const char *reader = reader_of(field);

    if (reader)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "parsing field \"%.*s\": strconv.%s: parsing \"%.*s\": invalid syntax",
                            SN_STR_ARGS(name), reader, SN_STR_ARGS(value));
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "parsing field \"%.*s\": %s",
                        SN_STR_ARGS(name), cause->text);
}

/* {"a":{"b":value}}, read by `msg`. `*ret_bytes` is empty for a field that there isn't, as with the
 * reference. */
static int encode_value(const struct sn_pb_schema_msg *msg, struct sn_str name, struct sn_str value,
                        struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
{
    const struct sn_pb_schema_msg *at = msg;
    struct sn_str rest = name, text = SN_STR_NULL, close = SN_STR_NULL;
    const struct sn_pb_field *field = NULL;
    struct sn_error cause;

    *ret_bytes = SN_STR_NULL;
    for (int depth = 0; rest.len && depth < DEPTH_MAX; depth++) {
        const char *dot = memchr(rest.ptr, '.', rest.len);
        struct sn_str step = {rest.ptr, dot ? (size_t)(dot - rest.ptr) : rest.len};
        int i = at ? sn_pb_schema_field(at, step) : -1;

        rest.ptr += step.len + (dot != NULL);
        rest.len -= step.len + (dot != NULL);
        if (i < 0 || (at->table->fields[i].flags & SN_PB_MAP))
            return 0;
        field = &at->table->fields[i];
        const struct sn_pb_schema_field *described = &at->fields[i];
        bool list = field->flags & SN_PB_REPEATED;
        struct sn_str json = rest.len ? SN_STR_NULL : json_value(field, described, value, arena);
        text = sn_arena_printf(arena, "%.*s{\"%.*s\":%s%.*s", SN_STR_ARGS(text),
                               SN_STR_ARGS(described->name), list ? "[" : "", SN_STR_ARGS(json));
        close = sn_arena_printf(arena, "%s}%.*s", list ? "]" : "", SN_STR_ARGS(close));
        at = field->type == SN_PB_MESSAGE ? described->msg : NULL;
    }
    if (!field || rest.len)
        return 0;
    text = sn_arena_printf(arena, "%.*s%.*s", SN_STR_ARGS(text), SN_STR_ARGS(close));
    if (!text.ptr || !close.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = encode(msg, text, arena, ret_bytes, &cause);
    return code == SN_ERR_INVALID_ARGUMENT ? fail_value(name, field, value, &cause, error) : code;
}

/* ---- the whole ---- */

/* `piece` behind what is there. */
static int append(struct sn_str *whole, struct sn_str piece, struct sn_arena *arena)
{
    if (!piece.len)
        return 0;
    char *joined = sn_arena_alloc(arena, whole->len + piece.len);
    if (!joined)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (whole->len)
        memcpy(joined, whole->ptr, whole->len);
    memcpy(joined + whole->len, piece.ptr, piece.len);
    *whole = (struct sn_str){joined, whole->len + piece.len};
    return 0;
}

static int add_value(const struct sn_pb_schema_msg *msg, struct sn_str name, struct sn_str value,
                     bool in_query, struct sn_arena *arena, struct sn_str *whole,
                     struct sn_error *error)
{
    struct sn_str plain_name = unescape(name, in_query, arena), piece;
    struct sn_str plain = unescape(value, in_query, arena);

    if (!plain.ptr || !plain_name.ptr)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = encode_value(msg, plain_name, plain, arena, &piece, error);
    return code ? code : append(whole, piece, arena);
}

static int add_query(const struct sn_pb_schema_msg *msg, struct sn_str query,
                     struct sn_arena *arena, struct sn_str *whole, struct sn_error *error)
{
    struct sn_str name, value;
    int code = 0;

    while (!code && sn_query_next(&query, &name, &value))
        if (name.len)
            code = add_value(msg, name, value, true, arena, whole, error);
    return code;
}

static int add_body(const struct rest_route *route, struct sn_str body, struct sn_arena *arena,
                    struct sn_str *whole, struct sn_error *error)
{
    struct sn_str piece;

    if (!route->body.len || !body.len)
        return 0;
    if (!sn_str_is(route->body, "*")) {
        body =
            sn_arena_printf(arena, "{\"%.*s\":%.*s}", SN_STR_ARGS(route->body), SN_STR_ARGS(body));
        if (!body.ptr)
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    int code = encode(route->method->request, body, arena, &piece, error);
    return code ? code : append(whole, piece, arena);
}

int rest_message(const struct rest_match *match, struct sn_str query, struct sn_str body,
                 struct sn_arena *arena, struct sn_str *ret_bytes, struct sn_error *error)
{
    const struct sn_pb_schema_msg *msg = match->route->method->request;
    struct sn_str whole = SN_STR_NULL;

    sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the request");
    int code = add_body(match->route, body, arena, &whole, error);
    if (!code && !sn_str_is(match->route->body, "*"))
        code = add_query(msg, query, arena, &whole, error);
    for (size_t i = 0; i < match->count && !code; i++)
        code = add_value(msg, match->names[i], match->values[i], false, arena, &whole, error);
    *ret_bytes = whole;
    return code;
}
