/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that leave the machine. A pool thread makes the next piece while none waits to be sent, so
 * one piece is in memory; the client acknowledges each file before the next begins. Symbolic links
 * are followed; a folder comes behind what is in it.
 */
#include "base/work.h"
#include "pb/google/protobuf/timestamp.h"
#include "pb/service/shell/v1/shell.h"
#include "service/shell/path.h"
#include "service/shell/session.h"
#include "sinew/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_MAX = 64 << 10,    /* bytes of a file in one message */
    BACKLOG_MAX = 256 << 10, /* bytes that may wait to be sent */
    PATHS_MAX = 10000,       /* asked for in one call */
    DEPTH_MAX = 100,         /* folders within folders */
};

/* Bits of a mode as upstream's clients know them; permissions are POSIX's. */
#define MODE_FOLDER (1u << 31)
#define MODE_SETUID (1u << 23)
#define MODE_SETGID (1u << 22)
#define MODE_STICKY (1u << 20)

struct level {
    DIR *entries;
    size_t path_len; /* of the folder */
};

struct copy_from {
    struct shell_session session; /* first */
    struct sn_env *env;
    struct sn_work work;
    bool busy;
    bool allow_recursion, preserve;
    char **paths; /* expanded */
    uint32_t count, next;
    bool is_prepared;
    int32_t source_type;

    /* Where the walk is. */
    char path[SHELL_PATH_MAX];
    size_t name_at; /* in `path`: where the names begin that the client sees */
    struct level levels[DEPTH_MAX];
    int depth;
    int fd; /* -1: no file is open */

    /* What the pool thread made last. */
    bool has_piece, is_over;
    struct pb_service_shell_file_data piece;
    struct pb_google_timestamp modified;
    char bytes[PIECE_MAX];
    struct shell_failure failure;

    bool await_ack, no_more; /* of acknowledgements */
    uint64_t acks;           /* that have come and belong to files to come */
};

static struct copy_from *copy_of(struct sn_work *work)
{
    return sn_container_of(work, struct copy_from, work);
}

static int fail(struct copy_from *copy, const char *what, const char *path)
{
    return shell_failure_errno(&copy->failure, what, path, errno);
}

/* ---- pool thread: what was asked for ---- */

static int open_any(const char *path)
{
    /* Waits for nobody: a pipe without a writer is refused later. */
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* Texts as upstream's. */
static int check_path(struct copy_from *copy, const char *path, bool *ret_is_folder)
{
    struct stat status;
    int fd = open_any(path);

    if (fd < 0)
        return fail(copy, "open", path);
    int code = fstat(fd, &status) ? fail(copy, "stat", path) : 0;
    close(fd);
    if (code)
        return code;
    *ret_is_folder = S_ISDIR(status.st_mode);
    if (!*ret_is_folder || copy->allow_recursion)
        return 0;
    shell_failure_text(&copy->failure, "file is a directory but copy recursion not used");
    copy->failure.code = SN_ERR_INVALID_ARGUMENT;
    return copy->failure.code;
}

static int prepare(struct copy_from *copy)
{
    bool is_folder = false;

    copy->is_prepared = true;
    if (!copy->count)
        return shell_failure_text(&copy->failure, "no files provided to copy");
    for (uint32_t i = 0; i < copy->count; i++) {
        int code = *copy->paths[i] ? check_path(copy, copy->paths[i], &is_folder)
                                   : shell_failure_text(&copy->failure, "unexpected empty path");
        if (code)
            return code;
    }
    if (copy->count > 1)
        copy->source_type = PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_MULTIPLE_FILES;
    else
        copy->source_type = is_folder ? PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_DIRECTORY
                                      : PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_FILE;
    return 0;
}

/* ---- pool thread: the walk ---- */

static uint32_t mode_of(mode_t mode)
{
    return (mode & 0777u) | (S_ISDIR(mode) ? MODE_FOLDER : 0) |
           ((mode & S_ISUID) ? MODE_SETUID : 0) | ((mode & S_ISGID) ? MODE_SETGID : 0) |
           ((mode & S_ISVTX) ? MODE_STICKY : 0);
}

/* The thing at `path` as the client is told of it. A copy of "x/." has its folder as ".". */
static void describe(struct copy_from *copy, const struct stat *status)
{
    const char *name = strlen(copy->path) > copy->name_at ? copy->path + copy->name_at : ".";

    copy->piece.name = sn_str_of(name);
    copy->piece.size = status->st_size;
    copy->piece.is_dir = S_ISDIR(status->st_mode);
    if (!copy->preserve)
        return;
    copy->modified.seconds = status->st_mtim.tv_sec;
    copy->modified.nanos = (int32_t)status->st_mtim.tv_nsec;
    copy->piece.mod_time = &copy->modified;
    copy->piece.mode = mode_of(status->st_mode);
    copy->piece.has_mode = true;
}

static int enter_folder(struct copy_from *copy, int fd)
{
    if (copy->depth == DEPTH_MAX) {
        close(fd);
        return shell_failure_text(&copy->failure, "open %s: more than %d folders deep", copy->path,
                                  DEPTH_MAX);
    }
    DIR *entries = fdopendir(fd);
    if (!entries) {
        int code = fail(copy, "open", copy->path);

        close(fd);
        return code;
    }
    copy->levels[copy->depth++] = (struct level){entries, strlen(copy->path)};
    return 0;
}

static int read_piece(struct copy_from *copy)
{
    size_t len = 0;

    while (len < PIECE_MAX) {
        ssize_t got = read(copy->fd, copy->bytes + len, PIECE_MAX - len);

        if (got < 0 && errno != EINTR)
            return fail(copy, "read", copy->path);
        if (got == 0)
            break;
        len += got > 0 ? (size_t)got : 0;
    }
    copy->has_piece = true;
    copy->piece.data = (struct sn_str){copy->bytes, len};
    copy->piece.eof = len == 0;
    if (copy->piece.eof) {
        close(copy->fd);
        copy->fd = -1;
    }
    return 0;
}

/* Opens what `path` names. */
static int visit(struct copy_from *copy)
{
    struct stat status;
    int fd = open_any(copy->path);

    if (fd < 0)
        return fail(copy, "open", copy->path);
    if (fstat(fd, &status)) {
        close(fd);
        return fail(copy, "stat", copy->path);
    }
    if (S_ISDIR(status.st_mode))
        return enter_folder(copy, fd);
    if (!S_ISREG(status.st_mode)) {
        close(fd);
        return shell_failure_text(&copy->failure, "open %s: not a regular file", copy->path);
    }
    copy->fd = fd;
    describe(copy, &status);
    return read_piece(copy);
}

static int leave_folder(struct copy_from *copy)
{
    struct level *level = &copy->levels[copy->depth - 1];
    struct stat status;
    int code = fstat(dirfd(level->entries), &status) ? fail(copy, "stat", copy->path) : 0;

    closedir(level->entries);
    copy->depth--;
    describe(copy, &status);
    copy->piece.eof = true;
    copy->has_piece = true;
    return code;
}

/* The next entry of the innermost folder, or the folder itself. */
static int walk_folder(struct copy_from *copy)
{
    struct level *level = &copy->levels[copy->depth - 1];
    size_t room = sizeof(copy->path) - level->path_len;
    const struct dirent *entry;

    do
        entry = readdir(level->entries);
    while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    copy->path[level->path_len] = '\0';
    if (!entry)
        return leave_folder(copy);
    if (snprintf(copy->path + level->path_len, room, "/%s", entry->d_name) < (int)room)
        return visit(copy);
    errno = ENAMETOOLONG;
    return fail(copy, "open", entry->d_name);
}

/* Names begin with the last part of the path that was asked for; where that is ".", behind it. */
static int visit_next_path(struct copy_from *copy)
{
    size_t len;

    if (copy->next == copy->count) {
        copy->is_over = true;
        return 0;
    }
    memcpy(copy->path, copy->paths[copy->next], strlen(copy->paths[copy->next]) + 1);
    copy->next++;
    len = strlen(copy->path);
    while (len > 1 && copy->path[len - 1] == '/')
        copy->path[--len] = '\0';
    const char *slash = strrchr(copy->path, '/');
    copy->name_at = slash ? (size_t)(slash + 1 - copy->path) : 0;
    if (strcmp(copy->path + copy->name_at, ".") == 0)
        copy->name_at += strlen("./");
    return visit(copy);
}

static int make_piece(struct copy_from *copy)
{
    int code = 0;

    copy->piece = (struct pb_service_shell_file_data){0};
    copy->has_piece = false;
    if (copy->fd >= 0)
        return read_piece(copy);
    while (!code && !copy->has_piece && !copy->is_over)
        code = copy->depth ? walk_folder(copy) : visit_next_path(copy);
    return code;
}

static void work(struct sn_work *work)
{
    struct copy_from *copy = copy_of(work);
    int code = copy->is_prepared ? make_piece(copy) : prepare(copy);

    (void)code; /* kept with the failure's text */
}

/* ---- loop thread ---- */

static void end_copy(struct shell_session *session, bool now)
{
    struct copy_from *copy = (struct copy_from *)session;

    if (copy->busy)
        return; /* done() comes back to it */
    if (copy->fd >= 0)
        close(copy->fd);
    while (copy->depth)
        closedir(copy->levels[--copy->depth].entries);
    for (uint32_t i = 0; i < copy->count; i++)
        free(copy->paths[i]);
    free(copy->paths);
    shell_session_gone(session);
}

static int submit(struct copy_from *copy)
{
    int code = copy->env->submit(copy->env, &copy->work);

    if (code)
        return sn_call_fail(copy->session.call, code, "the pool of threads takes no work");
    copy->busy = true;
    return 0;
}

/* Goes on unless something is awaited: an acknowledgement, room, the pool's thread. */
static void proceed(struct copy_from *copy)
{
    const struct sn_duplex *duplex = copy->session.duplex;
    int code = 0;

    if (copy->busy)
        return;
    if (copy->await_ack && copy->acks) {
        copy->acks--;
        copy->await_ack = false;
    }
    if (copy->await_ack)
        code = copy->no_more ? sn_call_fail(copy->session.call, SN_ERR_UNKNOWN, "EOF") : 0;
    else if (!duplex->backlog || duplex->backlog(duplex) < BACKLOG_MAX)
        code = submit(copy);
    if (code)
        shell_session_end(&copy->session, code);
}

static int send_metadata(struct copy_from *copy)
{
    struct pb_service_shell_copy_files_from_machine_response_metadata metadata = {
        .source_type = copy->source_type};
    struct pb_service_shell_copy_files_from_machine_response response = {
        .which_response = PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_RESPONSE_RESPONSE_METADATA,
        .metadata = &metadata};

    copy->source_type = 0;
    return copy->session.duplex->respond(copy->session.duplex, &response);
}

static int send_piece(struct copy_from *copy)
{
    struct pb_service_shell_copy_files_from_machine_response response = {
        .which_response = PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_RESPONSE_RESPONSE_FILE_DATA,
        .file_data = &copy->piece};

    copy->await_ack = copy->piece.eof;
    copy->has_piece = false;
    return copy->session.duplex->respond(copy->session.duplex, &response);
}

static void done(struct sn_work *work)
{
    struct copy_from *copy = copy_of(work);
    struct shell_session *session = &copy->session;

    copy->busy = false;
    if (!session->call) {
        end_copy(session, false);
        return;
    }
    int code = shell_failure_report(&copy->failure, session->call);
    if (!code && copy->source_type)
        code = send_metadata(copy);
    if (!code && copy->has_piece)
        code = send_piece(copy);
    if (code || copy->is_over)
        shell_session_end(session, code);
    else
        proceed(copy);
}

/* Whatever it says, it acknowledges. */
static int on_request(struct sn_duplex *duplex, const void *request)
{
    struct copy_from *copy = duplex->worker;

    copy->acks++;
    proceed(copy);
    return 0;
}

static int on_end(struct sn_duplex *duplex)
{
    struct copy_from *copy = duplex->worker;

    copy->no_more = true;
    proceed(copy);
    return 0;
}

static void on_writable(struct sn_duplex *duplex)
{
    proceed(duplex->worker);
}

/* ---- the start ---- */

static int keep_paths(struct copy_from *copy, const struct sn_str *paths, uint32_t count)
{
    char path[SHELL_PATH_MAX];

    if (count > PATHS_MAX)
        return sn_call_fail(copy->session.call, SN_ERR_INVALID_ARGUMENT,
                            "%u paths; at most %d are allowed", count, PATHS_MAX);
    copy->paths = calloc(count + 1, sizeof(*copy->paths));
    if (!copy->paths)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t i = 0; i < count; i++) {
        if (!shell_path_expand(path, paths[i], false))
            return sn_call_fail(copy->session.call, SN_ERR_UNKNOWN, "path too long");
        copy->paths[i] = strdup(path);
        if (!copy->paths[i])
            return SN_ERR_RESOURCE_EXHAUSTED;
        copy->count++;
    }
    return 0;
}

int shell_copy_from(struct sn_call *call, struct sn_shell *shell, const void *request,
                    struct sn_duplex *duplex)
{
    const struct pb_service_shell_copy_files_from_machine_request *req = request;
    struct copy_from *copy;

    if (!call->env->submit)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "this program has no threads to block on");
    copy =
        shell_session_create((struct builtin_shell *)shell, call, duplex, sizeof(*copy), end_copy);
    if (!copy)
        return SN_ERR_RESOURCE_EXHAUSTED;
    copy->env = call->env;
    copy->work = (struct sn_work){.work = work, .done = done};
    copy->fd = -1;
    copy->allow_recursion = req->metadata->allow_recursion;
    copy->preserve = req->metadata->preserve;
    duplex->worker = copy;
    duplex->on_request = on_request;
    duplex->on_end = on_end;
    duplex->on_writable = on_writable;
    int code = keep_paths(copy, req->metadata->paths.v, req->metadata->paths.n);
    if (!code)
        code = submit(copy);
    if (!code)
        return SN_PENDING;
    shell_session_drop(&copy->session);
    return code;
}
