/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-1 as the standard writes it, with the schedule kept in 16 words.
 */
#include "base/sha1.h"

static uint32_t rotate(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_word(uint8_t *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static uint32_t schedule(uint32_t w[16], int t)
{
    if (t >= 16)
        w[t & 15] = rotate(w[(t + 13) & 15] ^ w[(t + 8) & 15] ^ w[(t + 2) & 15] ^ w[t & 15], 1);
    return w[t & 15];
}

static void compress(uint32_t state[5], const uint8_t block[SN_SHA1_BLOCK])
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], w[16];

    for (int t = 0; t < 16; t++)
        w[t] = word_at(block + 4 * t);
    for (int t = 0; t < 80; t++) {
        uint32_t f, k;

        if (t < 20)
            f = (b & c) | (~b & d), k = 0x5a827999;
        else if (t < 40)
            f = b ^ c ^ d, k = 0x6ed9eba1;
        else if (t < 60)
            f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
        else
            f = b ^ c ^ d, k = 0xca62c1d6;
        uint32_t next = rotate(a, 5) + f + e + k + schedule(w, t);
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

void sn_sha1_init(struct sn_sha1 *sha1)
{
    *sha1 = (struct sn_sha1){{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, 0, {0}};
}

void sn_sha1_add(struct sn_sha1 *sha1, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    while (len) {
        size_t at = sha1->len % SN_SHA1_BLOCK, room = SN_SHA1_BLOCK - at;
        size_t part = len < room ? len : room;

        memcpy(sha1->block + at, from, part);
        sha1->len += part;
        from += part;
        len -= part;
        if (part == room)
            compress(sha1->state, sha1->block);
    }
}

void sn_sha1_end(struct sn_sha1 *sha1, uint8_t ret_digest[SN_SHA1_LEN])
{
    static const uint8_t padding[SN_SHA1_BLOCK] = {0x80};
    uint64_t bits = sha1->len * 8;
    size_t at = sha1->len % SN_SHA1_BLOCK;
    uint8_t len[8];

    put_word(len, (uint32_t)(bits >> 32));
    put_word(len + 4, (uint32_t)bits);
    sn_sha1_add(sha1, padding, at < 56 ? 56 - at : 120 - at);
    sn_sha1_add(sha1, len, sizeof(len));
    for (int i = 0; i < 5; i++)
        put_word(ret_digest + 4 * i, sha1->state[i]);
}

/* Begins a hash with the padded key, each byte changed by `mask`. */
static void begin_keyed(struct sn_sha1 *sha1, const uint8_t key[SN_SHA1_BLOCK], uint8_t mask)
{
    uint8_t pad[SN_SHA1_BLOCK];

    for (int i = 0; i < SN_SHA1_BLOCK; i++)
        pad[i] = key[i] ^ mask;
    sn_sha1_init(sha1);
    sn_sha1_add(sha1, pad, sizeof(pad));
}

void sn_hmac_sha1(struct sn_str key, const struct sn_str *parts, size_t count,
                  uint8_t ret_mac[SN_SHA1_LEN])
{
    uint8_t padded[SN_SHA1_BLOCK] = {0};
    struct sn_sha1 sha1;

    if (key.len > SN_SHA1_BLOCK) {
        sn_sha1_init(&sha1);
        sn_sha1_add(&sha1, key.ptr, key.len);
        sn_sha1_end(&sha1, padded);
    } else if (key.len) {
        memcpy(padded, key.ptr, key.len);
    }
    begin_keyed(&sha1, padded, 0x36);
    for (size_t i = 0; i < count; i++)
        sn_sha1_add(&sha1, parts[i].ptr, parts[i].len);
    sn_sha1_end(&sha1, ret_mac);
    begin_keyed(&sha1, padded, 0x5c);
    sn_sha1_add(&sha1, ret_mac, SN_SHA1_LEN);
    sn_sha1_end(&sha1, ret_mac);
}
