/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers and UUIDs.
 */
#include "base/random.h"

#include <stdlib.h>
#include <sys/random.h>

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

/* splitmix64 spreads a poor seed over the state, as the authors advise. */
void sn_random_init(struct sn_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        random->state[i] = z ^ (z >> 31);
    }
}

uint64_t sn_random_next(struct sn_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

void sn_random_secret(void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        size_t want = len - done < 256 ? len - done : 256; /* such requests are never cut */

        if (getrandom((char *)bytes + done, want, 0) != (ssize_t)want)
            abort();
        done += want;
    }
}

void sn_uuid_format(const uint8_t bytes[16], char ret_text[SN_UUID_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    char *out = ret_text;

    for (int i = 0; i < 16; i++) {
        uint8_t byte = bytes[i];

        if (i == 6)
            byte = (uint8_t)((byte & 0x0f) | 0x40);
        if (i == 8)
            byte = (uint8_t)((byte & 0x3f) | 0x80);
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[byte >> 4];
        *out++ = digits[byte & 15];
    }
    *out = '\0';
}
