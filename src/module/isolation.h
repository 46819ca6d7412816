/* SPDX-License-Identifier: Apache-2.0
 *
 * What a child process is kept from. All zeros: nothing. What the system can't enforce is warned
 * about, by name and cause, and the process runs without (docs/isolation.md).
 */
#ifndef SN_MODULE_ISOLATION_H
#define SN_MODULE_ISOLATION_H

#include <stdbool.h>
#include <stdint.h>

struct sn_isolation {
    const char *user;       /* runs as that user (name or number); NULL: as the server's */
    uint64_t memory_bytes;  /* of all its processes together; 0: no limit */
    uint32_t cpu_percent;   /* of one core, so 200 are two cores; 0: no limit */
    uint32_t max_processes; /* threads included; 0: no limit */
    bool no_network;        /* UNIX sockets work, nothing else */
    bool read_only;         /* writes no files but in its data directory, `writable` and /dev */
    const char *const *writable; /* absolute folders, NULL-ended; NULL: none */
};

#endif
