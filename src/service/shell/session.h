/* SPDX-License-Identifier: Apache-2.0
 *
 * What the shell service has under way: terminals, copies to the machine, copies from it. Each is
 * an operation with a duplex, in memory of its own, since a process or a pool thread may outlive
 * the call. Loop thread.
 */
#ifndef SN_SERVICE_SHELL_SESSION_H
#define SN_SERVICE_SHELL_SESSION_H

#include "sinew/api/shell.h"
#include "sinew/list.h"

struct builtin_shell {
    struct sn_shell base;
    struct sn_list sessions; /* shell_session.link */
    struct sn_call *closing; /* waits until there is none */
};

/* First member of each kind. */
struct shell_session {
    struct sn_list link; /* builtin_shell.sessions */
    struct builtin_shell *owner;
    struct sn_call *call; /* NULL when it has ended */
    struct sn_duplex *duplex;
    /* The call has ended with `code` or the service closes (`now`: at once, the hard way): ends
     * what is under way, then calls shell_session_gone(). */
    void (*end)(struct shell_session *session, bool now);
};

/* Zeroed, of `size` bytes, and holding `call`, whose cancellation ends it. NULL without memory. */
void *shell_session_create(struct builtin_shell *owner, struct sn_call *call,
                           struct sn_duplex *duplex, size_t size,
                           void (*end)(struct shell_session *session, bool now)) SN_MUST_USE;

/* Ends the call, then what is under way. Harmless when it has ended. */
void shell_session_end(struct shell_session *session, int code);

/* The op returns an error: ends what is under way, and leaves the call to whoever started it. */
void shell_session_drop(struct shell_session *session);

/* Frees it. */
void shell_session_gone(struct shell_session *session);

/* ---- the ops ---- */

int shell_terminal(struct sn_call *call, struct sn_shell *shell, const void *request,
                   struct sn_duplex *duplex);
int shell_copy_to(struct sn_call *call, struct sn_shell *shell, const void *request,
                  struct sn_duplex *duplex);
int shell_copy_from(struct sn_call *call, struct sn_shell *shell, const void *request,
                    struct sn_duplex *duplex);

#endif
