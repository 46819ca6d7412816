/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of sinew-spawn share. One thread, no heap; each step either works, warns that the
 * program runs without it, or ends this process with the reason.
 */
#ifndef SN_HELPER_SPAWNING_H
#define SN_HELPER_SPAWNING_H

#include "platform/spawn.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What was asked for; texts are argv's. */
struct order {
    pid_t parent;
    bool guarded; /* the guard wants to know of this process */
    const char *cwd, *user, *data, *cgroup;
    uint64_t memory_bytes, max_processes; /* 0: no limit */
    bool no_network, read_only;
    const char *writable[SN_SPAWN_WRITABLE_MAX];
    size_t writable_count;
    char *const *argv; /* of the program */
};

/* Who the program runs as. */
struct identity {
    uid_t uid;
    gid_t gid;
    const char *name; /* for its groups; NULL: none but `gid` */
};

/* ---- spawn.c ---- */

void spawn_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void spawn_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The system's words with a small letter, as they stand within a sentence; valid until the next. */
const char *spawn_cause(int cause);

/* ---- isolate.c ---- */

/* Whether the order takes anything from the program. */
bool spawn_isolates(const struct order *order);

/* Before the change of user: needs the server's rights. */
void spawn_enter_cgroup(const struct order *order);
void spawn_limit(const struct order *order, const struct identity *identity);

/* A network of its own without a way out. False when that takes rights that aren't there. */
bool spawn_leave_network(void);

/* After it. The same within a user namespace, else by refusing sockets. */
void spawn_refuse_network(void);
void spawn_lock_files(const struct order *order);

/* From here on executing something gives no further rights. */
void spawn_renounce(void);

/* ---- guard.c ---- */

/* Reads process groups from standard input, 4 bytes each, negative: forget it. When nobody can
 * write any more, because the server is gone, kills what is left. Returns the exit code. */
int spawn_guard(void);

#endif
