/* SPDX-License-Identifier: Apache-2.0
 *
 * DNS messages: a header of six numbers, questions, records. A name is a chain of labels that may
 * go on at an earlier place of the message.
 */
#include "wire/ice/mdns.h"

#include <string.h>

enum {
    HEADER_LEN = 12,
    LABEL_MAX = 63,
    JUMPS_MAX = 32, /* of one name; each goes backwards, so this only saves time */
    IS_RESPONSE = 0x80,
    IS_AUTHORITY = 0x04,
    TYPE_A = 1,
    TYPE_PTR = 12,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_ANY = 255,
    CLASS_IN = 1,
    CLASS_ALL = 0x8000, /* with a record: these are all of them */
    CLASS_MASK = 0x7fff,
    HOST_TTL_S = 120, /* of an address; RFC 6762, 10 */
};

const uint8_t sn_mdns_group_v4[4] = {224, 0, 0, 251};

static void put_u16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    put_u16(bytes, value >> 16);
    put_u16(bytes + 2, value & 0xffff);
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

static int put_query(struct sn_str name, unsigned type, unsigned other_type,
                     uint8_t bytes[SN_MDNS_QUERY_MAX])
{
    memset(bytes, 0, HEADER_LEN);
    put_u16(bytes + 4, 2); /* questions */
    size_t name_len = put_name(name, bytes + HEADER_LEN), at = HEADER_LEN + name_len;
    if (!name_len)
        return SN_ERR_INVALID_ARGUMENT;
    put_u16(bytes + at, type);
    put_u16(bytes + at + 2, CLASS_IN);
    put_u16(bytes + at + 4, 0xc000 | HEADER_LEN); /* the same name */
    put_u16(bytes + at + 6, other_type);
    put_u16(bytes + at + 8, CLASS_IN);
    return (int)at + 10;
}

int sn_mdns_query(struct sn_str name, uint8_t bytes[SN_MDNS_QUERY_MAX])
{
    return put_query(name, TYPE_A, TYPE_AAAA, bytes);
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

/* A question or a record; the data of the latter is that of the message from `at` on. */
struct entry {
    struct sn_str name;
    unsigned type;
    size_t at, len;
};
typedef void (*entry_fn)(void *owner, const struct message *message, const struct entry *entry);

/* Takes a question (`fixed` 4 bytes behind the name) or a record (10). Classes but the Internet's
 * are passed over. False when it is malformed. */
static bool take_entry(struct message *message, size_t fixed, entry_fn found, void *owner)
{
    char text[SN_MDNS_NAME_MAX + 1];
    struct entry entry = {.name = {text, 0}};

    if (!take_name(message, text, &entry.name.len) || message->len - message->at < fixed)
        return false;
    const uint8_t *bytes = message->bytes + message->at;
    entry.type = get_u16(bytes);
    entry.at = message->at += fixed;
    entry.len = fixed > 8 ? get_u16(bytes + 8) : 0;
    if (entry.len > message->len - message->at)
        return false;
    message->at += entry.len;
    if (found && (get_u16(bytes + 2) & CLASS_MASK) == CLASS_IN)
        found(owner, message, &entry);
    return true;
}

/* Reads the questions and records of a message. */
static bool read_message(const void *bytes, size_t len, entry_fn question, entry_fn record,
                         void *owner)
{
    struct message message = {bytes, len, HEADER_LEN};
    unsigned questions = get_u16(message.bytes + 4), records = 0;

    for (int section = 0; section < 3; section++) /* answers, authorities, additional ones */
        records += get_u16(message.bytes + 6 + 2 * section);
    if (questions > SN_MDNS_RECORDS_MAX)
        return false;
    while (questions--)
        if (!take_entry(&message, 4, question, owner))
            return false;
    if (records > SN_MDNS_RECORDS_MAX)
        records = SN_MDNS_RECORDS_MAX;
    while (record && records--)
        if (!take_entry(&message, 10, record, owner))
            return false;
    return true;
}

static bool is_message(const uint8_t *bytes, size_t len, bool response)
{
    return len >= HEADER_LEN && len <= SN_MDNS_MESSAGE_MAX &&
           ((bytes[2] & IS_RESPONSE) != 0) == response;
}

/* ---- addresses ---- */

struct wanted {
    sn_mdns_fn found;
    void *owner;
};

static void note_address(void *owner, const struct message *message, const struct entry *entry)
{
    const struct wanted *wanted = owner;
    struct sn_ip address = {0};

    if (!(entry->type == TYPE_A && entry->len == 4) &&
        !(entry->type == TYPE_AAAA && entry->len == 16))
        return;
    address.family = entry->type == TYPE_A ? 4 : 6;
    memcpy(address.bytes, message->bytes + entry->at, entry->len);
    wanted->found(wanted->owner, entry->name, &address);
}

int sn_mdns_read(const void *bytes, size_t len, sn_mdns_fn found, void *owner)
{
    struct wanted wanted = {found, owner};

    if (!is_message(bytes, len, true) || !read_message(bytes, len, NULL, note_address, &wanted))
        return SN_ERR_INVALID_ARGUMENT;
    return 0;
}

/* ---- machines: answering ---- */

#define SERVICE "_rpc._tcp.local"
#define SERVICES "_services._dns-sd._udp.local"

struct asked {
    struct sn_str instance;
    bool yes;
};

/* Whether it is `instance` and that behind it. */
static bool is_below(struct sn_str name, struct sn_str instance, struct sn_str end)
{
    return name.len == instance.len + end.len &&
           memcmp(name.ptr, instance.ptr, instance.len) == 0 &&
           memcmp(name.ptr + instance.len, end.ptr, end.len) == 0;
}

static void note_question(void *owner, const struct message *message, const struct entry *entry)
{
    struct asked *asked = owner;
    bool lists = entry->type == TYPE_PTR || entry->type == TYPE_ANY;

    if ((lists && (sn_str_is(entry->name, SERVICE) || sn_str_is(entry->name, SERVICES))) ||
        is_below(entry->name, asked->instance, SN_STR("." SERVICE)) ||
        is_below(entry->name, asked->instance, SN_STR(".local")))
        asked->yes = true;
}

bool sn_mdns_asks_for(const void *bytes, size_t len, struct sn_str instance)
{
    struct asked asked = {instance, false};

    return is_message(bytes, len, false) && read_message(bytes, len, note_question, NULL, &asked) &&
           asked.yes;
}

/* A message that is written; the names that its records are about stand in it once. */
struct answer {
    uint8_t *bytes;
    size_t len;
    uint32_t ttl_s;
};

/* Begins a record about the name at `name`; how far its data is from the start. */
static size_t begin_record(struct answer *answer, size_t name, unsigned type, unsigned class)
{
    uint8_t *bytes = answer->bytes + answer->len;
    bool lives_less = type == TYPE_A && answer->ttl_s > HOST_TTL_S;

    put_u16(bytes, 0xc000 | (unsigned)name);
    put_u16(bytes + 2, type);
    put_u16(bytes + 4, class);
    put_u32(bytes + 6, lives_less ? HOST_TTL_S : answer->ttl_s);
    answer->len += 12;
    put_u16(answer->bytes + 6, get_u16(answer->bytes + 6) + 1);
    return answer->len;
}

static void end_record(struct answer *answer, size_t data, size_t data_len)
{
    put_u16(answer->bytes + data - 2, (unsigned)data_len);
    answer->len = data + data_len;
}

/* Labels, and then an earlier name. */
static size_t put_below(uint8_t *bytes, struct sn_str labels, size_t name)
{
    size_t len = put_name(labels, bytes) - 1; /* the end's place is the other name's */

    put_u16(bytes + len, 0xc000 | (unsigned)name);
    return len + 2;
}

/* The first record says that there is such a service: its data is the service's name. */
static size_t put_service(struct answer *answer)
{
    size_t name_len = put_name(SN_STR(SERVICES), answer->bytes + HEADER_LEN);

    answer->len = HEADER_LEN + name_len;
    put_u16(answer->bytes + answer->len, TYPE_PTR);
    put_u16(answer->bytes + answer->len + 2, CLASS_IN);
    put_u32(answer->bytes + answer->len + 4, answer->ttl_s);
    put_u16(answer->bytes + 6, 1);
    size_t data = answer->len + 10;
    end_record(answer, data, put_name(SN_STR(SERVICE), answer->bytes + data));
    return data;
}

int sn_mdns_answer(struct sn_str instance, uint16_t port, const uint8_t address[4], uint32_t ttl_s,
                   uint8_t bytes[SN_MDNS_ANSWER_MAX])
{
    static const char text[] = "\4grpc\6webrtc";
    struct answer answer = {bytes, HEADER_LEN, ttl_s};
    uint8_t labels[SN_MDNS_NAME_MAX + 2];

    if (instance.len > SN_MDNS_INSTANCE_MAX || !put_name(instance, labels))
        return SN_ERR_INVALID_ARGUMENT;
    memset(bytes, 0, HEADER_LEN);
    bytes[2] = IS_RESPONSE | IS_AUTHORITY;
    size_t service = put_service(&answer), domain = service + sizeof("_rpc._tcp");
    size_t name = begin_record(&answer, service, TYPE_PTR, CLASS_IN);
    end_record(&answer, name, put_below(bytes + name, instance, service));
    size_t data = begin_record(&answer, name, TYPE_SRV, CLASS_IN | CLASS_ALL), host = data + 6;
    memset(bytes + data, 0, 4); /* priority, weight */
    put_u16(bytes + data + 4, port);
    end_record(&answer, data, 6 + put_below(bytes + host, instance, domain));
    data = begin_record(&answer, name, TYPE_TXT, CLASS_IN | CLASS_ALL);
    memcpy(bytes + data, text, sizeof(text) - 1);
    end_record(&answer, data, sizeof(text) - 1);
    data = begin_record(&answer, host, TYPE_A, CLASS_IN | CLASS_ALL);
    memcpy(bytes + data, address, 4);
    end_record(&answer, data, 4);
    return (int)answer.len;
}

/* ---- machines: finding ---- */

int sn_mdns_machine_init(struct sn_mdns_machine *machine, struct sn_str instance)
{
    uint8_t labels[SN_MDNS_NAME_MAX + 2];

    *machine = (struct sn_mdns_machine){0};
    if (instance.len > SN_MDNS_INSTANCE_MAX || !put_name(instance, labels))
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < instance.len; i++) {
        char c = instance.ptr[i];

        machine->name[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    memcpy(machine->name + instance.len, "." SERVICE, sizeof("." SERVICE));
    return 0;
}

int sn_mdns_ask_for(const struct sn_mdns_machine *machine, uint8_t bytes[SN_MDNS_QUERY_MAX])
{
    return put_query(sn_str_of(machine->name), TYPE_SRV, TYPE_TXT, bytes);
}

/* Strings with their lengths in front; "grpc" and "grpc=" are one. */
static void note_text(struct sn_mdns_machine *machine, const uint8_t *bytes, size_t len)
{
    machine->described = true;
    for (size_t at = 0; at < len; at += 1 + (size_t)bytes[at]) {
        struct sn_str text = {(const char *)bytes + at + 1, bytes[at]};

        if (text.len > len - at - 1)
            return;
        if (text.len && text.ptr[text.len - 1] == '=')
            text.len--;
        machine->grpc |= sn_str_is(text, "grpc");
        machine->webrtc |= sn_str_is(text, "webrtc");
    }
}

static void note_place(struct sn_mdns_machine *machine, const struct message *message,
                       const struct entry *entry)
{
    struct message target = {message->bytes, entry->at + entry->len, entry->at + 6};
    size_t len;

    if (entry->len < 7 || !take_name(&target, machine->host, &len))
        return;
    machine->host[len] = '\0';
    machine->address = (struct sn_ip){.port = (uint16_t)get_u16(message->bytes + entry->at + 4)};
}

static void note_description(void *owner, const struct message *message, const struct entry *entry)
{
    struct sn_mdns_machine *machine = owner;

    if (!sn_str_is(entry->name, machine->name))
        return;
    if (entry->type == TYPE_TXT)
        note_text(machine, message->bytes + entry->at, entry->len);
    else if (entry->type == TYPE_SRV)
        note_place(machine, message, entry);
}

static void note_host(void *owner, struct sn_str name, const struct sn_ip *address)
{
    struct sn_mdns_machine *machine = owner;

    if (address->family != 4 || !*machine->host || !sn_str_is(name, machine->host))
        return;
    machine->address.family = 4;
    memcpy(machine->address.bytes, address->bytes, 4);
}

bool sn_mdns_machine_read(struct sn_mdns_machine *machine, const void *bytes, size_t len)
{
    if (is_message(bytes, len, true) && read_message(bytes, len, NULL, note_description, machine) &&
        sn_mdns_read(bytes, len, note_host, machine))
        return false; /* what a malformed one said counts with the next */
    return machine->described && machine->address.family && machine->address.port;
}
