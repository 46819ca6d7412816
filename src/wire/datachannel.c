/* SPDX-License-Identifier: Apache-2.0
 *
 * Data channels: which streams are open, what their messages are, how they begin and end.
 */
#include "wire/datachannel.h"

/* Source: RFC 8831, 8; an empty message is one byte that doesn't count. */
enum ppid {
    PPID_DCEP = 50,
    PPID_TEXT = 51,
    PPID_BINARY = 53,
    PPID_TEXT_EMPTY = 56,
    PPID_BINARY_EMPTY = 57,
};

/* Source: RFC 8832, 5. */
enum { DCEP_ACK = 2, DCEP_OPEN = 3, DCEP_OPEN_LEN = 12 };

enum channel_state {
    CHANNEL_FREE,
    CHANNEL_OPEN,
    CHANNEL_CLOSING = 2, /* our side is being reset */
    CHANNEL_OURS = 4,    /* our side is reset */
    CHANNEL_PEERS = 8,   /* the peer's side is reset */
};

struct sn_datachannels {
    struct sn_sctp *sctp;
    const struct sn_datachannel_events *events;
    void *owner;
    struct sn_block_pool *blocks;
    bool is_client;
    uint16_t count;
    uint8_t states[]; /* enum channel_state, by id */
};

/* ---- closing: each side resets its stream. Source: RFC 8831, 6.7 ---- */

static void close_step(struct sn_datachannels *channels, uint16_t id, enum channel_state news)
{
    uint8_t *state = &channels->states[id];

    *state |= (uint8_t)news;
    if (!(*state & CHANNEL_OURS) || !(*state & CHANNEL_PEERS))
        return;
    *state = CHANNEL_FREE;
    channels->events->channel_closed(channels->owner, id);
}

static void begin_closing(struct sn_datachannels *channels, uint16_t id)
{
    channels->states[id] = CHANNEL_CLOSING;
    if (sn_sctp_reset(channels->sctp, id))
        channels->states[id] |= CHANNEL_OURS;
}

static void on_peer_reset(void *owner, uint16_t stream)
{
    struct sn_datachannels *channels = owner;

    if (stream >= channels->count || channels->states[stream] == CHANNEL_FREE)
        return;
    if (channels->states[stream] == CHANNEL_OPEN)
        begin_closing(channels, stream);
    close_step(channels, stream, CHANNEL_PEERS);
}

static void on_reset_done(void *owner, uint16_t stream)
{
    struct sn_datachannels *channels = owner;

    if (stream < channels->count && channels->states[stream] & CHANNEL_CLOSING)
        close_step(channels, stream, CHANNEL_OURS);
}

int sn_datachannels_close(struct sn_datachannels *channels, uint16_t id)
{
    if (id >= channels->count || channels->states[id] != CHANNEL_OPEN)
        return SN_ERR_NOT_FOUND;
    if (sn_sctp_streams(channels->sctp))
        begin_closing(channels, id);
    else
        channels->states[id] = CHANNEL_FREE;
    return 0;
}

/* ---- announced channels ---- */

static uint16_t get16(const char *at)
{
    return (uint16_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]);
}

/* Whatever reliability it wants for what it sends: ours is reliable and ordered always. */
static void on_open(struct sn_datachannels *channels, uint16_t id, struct sn_str bytes)
{
    const char ack = DCEP_ACK;

    if (bytes.len < DCEP_OPEN_LEN || channels->states[id] != CHANNEL_FREE)
        return;
    struct sn_str label = {bytes.ptr + DCEP_OPEN_LEN, get16(bytes.ptr + 8)};
    struct sn_str protocol = {label.ptr + label.len, get16(bytes.ptr + 10)};
    if (label.len > SN_DATACHANNEL_NAME_MAX || protocol.len > SN_DATACHANNEL_NAME_MAX ||
        DCEP_OPEN_LEN + label.len + protocol.len > bytes.len ||
        sn_sctp_send(channels->sctp, id, PPID_DCEP, false, (struct sn_str){&ack, 1}))
        return;
    channels->states[id] = CHANNEL_OPEN;
    channels->events->opened(channels->owner, id, label, protocol);
}

static int announce(struct sn_datachannels *channels, uint16_t id, struct sn_str label,
                    struct sn_str protocol)
{
    char bytes[DCEP_OPEN_LEN + 2 * SN_DATACHANNEL_NAME_MAX] = {DCEP_OPEN};

    bytes[8] = (char)(label.len >> 8);
    bytes[9] = (char)label.len;
    bytes[10] = (char)(protocol.len >> 8);
    bytes[11] = (char)protocol.len;
    if (label.len)
        memcpy(bytes + DCEP_OPEN_LEN, label.ptr, label.len);
    if (protocol.len)
        memcpy(bytes + DCEP_OPEN_LEN + label.len, protocol.ptr, protocol.len);
    return sn_sctp_send(channels->sctp, id, PPID_DCEP, false,
                        (struct sn_str){bytes, DCEP_OPEN_LEN + label.len + protocol.len});
}

int sn_datachannels_open(struct sn_datachannels *channels, struct sn_str label,
                         struct sn_str protocol, uint16_t *ret_id)
{
    uint16_t count = sn_sctp_streams(channels->sctp);

    if (!count)
        return SN_ERR_UNAVAILABLE;
    if (label.len > SN_DATACHANNEL_NAME_MAX || protocol.len > SN_DATACHANNEL_NAME_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    uint16_t id = !channels->is_client;
    while (id < count && channels->states[id] != CHANNEL_FREE)
        id += 2;
    if (id >= count)
        return SN_ERR_RESOURCE_EXHAUSTED;
    int code = announce(channels, id, label, protocol);
    if (code)
        return code;
    channels->states[id] = CHANNEL_OPEN;
    *ret_id = id;
    return 0;
}

int sn_datachannels_add(struct sn_datachannels *channels, uint16_t id)
{
    if (id >= channels->count)
        return SN_ERR_INVALID_ARGUMENT;
    if (channels->states[id] != CHANNEL_FREE)
        return SN_ERR_ALREADY_EXISTS;
    channels->states[id] = CHANNEL_OPEN;
    return 0;
}

/* ---- messages ---- */

static void pass(struct sn_datachannels *channels, uint16_t id, uint32_t ppid, struct sn_str bytes)
{
    enum sn_datachannel_kind kind =
        ppid == PPID_TEXT || ppid == PPID_TEXT_EMPTY ? SN_DATACHANNEL_TEXT : SN_DATACHANNEL_BINARY;

    if (ppid == PPID_TEXT_EMPTY || ppid == PPID_BINARY_EMPTY)
        bytes.len = 0;
    else if (ppid != PPID_TEXT && ppid != PPID_BINARY)
        return;
    if (channels->states[id] == CHANNEL_OPEN)
        channels->events->message(channels->owner, id, kind, bytes);
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    struct sn_datachannels *channels = owner;

    if (stream >= channels->count)
        ;
    else if (ppid != PPID_DCEP)
        pass(channels, stream, ppid, bytes);
    else if (bytes.ptr[0] == DCEP_OPEN)
        on_open(channels, stream, bytes);
    sn_sctp_credit(channels->sctp, bytes.len);
}

int sn_datachannels_send(struct sn_datachannels *channels, uint16_t id,
                         enum sn_datachannel_kind kind, struct sn_str bytes)
{
    bool text = kind == SN_DATACHANNEL_TEXT;

    if (id >= channels->count || channels->states[id] != CHANNEL_OPEN)
        return SN_ERR_NOT_FOUND;
    if (bytes.len > SN_DATACHANNEL_MESSAGE_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    if (!bytes.len)
        return sn_sctp_send(channels->sctp, id, text ? PPID_TEXT_EMPTY : PPID_BINARY_EMPTY, false,
                            (struct sn_str){"", 1});
    return sn_sctp_send(channels->sctp, id, text ? PPID_TEXT : PPID_BINARY, false, bytes);
}

/* ---- all of them ---- */

static void on_connected(void *owner)
{
    struct sn_datachannels *channels = owner;

    channels->events->connected(channels->owner);
}

static void on_writable(void *owner)
{
    struct sn_datachannels *channels = owner;

    channels->events->writable(channels->owner);
}

static void on_closed(void *owner, const char *cause)
{
    struct sn_datachannels *channels = owner;

    channels->events->closed(channels->owner, cause);
}

static const struct sn_sctp_events sctp_events = {
    .connected = on_connected,
    .message = on_message,
    .writable = on_writable,
    .peer_reset = on_peer_reset,
    .reset_done = on_reset_done,
    .closed = on_closed,
};

struct sn_datachannels *sn_datachannels_create(const struct sn_sctp_config *config, bool is_client,
                                               const struct sn_datachannel_events *events,
                                               void *owner)
{
    uint16_t count = config->streams ? config->streams : SN_SCTP_STREAMS_PRESET;
    if (count > SN_SCTP_STREAMS_MAX)
        count = SN_SCTP_STREAMS_MAX;
    size_t size = sizeof(struct sn_datachannels) + count;
    struct sn_block *block = sn_block_get(config->blocks, sizeof(*block) + size);

    if (!block)
        return NULL;
    struct sn_datachannels *channels = (struct sn_datachannels *)(void *)(block + 1);
    memset(channels, 0, size);
    channels->events = events;
    channels->owner = owner;
    channels->is_client = is_client;
    channels->count = count;
    channels->blocks = config->blocks;
    channels->sctp = sn_sctp_create(config, &sctp_events, channels);
    if (!channels->sctp) {
        sn_block_put(config->blocks, block);
        return NULL;
    }
    return channels;
}

void sn_datachannels_destroy(struct sn_datachannels *channels)
{
    if (!channels)
        return;
    sn_sctp_destroy(channels->sctp);
    sn_block_put(channels->blocks, (struct sn_block *)(void *)channels - 1);
}

struct sn_sctp *sn_datachannels_sctp(const struct sn_datachannels *channels)
{
    return channels->sctp;
}
