/* SPDX-License-Identifier: Apache-2.0
 *
 * The shell service: its sessions, whatever their kind. Terminals are in terminal.c, files in
 * copy_to.c and copy_from.c.
 */
#include "service/shell/session.h"
#include "sinew/driver.h"

#include <stdlib.h>

static void on_cancel(struct sn_call *call)
{
    shell_session_end(call->holder, sn_call_cancelled(call));
}

void *shell_session_create(struct builtin_shell *owner, struct sn_call *call,
                           struct sn_duplex *duplex, size_t size,
                           void (*end)(struct shell_session *session, bool now))
{
    struct shell_session *session = calloc(1, size);

    if (!session)
        return NULL;
    session->owner = owner;
    session->call = call;
    session->duplex = duplex;
    session->end = end;
    sn_list_append(&owner->sessions, &session->link);
    call->holder = session;
    call->on_cancel = on_cancel;
    return session;
}

void shell_session_end(struct shell_session *session, int code)
{
    struct sn_call *call = session->call;

    if (!call)
        return;
    session->call = NULL;
    session->duplex = NULL;
    sn_call_done(call, code);
    session->end(session, session->owner->closing != NULL);
}

void shell_session_drop(struct shell_session *session)
{
    session->call->on_cancel = NULL;
    session->call = NULL;
    session->duplex = NULL;
    session->end(session, true);
}

void shell_session_gone(struct shell_session *session)
{
    struct builtin_shell *owner = session->owner;

    sn_list_remove(&session->link);
    free(session);
    if (owner->closing && sn_list_empty(&owner->sessions)) {
        struct sn_call *closing = owner->closing;

        owner->closing = NULL;
        sn_call_done(closing, 0);
    }
}

/* ---- life ---- */

static int builtin_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    sn_list_init(&((struct builtin_shell *)resource)->sessions);
    return 0;
}

/* Ended sessions are told again: this time it is urgent. */
static int builtin_close(struct sn_call *call, struct sn_resource *resource)
{
    struct builtin_shell *shell = (struct builtin_shell *)resource;
    struct sn_list *node, *next;

    if (sn_list_empty(&shell->sessions))
        return 0;
    shell->closing = call;
    sn_list_for_each_safe (node, next, &shell->sessions) {
        struct shell_session *session = sn_container_of(node, struct shell_session, link);

        if (session->call)
            shell_session_end(session, SN_ERR_UNAVAILABLE);
        else
            session->end(session, true);
    }
    return SN_PENDING;
}

static const struct sn_shell_ops builtin_ops = {
    .shell = shell_terminal,
    .copy_to = shell_copy_to,
    .copy_from = shell_copy_from,
};

const struct sn_driver sn_service_shell_builtin = {
    .api = SN_API_SHELL,
    .model = "rdk:builtin:builtin",
    .help = "the machine's own shell and files, with all that this program may do",
    .size = sizeof(struct builtin_shell),
    .ops = &builtin_ops,
    .open = builtin_open,
    .close = builtin_close,
};
