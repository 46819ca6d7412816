/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams from anybody among those of a peer: two honest sides shake hands, and before each of
 * their datagrams one of the input's arrives (two bytes of length, whose highest bit says where).
 * The rest comes when they are through. Also: the input as a fingerprint of SDP.
 */
#include "net/dtls.h"

#include "fuzz.h"

#include <string.h>

enum { MTU = 1200, QUEUE_MAX = 64, DATAGRAMS_MAX = 200 };

struct side {
    struct sn_dtls *dtls;
    struct side *peer;
    size_t connects, ends;
};

static struct queued {
    struct side *to;
    size_t len;
    uint8_t bytes[MTU];
} queue[QUEUE_MAX];
static size_t queue_first, queue_count;

static void on_send(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    struct side *side = sn_dtls_owner(dtls);

    FUZZ_REQUIRE(len > 0 && len <= MTU);
    if (queue_count == QUEUE_MAX)
        return;
    struct queued *queued = &queue[(queue_first + queue_count++) % QUEUE_MAX];
    queued->to = side->peer;
    queued->len = len;
    memcpy(queued->bytes, bytes, len);
}

static void on_connected(struct sn_dtls *dtls)
{
    struct side *side = sn_dtls_owner(dtls);

    FUZZ_REQUIRE(!side->connects++ && !side->ends);
    FUZZ_REQUIRE(sn_dtls_send(dtls, (const uint8_t *)"x", 1) == 0);
}

static void on_received(struct sn_dtls *dtls, const uint8_t *bytes, size_t len)
{
    FUZZ_REQUIRE(len == 1 && *bytes == 'x'); /* what is forged is not heard */
}

static void on_ended(struct sn_dtls *dtls, int code, const char *cause)
{
    FUZZ_REQUIRE(!((struct side *)sn_dtls_owner(dtls))->ends++ && cause);
}

static const struct sn_dtls_events events = {on_send, on_connected, on_received, on_ended};

static void create(struct side *side, struct side *peer, struct sn_timers *timers,
                   struct sn_dtls_identity *identities[2], bool active)
{
    struct sn_dtls_options options = {
        .timers = timers,
        .identity = identities[!active],
        .active = active,
        .peer = *sn_dtls_identity_fingerprint(identities[active]),
        .mtu = MTU,
        .events = &events,
        .owner = side,
    };

    *side = (struct side){.peer = peer};
    FUZZ_REQUIRE(sn_dtls_create(&options, &side->dtls, NULL) == 0);
}

/* Lets the next datagram of the input arrive. False when there is none. */
static bool inject(struct side sides[2], const uint8_t **data, size_t *size)
{
    if (*size < 2)
        return false;
    size_t len = (size_t)((*data)[0] & 0x7f) << 8 | (*data)[1];
    bool second = (*data)[0] >> 7;
    *data += 2;
    *size -= 2;
    if (len > *size)
        len = *size;
    sn_dtls_receive(sides[second].dtls, *data, len);
    *data += len;
    *size -= len;
    return true;
}

static void read_fingerprint(const uint8_t *data, size_t size)
{
    struct sn_dtls_fingerprint fingerprint, again;
    char text[SN_DTLS_FINGERPRINT_TEXT];
    struct sn_error error;

    if (sn_dtls_fingerprint_parse((struct sn_str){(const char *)data, size}, &fingerprint, &error))
        return;
    sn_dtls_fingerprint_format(&fingerprint, text);
    FUZZ_REQUIRE(sn_dtls_fingerprint_parse(sn_str_of(text), &again, &error) == 0);
    FUZZ_REQUIRE(memcmp(&fingerprint, &again, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sn_dtls_identity *identities[2];
    struct sn_timers timers = {0};
    struct side sides[2];
    bool more = true;

    for (int i = 0; i < 2; i++)
        if (!identities[i])
            FUZZ_REQUIRE(sn_dtls_identity_create(&identities[i], NULL) == 0);
    read_fingerprint(data, size);
    queue_count = 0;
    create(&sides[0], &sides[1], &timers, identities, true);
    create(&sides[1], &sides[0], &timers, identities, false);
    sn_dtls_start(sides[0].dtls);
    for (int i = 0; i < DATAGRAMS_MAX && (more || queue_count); i++) {
        more = more && inject(sides, &data, &size);
        if (!queue_count)
            continue;
        struct queued *queued = &queue[queue_first];
        queue_first = (queue_first + 1) % QUEUE_MAX;
        queue_count--;
        sn_dtls_receive(queued->to->dtls, queued->bytes, queued->len);
    }
    for (int i = 0; i < 2; i++)
        sn_dtls_destroy(sides[i].dtls);
    FUZZ_REQUIRE(sn_timers_next(&timers) == UINT64_MAX);
    return 0;
}
