/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives of tar in gzip. While files are written there is no symbolic link in the folder, since
 * links are made last: so a path without ".." can't lead anywhere else. Afterwards the kernel is
 * asked of each link whether following it stays inside.
 */
#include "helper/unpack.h"
#include "base/heap.h"
#include "base/text.h"
#include "sinew/list.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

const struct sn_unpack_limits sn_unpack_limits = {
    .bytes = 8ULL << 30,
    .entries = 500000,
    .path = 2048,
    .links = 64 << 20,
};

enum { READ_SIZE = 64 << 10, GZIP_BUFFER = 128 << 10 };

struct link {
    struct sn_list link;
    const char *path, *target;
};

struct unpacking {
    int folder;
    const struct sn_unpack_limits *limits;
    struct sn_error *error;
    gzFile gzip;
    char broken[128]; /* why no more of the archive can be read; "": nothing known */
    uint64_t bytes, entries;
    struct sn_block_pool blocks;
    struct sn_arena arena;
    struct sn_list hard, symbolic; /* struct link */
    const char *name;              /* of the entry at hand, as written */
    char buffer[READ_SIZE];
};

/* ---- errors: one line each ---- */

/* What a text may not do to the line it stands in. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static SN_PRINTF(3, 4) int fail(struct unpacking *self, int code, const char *format, ...)
{
    char cause[512];
    va_list args;

    va_start(args, format);
    vsnprintf(cause, sizeof(cause), format, args);
    va_end(args);
    if (self->name)
        sn_error_set(self->error, code, "entry \"%.256s\": %s", self->name, cause);
    else
        sn_error_set(self->error, code, "%s", cause);
    make_printable(self->error->text);
    return code;
}

static int fail_system(struct unpacking *self, const char *what)
{
    int number = errno;
    int code = number == ENOSPC || number == EDQUOT || number == ENOMEM ? SN_ERR_RESOURCE_EXHAUSTED
                                                                        : SN_ERR_UNAVAILABLE;

    return fail(self, code, "%s: %s", what, strerror(number));
}

/* ---- the bytes ---- */

/* libarchive's callback. What it makes of an error depends on where it is; the cause is kept. */
static la_ssize_t read_more(struct archive *archive, void *owner, const void **ret_bytes)
{
    struct unpacking *self = owner;
    int count = gzread(self->gzip, self->buffer, sizeof(self->buffer));

    if (count <= 0) {
        int zcode = Z_OK;
        const char *text = gzerror(self->gzip, &zcode);

        if (count == 0 && zcode == Z_OK)
            return 0;
        snprintf(self->broken, sizeof(self->broken), "%s",
                 zcode == Z_BUF_ERROR ? "the archive ends early" : text);
        return -1;
    }
    self->bytes += (uint64_t)count;
    if (self->bytes > self->limits->bytes) {
        snprintf(self->broken, sizeof(self->broken),
                 "the archive holds more than the allowed %llu bytes",
                 (unsigned long long)self->limits->bytes);
        return -1;
    }
    *ret_bytes = self->buffer;
    return count;
}

static int fail_read(struct unpacking *self, struct archive *archive)
{
    const char *text = *self->broken ? self->broken : archive_error_string(archive);

    return fail(self, SN_ERR_INVALID_ARGUMENT, "%s", text ? text : "it can't be read");
}

/* What stands behind the last entry is nothing but padding; with its end comes the checksum. */
static int read_rest(struct unpacking *self, struct archive *archive)
{
    const void *bytes;
    la_ssize_t count;

    self->name = NULL;
    do
        count = read_more(archive, self, &bytes);
    while (count > 0);
    return count < 0 ? fail_read(self, archive) : 0;
}

/* ---- paths ---- */

/* A clean copy of `path`; NULL when there is none, and the error's code says why. */
static char *inside(struct unpacking *self, const char *what, const char *path)
{
    size_t len = path ? strlen(path) : 0;

    if (!path) {
        fail(self, SN_ERR_INVALID_ARGUMENT, "its %s can't be read", what);
        return NULL;
    }
    if (len > self->limits->path) {
        fail(self, SN_ERR_INVALID_ARGUMENT, "its %s has %zu bytes; %zu at most", what, len,
             self->limits->path);
        return NULL;
    }
    char *copy = (char *)sn_arena_copy(&self->arena, (struct sn_str){path, len}).ptr;
    if (!copy)
        fail(self, SN_ERR_RESOURCE_EXHAUSTED, "too many links in the archive");
    if (copy && sn_text_clean_path(copy))
        return copy;
    if (copy)
        fail(self, SN_ERR_INVALID_ARGUMENT, "its %s \"%.256s\" leads out of the archive", what,
             path);
    return NULL;
}

/* Folders that the archive doesn't name. `path` is restored. */
static int make_parents(struct unpacking *self, char *path)
{
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdirat(self->folder, path, 0700);
        *slash = '/';
        if (failed && errno != EEXIST)
            return fail_system(self, "its folder can't be made");
    }
    return 0;
}

/* ---- entries ---- */

static int make_folder(struct unpacking *self, char *path, mode_t mode)
{
    int code = make_parents(self, path);

    if (code || !*path)
        return code;
    if (mkdirat(self->folder, path, 0700) && errno != EEXIST)
        return fail_system(self, "can't be made");
    if (fchmodat(self->folder, path, (mode & 0777) | 0700, 0))
        return fail_system(self, "can't be given its mode");
    return 0;
}

static int write_all(struct unpacking *self, int fd, const char *bytes, size_t len, off_t offset)
{
    while (len) {
        ssize_t count = pwrite(fd, bytes, len, offset);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return fail_system(self, "can't be written");
        bytes += count;
        len -= (size_t)count;
        offset += count;
    }
    return 0;
}

static int copy_data(struct unpacking *self, struct archive *archive, int fd, int64_t size)
{
    const void *bytes;
    size_t len;
    la_int64_t offset;
    int code = 0, got;

    while ((got = archive_read_data_block(archive, &bytes, &len, &offset)) == ARCHIVE_OK && !code) {
        if (offset < 0 || (uint64_t)offset + len > (uint64_t)size)
            return fail(self, SN_ERR_INVALID_ARGUMENT, "it has more data than it says");
        code = write_all(self, fd, bytes, len, offset);
    }
    if (code)
        return code;
    if (got != ARCHIVE_EOF)
        return fail_read(self, archive);
    return ftruncate(fd, size) ? fail_system(self, "can't be written") : 0; /* holes */
}

static int make_file(struct unpacking *self, struct archive *archive, struct archive_entry *entry,
                     char *path)
{
    int64_t size = archive_entry_size(entry);
    int code = make_parents(self, path);

    if (code)
        return code;
    if (size < 0 || (uint64_t)size > self->limits->bytes)
        return fail(self, SN_ERR_INVALID_ARGUMENT, "it has %lld bytes; %llu at most",
                    (long long)size, (unsigned long long)self->limits->bytes);
    int fd = openat(self->folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return fail_system(self, "can't be made");
    code = copy_data(self, archive, fd, size);
    if (!code && fchmod(fd, (archive_entry_perm(entry) & 0777) | 0600))
        code = fail_system(self, "can't be given its mode");
    if (close(fd) && !code)
        code = fail_system(self, "can't be written");
    return code;
}

static int keep_link(struct unpacking *self, struct sn_list *list, const char *path,
                     const char *target)
{
    struct link *link = sn_arena_alloc(&self->arena, sizeof(*link));

    if (!link)
        return fail(self, SN_ERR_RESOURCE_EXHAUSTED, "too many links in the archive");
    link->path = path;
    link->target = target;
    sn_list_append(list, &link->link);
    return 0;
}

static int keep_hard(struct unpacking *self, const char *path, const char *target)
{
    const char *clean_target = inside(self, "link's target", target);

    return clean_target ? keep_link(self, &self->hard, path, clean_target) : self->error->code;
}

static int keep_symbolic(struct unpacking *self, const char *path, const char *target)
{
    if (!target || !*target || strlen(target) > self->limits->path)
        return fail(self, SN_ERR_INVALID_ARGUMENT,
                    "its link's target can't be read or is longer "
                    "than allowed");
    if (*target == '/')
        return fail(self, SN_ERR_INVALID_ARGUMENT,
                    "symlink target '%.256s' cannot be an absolute path", target);
    struct sn_str copy = sn_arena_copy(&self->arena, sn_str_of(target));
    if (!copy.ptr)
        return fail(self, SN_ERR_RESOURCE_EXHAUSTED, "too many links in the archive");
    return keep_link(self, &self->symbolic, path, copy.ptr);
}

static int take_entry(struct unpacking *self, struct archive *archive, struct archive_entry *entry)
{
    const char *hard = archive_entry_hardlink(entry);
    char *path = inside(self, "path", archive_entry_pathname(entry));

    if (!path)
        return self->error->code;
    if (!hard && archive_entry_filetype(entry) == AE_IFDIR)
        return make_folder(self, path, archive_entry_perm(entry));
    if (!*path)
        return fail(self, SN_ERR_INVALID_ARGUMENT, "only a folder may have this path");
    if (hard)
        return keep_hard(self, path, hard);
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return make_file(self, archive, entry, path);
    case AE_IFLNK:
        return keep_symbolic(self, path, archive_entry_symlink(entry));
    default:
        return fail(self, SN_ERR_INVALID_ARGUMENT,
                    "it is neither file, folder nor link, and only those are allowed");
    }
}

static int take_entries(struct unpacking *self, struct archive *archive)
{
    struct archive_entry *entry;
    int code = 0, got;

    while (!code && (got = archive_read_next_header(archive, &entry)) != ARCHIVE_EOF) {
        if (got < ARCHIVE_WARN) {
            self->name = NULL;
            return fail_read(self, archive);
        }
        self->name = archive_entry_pathname(entry);
        if (++self->entries > self->limits->entries)
            return fail(self, SN_ERR_INVALID_ARGUMENT,
                        "the archive has more than the allowed %llu entries",
                        (unsigned long long)self->limits->entries);
        code = take_entry(self, archive, entry);
    }
    return code ? code : read_rest(self, archive);
}

/* ---- links ---- */

static int make_hard(struct unpacking *self, const struct link *link)
{
    self->name = link->path;
    int code = make_parents(self, (char *)link->path);
    if (code)
        return code;
    unlinkat(self->folder, link->path, 0);
    if (linkat(self->folder, link->target, self->folder, link->path, 0)) {
        char what[300];

        snprintf(what, sizeof(what), "can't be linked to \"%.256s\"", link->target);
        return fail_system(self, what);
    }
    return 0;
}

static int make_symbolic(struct unpacking *self, const struct link *link)
{
    self->name = link->path;
    unlinkat(self->folder, link->path, 0);
    if (symlinkat(link->target, self->folder, link->path))
        return fail_system(self, "can't be made");
    return 0;
}

/* A link may lead to nothing, and to itself, but not out. */
static int check_symbolic(struct unpacking *self, const struct link *link)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, self->folder, link->path, &how, sizeof(how));

    self->name = link->path;
    if (fd >= 0) {
        close((int)fd);
        return 0;
    }
    if (errno == EXDEV)
        return fail(self, SN_ERR_INVALID_ARGUMENT,
                    "its link's target \"%.256s\" leads out of the archive", link->target);
    if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)
        return 0;
    return fail_system(self, "can't be checked");
}

/* The parents of all symbolic links are made before the first of them: so none leads through
 * another. */
static int make_links(struct unpacking *self)
{
    struct sn_list *node;
    int code = 0;

    sn_list_for_each (node, &self->hard) {
        if (!code)
            code = make_hard(self, sn_container_of(node, struct link, link));
    }
    sn_list_for_each (node, &self->symbolic) {
        if (!code)
            code = make_parents(self, (char *)sn_container_of(node, struct link, link)->path);
    }
    sn_list_for_each (node, &self->symbolic) {
        if (!code)
            code = make_symbolic(self, sn_container_of(node, struct link, link));
    }
    sn_list_for_each (node, &self->symbolic) {
        if (!code)
            code = check_symbolic(self, sn_container_of(node, struct link, link));
    }
    return code;
}

/* ---- whole ---- */

static int unpack(struct unpacking *self)
{
    struct archive *archive = archive_read_new();
    int code;

    if (!archive)
        return fail(self, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    archive_read_support_format_tar(archive);
    if (archive_read_open(archive, self, NULL, read_more, NULL) != ARCHIVE_OK)
        code = fail_read(self, archive);
    else
        code = take_entries(self, archive);
    archive_read_free(archive);
    return code ? code : make_links(self);
}

static gzFile open_gzip(int archive)
{
    int fd = fcntl(archive, F_DUPFD_CLOEXEC, 0);
    gzFile gzip = fd < 0 ? NULL : gzdopen(fd, "rb");

    if (!gzip && fd >= 0)
        close(fd);
    if (gzip)
        gzbuffer(gzip, GZIP_BUFFER);
    return gzip;
}

int sn_unpack(int archive, int folder, const struct sn_unpack_limits *limits,
              struct sn_error *error)
{
    struct unpacking self = {.folder = folder, .limits = limits, .error = error};
    int code;

    sn_list_init(&self.hard);
    sn_list_init(&self.symbolic);
    sn_block_pool_init(&self.blocks, &sn_heap, 0);
    sn_arena_init(&self.arena, &self.blocks, limits->links);
    self.gzip = open_gzip(archive);
    if (!self.gzip)
        code = fail_system(&self, "can't be read");
    else if (gzdirect(self.gzip))
        code = fail(&self, SN_ERR_INVALID_ARGUMENT, "it is not a gzip archive");
    else
        code = unpack(&self);
    if (self.gzip)
        gzclose_r(self.gzip);
    sn_arena_fini(&self.arena);
    sn_block_pool_fini(&self.blocks);
    return code;
}
