/* SPDX-License-Identifier: Apache-2.0
 *
 * How often an address has failed to say who it is: after some tries it has to wait, longer each
 * time. Pure; memory is the caller's.
 */
#ifndef SN_AUTH_ATTEMPTS_H
#define SN_AUTH_ATTEMPTS_H

#include "sinew/timers.h"

/* Addresses that are remembered; the one that has been quiet for longest is forgotten first. */
enum { SN_ATTEMPTS_SLOTS = 256, SN_ATTEMPTS_HOST_MAX = 64 };

struct sn_attempts {
    uint32_t free; /* failures without a wait */
    /* ---- */
    struct sn_attempts_slot {
        char host[SN_ATTEMPTS_HOST_MAX]; /* "": unused */
        uint32_t failures;
        uint64_t last_ns, until_ns;
    } slots[SN_ATTEMPTS_SLOTS];
};

/* Waits double from 1 s to a minute; a failure is forgiven after as long. */
#define SN_ATTEMPTS_FIRST_NS SN_SECONDS(1)
#define SN_ATTEMPTS_LAST_NS SN_SECONDS(60)

/* A "host" below is any name of those who fail together. */

/* The host of a peer's address ("10.0.0.1:4711", "[::1]:4711", "unix"); of IPv6 the first 64 bits,
 * which one customer has for himself. */
void sn_attempts_host(const char *address, char ret_host[SN_ATTEMPTS_HOST_MAX]);

/* How long this host has to wait from now on; 0: it may try. */
uint64_t sn_attempts_wait(const struct sn_attempts *attempts, const char *host, uint64_t now_ns);

void sn_attempts_failed(struct sn_attempts *attempts, const char *host, uint64_t now_ns);
void sn_attempts_succeeded(struct sn_attempts *attempts, const char *host);

#endif
