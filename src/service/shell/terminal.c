/* SPDX-License-Identifier: Apache-2.0
 *
 * A shell on a terminal. What is typed waits in the order it came while the terminal takes no more,
 * and the client is held back; what is printed waits in the terminal while the client takes no
 * more, and the program is held back.
 *
 * The processes of the terminal's session end with it: with the shell's exit at once, with the
 * client's going by SIGHUP and, a second later, SIGKILL. What is to live on must begin a session of
 * its own (setsid, a multiplexer, a service manager).
 */
#include "loop/child.h"
#include "loop/ready.h"
#include "pb/service/shell/v1/shell.h"
#include "platform/process.h"
#include "platform/pty.h"
#include "rpc/core/message.h"
#include "service/shell/session.h"
#include "service/shell/utf8.h"
#include "sinew/list.h"
#include "sinew/struct.h"
#include "sinew/timers.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    COLUMNS = 80,
    ROWS = 24,
    READ_MAX = 8 << 10,      /* printed, in one message */
    BACKLOG_MAX = 256 << 10, /* printed and not sent: the terminal waits */
    CTRL_D = 4,
};

static const uint64_t grace_ns = SN_SECONDS(1), ctrl_d_ns = SN_MS(500);

struct terminal {
    struct shell_session session; /* first */
    struct sn_env *env;
    struct sn_child child;
    struct sn_ready *ready;
    int fd;                     /* -1: closed */
    struct sn_message *typed;   /* waits to be taken; sn_message.next */
    size_t typed_done;          /* bytes of the first that have been */
    bool no_more_typed;         /* the requests have ended */
    bool running;               /* the shell is */
    struct utf8_tail tail;      /* the beginning of a character whose end hasn't come */
    struct sn_timer impatience; /* runs while processes are asked to end */
    struct sn_timer ctrl_d;     /* runs when the requests have ended */
};

static struct terminal *terminal_of(const struct sn_duplex *duplex)
{
    return duplex->worker;
}

/* ---- the end ---- */

static void close_terminal(struct terminal *terminal)
{
    sn_timer_stop(terminal->env->timers, &terminal->ctrl_d);
    sn_ready_destroy(terminal->ready);
    terminal->ready = NULL;
    if (terminal->fd >= 0)
        close(terminal->fd);
    terminal->fd = -1;
    while (terminal->typed) {
        struct sn_message *message = terminal->typed;

        terminal->typed = message->next;
        sn_message_free(message);
    }
}

static void lose_patience(struct sn_timer *timer)
{
    struct terminal *terminal = sn_container_of(timer, struct terminal, impatience);

    sn_process_signal_session(terminal->child.pid, SIGKILL);
}

/* shell_session.end */
static void end_terminal(struct shell_session *session, bool now)
{
    struct terminal *terminal = (struct terminal *)session;

    close_terminal(terminal);
    if (!terminal->running) {
        shell_session_gone(session);
        return;
    }
    sn_process_signal_session(terminal->child.pid, now ? SIGKILL : SIGHUP);
    if (!now)
        sn_timer_start(terminal->env->timers, &terminal->impatience, grace_ns, lose_patience);
}

/* ---- printed ---- */

static void want(struct terminal *terminal)
{
    const struct sn_duplex *duplex = terminal->session.duplex;
    bool has_room = !duplex->backlog || duplex->backlog(duplex) < BACKLOG_MAX;

    if (terminal->ready)
        sn_ready_want(terminal->ready,
                      (has_room ? SN_READABLE : 0u) | (terminal->typed ? SN_WRITABLE : 0u));
}

static int respond(struct terminal *terminal, struct sn_str printed, bool eof)
{
    struct sn_duplex *duplex = terminal->session.duplex;
    struct pb_service_shell_shell_response response = {.data_out = printed, .eof = eof};

    return duplex->respond(duplex, &response);
}

/* The call completes when both sides have said all; the client hears of the first half by `eof`. */
static void check_complete(struct terminal *terminal)
{
    if (!terminal->running && terminal->no_more_typed)
        shell_session_end(&terminal->session, 0);
}

/* Reads once. More to come: 1; nothing now: 0; the last program has let go of the terminal, or the
 * client takes no more: SN_ERR_*. */
static int print_some(struct terminal *terminal)
{
    char raw[READ_MAX], text[UTF8_GROWTH * READ_MAX + UTF8_TAIL_MAX];
    ssize_t got = read(terminal->fd, raw, sizeof(raw));

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) /* EIO */
        return SN_ERR_UNAVAILABLE;
    struct sn_str printed = utf8_repair(&terminal->tail, (struct sn_str){raw, (size_t)got}, text);
    int code = printed.len ? respond(terminal, printed, false) : 0;
    return code ? code : 1;
}

static void let_go(struct terminal *terminal)
{
    close_terminal(terminal);
    if (terminal->session.duplex)
        terminal->session.duplex->hold = false; /* what is typed now is dropped */
}

/* ---- typed ---- */

static int queue(struct terminal *terminal, struct sn_str bytes)
{
    struct sn_message *message = sn_message_copy(terminal->env->blocks, bytes.ptr, bytes.len);
    struct sn_message **end = &terminal->typed;

    if (!message)
        return SN_ERR_RESOURCE_EXHAUSTED;
    while (*end)
        end = &(*end)->next;
    *end = message;
    return 0;
}

static void type_some(struct terminal *terminal)
{
    while (terminal->typed) {
        struct sn_message *message = terminal->typed;
        ssize_t put = write(terminal->fd, message->data + terminal->typed_done,
                            message->len - terminal->typed_done);

        if (put <= 0)
            return; /* full; or the end, which reading will see */
        terminal->typed_done += (size_t)put;
        if (terminal->typed_done < message->len)
            return;
        terminal->typed = message->next;
        terminal->typed_done = 0;
        sn_message_free(message);
    }
    sn_duplex_resume(terminal->session.duplex);
}

static int type(struct terminal *terminal, struct sn_str bytes)
{
    int code = terminal->fd >= 0 && bytes.len ? queue(terminal, bytes) : 0;

    if (code || !terminal->typed)
        return code;
    terminal->session.duplex->hold = true;
    type_some(terminal);
    want(terminal);
    return 0;
}

/* What a number of the peer's choice is as a size; what is none leaves the old size. */
static bool size_of(const struct pb_google_struct *message, const char *key, uint16_t *ret_size)
{
    double number = sn_pb_value_number(sn_pb_struct_get(message, key), NAN);

    if (isnan(number))
        return false;
    *ret_size = (uint16_t)fmin(fmax(number, 0), UINT16_MAX);
    return true;
}

static void obey(struct terminal *terminal, const struct pb_google_struct *message)
{
    struct sn_str kind = sn_pb_value_string(sn_pb_struct_get(message, "message"), SN_STR(""));
    uint16_t columns, rows;

    if (terminal->fd >= 0 && sn_str_is(kind, "window-change") &&
        size_of(message, "cols", &columns) && size_of(message, "rows", &rows))
        sn_pty_resize(terminal->fd, columns, rows);
}

static int on_request(struct sn_duplex *duplex, const void *request)
{
    const struct pb_service_shell_shell_request *req = request;

    obey(terminal_of(duplex), req->extra);
    return type(terminal_of(duplex), req->data_in);
}

/* No more input is a state, Ctrl-D is a key: a program that changes the terminal's mode just then
 * loses it. So it is pressed until it has helped. */
static void press_ctrl_d(struct sn_timer *timer)
{
    static const char ctrl_d = CTRL_D;
    struct terminal *terminal = sn_container_of(timer, struct terminal, ctrl_d);

    if (terminal->fd < 0)
        return;
    sn_timer_start(terminal->env->timers, timer, ctrl_d_ns, press_ctrl_d);
    if (!terminal->typed && type(terminal, (struct sn_str){&ctrl_d, 1}))
        shell_session_end(&terminal->session, SN_ERR_RESOURCE_EXHAUSTED);
}

static int on_end(struct sn_duplex *duplex)
{
    struct terminal *terminal = terminal_of(duplex);

    terminal->no_more_typed = true;
    if (terminal->running)
        press_ctrl_d(&terminal->ctrl_d);
    else
        check_complete(terminal);
    return 0;
}

static void on_writable(struct sn_duplex *duplex)
{
    want(terminal_of(duplex));
}

/* ---- events ---- */

static void on_ready(void *owner, unsigned events)
{
    struct terminal *terminal = owner;
    int code = (events & SN_READABLE) ? print_some(terminal) : 0;

    if (code == SN_ERR_RESOURCE_EXHAUSTED) {
        shell_session_end(&terminal->session, code);
        return;
    }
    if (code < 0) {
        let_go(terminal);
        return;
    }
    if (events & SN_WRITABLE)
        type_some(terminal);
    want(terminal);
}

/* sn_child.ended: what the shell printed last is still there to be read; what it left running goes.
 */
static void on_exit_of_shell(struct sn_child *child)
{
    struct terminal *terminal = sn_container_of(child, struct terminal, child);
    int code = 1;

    terminal->running = false;
    sn_timer_stop(terminal->env->timers, &terminal->impatience);
    sn_process_signal_session(child->pid, SIGKILL);
    if (!terminal->session.call) {
        shell_session_gone(&terminal->session);
        return;
    }
    while (terminal->fd >= 0 && code == 1)
        code = print_some(terminal);
    let_go(terminal);
    code = code == SN_ERR_RESOURCE_EXHAUSTED ? code : respond(terminal, SN_STR(""), true);
    if (code)
        shell_session_end(&terminal->session, code);
    else
        check_complete(terminal);
}

/* ---- the start ---- */

static int start(struct terminal *terminal, struct sn_call *call)
{
    const char *program = getenv("SHELL");
    char *path = (char *)(uintptr_t)(program && *program ? program : "/bin/sh"),
         interactive[] = "-i";
    char *const argv[] = {path, interactive, NULL};
    struct sn_error error;
    struct sn_pty pty;

    if (sn_pty_spawn(argv, "xterm-256color", COLUMNS, ROWS, &pty, &error))
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    terminal->fd = pty.master;
    terminal->running = true;
    terminal->child = (struct sn_child){.pid = pty.pid, .ended = on_exit_of_shell};
    sn_child_watch(call->env->loop, &terminal->child);
    if (sn_ready_create(call->env->loop, pty.master, on_ready, terminal, &terminal->ready))
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "the terminal can't be watched");
    return 0;
}

int shell_terminal(struct sn_call *call, struct sn_shell *shell, const void *request,
                   struct sn_duplex *duplex)
{
    const struct pb_service_shell_shell_request *req = request;
    struct terminal *terminal;

    if (!call->env->submit)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "this program has no processes");
    terminal = shell_session_create((struct builtin_shell *)shell, call, duplex, sizeof(*terminal),
                                    end_terminal);
    if (!terminal)
        return SN_ERR_RESOURCE_EXHAUSTED;
    terminal->env = call->env;
    terminal->fd = -1;
    int code = start(terminal, call);
    if (!code) {
        duplex->worker = terminal;
        duplex->on_request = on_request;
        duplex->on_end = on_end;
        duplex->on_writable = on_writable;
        code = type(terminal, req->data_in);
        want(terminal);
    }
    if (!code)
        return SN_PENDING;
    shell_session_drop(&terminal->session);
    return code;
}
