/* SPDX-License-Identifier: Apache-2.0
 *
 * A module's files. All that is known of an archive lies on the disk beside what was unpacked of
 * it, so that it outlives the server.
 */
#include "module/package_disk.h"
#include "base/text.h"
#include "module/package.h"
#include "platform/file.h"
#include "resource/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)

/* Versions of one archive that are noticed. */
enum { VERSION_MAX = 1000000000, STATUS_MAX = 64 << 10, TIME_TEXT_MAX = 64 };

static int out_of_memory(struct sn_error *error)
{
    return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
}

/* ---- paths ---- */

static const char *folder_of(struct sn_package_disk *disk, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == path ? 1 : (size_t)(slash - path);

    return sn_arena_copy(disk->arena, (struct sn_str){path, len}).ptr;
}

/* `part` in `folder`, where it must stay; text as upstream's. */
static int join_inside(struct sn_package_disk *disk, const char *folder, const char *part,
                       const char **ret_path, struct sn_error *error)
{
    char *copy = (char *)sn_arena_copy(disk->arena, sn_str_of(part)).ptr;

    if (!copy)
        return out_of_memory(error);
    if (!sn_text_clean_path(copy) || !*copy)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "unsafe path join: '%s' with '%s'",
                            folder, part);
    *ret_path = sn_arena_printf(disk->arena, "%s/%s", folder, copy).ptr;
    return *ret_path ? 0 : out_of_memory(error);
}

static int expand(struct sn_package_disk *disk, struct sn_error *error)
{
    const char *path = disk->path;

    if (path[0] == '~' && (path[1] == '/' || !path[1]) && disk->home)
        disk->path = sn_arena_printf(disk->arena, "%s%s", disk->home, path + 1).ptr;
    if (!disk->path)
        return out_of_memory(error);
    if (disk->path[0] != '/')
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "expected ExePath to be absolute path, got %s", disk->path);
    return 0;
}

static bool has_suffix(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);

    return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

bool sn_package_is_archive(const char *type, const char *path)
{
    return strcmp(type, "local") == 0 && (has_suffix(path, ".tar.gz") || has_suffix(path, ".tgz"));
}

/* ---- archives: which version is there ---- */

static int64_t newest(const struct stat *info)
{
    int64_t modified = info->st_mtim.tv_sec * NS_PER_SECOND + info->st_mtim.tv_nsec;
    int64_t changed = info->st_ctim.tv_sec * NS_PER_SECOND + info->st_ctim.tv_nsec;

    return modified > changed ? modified : changed;
}

/* "2026-01-31T12:00:00.5Z"; 0 when it is none. */
static int64_t parse_time(const char *text)
{
    struct tm tm = {0};
    char fraction[10] = "000000000";
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    int64_t ns = 0;

    if (!rest)
        return 0;
    size_t digits = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    if (digits)
        memcpy(fraction, rest + 1, digits < 9 ? digits : 9);
    for (size_t i = 0; i < 9; i++)
        ns = ns * 10 + (fraction[i] - '0');
    return timegm(&tm) * NS_PER_SECOND + ns;
}

static void format_time(int64_t ns, char ret_text[TIME_TEXT_MAX])
{
    time_t seconds = ns / NS_PER_SECOND;
    struct tm tm;
    char day[32];

    gmtime_r(&seconds, &tm);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ret_text, TIME_TEXT_MAX, "%s.%09dZ", day, (int)(ns % NS_PER_SECOND));
}

static const char *all_of(const struct sn_package_disk *disk)
{
    return sn_arena_printf(disk->arena, "%s/%s", disk->viam_home, SN_PACKAGE_FOLDER).ptr;
}

static const char *versioned(const struct sn_package_disk *disk, const char *all, unsigned version)
{
    return sn_arena_printf(disk->arena, "%s/synthetic-%s-0_0_%u", all, disk->module, version).ptr;
}

/* Whether `entry` is, or belongs to, a version of this module: its folder, status, marker. */
static bool is_version(const char *module, const char *entry, unsigned *ret_version,
                       const char **ret_rest)
{
    static const char prefix[] = "synthetic-", middle[] = "-0_0_";
    size_t name_len = strlen(module);
    unsigned long version = 0;

    if (strncmp(entry, prefix, sizeof(prefix) - 1) != 0)
        return false;
    entry += sizeof(prefix) - 1;
    if (strncmp(entry, module, name_len) != 0)
        return false;
    entry += name_len;
    if (strncmp(entry, middle, sizeof(middle) - 1) != 0)
        return false;
    entry += sizeof(middle) - 1;
    size_t digits = strspn(entry, "0123456789");
    for (size_t i = 0; i < digits && version < VERSION_MAX; i++)
        version = version * 10 + (unsigned long)(entry[i] - '0');
    *ret_version = (unsigned)version;
    *ret_rest = entry + digits;
    return digits > 0 && version < VERSION_MAX && (entry[digits] == '\0' || entry[digits] == '.');
}

bool sn_package_owns(const char *module, const char *name)
{
    const char *rest;
    unsigned version;

    return is_version(module, name, &version, &rest);
}

/* Whether it tells of this archive, as it is now, unpacked whole. */
static bool tells_of(const struct sn_package_disk *disk, const json_t *status)
{
    const char *state = json_string_value(json_object_get(status, "sync_status"));
    const char *archive = json_string_value(json_object_get(status, "archive"));
    const char *time = json_string_value(json_object_get(status, "modified_time"));

    return state && strcmp(state, "done") == 0 && archive && strcmp(archive, disk->path) == 0 &&
           parse_time(time) == disk->archive_ns;
}

static bool is_unpacked(const struct sn_package_disk *disk, const char *all, unsigned version)
{
    const char *folder = versioned(disk, all, version);
    const char *path = folder ? sn_arena_printf(disk->arena, "%s.status.json", folder).ptr : NULL;
    struct sn_str text;
    struct stat info;

    if (!path || stat(folder, &info) || !S_ISDIR(info.st_mode) ||
        sn_file_read(path, STATUS_MAX, disk->arena, &text, NULL))
        return false;
    json_t *status = json_loadb(text.ptr, text.len, 0, NULL);
    bool tells = tells_of(disk, status);
    json_decref(status);
    return tells;
}

/* The highest version of which anything is there; -1: none. */
static int64_t last_version(const struct sn_package_disk *disk, const char *all)
{
    DIR *folder = opendir(all);
    const struct dirent *entry;
    int64_t last = -1;

    while (folder && (entry = readdir(folder))) {
        const char *rest;
        unsigned version;

        if (is_version(disk->module, entry->d_name, &version, &rest) && version > last)
            last = version;
    }
    if (folder)
        closedir(folder);
    return last;
}

static int look_for_version(struct sn_package_disk *disk, struct sn_error *error)
{
    const char *all = all_of(disk);
    int code = all ? sn_file_make_folder(all, 0700, error) : out_of_memory(error);

    if (code)
        return code;
    int64_t last = last_version(disk, all);
    disk->must_unpack = last < 0 || !is_unpacked(disk, all, (unsigned)last);
    disk->version = (unsigned)(disk->must_unpack ? last + 1 : last);
    disk->folder = versioned(disk, all, disk->version);
    return disk->folder ? 0 : out_of_memory(error);
}

int sn_package_look(struct sn_package_disk *disk, struct sn_error *error)
{
    bool is_local = strcmp(disk->type, "local") == 0;
    int code = expand(disk, error);
    struct stat info = {0};

    if (code)
        return code;
    disk->is_archive = sn_package_is_archive(disk->type, disk->path);
    if (is_local && stat(disk->path, &info)) {
        const char *cause = strerror(errno);

        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "executable path error: stat %s: %c%s",
                            disk->path, cause[0] | 0x20, cause + 1);
    }
    if (disk->is_archive) {
        disk->archive_ns = newest(&info);
        return look_for_version(disk, error);
    }
    disk->folder = folder_of(disk, disk->path);
    return disk->folder ? 0 : out_of_memory(error);
}

/* ---- archives: after unpacking ---- */

static int write_status(struct sn_package_disk *disk, struct sn_error *error)
{
    const char *path = sn_arena_printf(disk->arena, "%s.status.json", disk->folder).ptr;
    const char *id = sn_arena_printf(disk->arena, "synthetic-%s", disk->module).ptr;
    char time_text[TIME_TEXT_MAX], version[TIME_TEXT_MAX];

    format_time(disk->archive_ns, time_text);
    snprintf(version, sizeof(version), "0.0.%u", disk->version);
    json_t *status = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "package_id", id ? id : "", "version",
                               version, "modified_time", time_text, "sync_status", "done",
                               "tarball_checksum", "", "archive", disk->path);
    char *text = status ? json_dumps(status, JSON_INDENT(2)) : NULL;
    int code =
        path && id && text ? sn_file_write(path, sn_str_of(text), error) : out_of_memory(error);
    free(text);
    json_decref(status);
    return code;
}

static void remove_others(const struct sn_package_disk *disk, int parent, DIR *all)
{
    const struct dirent *entry;

    while ((entry = readdir(all))) {
        const char *rest;
        unsigned version;

        if (!is_version(disk->module, entry->d_name, &version, &rest) || version == disk->version)
            continue;
        if (*rest)
            unlinkat(parent, entry->d_name, 0);
        else
            sn_file_remove_folder(parent, entry->d_name);
    }
}

int sn_package_unpacked(struct sn_package_disk *disk, struct sn_error *error)
{
    const char *all = all_of(disk);
    int code = all ? write_status(disk, error) : out_of_memory(error);
    DIR *folder = code ? NULL : opendir(all);

    if (folder) {
        remove_others(disk, dirfd(folder), folder);
        closedir(folder);
    }
    return code;
}

/* ---- meta.json ---- */

/* `ret_meta` is NULL when there is no such file. */
static int load_meta(struct sn_package_disk *disk, const char *folder, json_t **ret_meta,
                     struct sn_error *error)
{
    const char *path = sn_arena_printf(disk->arena, "%s/meta.json", folder).ptr;
    json_error_t where;
    struct sn_str text;

    *ret_meta = NULL;
    if (!path)
        return out_of_memory(error);
    if (access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    int code = sn_file_read(path, SN_PACKAGE_META_MAX, disk->arena, &text, error);
    if (code)
        return code;
    *ret_meta = json_loadb(text.ptr, text.len, 0, &where);
    if (!*ret_meta || !json_is_object(*ret_meta)) {
        code = sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s: line %d: %s", path, where.line,
                            *ret_meta ? "an object is expected" : where.text);
        json_decref(*ret_meta);
        *ret_meta = NULL;
    }
    return code;
}

static int choose_executable(struct sn_package_disk *disk, json_t *meta, struct sn_error *error)
{
    const char *entrypoint = json_string_value(json_object_get(meta, "entrypoint"));

    if (disk->is_archive && (!entrypoint || !*entrypoint))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "local tarballs must contain a meta.json with the 'entrypoint' field");
    if (!entrypoint || !*entrypoint) {
        disk->executable = disk->path;
        return 0;
    }
    return join_inside(disk, disk->folder, entrypoint, &disk->executable, error);
}

static int choose_first_run(struct sn_package_disk *disk, const char *folder, json_t *meta,
                            struct sn_error *error)
{
    const char *script = json_string_value(json_object_get(meta, "first_run"));
    struct sn_error refused;

    if (!script || !*script)
        return 0;
    disk->marker = sn_arena_printf(disk->arena, "%s.first_run_succeeded", disk->folder).ptr;
    if (!disk->marker)
        return out_of_memory(error);
    if (access(disk->marker, F_OK) == 0)
        return 0;
    if (join_inside(disk, folder, script, &disk->first_run, &refused) == SN_ERR_INVALID_ARGUMENT) {
        disk->warning = sn_arena_copy(disk->arena, sn_str_of(refused.text)).ptr;
        disk->first_run = NULL;
    } else if (!disk->first_run) {
        return out_of_memory(error);
    }
    return 0;
}

/* A module of the registry may have its meta.json where the cloud says its root is. */
static int read_first_run(struct sn_package_disk *disk, json_t *meta, struct sn_error *error)
{
    json_t *other = NULL;
    int code = 0;

    if (!disk->is_archive && disk->config_root)
        code = load_meta(disk, disk->config_root, &other, error);
    if (!code)
        code = choose_first_run(disk, other ? disk->config_root : disk->folder,
                                other ? other : meta, error);
    json_decref(other);
    return code;
}

int sn_package_read(struct sn_package_disk *disk, struct sn_error *error)
{
    bool is_local = strcmp(disk->type, "local") == 0;
    json_t *meta;

    disk->root = is_local ? disk->folder : NULL;
    if (is_local && !disk->is_archive) {
        disk->executable = disk->path;
        return 0;
    }
    int code = load_meta(disk, disk->folder, &meta, error);
    if (!code)
        code = choose_executable(disk, meta, error);
    if (!code)
        code = read_first_run(disk, meta, error);
    json_decref(meta);
    return code;
}

int sn_package_mark(struct sn_package_disk *disk, struct sn_error *error)
{
    return sn_file_write(disk->marker, SN_STR(""), error);
}
