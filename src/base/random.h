/* SPDX-License-Identifier: Apache-2.0
 *
 * Chance, handed in like time: a generator with a seed, so that tests and simulations repeat. Not
 * for secrets; those come from the system (sn_random_secret). Thread: the owner's.
 */
#ifndef SN_BASE_RANDOM_H
#define SN_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256**. Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators". */
struct sn_random {
    uint64_t state[4];
};

/* Any seed is good; the same one gives the same numbers. */
void sn_random_init(struct sn_random *random, uint64_t seed);

uint64_t sn_random_next(struct sn_random *random);

/* Bytes nobody can guess. Aborts where the system has none (it always has). */
void sn_random_secret(void *bytes, size_t len);

/* Length of a UUID's text, without the NUL. */
enum { SN_UUID_LEN = 36 };

/* Version 4, lower case, from 16 random bytes. Source: RFC 9562, 5.4. */
void sn_uuid_format(const uint8_t bytes[16], char ret_text[SN_UUID_LEN + 1]);

#endif
