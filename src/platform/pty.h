/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudo-terminals: a program that believes it talks to a person. Any thread, but a child belongs
 * to the thread that waits for it; nothing blocks.
 */
#ifndef SN_PLATFORM_PTY_H
#define SN_PLATFORM_PTY_H

#include "sinew/err.h"

#include <stdint.h>
#include <sys/types.h>

struct sn_pty {
    int master; /* reads and writes don't wait; closed on exec */
    pid_t pid;  /* the program: leader of a session of its own, whose terminal this is */
};

/* Starts `argv[0]` (a path; the list ends with NULL) on a new terminal, with this process's
 * environment and `term` as its TERM. UNAVAILABLE with a text. That the program can't be executed
 * shows on the terminal, and by its exit code, 127. */
int sn_pty_spawn(char *const argv[], const char *term, uint16_t columns, uint16_t rows,
                 struct sn_pty *ret_pty, struct sn_error *error) SN_MUST_USE;

/* The program is told of it by SIGWINCH. */
void sn_pty_resize(int master, uint16_t columns, uint16_t rows);

#endif
