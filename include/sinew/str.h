/* SPDX-License-Identifier: Apache-2.0
 *
 * Borrowed bytes: a pointer and a length, no terminator, no ownership. Strings and byte strings of
 * the wire are both this. Whoever hands one out says how long it lives.
 */
#ifndef SINEW_STR_H
#define SINEW_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sn_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;      /* bytes */
};

#define SN_STR_NULL ((struct sn_str){NULL, 0})

/* A literal's bytes, its size known at compile time. */
#define SN_STR(literal) ((struct sn_str){"" literal, sizeof(literal) - 1})

/* For printf's "%.*s". */
#define SN_STR_ARGS(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct sn_str sn_str_of(const char *text)
{
    return (struct sn_str){text, text ? strlen(text) : 0};
}

static inline bool sn_str_eq(struct sn_str a, struct sn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sn_str_is(struct sn_str a, const char *text)
{
    return sn_str_eq(a, sn_str_of(text));
}

/* FNV-1a: for tables, not against who chooses the bytes. */
static inline uint32_t sn_str_hash(struct sn_str s)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (uint8_t)s.ptr[i]) * 16777619u;
    return hash;
}

static inline bool sn_str_has_prefix(struct sn_str s, struct sn_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

#ifdef __cplusplus
}
#endif

#endif
