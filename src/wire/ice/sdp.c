/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading: a line at a time, into the session or the section it stands in. Attributes that matter
 * are rows of a table, all others are passed over.
 */
#include "wire/ice/sdp.h"

#include <stdio.h>

enum { SCTP_PORT = 5000, MESSAGE_MAX_UNSAID = 65536 };

struct reader {
    struct sn_sdp *sdp;
    struct sn_sdp_media *media; /* NULL: still of the session */
    struct sn_sdp_transport session;
    unsigned line;
    struct sn_error *error;
};

static int refuse(const struct reader *reader, const char *what, struct sn_str text)
{
    int shown = text.len < 60 ? (int)text.len : 60;

    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT, "sdp line %u: %s: \"%.*s\"",
                        reader->line, what, shown, text.ptr ? text.ptr : "");
}

/* ---- pieces of lines ---- */

/* What stands before the next `mark` or the end, taken off the front with the mark. */
static struct sn_str part_before(struct sn_str *text, char mark)
{
    const char *end = text->len ? memchr(text->ptr, mark, text->len) : NULL;
    struct sn_str part = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};
    size_t taken = part.len + (end != NULL);

    text->ptr += taken;
    text->len -= taken;
    return part;
}

static bool is_token(struct sn_str text)
{
    if (!text.len || text.len > SN_SDP_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 127)
            return false;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct sn_str text, uint8_t ret_bytes[SN_SDP_FINGERPRINT_LEN])
{
    if (text.len != 3 * SN_SDP_FINGERPRINT_LEN - 1)
        return false;
    for (size_t i = 0; i < SN_SDP_FINGERPRINT_LEN; i++) {
        int high = hex_digit(text.ptr[3 * i]), low = hex_digit(text.ptr[3 * i + 1]);

        if (high < 0 || low < 0 || (i + 1 < SN_SDP_FINGERPRINT_LEN && text.ptr[3 * i + 2] != ':'))
            return false;
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* "sha-256" in any case. */
static bool is_sha256(struct sn_str hash)
{
    static const char name[] = "sha-256";

    if (hash.len != sizeof(name) - 1)
        return false;
    for (size_t i = 0; i < hash.len; i++)
        if ((hash.ptr[i] >= 'A' && hash.ptr[i] <= 'Z' ? hash.ptr[i] | 0x20 : hash.ptr[i]) !=
            name[i])
            return false;
    return true;
}

/* ---- attributes ---- */

static struct sn_sdp_transport *transport_of(struct reader *reader)
{
    return reader->media ? &reader->media->transport : &reader->session;
}

static int read_ufrag(struct reader *reader, struct sn_str value)
{
    transport_of(reader)->ufrag = value;
    return 0;
}

static int read_password(struct reader *reader, struct sn_str value)
{
    transport_of(reader)->password = value;
    return 0;
}

static int read_fingerprint(struct reader *reader, struct sn_str value)
{
    struct sn_sdp_transport *transport = transport_of(reader);
    struct sn_str whole = value, hash = part_before(&value, ' ');

    if (!is_sha256(hash)) {
        transport->other_hash = hash;
        return 0;
    }
    if (!read_hex(value, transport->fingerprint))
        return refuse(reader, "fingerprint must be 32 bytes in hex", whole);
    transport->has_fingerprint = true;
    return 0;
}

static int read_setup(struct reader *reader, struct sn_str value)
{
    uint8_t setup = sn_str_is(value, "actpass")   ? SN_SDP_ACTPASS
                    : sn_str_is(value, "active")  ? SN_SDP_ACTIVE
                    : sn_str_is(value, "passive") ? SN_SDP_PASSIVE
                                                  : SN_SDP_NO_SETUP;

    if (setup == SN_SDP_NO_SETUP)
        return refuse(reader, "setup must be actpass, active or passive", value);
    transport_of(reader)->setup = setup;
    return 0;
}

static int read_options(struct reader *reader, struct sn_str value)
{
    while (value.len)
        if (sn_str_is(part_before(&value, ' '), "trickle"))
            reader->sdp->trickle = true;
    return 0;
}

static int read_mid(struct reader *reader, struct sn_str value)
{
    if (!is_token(value))
        return refuse(reader, "mid must be a word", value);
    if (reader->media)
        reader->media->mid = value;
    return 0;
}

static bool is_data_section(const struct reader *reader)
{
    return reader->media && reader->sdp->data >= 0 &&
           reader->media == &reader->sdp->media[reader->sdp->data];
}

static int read_sctp_port(struct reader *reader, struct sn_str value)
{
    uint64_t port;

    if (!sn_ip_number(value, UINT16_MAX, &port))
        return refuse(reader, "sctp-port must be a number up to 65535", value);
    if (is_data_section(reader))
        reader->sdp->sctp_port = (uint16_t)port;
    return 0;
}

static int read_message_size(struct reader *reader, struct sn_str value)
{
    uint64_t size;

    if (!sn_ip_number(value, UINT64_MAX, &size))
        return refuse(reader, "max-message-size must be a number", value);
    if (is_data_section(reader))
        reader->sdp->max_message_size = size;
    return 0;
}

/* Whether the candidate is of any use shows when somebody reads it. */
static int read_candidate(struct reader *reader, struct sn_str value)
{
    struct sn_sdp *sdp = reader->sdp;
    size_t name_len = sizeof("candidate:") - 1;

    if (sdp->candidate_count < SN_SDP_CANDIDATES_MAX)
        sdp->candidates[sdp->candidate_count++] =
            (struct sn_str){value.ptr - name_len, value.len + name_len};
    return 0;
}

static int read_direction(struct reader *reader, uint8_t direction)
{
    if (reader->media)
        reader->media->direction = direction;
    return 0;
}

static int read_sendrecv(struct reader *reader, struct sn_str value)
{
    return read_direction(reader, SN_SDP_SENDRECV);
}

static int read_sendonly(struct reader *reader, struct sn_str value)
{
    return read_direction(reader, SN_SDP_SENDONLY);
}

static int read_recvonly(struct reader *reader, struct sn_str value)
{
    return read_direction(reader, SN_SDP_RECVONLY);
}

static int read_inactive(struct reader *reader, struct sn_str value)
{
    return read_direction(reader, SN_SDP_INACTIVE);
}

static int read_lite(struct reader *reader, struct sn_str value)
{
    reader->sdp->lite = true;
    return 0;
}

static int read_end_of_candidates(struct reader *reader, struct sn_str value)
{
    reader->sdp->end_of_candidates = true;
    return 0;
}

static int read_bundle_only(struct reader *reader, struct sn_str value)
{
    if (reader->media)
        reader->media->bundle_only = true;
    return 0;
}

static int read_extmap_mixed(struct reader *reader, struct sn_str value)
{
    if (!reader->media)
        reader->sdp->extmap_mixed = true;
    return 0;
}

static const struct {
    const char *name;
    int (*read)(struct reader *reader, struct sn_str value);
} attributes[] = {
    {"bundle-only", read_bundle_only},
    {"candidate", read_candidate},
    {"end-of-candidates", read_end_of_candidates},
    {"extmap-allow-mixed", read_extmap_mixed},
    {"fingerprint", read_fingerprint},
    {"ice-lite", read_lite},
    {"ice-options", read_options},
    {"ice-pwd", read_password},
    {"ice-ufrag", read_ufrag},
    {"inactive", read_inactive},
    {"max-message-size", read_message_size},
    {"mid", read_mid},
    {"recvonly", read_recvonly},
    {"sctp-port", read_sctp_port},
    {"sendonly", read_sendonly},
    {"sendrecv", read_sendrecv},
    {"setup", read_setup},
};

static int read_attribute(struct reader *reader, struct sn_str value)
{
    struct sn_str name = part_before(&value, ':');

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
        if (sn_str_is(name, attributes[i].name))
            return attributes[i].read(reader, value);
    return 0;
}

/* ---- lines ---- */

/* "- 4611731400430051336 2 IN IP4 127.0.0.1" */
static int read_origin(struct reader *reader, struct sn_str value)
{
    struct sn_str whole = value;

    part_before(&value, ' ');
    if (!sn_ip_number(part_before(&value, ' '), UINT64_MAX, &reader->sdp->session_id) ||
        !sn_ip_number(part_before(&value, ' '), UINT64_MAX, &reader->sdp->version))
        return refuse(reader, "o= needs a name, a session and a version", whole);
    return 0;
}

/* Data channels over SCTP, as of RFC 8841, or as of its drafts: "DTLS/SCTP 5000". */
static void note_data_section(struct reader *reader)
{
    struct sn_sdp *sdp = reader->sdp;
    const struct sn_sdp_media *media = reader->media;
    uint64_t port;

    if (sdp->data >= 0 || !sn_str_is(media->kind, "application"))
        return;
    if (sn_str_is(media->protocol, "DTLS/SCTP")) {
        if (sn_ip_number(media->formats, UINT16_MAX, &port))
            sdp->sctp_port = (uint16_t)port;
        sdp->data = (int)sdp->media_count - 1;
    } else if (sn_str_is(media->formats, "webrtc-datachannel") &&
               (sn_str_is(media->protocol, "UDP/DTLS/SCTP") ||
                sn_str_is(media->protocol, "TCP/DTLS/SCTP"))) {
        sdp->data = (int)sdp->media_count - 1;
    }
}

/* "application 9 UDP/DTLS/SCTP webrtc-datachannel" */
static int read_media(struct reader *reader, struct sn_str value)
{
    struct sn_sdp *sdp = reader->sdp;
    struct sn_str whole = value, port;
    uint64_t number;

    if (sdp->media_count == SN_SDP_MEDIA_MAX)
        return refuse(reader, "more than 16 sections", whole);
    reader->media = &sdp->media[sdp->media_count++];
    *reader->media = (struct sn_sdp_media){.kind = part_before(&value, ' ')};
    port = part_before(&value, ' ');
    port = part_before(&port, '/'); /* a count of ports may follow */
    reader->media->protocol = part_before(&value, ' ');
    reader->media->formats = value;
    if (!is_token(reader->media->kind) || !is_token(reader->media->protocol) || !value.len ||
        !sn_ip_number(port, UINT16_MAX, &number))
        return refuse(reader, "m= needs a kind, a port, a protocol and formats", whole);
    reader->media->port = (uint16_t)number;
    note_data_section(reader);
    return 0;
}

static int read_line(struct reader *reader, struct sn_str line)
{
    if (line.len < 2 || line.ptr[1] != '=')
        return refuse(reader, "not of the form x=", line);
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t')
            return refuse(reader, "a control character", SN_STR_NULL);
    struct sn_str value = {line.ptr + 2, line.len - 2};
    if (reader->line == 1)
        return sn_str_is(line, "v=0") ? 0 : refuse(reader, "v=0 must come first", line);
    switch (line.ptr[0]) {
    case 'o':
        return read_origin(reader, value);
    case 'm':
        return read_media(reader, value);
    case 'a':
        return read_attribute(reader, value);
    default:
        return 0;
    }
}

/* What one place doesn't say, another does. */
static void complete(struct sn_sdp_transport *transport, const struct sn_sdp_transport *from)
{
    if (!transport->ufrag.ptr && !transport->password.ptr) {
        transport->ufrag = from->ufrag;
        transport->password = from->password;
    }
    if (!transport->has_fingerprint && from->has_fingerprint) {
        transport->has_fingerprint = true;
        memcpy(transport->fingerprint, from->fingerprint, SN_SDP_FINGERPRINT_LEN);
    }
    if (!transport->other_hash.ptr)
        transport->other_hash = from->other_hash;
    if (transport->setup == SN_SDP_NO_SETUP)
        transport->setup = from->setup;
}

int sn_sdp_parse(struct sn_str text, struct sn_sdp *ret_sdp, struct sn_error *error)
{
    struct reader reader = {.sdp = ret_sdp, .error = error};

    memset(ret_sdp, 0, sizeof(*ret_sdp));
    ret_sdp->data = -1;
    ret_sdp->sctp_port = SCTP_PORT;
    ret_sdp->max_message_size = MESSAGE_MAX_UNSAID;
    if (text.len > SN_SDP_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "sdp: %zu bytes; %d at most", text.len,
                            SN_SDP_MAX);
    while (text.len) {
        struct sn_str line = part_before(&text, '\n');

        reader.line++;
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (!line.len && reader.line > 1) /* some end with one */
            continue;
        int code = read_line(&reader, line);
        if (code)
            return code;
        if (reader.media && line.ptr[0] != 'm') {
            if (!reader.media->text.ptr)
                reader.media->text.ptr = line.ptr;
            reader.media->text.len = (size_t)(line.ptr + line.len - reader.media->text.ptr);
        }
    }
    if (!reader.line)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "sdp: empty");
    if (ret_sdp->data >= 0)
        ret_sdp->transport = ret_sdp->media[ret_sdp->data].transport;
    complete(&ret_sdp->transport, &reader.session);
    for (size_t i = 0; i < ret_sdp->media_count; i++)
        complete(&ret_sdp->transport, &ret_sdp->media[i].transport);
    return 0;
}

int sn_sdp_check(const struct sn_sdp *sdp, bool is_offer, struct sn_error *error)
{
    const struct sn_sdp_transport *transport = &sdp->transport;
    const char *missing = NULL;

    if (sdp->data < 0)
        missing = "a section of data channels (m=application ... UDP/DTLS/SCTP webrtc-datachannel)";
    else if (!sdp->media[sdp->data].port && !sdp->media[sdp->data].bundle_only)
        missing = "data channels: their section is refused (port 0)";
    else if (!transport->ufrag.ptr || !transport->password.ptr)
        missing = "ice-ufrag and ice-pwd";
    else if (!transport->has_fingerprint && !transport->other_hash.ptr)
        missing = "a fingerprint";
    else if (!is_offer && transport->setup != SN_SDP_ACTIVE && transport->setup != SN_SDP_PASSIVE)
        missing = "setup: active or passive";
    if (missing)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "sdp: needs %s", missing);
    if (!transport->has_fingerprint)
        return sn_error_set(error, SN_ERR_UNIMPLEMENTED,
                            "sdp: fingerprint by %.*s; sha-256 is needed",
                            SN_STR_ARGS(transport->other_hash));
    if (sdp->sctp_port != SCTP_PORT)
        return sn_error_set(error, SN_ERR_UNIMPLEMENTED, "sdp: sctp-port %u; %d is needed",
                            sdp->sctp_port, SCTP_PORT);
    return 0;
}

/* ---- writing ---- */

struct writer {
    char *text;
    size_t len, size;
    bool full;
};

static void SN_PRINTF(2, 3) put(struct writer *writer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = writer->full
                  ? -1
                  : vsnprintf(writer->text + writer->len, writer->size - writer->len, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= writer->size - writer->len)
        writer->full = true;
    else
        writer->len += (size_t)len;
}

static void put_fingerprint(struct writer *writer, const uint8_t *fingerprint)
{
    put(writer, "a=fingerprint:sha-256 ");
    for (int i = 0; i < SN_SDP_FINGERPRINT_LEN; i++)
        put(writer, "%s%02X", i ? ":" : "", fingerprint[i]);
    put(writer, "\r\n");
}

static void put_candidates(struct writer *writer, const struct sn_sdp_local *local)
{
    char text[SN_CANDIDATE_TEXT_MAX];

    for (size_t i = 0; i < local->candidate_count; i++) {
        sn_candidate_format(&local->candidates[i], text);
        put(writer, "a=%s\r\n", text);
    }
    if (local->end_of_candidates)
        put(writer, "a=end-of-candidates\r\n");
}

static const char *setup_text(enum sn_sdp_setup setup)
{
    return setup == SN_SDP_ACTIVE ? "active" : setup == SN_SDP_PASSIVE ? "passive" : "actpass";
}

static void put_data_section(struct writer *writer, const struct sn_sdp_local *local,
                             struct sn_str mid, struct sn_str protocol)
{
    bool old = sn_str_is(protocol, "DTLS/SCTP");

    put(writer, "m=application 9 %.*s %s\r\nc=IN IP4 0.0.0.0\r\n", SN_STR_ARGS(protocol),
        old ? "5000" : "webrtc-datachannel");
    put(writer, "a=setup:%s\r\n", setup_text(local->setup));
    if (mid.len)
        put(writer, "a=mid:%.*s\r\n", SN_STR_ARGS(mid));
    put(writer, "a=sendrecv\r\n");
    put(writer, old ? "a=sctpmap:%d webrtc-datachannel 1024\r\n" : "a=sctp-port:%d\r\n", SCTP_PORT);
    put(writer, "a=max-message-size:%lu\r\n", (unsigned long)local->max_message_size);
    put(writer, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n", local->ufrag,
        local->password);
    put_candidates(writer, local);
}

/* RFC 8829, 5.3.1: a section that isn't wanted keeps its place, with port 0. */
static void put_refused(struct writer *writer, const struct sn_sdp_media *media)
{
    put(writer, "m=%.*s 0 %.*s %.*s\r\nc=IN IP4 0.0.0.0\r\n", SN_STR_ARGS(media->kind),
        SN_STR_ARGS(media->protocol), SN_STR_ARGS(media->formats));
    if (media->mid.len)
        put(writer, "a=mid:%.*s\r\n", SN_STR_ARGS(media->mid));
    put(writer, "a=inactive\r\n");
}

int sn_sdp_write(const struct sn_sdp_local *local, char *text, size_t size)
{
    const struct sn_sdp *offer = local->offer;
    struct writer writer = {text, 0, size, size == 0};
    struct sn_str mid = offer ? offer->media[offer->data].mid : SN_STR("0");

    put(&writer, "v=0\r\no=- %llu %llu IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
        (unsigned long long)local->session_id, (unsigned long long)local->version);
    put_fingerprint(&writer, local->fingerprint);
    if (!offer || offer->extmap_mixed)
        put(&writer, "a=extmap-allow-mixed\r\n");
    if (mid.len)
        put(&writer, "a=group:BUNDLE %.*s\r\n", SN_STR_ARGS(mid));
    if (!offer)
        put_data_section(&writer, local, mid, SN_STR("UDP/DTLS/SCTP"));
    for (size_t i = 0; offer && i < offer->media_count; i++) {
        if ((int)i == offer->data)
            put_data_section(&writer, local, mid, offer->media[i].protocol);
        else
            put_refused(&writer, &offer->media[i]);
    }
    return writer.full ? SN_ERR_RESOURCE_EXHAUSTED : (int)writer.len;
}
