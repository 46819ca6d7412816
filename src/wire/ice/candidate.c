/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates in text and back.
 */
#include "wire/ice/candidate.h"

#include <stdio.h>

enum { COMPONENT = 1, NAME_MAX_LEN = 255 };

static const char *const kind_names[] = {
    [SN_CANDIDATE_HOST] = "host",
    [SN_CANDIDATE_PEER_REFLEXIVE] = "prflx",
    [SN_CANDIDATE_SERVER_REFLEXIVE] = "srflx",
    [SN_CANDIDATE_RELAYED] = "relay",
};
enum { KINDS = sizeof(kind_names) / sizeof(kind_names[0]) };

uint32_t sn_candidate_priority(enum sn_candidate_kind kind, uint16_t preference)
{
    static const uint8_t type_preference[] = {
        [SN_CANDIDATE_HOST] = 126,
        [SN_CANDIDATE_PEER_REFLEXIVE] = 110,
        [SN_CANDIDATE_SERVER_REFLEXIVE] = 100,
        [SN_CANDIDATE_RELAYED] = 0,
    };

    return (uint32_t)type_preference[kind] << 24 | (uint32_t)preference << 8 | (256 - COMPONENT);
}

/* ---- reading ---- */

/* The next word, taken off the front; empty at the end. */
static struct sn_str word(struct sn_str *text)
{
    while (text->len && *text->ptr == ' ')
        text->ptr++, text->len--;
    struct sn_str found = {text->ptr, 0};
    while (found.len < text->len && text->ptr[found.len] != ' ')
        found.len++;
    text->ptr += found.len;
    text->len -= found.len;
    return found;
}

static bool is_ice_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static bool read_foundation(struct sn_str text, char ret_foundation[SN_FOUNDATION_MAX + 1])
{
    if (!text.len || text.len > SN_FOUNDATION_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_ice_char(text.ptr[i]) && text.ptr[i] != '-') /* Firefox, pion: "-" stands there */
            return false;
    memcpy(ret_foundation, text.ptr, text.len);
    ret_foundation[text.len] = '\0';
    return true;
}

static bool eq_any_case(struct sn_str text, const char *lower)
{
    if (text.len != strlen(lower))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if ((c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c) != lower[i])
            return false;
    }
    return true;
}

static bool is_mdns_name(struct sn_str text)
{
    static const struct sn_str end = {".local", 6};

    if (text.len <= end.len || text.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_ice_char(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '.')
            return false;
    return memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

/* The address or the name; a zone behind an address ("%eth0") means nothing here. */
static int read_address(struct sn_str text, uint16_t port, struct sn_candidate *candidate)
{
    const char *zone = text.len ? memchr(text.ptr, '%', text.len) : NULL;
    struct sn_str literal = {text.ptr, zone ? (size_t)(zone - text.ptr) : text.len};

    if (sn_ip_parse(literal, &candidate->address)) {
        candidate->address.port = port;
        return 0;
    }
    if (!is_mdns_name(text))
        return SN_ERR_UNIMPLEMENTED;
    candidate->name = text;
    candidate->address.port = port;
    return 0;
}

static int read_kind(struct sn_str *rest, uint8_t *ret_kind)
{
    if (!sn_str_is(word(rest), "typ"))
        return SN_ERR_INVALID_ARGUMENT;
    struct sn_str kind = word(rest);
    for (int i = 0; i < KINDS; i++)
        if (sn_str_is(kind, kind_names[i])) {
            *ret_kind = (uint8_t)i;
            return 0;
        }
    return kind.len ? SN_ERR_UNIMPLEMENTED : SN_ERR_INVALID_ARGUMENT;
}

int sn_candidate_parse(struct sn_str text, struct sn_candidate *ret_candidate)
{
    struct sn_candidate candidate = {0};
    uint64_t component, priority, port;

    if (sn_str_has_prefix(text, SN_STR("a=")))
        text.ptr += 2, text.len -= 2;
    if (!sn_str_has_prefix(text, SN_STR("candidate:")))
        return SN_ERR_INVALID_ARGUMENT;
    text.ptr += 10, text.len -= 10;
    if (!read_foundation(word(&text), candidate.foundation) ||
        !sn_ip_number(word(&text), 256, &component))
        return SN_ERR_INVALID_ARGUMENT;
    struct sn_str protocol = word(&text);
    if (!sn_ip_number(word(&text), UINT32_MAX, &priority))
        return SN_ERR_INVALID_ARGUMENT;
    struct sn_str address = word(&text);
    if (!address.len || !sn_ip_number(word(&text), UINT16_MAX, &port))
        return SN_ERR_INVALID_ARGUMENT;
    int code = read_kind(&text, &candidate.kind);
    if (code)
        return code;
    if (component != COMPONENT || !eq_any_case(protocol, "udp"))
        return SN_ERR_UNIMPLEMENTED;
    if (!port)
        return SN_ERR_INVALID_ARGUMENT;
    candidate.priority = (uint32_t)priority;
    code = read_address(address, (uint16_t)port, &candidate);
    if (!code)
        *ret_candidate = candidate;
    return code;
}

/* ---- writing ---- */

size_t sn_candidate_format(const struct sn_candidate *candidate, char text[SN_CANDIDATE_TEXT_MAX])
{
    char address[SN_IP_TEXT_MAX];

    sn_ip_format(&candidate->address, address);
    int len = snprintf(text, SN_CANDIDATE_TEXT_MAX, "candidate:%s %d udp %lu %s %u typ %s",
                       candidate->foundation, COMPONENT, (unsigned long)candidate->priority,
                       address, candidate->address.port, kind_names[candidate->kind]);
    return (size_t)len;
}
