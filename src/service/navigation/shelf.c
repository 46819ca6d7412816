/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages kept under their names.
 */
#include "service/navigation/shelf.h"

#include <stdlib.h>

struct sn_shelf_item {
    size_t name_len, len;
    char bytes[]; /* the name's, then the message's */
};

static struct sn_str name_of(const struct sn_shelf_item *item)
{
    return (struct sn_str){item->bytes, item->name_len};
}

void sn_shelf_fini(struct sn_shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        free(shelf->v[i]);
    free(shelf->v);
    shelf->v = NULL;
    shelf->count = 0;
}

/* The item of that name; shelf->count when there is none. */
static size_t find(const struct sn_shelf *shelf, struct sn_str name)
{
    size_t i = 0;

    while (i < shelf->count && !sn_str_eq(name_of(shelf->v[i]), name))
        i++;
    return i;
}

static int find_or_fail(struct sn_call *call, const struct sn_shelf *shelf, struct sn_str name,
                        size_t *ret_index)
{
    *ret_index = find(shelf, name);
    return *ret_index < shelf->count ? 0
                                     : sn_call_fail(call, SN_ERR_NOT_FOUND, "%s \"%.*s\" not found",
                                                    shelf->what, SN_STR_ARGS(name));
}

static int make_item(struct sn_call *call, const struct sn_shelf *shelf, const void *message,
                     struct sn_shelf_item **ret_item)
{
    const struct sn_str *name = message;
    struct sn_str bytes;
    int code = sn_pb_encode(shelf->msg, message, call->arena, 0, &bytes);

    if (code)
        return code;
    if (!name->len)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "%s name cannot be empty", shelf->what);
    if (bytes.len > SN_SHELF_BYTES_MAX)
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT,
                            "%s of %zu bytes is too large; at most %d are kept", shelf->what,
                            bytes.len, SN_SHELF_BYTES_MAX);
    struct sn_shelf_item *item = malloc(sizeof(*item) + name->len + bytes.len);
    if (!item)
        return SN_ERR_RESOURCE_EXHAUSTED;
    item->name_len = name->len;
    item->len = bytes.len;
    memcpy(item->bytes, name->ptr, name->len);
    memcpy(item->bytes + name->len, bytes.ptr, bytes.len);
    *ret_item = item;
    return 0;
}

static int refuse_taken(struct sn_call *call, const struct sn_shelf *shelf, struct sn_str name)
{
    return sn_call_fail(call, SN_ERR_ALREADY_EXISTS, "%s \"%.*s\" already exists", shelf->what,
                        SN_STR_ARGS(name));
}

int sn_shelf_add(struct sn_call *call, struct sn_shelf *shelf, const void *message)
{
    const struct sn_str *name = message;
    struct sn_shelf_item *item;

    if (find(shelf, *name) < shelf->count)
        return refuse_taken(call, shelf, *name);
    if (shelf->count == SN_SHELF_MAX)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no more than %d %ss are kept",
                            SN_SHELF_MAX, shelf->what);
    if (!shelf->v)
        shelf->v = calloc(SN_SHELF_MAX, sizeof(struct sn_shelf_item *));
    int code = shelf->v ? make_item(call, shelf, message, &item) : SN_ERR_RESOURCE_EXHAUSTED;
    if (!code)
        shelf->v[shelf->count++] = item;
    return code;
}

int sn_shelf_read(struct sn_call *call, const struct sn_shelf *shelf, size_t index,
                  void **ret_message)
{
    const struct sn_shelf_item *item = shelf->v[index];
    struct sn_str bytes =
        sn_arena_copy(call->arena, (struct sn_str){item->bytes + item->name_len, item->len});
    void *message = sn_arena_zalloc(call->arena, shelf->msg->size);

    if (!bytes.ptr || !message)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_message = message;
    return sn_pb_decode(shelf->msg, message, bytes.ptr, bytes.len, call->arena);
}

int sn_shelf_get(struct sn_call *call, const struct sn_shelf *shelf, struct sn_str name,
                 void **ret_message)
{
    size_t index;
    int code = find_or_fail(call, shelf, name, &index);

    return code ? code : sn_shelf_read(call, shelf, index, ret_message);
}

int sn_shelf_replace(struct sn_call *call, struct sn_shelf *shelf, struct sn_str name,
                     const void *message)
{
    const struct sn_str *new_name = message;
    struct sn_shelf_item *item;
    size_t index;
    int code = find_or_fail(call, shelf, name, &index);

    if (code)
        return code;
    if (!sn_str_eq(*new_name, name) && find(shelf, *new_name) < shelf->count)
        return refuse_taken(call, shelf, *new_name);
    code = make_item(call, shelf, message, &item);
    if (code)
        return code;
    free(shelf->v[index]);
    shelf->v[index] = item;
    return 0;
}

int sn_shelf_delete(struct sn_call *call, struct sn_shelf *shelf, struct sn_str name)
{
    size_t index;
    int code = find_or_fail(call, shelf, name, &index);

    if (code)
        return code;
    free(shelf->v[index]);
    shelf->count--;
    memmove(&shelf->v[index], &shelf->v[index + 1], (shelf->count - index) * sizeof(*shelf->v));
    return 0;
}
