/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that come to the machine, one request at a time: while a pool thread works on one the
 * client is held back. A file is written beside its place under another name and moved there when
 * it is whole, so that a copy that breaks off leaves what was there.
 */
#include "base/random.h"
#include "base/work.h"
#include "pb/google/protobuf/timestamp.h"
#include "pb/service/shell/v1/shell.h"
#include "rpc/core/message.h"
#include "service/shell/path.h"
#include "service/shell/session.h"
#include "sinew/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0640, FOLDER_MODE = 0750, PARENT_MODE = 0755, PERMISSIONS = 0777 };

/* A request as the pool thread gets it: the wire's struct is lent. */
struct step {
    char name[SHELL_PATH_MAX];
    struct sn_message *data;
    uint32_t mode;
    bool has_mode, has_time, is_dir, eof;
    struct timespec modified;
};

struct copy_to {
    struct shell_session session; /* first */
    struct sn_env *env;
    struct sn_work work;
    bool busy, no_more;
    int32_t source_type;
    bool preserve;
    char destination[SHELL_PATH_MAX];
    bool is_prepared;
    bool into; /* the destination is a folder to put things into, not the thing's own place */
    struct step step;

    /* The file or folder that is under way. */
    bool open;
    int fd;                    /* -1: a folder */
    char name[SHELL_PATH_MAX]; /* the client's */
    char path[SHELL_PATH_MAX], partial[SHELL_PATH_MAX];
    struct step first; /* mode and time came with its first request; data is not kept */

    struct shell_failure failure;
};

static struct copy_to *copy_of(struct sn_work *work)
{
    return sn_container_of(work, struct copy_to, work);
}

/* ---- pool thread: the destination ---- */

static int fail(struct copy_to *copy, const char *what, const char *path)
{
    return shell_failure_errno(&copy->failure, what, path, errno);
}

static int check_parent(struct copy_to *copy)
{
    char parent[SHELL_PATH_MAX];
    struct stat status;

    shell_path_parent(parent, copy->destination);
    return stat(parent, &status) ? fail(copy, "stat", parent) : 0;
}

/* Texts as upstream's. */
static int prepare(struct copy_to *copy)
{
    struct stat status;
    bool exists = stat(copy->destination, &status) == 0;
    int type = copy->source_type;

    copy->is_prepared = true;
    copy->into = exists && S_ISDIR(status.st_mode);
    if (type < PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_FILE ||
        type > PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_MULTIPLE_FILES)
        return shell_failure_text(&copy->failure,
                                  "do not know how to process source copy type \"Unknown\"");
    if (copy->into)
        return 0;
    if (type == PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_MULTIPLE_FILES)
        return shell_failure_text(&copy->failure, "\"%s\" does not exist or is not a directory",
                                  copy->destination);
    if (exists && type == PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_DIRECTORY)
        return shell_failure_text(&copy->failure, "destination \"%s\" is an existing file",
                                  copy->destination);
    return exists ? 0 : check_parent(copy);
}

/* ---- pool thread: files ---- */

/* Where a name of the client's goes. When the destination is the thing's own place it stands for
 * the name's first part. */
static int find_place(struct copy_to *copy)
{
    const char *rest = copy->step.name;

    if (!copy->into) {
        rest += strspn(rest, "/");
        rest += strcspn(rest, "/");
    }
    if (snprintf(copy->path, sizeof(copy->path), "%s%s%s", copy->destination,
                 *rest && *rest != '/' ? "/" : "", rest) < (int)sizeof(copy->path))
        return 0;
    errno = ENAMETOOLONG;
    return fail(copy, "open", copy->step.name);
}

static int make_parents(struct copy_to *copy)
{
    for (char *slash = strchr(copy->path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy->path, PARENT_MODE) && errno != EEXIST && errno != EISDIR)
            return fail(copy, "mkdir", copy->path);
        *slash = '/';
    }
    return 0;
}

static mode_t mode_of(const struct copy_to *copy, mode_t otherwise)
{
    return copy->preserve && copy->first.has_mode ? copy->first.mode & PERMISSIONS : otherwise;
}

static int make_folder(struct copy_to *copy)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, copy->first.modified};
    struct stat status;

    copy->fd = -1;
    if (mkdir(copy->path, FOLDER_MODE)) {
        if (errno != EEXIST || stat(copy->path, &status) || !S_ISDIR(status.st_mode))
            return fail(copy, "mkdir", copy->path);
        if (!copy->preserve)
            return 0;
    }
    if (chmod(copy->path, mode_of(copy, FOLDER_MODE)))
        return fail(copy, "chmod", copy->path);
    if (copy->preserve && copy->first.has_time && utimensat(AT_FDCWD, copy->path, times, 0))
        return fail(copy, "chtimes", copy->path);
    return 0;
}

/* Only files are replaced: a device or a folder is not what the client thinks it is. */
static int check_place(struct copy_to *copy)
{
    struct stat status;

    if (lstat(copy->path, &status) || S_ISREG(status.st_mode) || S_ISLNK(status.st_mode))
        return 0;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return fail(copy, "open", copy->path);
    }
    return shell_failure_text(&copy->failure, "open %s: not a regular file", copy->path);
}

static int make_file(struct copy_to *copy)
{
    uint32_t chance;
    int code = check_place(copy);

    if (code)
        return code;
    sn_random_secret(&chance, sizeof(chance));
    if (snprintf(copy->partial, sizeof(copy->partial), "%s.download-%08x", copy->path, chance) >=
        (int)sizeof(copy->partial)) {
        errno = ENAMETOOLONG;
        return fail(copy, "open", copy->path);
    }
    copy->fd = open(copy->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    return copy->fd < 0 ? fail(copy, "open", copy->path) : 0;
}

static int begin_file(struct copy_to *copy)
{
    if (!*copy->step.name)
        return shell_failure_text(&copy->failure, "file name blank");
    int code = find_place(copy);
    if (!code)
        code = make_parents(copy);
    if (code)
        return code;
    copy->first = copy->step;
    memcpy(copy->name, copy->step.name, sizeof(copy->name));
    code = copy->step.is_dir ? make_folder(copy) : make_file(copy);
    copy->open = !code;
    return code;
}

static int write_all(struct copy_to *copy)
{
    const struct sn_message *data = copy->step.data;
    size_t done = 0;

    while (data && copy->fd >= 0 && done < data->len) {
        ssize_t put = write(copy->fd, data->data + done, data->len - done);

        if (put < 0 && errno != EINTR)
            return fail(copy, "write", copy->path);
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

static void drop_file(struct copy_to *copy)
{
    if (copy->open && copy->fd >= 0) {
        close(copy->fd);
        unlink(copy->partial);
    }
    copy->open = false;
}

static int end_file(struct copy_to *copy)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, copy->first.modified};
    int code = 0;

    if (copy->fd < 0) {
        copy->open = false;
        return 0;
    }
    if (fchmod(copy->fd, mode_of(copy, FILE_MODE)))
        code = fail(copy, "chmod", copy->path);
    else if (copy->preserve && copy->first.has_time && futimens(copy->fd, times))
        code = fail(copy, "chtimes", copy->path);
    else if (fsync(copy->fd) && errno != EINVAL)
        code = fail(copy, "sync", copy->path);
    else if (rename(copy->partial, copy->path))
        code = fail(copy, "rename", copy->path);
    if (!code) {
        close(copy->fd);
        copy->open = false;
    }
    return code;
}

static int take_step(struct copy_to *copy)
{
    int code = 0;

    if (!copy->open)
        code = begin_file(copy);
    else if (*copy->step.name)
        return shell_failure_text(&copy->failure,
                                  "unexpected file name \"%s\" while reading current file \"%s\"",
                                  copy->step.name, copy->name);
    if (!code)
        code = write_all(copy);
    if (!code && copy->step.eof)
        code = end_file(copy);
    return code;
}

static void work(struct sn_work *work)
{
    struct copy_to *copy = copy_of(work);
    int code = copy->is_prepared ? take_step(copy) : prepare(copy);

    if (code)
        drop_file(copy);
}

/* ---- loop thread ---- */

static void end_copy(struct shell_session *session, bool now)
{
    struct copy_to *copy = (struct copy_to *)session;

    if (copy->busy)
        return; /* done() comes back to it */
    drop_file(copy);
    sn_message_free(copy->step.data);
    shell_session_gone(session);
}

static int acknowledge(struct sn_duplex *duplex)
{
    struct pb_service_shell_copy_files_to_machine_response ack = {.ack_last_file = true};

    return duplex->respond(duplex, &ack);
}

static void done(struct sn_work *work)
{
    struct copy_to *copy = copy_of(work);
    struct shell_session *session = &copy->session;
    bool acknowledged = copy->step.eof && !copy->open;

    copy->busy = false;
    sn_message_free(copy->step.data);
    copy->step = (struct step){0};
    if (!session->call) {
        end_copy(session, false);
        return;
    }
    int code = shell_failure_report(&copy->failure, session->call);
    if (!code && acknowledged)
        code = acknowledge(session->duplex);
    if (code || copy->no_more)
        shell_session_end(session, code);
    else
        sn_duplex_resume(session->duplex);
}

static int submit(struct copy_to *copy)
{
    int code = copy->env->submit(copy->env, &copy->work);

    if (code)
        return sn_call_fail(copy->session.call, code, "the pool of threads takes no work");
    copy->busy = true;
    copy->session.duplex->hold = true;
    return 0;
}

static int keep(struct copy_to *copy, const struct pb_service_shell_file_data *file)
{
    struct step *step = &copy->step;

    *step = (struct step){.mode = file->mode,
                          .has_mode = file->has_mode,
                          .has_time = file->mod_time != NULL,
                          .is_dir = file->is_dir,
                          .eof = file->eof};
    if (!shell_path_copy(step->name, file->name))
        return sn_call_fail(copy->session.call, SN_ERR_UNKNOWN, "file name too long");
    if (file->mod_time)
        step->modified = (struct timespec){file->mod_time->seconds, file->mod_time->nanos};
    if (!file->data.len)
        return 0;
    step->data = sn_message_copy(copy->env->blocks, file->data.ptr, file->data.len);
    return step->data ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static int on_request(struct sn_duplex *duplex, const void *request)
{
    const struct pb_service_shell_copy_files_to_machine_request *req = request;
    struct copy_to *copy = duplex->worker;

    if (copy->busy)
        return sn_call_fail(duplex->call, SN_ERR_RESOURCE_EXHAUSTED,
                            "files come faster than they can be written");
    if (req->which_request != PB_SERVICE_SHELL_COPY_FILES_TO_MACHINE_REQUEST_REQUEST_FILE_DATA)
        return sn_call_fail(duplex->call, SN_ERR_UNKNOWN, "expected copy request file data");
    int code = keep(copy, req->file_data);
    return code ? code : submit(copy);
}

static int on_end(struct sn_duplex *duplex)
{
    struct copy_to *copy = duplex->worker;

    copy->no_more = true;
    if (!copy->busy)
        shell_session_end(&copy->session, 0);
    return 0;
}

int shell_copy_to(struct sn_call *call, struct sn_shell *shell, const void *request,
                  struct sn_duplex *duplex)
{
    const struct pb_service_shell_copy_files_to_machine_request *req = request;
    struct copy_to *copy;

    if (!call->env->submit)
        return sn_call_fail(call, SN_ERR_UNAVAILABLE, "this program has no threads to block on");
    copy =
        shell_session_create((struct builtin_shell *)shell, call, duplex, sizeof(*copy), end_copy);
    if (!copy)
        return SN_ERR_RESOURCE_EXHAUSTED;
    copy->env = call->env;
    copy->work = (struct sn_work){.work = work, .done = done};
    copy->source_type = req->metadata->source_type;
    copy->preserve = req->metadata->preserve;
    duplex->worker = copy;
    duplex->on_request = on_request;
    duplex->on_end = on_end;
    int code = shell_path_expand(copy->destination, req->metadata->destination, true)
                   ? submit(copy)
                   : sn_call_fail(call, SN_ERR_UNKNOWN, "destination too long");
    if (!code)
        return SN_PENDING;
    shell_session_drop(&copy->session);
    return code;
}
