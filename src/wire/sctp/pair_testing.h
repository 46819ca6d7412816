/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of this folder: two ends and a log of what each was told, and packets made by hand.
 * For *_test.c only, once per program.
 */
#ifndef SN_WIRE_SCTP_PAIR_TESTING_H
#define SN_WIRE_SCTP_PAIR_TESTING_H

#include "wire/sctp/private.h"
#include "wire/sctp/testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- two ends ---- */

struct end {
    struct pair *pair;
    struct sn_sctp *sctp;
    bool connected, hold; /* hold: gives no credit */
    const char *cause;    /* closed */
    char log[1024];       /* messages and resets: "0:hello reset3 " */
    size_t messages, bytes;
    uint64_t last_ns; /* when the newest message came */
};

struct pair {
    struct net net;
    struct sn_block_pool pool;
    struct end ends[2];
};

static void on_connected(void *owner)
{
    ((struct end *)owner)->connected = true;
}

static inline void SN_PRINTF(2, 3) note(struct end *end, const char *format, ...)
{
    size_t used = strlen(end->log);
    va_list args;

    va_start(args, format);
    vsnprintf(end->log + used, sizeof(end->log) - used, format, args);
    va_end(args);
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    struct end *end = owner;

    end->messages++;
    end->bytes += bytes.len;
    end->last_ns = end->pair->net.now_ns;
    if (bytes.len < 20)
        note(end, "%u:%.*s ", stream, SN_STR_ARGS(bytes));
    if (!end->hold)
        sn_sctp_credit(end->sctp, bytes.len);
}

static void on_writable(void *owner)
{
}

static void on_peer_reset(void *owner, uint16_t stream)
{
    note(owner, "reset%u ", stream);
}

static void on_reset_done(void *owner, uint16_t stream)
{
    note(owner, "done%u ", stream);
}

static void on_closed(void *owner, const char *cause)
{
    struct end *end = owner;

    assert_null(end->cause);
    end->cause = cause;
}

static const struct sn_sctp_events events = {
    on_connected, on_message, on_writable, on_peer_reset, on_reset_done, on_closed,
};

static inline struct pair *pair_create(const struct sn_sctp_config *special)
{
    struct pair *pair = calloc(1, sizeof(*pair));
    struct sn_sctp_config config = special ? *special : (struct sn_sctp_config){0};

    config.blocks = &pair->pool;
    config.random = &pair->net.random;
    sn_random_init(&pair->net.random, 1);
    sn_block_pool_init(&pair->pool, &sn_heap, 16);
    pair->net.delay_ns = SN_MS(5);
    for (int i = 0; i < 2; i++) {
        pair->ends[i].pair = pair;
        pair->ends[i].sctp = pair->net.ends[i] = sn_sctp_create(&config, &events, &pair->ends[i]);
        assert_non_null(pair->ends[i].sctp);
    }
    return pair;
}

static inline void pair_destroy(struct pair *pair)
{
    net_drop_all(&pair->net);
    for (int i = 0; i < 2; i++)
        sn_sctp_destroy(pair->ends[i].sctp);
    assert_int_equal(pair->pool.in_use, 0);
    sn_block_pool_fini(&pair->pool);
    free(pair);
}

static inline void begin(struct pair *pair)
{
    sn_sctp_start(pair->ends[0].sctp, pair->net.now_ns);
    net_run(&pair->net, SN_MS(100));
    assert_true(pair->ends[0].connected && pair->ends[1].connected);
}

static inline struct pair *pair_connected(const struct sn_sctp_config *special)
{
    struct pair *pair = pair_create(special);

    begin(pair);
    return pair;
}

static inline void send_text(struct pair *pair, int i, uint16_t stream, const char *text)
{
    assert_int_equal(sn_sctp_send(pair->ends[i].sctp, stream, 51, false, sn_str_of(text)), 0);
}

static inline void send_bytes(struct pair *pair, int i, uint16_t stream, size_t len)
{
    static char bytes[1 << 20];

    assert_int_equal(
        sn_sctp_send(pair->ends[i].sctp, stream, 53, false, (struct sn_str){bytes, len}), 0);
}

static inline struct sn_sctp_stats stats_of(const struct pair *pair, int i)
{
    struct sn_sctp_stats stats;

    sn_sctp_stats(pair->ends[i].sctp, &stats);
    return stats;
}

/* ---- packets made by hand ---- */

struct raw {
    uint8_t bytes[SN_SCTP_MTU];
    size_t len;
};

/* To end `i`, from the other one. */
static inline struct raw raw_begin(const struct pair *pair, int i)
{
    struct raw raw = {.len = SCTP_HEADER_LEN};

    sctp_put16(raw.bytes, SN_SCTP_PORT);
    sctp_put16(raw.bytes + 2, SN_SCTP_PORT);
    sctp_put32(raw.bytes + 4, pair->ends[i].sctp->tag);
    return raw;
}

static inline void raw_chunk(struct raw *raw, uint8_t type, uint8_t flags, const void *value,
                             size_t len)
{
    uint8_t *at = raw->bytes + raw->len;

    at[0] = type;
    at[1] = flags;
    sctp_put16(at + 2, (uint16_t)(4 + len));
    memcpy(at + 4, value, len);
    raw->len += sctp_padded(4 + len);
}

static inline void raw_data_on(struct raw *raw, uint32_t tsn, uint8_t flags, uint16_t stream,
                               uint16_t ssn, struct sn_str bytes)
{
    uint8_t value[SN_SCTP_MTU];

    sctp_put32(value, tsn);
    sctp_put16(value + 4, stream);
    sctp_put16(value + 6, ssn);
    sctp_put32(value + 8, 51);
    memcpy(value + 12, bytes.ptr, bytes.len);
    raw_chunk(raw, SCTP_DATA, flags, value, 12 + bytes.len);
}

static inline void raw_data(struct raw *raw, uint32_t tsn, uint8_t flags, uint16_t ssn,
                            const char *text)
{
    raw_data_on(raw, tsn, flags, 0, ssn, sn_str_of(text));
}

static inline void raw_input(struct pair *pair, int i, struct raw *raw)
{
    sctp_put32(raw->bytes + 8, sctp_checksum(raw->bytes, raw->len));
    sn_sctp_input(pair->ends[i].sctp, (struct sn_str){(const char *)raw->bytes, raw->len},
                  pair->net.now_ns);
}

#endif
