/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-1 and HMAC-SHA1, for protocols that are bound to them (STUN), where no crypto library is:
 * pure, any thread. Not for new designs.
 * Sources: FIPS 180-4, RFC 2104.
 */
#ifndef SN_BASE_SHA1_H
#define SN_BASE_SHA1_H

#include "sinew/str.h"

#include <stdint.h>

enum { SN_SHA1_LEN = 20, SN_SHA1_BLOCK = 64 };

struct sn_sha1 {
    uint32_t state[5];
    uint64_t len; /* bytes so far */
    uint8_t block[SN_SHA1_BLOCK];
};

void sn_sha1_init(struct sn_sha1 *sha1);
void sn_sha1_add(struct sn_sha1 *sha1, const void *bytes, size_t len);
void sn_sha1_end(struct sn_sha1 *sha1, uint8_t ret_digest[SN_SHA1_LEN]);

/* The MAC of `parts`, one after another. */
void sn_hmac_sha1(struct sn_str key, const struct sn_str *parts, size_t count,
                  uint8_t ret_mac[SN_SHA1_LEN]);

#endif
