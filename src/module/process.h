/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes of the server: started through the helper program sinew-spawn, which gives each a
 * process group of its own, its death with the server's, and what keeps it isolated; their output
 * by lines; their orderly end. Loop thread; nothing blocks.
 *
 * No process of the group outlives the leader: what is to live on must begin a session of its own.
 */
#ifndef SN_MODULE_PROCESS_H
#define SN_MODULE_PROCESS_H

#include "loop/loop.h"
#include "resource/config.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <sys/types.h>

/* Bytes of a line; what is longer comes as several. */
enum { SN_PROCESS_LINE_MAX = 8 << 10 };

/* Read only during sn_process_start(). */
struct sn_process_options {
    const char *program;     /* a path, or a name to be looked for in the server's PATH */
    const char *const *args; /* argv[1] and on, NULL-ended; NULL: none */
    const char *const *env;  /* "K=V", NULL-ended, the whole environment; NULL: the server's */
    const char *cwd;         /* NULL: the server's; a relative `program` is looked for in it */
    const char *user;        /* NULL: that of `isolation`, else the server's */
    /* A folder that exists: it is given to the user and stays writable; with `read_only` TMPDIR is
     * its `tmp`, unless `env` says otherwise. NULL: none. */
    const char *data_dir;
    /* What it is kept from (docs/isolation.md); NULL: nothing. What the system can't enforce is
     * warned about, and the program runs without. */
    const struct sn_config_isolation *isolation;
    /* Stay writable besides what the isolation says (the folder of a socket); NULL-ended, or NULL.
     */
    const char *const *writable;

    /* A line of output without its end. A child that prints faster than SN_PROCESS_RATE is held
     * back by its pipe. NULL: output is thrown away. */
    void (*on_line)(void *owner, bool is_stderr, struct sn_str line);
    /* What of the isolation can't be enforced here, and why; also from inside sn_process_start().
     * May be NULL. */
    void (*on_warning)(void *owner, struct sn_str text);
    /* Exactly once, after the last line; `wait_status` as waitpid() gives it. What the process left
     * of its group has been killed. It may free the process. */
    void (*on_exit)(void *owner, int wait_status);
    void *owner;
};

/* Bytes per second of one child's output. */
enum { SN_PROCESS_RATE = 1 << 20 };

struct sn_process;

/* Errors name the program and the cause. NOT_FOUND (program), PERMISSION_DENIED (not executable,
 * a folder), UNAVAILABLE (no helper program, pipe or process), RESOURCE_EXHAUSTED. What only exec()
 * can tell comes by on_exit and sn_process_exit_text(). */
int sn_process_start(struct sn_loop *loop, const struct sn_process_options *options,
                     struct sn_process **ret_process, struct sn_error *error) SN_MUST_USE;

/* That of its leader and its group; valid until on_exit. */
pid_t sn_process_pid(const struct sn_process *process);

bool sn_process_running(const struct sn_process *process);

/* From on_exit on: why the program couldn't be started ("/x/y: exec format error"), or how it ended
 * ("exit code 3", "killed by signal 11 (Segmentation fault)"). */
const char *sn_process_exit_text(const struct sn_process *process);

/* Whether the program itself was never run. From on_exit on. */
bool sn_process_failed_to_start(const struct sn_process *process);

/* Sends `signal` to the process; to its group after a third of `timeout_ns`; kills the group at
 * its end. Then on_exit comes, never from inside. Once more: begins anew. */
void sn_process_stop(struct sn_process *process, int signal, uint64_t timeout_ns);

/* Kills the group at once. on_exit comes, never from inside. */
void sn_process_kill(struct sn_process *process);

/* Only from on_exit on. Accepts NULL. */
void sn_process_free(struct sn_process *process);

#endif
