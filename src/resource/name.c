/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of resources: parsing and the rules for them.
 */
#include "resource/name.h"

#include <stdio.h>

/* Not isalnum(): the rule is ASCII whatever the locale. */
static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_part_char(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

bool sn_name_is_part(struct sn_str part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (!is_part_char(part.ptr[i]))
            return false;
    }
    return part.len > 0;
}

/* Takes what stands before `separator` off the front of `rest`; all of it when there is none. */
static struct sn_str cut(struct sn_str *rest, char separator)
{
    const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct sn_str front = {rest->ptr, at ? (size_t)(at - rest->ptr) : rest->len};
    size_t used = front.len + (at != NULL);

    *rest = (struct sn_str){rest->ptr + used, rest->len - used};
    return front;
}

int sn_triplet_parse(struct sn_str text, struct sn_triplet *ret_triplet)
{
    struct sn_triplet triplet;

    if (text.len > SN_API_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    triplet.space = cut(&text, ':');
    triplet.family = cut(&text, ':');
    triplet.name = text; /* a third colon is no part character */
    if (!sn_name_is_part(triplet.space) || !sn_name_is_part(triplet.family) ||
        !sn_name_is_part(triplet.name))
        return SN_ERR_INVALID_ARGUMENT;
    *ret_triplet = triplet;
    return 0;
}

int sn_name_check(const char *what, struct sn_str name, size_t max, struct sn_error *error)
{
    if (name.len > max)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "%s \"%.*s\" must be %zu characters or fewer", what, SN_STR_ARGS(name),
                            max);
    if (!sn_name_is_part(name) || !is_alnum(name.ptr[0]))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "%s \"%.*s\" must start with a letter or number and must only contain "
                            "letters, numbers, dashes, and underscores",
                            what, SN_STR_ARGS(name));
    return 0;
}

int sn_full_name_parse(struct sn_str full, struct sn_str *ret_api, struct sn_str *ret_name)
{
    struct sn_str name = full;
    struct sn_str api = cut(&name, '/');
    struct sn_triplet triplet;

    if (name.len == 0 || sn_triplet_parse(api, &triplet))
        return SN_ERR_INVALID_ARGUMENT;
    *ret_api = api;
    *ret_name = name;
    return 0;
}

const char *sn_full_name(char (*buffer)[SN_FULL_NAME_SIZE], const char *api, const char *name)
{
    snprintf(*buffer, sizeof(*buffer), "%s/%s", api, name);
    return *buffer;
}
