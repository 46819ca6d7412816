/* SPDX-License-Identifier: Apache-2.0
 *
 * Any chunks at an SCTP association, as a peer that went through DTLS may send them: in packets
 * with the right tag and sum, numbers counted from where the association is. Between packets time
 * passes, messages are sent, streams reset. The input is a list of steps: what (1 byte), length (2
 * bytes, big-endian), so many bytes.
 */
#include "base/random.h"
#include "fuzz.h"
#include "sinew/timers.h"
#include "wire/datachannel.h"
#include "wire/sctp/private.h"

#include <string.h>

struct world {
    struct sn_datachannels *channels; /* or NULL */
    struct sn_sctp *sctp;
    uint64_t now_ns;
    size_t received, closed;
};

static void on_connected(void *owner)
{
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    struct world *world = owner;
    uint8_t sum = 0;

    for (size_t i = 0; i < bytes.len; i++)
        sum ^= (uint8_t)bytes.ptr[i];
    world->received += bytes.len + (sum & 1);
    if (sum & 2)
        sn_sctp_credit(world->sctp, bytes.len);
    if (sum == 0xff)
        sn_sctp_abort(world->sctp);
}

static void on_writable(void *owner)
{
}

static void on_reset(void *owner, uint16_t stream)
{
    struct world *world = owner;

    (void)!sn_sctp_reset(world->sctp, stream);
}

static void on_closed(void *owner, const char *cause)
{
    FUZZ_REQUIRE(cause && ((struct world *)owner)->closed++ == 0);
}

static const struct sn_sctp_events events = {
    on_connected, on_message, on_writable, on_reset, on_reset, on_closed,
};

/* ---- data channels on top ---- */

static void on_opened(void *owner, uint16_t id, struct sn_str label, struct sn_str protocol)
{
    struct world *world = owner;

    on_message(owner, 0, 0, label);
    on_message(owner, 0, 0, protocol);
    FUZZ_REQUIRE(sn_datachannels_add(world->channels, id) == SN_ERR_ALREADY_EXISTS);
    if (label.len > 3)
        (void)!sn_datachannels_close(world->channels, id);
}

static void on_channel_message(void *owner, uint16_t id, enum sn_datachannel_kind kind,
                               struct sn_str bytes)
{
    struct world *world = owner;

    on_message(owner, id, 0, bytes);
    (void)!sn_datachannels_send(world->channels, id, kind, bytes);
}

static void on_channel_closed(void *owner, uint16_t id)
{
    struct world *world = owner;

    FUZZ_REQUIRE(sn_datachannels_close(world->channels, id) == SN_ERR_NOT_FOUND);
}

static const struct sn_datachannel_events channel_events = {
    on_connected, on_opened, on_channel_message, on_writable, on_channel_closed, on_closed,
};

/* ---- */

static void check(const struct world *world)
{
    const struct sn_sctp *sctp = world->sctp;
    uint32_t flight = 0, sent = 0, lost = 0, early = 0, early_count = 0;

    if (sctp->state == SCTP_DEAD) /* left as it was in the middle of things */
        return;
    for (const struct sctp_chunk *chunk = sctp->sent.first; chunk; chunk = chunk->next) {
        sent += chunk->len;
        flight += chunk->state == SCTP_CHUNK_FLYING ? chunk->len : 0;
        lost += chunk->state == SCTP_CHUNK_LOST;
    }
    FUZZ_REQUIRE(sent == sctp->sent_bytes && flight == sctp->flight && lost == sctp->lost);
    for (const struct sctp_chunk *chunk = sctp->early.first; chunk; chunk = chunk->next) {
        early += chunk->state == SCTP_CHUNK_DELIVERED ? 0 : chunk->len;
        early_count++;
        FUZZ_REQUIRE(sctp_before(sctp->received_tsn, chunk->tsn));
        FUZZ_REQUIRE(!chunk->next || sctp_before(chunk->tsn, chunk->next->tsn));
    }
    FUZZ_REQUIRE(early == sctp->early_bytes && early_count == sctp->early_count);
    FUZZ_REQUIRE(early_count <= SCTP_EARLY_MAX);
    FUZZ_REQUIRE(sctp->partial_len <= sctp->config.message_max);
    FUZZ_REQUIRE(sctp->out.blocks <= sctp->out.blocks_max);
    FUZZ_REQUIRE(sctp->in.blocks <= sctp->in.blocks_max);
}

static void add32(uint8_t *at, uint32_t base)
{
    sctp_put32(at, sctp_get32(at) + base);
}

/* Numbers in the chunk count from those of the association. */
static void make_relative(const struct sn_sctp *sctp, uint8_t *chunk, size_t len)
{
    if (len < 8)
        return;
    if (chunk[0] == SCTP_DATA || chunk[0] == SCTP_FORWARD_TSN)
        add32(chunk + 4, sctp->received_tsn);
    else if (chunk[0] == SCTP_SACK || chunk[0] == SCTP_SHUTDOWN)
        add32(chunk + 4, sctp->acked_tsn);
    else if (chunk[0] == SCTP_RECONFIG && len >= 12)
        add32(chunk + 8, chunk[5] == 16 ? sctp->reset_seq : sctp->peer_reset_seq);
    else if (chunk[0] == SCTP_COOKIE_ECHO && len >= 16)
        add32(chunk + 8, sctp->tag);
    if (chunk[0] == SCTP_RECONFIG && len >= 20 && chunk[5] == 13)
        add32(chunk + 16, sctp->received_tsn);
}

static void input(struct world *world, const uint8_t *bytes, size_t len)
{
    uint8_t packet[2048] = {0};

    if (len > sizeof(packet) - SCTP_HEADER_LEN)
        len = sizeof(packet) - SCTP_HEADER_LEN;
    memcpy(packet + SCTP_HEADER_LEN, bytes, len);
    for (size_t at = SCTP_HEADER_LEN; at + 4 <= SCTP_HEADER_LEN + len;) {
        size_t chunk_len = sctp_get16(packet + at + 2);

        if (chunk_len < 4 || chunk_len > SCTP_HEADER_LEN + len - at)
            break;
        make_relative(world->sctp, packet + at, chunk_len);
        at += sctp_padded(chunk_len);
    }
    sctp_put16(packet, SN_SCTP_PORT);
    sctp_put16(packet + 2, SN_SCTP_PORT);
    sctp_put32(packet + 4, len && bytes[0] == SCTP_INIT ? 0 : world->sctp->tag);
    sctp_put32(packet + 8, sctp_checksum(packet, SCTP_HEADER_LEN + len));
    sn_sctp_input(world->sctp, (struct sn_str){(const char *)packet, SCTP_HEADER_LEN + len},
                  world->now_ns);
}

static void send_all(struct world *world)
{
    uint8_t packet[SN_SCTP_MTU];
    size_t len;

    for (int packets = 0; (len = sn_sctp_output(world->sctp, packet, world->now_ns)); packets++)
        FUZZ_REQUIRE(len <= SN_SCTP_MTU && len % 4 == 0 && packets < 2000 &&
                     sctp_get32(packet + 8) == sctp_checksum(packet, len));
}

/* Steps over `blocks` bytes of time, a timer at a time. */
static void wait_for(struct world *world, uint64_t for_ns)
{
    uint64_t until_ns = world->now_ns + for_ns;

    for (int i = 0; i < 100 && sn_sctp_next_timeout(world->sctp) <= until_ns; i++) {
        if (sn_sctp_next_timeout(world->sctp) > world->now_ns)
            world->now_ns = sn_sctp_next_timeout(world->sctp);
        sn_sctp_on_timeout(world->sctp, world->now_ns);
        send_all(world);
    }
    world->now_ns = until_ns;
}

static void step(struct world *world, uint8_t what, const uint8_t *bytes, size_t len)
{
    static char message[70000];

    switch (what % 8) {
    case 0:
    case 1:
        input(world, bytes, len);
        break;
    case 2:
        wait_for(world, SN_MS(10) * len);
        break;
    case 3:
        (void)!sn_sctp_send(world->sctp, (uint16_t)(what >> 3), 53, len & 1,
                            (struct sn_str){message, len});
        break;
    case 4:
        sn_sctp_credit(world->sctp, len);
        break;
    case 5:
        (void)!sn_sctp_reset(world->sctp, (uint16_t)len);
        break;
    case 6:
        sn_sctp_shutdown(world->sctp, world->now_ns);
        break;
    default:
        sn_sctp_start(world->sctp, world->now_ns);
        break;
    }
}

/* As if the peer had made its way to a standing association. */
static void connect_peer(struct world *world)
{
    uint8_t init[20] = {SCTP_INIT, 0, 0, 20};
    uint8_t packet[SN_SCTP_MTU];

    sctp_put32(init + 4, 7);
    sctp_put32(init + 8, 100000);
    sctp_put16(init + 12, 16);
    sctp_put16(init + 14, 16);
    sctp_put32(init + 16, 1000);
    input(world, init, sizeof(init));
    size_t len = sn_sctp_output(world->sctp, packet, 0);
    FUZZ_REQUIRE(len > 40);
    uint8_t echo[32] = {SCTP_COOKIE_ECHO, 0, 0, 32};
    memcpy(echo + 4, packet + len - 28, 28);
    sctp_put32(echo + 8, 0); /* our tag, which input() adds */
    sctp_put32(echo + 28, 1);
    input(world, echo, sizeof(echo));
    FUZZ_REQUIRE(sctp_is_up(world->sctp));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_random random;
    struct sn_block_pool pool;
    struct world world = {0};

    if (size < 1 || size > 16384)
        return 0;
    sn_random_init(&random, 1);
    sn_block_pool_init(&pool, &sn_heap, 0);
    struct sn_sctp_config config = {.blocks = &pool, .random = &random, .streams = 16};
    if (data[0] & 2) {
        config.message_max = 5000;
        config.receive_max = 10000;
    }
    if (data[0] & 4) {
        world.channels = sn_datachannels_create(&config, false, &channel_events, &world);
        world.sctp = sn_datachannels_sctp(world.channels);
        FUZZ_REQUIRE(sn_datachannels_add(world.channels, 0) == 0);
    } else {
        world.sctp = sn_sctp_create(&config, &events, &world);
    }
    if (data[0] & 1)
        connect_peer(&world);
    const uint8_t *at = data + 1, *end = data + size;
    while (end - at >= 3) {
        size_t len = sctp_get16(at + 1), there = (size_t)(end - at - 3);
        uint8_t what = *at;

        at += 3;
        bool is_packet = what % 8 < 2;
        if (is_packet && len > there)
            len = there;
        step(&world, what, at, len);
        at += is_packet ? len : 0;
        if (what & 0x80)
            send_all(&world);
        check(&world);
    }
    wait_for(&world, SN_SECONDS(60));
    check(&world);
    if (world.channels)
        sn_datachannels_destroy(world.channels);
    else
        sn_sctp_destroy(world.sctp);
    FUZZ_REQUIRE(pool.in_use == 0);
    sn_block_pool_fini(&pool);
    return 0;
}
