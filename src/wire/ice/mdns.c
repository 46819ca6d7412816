/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS messages: a header of six numbers, questions, records. A name is a chain of labels that may
 * go on at an earlier place of the message.
 */
#include "wire/ice/mdns.h"

enum {
    HEADER_LEN = 12,
    LABEL_MAX = 63,
    JUMPS_MAX = 32, /* of one name; each goes backwards, so this only saves time */
    IS_RESPONSE = 0x80,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    CLASS_IN = 1,
    CLASS_MASK = 0x7fff, /* the top bit: these are all of them */
};

const uint8_t sn_mdns_group_v4[4] = {224, 0, 0, 251};
const uint8_t sn_mdns_group_v6[16] = {0xff, 0x02, [15] = 0xfb};

static void put_u16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static unsigned get_u16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* ---- asking ---- */

/* The name as labels; its length, 0 when it can't be one. */
static size_t put_name(struct sn_str name, uint8_t *bytes)
{
    size_t len = 0, label = 0;

    if (name.len && name.ptr[name.len - 1] == '.')
        name.len--;
    if (!name.len || name.len > SN_MDNS_NAME_MAX)
        return 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.ptr[i] != '.') {
            bytes[len + 1 + label++] = (uint8_t)name.ptr[i];
            if (label > LABEL_MAX)
                return 0;
            continue;
        }
        if (!label)
            return 0;
        bytes[len] = (uint8_t)label;
        len += 1 + label;
        label = 0;
    }
    bytes[len] = 0;
    return len + 1;
}

int sn_mdns_query(struct sn_str name, uint8_t bytes[SN_MDNS_QUERY_MAX])
{
    memset(bytes, 0, HEADER_LEN);
    put_u16(bytes + 4, 2); /* questions */
    size_t name_len = put_name(name, bytes + HEADER_LEN), at = HEADER_LEN + name_len;
    if (!name_len)
        return SN_ERR_INVALID_ARGUMENT;
    put_u16(bytes + at, TYPE_A);
    put_u16(bytes + at + 2, CLASS_IN);
    put_u16(bytes + at + 4, 0xc000 | HEADER_LEN); /* the same name */
    put_u16(bytes + at + 6, TYPE_AAAA);
    put_u16(bytes + at + 8, CLASS_IN);
    return (int)at + 10;
}

/* ---- reading ---- */

struct message {
    const uint8_t *bytes;
    size_t len, at;
};

/* Takes a name; in lower case into `text` (SN_MDNS_NAME_MAX + 1 bytes). False when it is malformed
 * or too long. */
static bool take_name(struct message *message, char *text, size_t *ret_len)
{
    size_t at = message->at, len = 0;
    int jumps = 0;

    for (;;) {
        if (at >= message->len)
            return false;
        size_t label = message->bytes[at];
        if ((label & 0xc0) == 0xc0) {
            if (at + 1 >= message->len || ++jumps > JUMPS_MAX)
                return false;
            if (jumps == 1)
                message->at = at + 2;
            size_t target = get_u16(message->bytes + at) & 0x3fff;
            if (target >= at)
                return false;
            at = target;
            continue;
        }
        if (label > LABEL_MAX || label >= message->len - at)
            return false;
        at++;
        if (!label)
            break;
        if (len + (len > 0) + label > SN_MDNS_NAME_MAX)
            return false;
        if (len)
            text[len++] = '.';
        for (size_t i = 0; i < label; i++) {
            char c = (char)message->bytes[at + i];
            text[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        at += label;
    }
    if (!jumps)
        message->at = at;
    *ret_len = len;
    return true;
}

static bool skip_question(struct message *message)
{
    char text[SN_MDNS_NAME_MAX + 1];
    size_t len;

    if (!take_name(message, text, &len) || message->len - message->at < 4)
        return false;
    message->at += 4;
    return true;
}

static bool take_record(struct message *message, sn_mdns_fn found, void *owner)
{
    char text[SN_MDNS_NAME_MAX + 1];
    struct sn_str name = {text, 0};
    struct sn_ip address = {0};

    if (!take_name(message, text, &name.len) || message->len - message->at < 10)
        return false;
    const uint8_t *record = message->bytes + message->at;
    unsigned type = get_u16(record), class = get_u16(record + 2) & CLASS_MASK;
    size_t len = get_u16(record + 8);

    message->at += 10;
    if (len > message->len - message->at)
        return false;
    if (class == CLASS_IN && ((type == TYPE_A && len == 4) || (type == TYPE_AAAA && len == 16))) {
        address.family = type == TYPE_A ? 4 : 6;
        memcpy(address.bytes, record + 10, len);
        found(owner, name, &address);
    }
    message->at += len;
    return true;
}

int sn_mdns_read(const void *bytes, size_t len, sn_mdns_fn found, void *owner)
{
    struct message message = {bytes, len, HEADER_LEN};

    if (len < HEADER_LEN || len > SN_MDNS_MESSAGE_MAX || !(message.bytes[2] & IS_RESPONSE))
        return SN_ERR_INVALID_ARGUMENT;
    unsigned questions = get_u16(message.bytes + 4), records = 0;
    for (int section = 0; section < 3; section++) /* answers, authorities, additional ones */
        records += get_u16(message.bytes + 6 + 2 * section);
    if (questions > SN_MDNS_RECORDS_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    while (questions--)
        if (!skip_question(&message))
            return SN_ERR_INVALID_ARGUMENT;
    if (records > SN_MDNS_RECORDS_MAX)
        records = SN_MDNS_RECORDS_MAX;
    while (records--)
        if (!take_record(&message, found, owner))
            return SN_ERR_INVALID_ARGUMENT;
    return 0;
}
