/* SPDX-License-Identifier: Apache-2.0
 *
 * Cgroups as folders and files. A cgroup with limited children may hold no processes itself, hence
 * "sinew-server" beside those.
 */
#include "module/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 4096, CPU_PERIOD_US = 100000 };

#define OWN "sinew-server"

/* One whose removal is to be tried again. */
struct stale {
    struct sn_list link;
    char path[];
};

/* ---- files ---- */

/* 0, or why not, of errno. */
static int write_at(const char *folder, const char *file, const char *text)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int cause = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return cause;
}

static void refuse(struct sn_cgroups *cgroups, const char *what, int cause)
{
    snprintf(cgroups->why, sizeof(cgroups->why), "%.400s%s%s", what, cause ? ": " : "",
             cause ? strerror(cause) : "");
    cgroups->path[0] = '\0';
}

/* ---- the server's ---- */

/* Path within the hierarchy: the line "0::/path". */
static bool find_self(const char *self_cgroup, char *ret_path, size_t size)
{
    FILE *file = fopen(self_cgroup, "re");
    char line[TEXT_MAX];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        found = strncmp(line, "0::/", 4) == 0 && strlen(line + 3) < size;
        if (found) /* the root's is empty, as part of a path */
            memcpy(ret_path, line[4] ? line + 3 : "", line[4] ? strlen(line + 3) + 1 : 1);
    }
    if (file)
        fclose(file);
    return found;
}

/* "36 25 0:31 /root /mount/point options… - cgroup2 …" */
static bool find_mount(const char *mountinfo, char *ret_path, size_t size)
{
    FILE *file = fopen(mountinfo, "re");
    char line[TEXT_MAX], point[TEXT_MAX];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file)) {
        found = strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s / %4095s", point) == 1 &&
                strlen(point) < size;
        if (found)
            memcpy(ret_path, point, strlen(point) + 1);
    }
    if (file)
        fclose(file);
    return found;
}

static bool has_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    for (const char *c = line; (c = strstr(c, word)); c += len)
        if ((c == line || c[-1] == ' ') && strchr(" \n", c[len]))
            return true;
    return false;
}

static void find_controllers(struct sn_cgroups *cgroups)
{
    char path[PATH_MAX + 64], line[TEXT_MAX] = "";

    snprintf(path, sizeof(path), "%s/cgroup.controllers", cgroups->path);
    FILE *file = fopen(path, "re");
    if (!file) {
        refuse(cgroups, path, errno);
        return;
    }
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    cgroups->memory = has_word(line, "memory");
    cgroups->cpu = has_word(line, "cpu");
    cgroups->pids = has_word(line, "pids");
    if (!cgroups->memory && !cgroups->cpu && !cgroups->pids)
        refuse(cgroups, "the server's cgroup v2 has none of the controllers memory, cpu and pids",
               0);
}

static int enable(const struct sn_cgroups *cgroups)
{
    char text[64];

    snprintf(text, sizeof(text), "%s%s%s", cgroups->memory ? "+memory " : "",
             cgroups->cpu ? "+cpu " : "", cgroups->pids ? "+pids" : "");
    return write_at(cgroups->path, "cgroup.subtree_control", text);
}

/* Others that are there make it impossible. */
static void make_parent(struct sn_cgroups *cgroups)
{
    char own[PATH_MAX + sizeof(OWN) + 1];
    int cause = enable(cgroups);

    if (cause == EBUSY) {
        snprintf(own, sizeof(own), "%s/" OWN, cgroups->path);
        cause = mkdir(own, 0755) && errno != EEXIST ? errno : write_at(own, "cgroup.procs", "0");
        if (!cause)
            cause = enable(cgroups);
        if (cause) {
            write_at(cgroups->path, "cgroup.procs", "0");
            rmdir(own);
        }
    }
    if (cause == EBUSY)
        refuse(cgroups, "other processes share the server's cgroup", 0);
    else if (cause)
        refuse(cgroups, cgroups->path, cause);
}

void sn_cgroups_init(struct sn_cgroups *cgroups, const char *self_cgroup, const char *mountinfo)
{
    char self[PATH_MAX / 2], mount[PATH_MAX / 2 - 64];

    *cgroups = (struct sn_cgroups){.count = 0};
    sn_list_init(&cgroups->leaving);
    if (!find_self(self_cgroup, self, sizeof(self)) ||
        !find_mount(mountinfo, mount, sizeof(mount))) {
        refuse(cgroups, "there is no cgroup v2", 0);
        return;
    }
    snprintf(cgroups->path, sizeof(cgroups->path), "%s%s", mount, self);
    find_controllers(cgroups);
    if (*cgroups->path)
        make_parent(cgroups);
}

static void sweep(struct sn_cgroups *cgroups, bool forget)
{
    struct sn_list *node, *next;

    sn_list_for_each_safe (node, next, &cgroups->leaving) {
        struct stale *stale = sn_container_of(node, struct stale, link);

        if (rmdir(stale->path) && errno == EBUSY && !forget)
            continue;
        sn_list_remove(node);
        free(stale);
    }
}

void sn_cgroups_fini(struct sn_cgroups *cgroups)
{
    sweep(cgroups, true);
}

struct sn_cgroups *sn_cgroups_own(void)
{
    static struct sn_cgroups own; /* ours as a process, like our number */

    if (!*own.path && !*own.why)
        sn_cgroups_init(&own, "/proc/self/cgroup", "/proc/self/mountinfo");
    return &own;
}

/* ---- a child's ---- */

bool sn_cgroup_wanted(const struct sn_config_isolation *isolation)
{
    return isolation->memory_mb || isolation->cpu_percent || isolation->max_processes;
}

static int set(const char *path, const char *file, const char *text, struct sn_error *error)
{
    int cause = write_at(path, file, text);

    return cause ? sn_error_set(error, SN_ERR_UNAVAILABLE, "%.700s/%s: %s", path, file,
                                strerror(cause))
                 : 0;
}

/* Memory that swaps out is still used, and half a program is of no use. */
static int limit_memory(const char *path, int64_t memory_mb, struct sn_error *error)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)memory_mb << 20);
    write_at(path, "memory.swap.max", "0"); /* not there without swap */
    write_at(path, "memory.oom.group", "1");
    return set(path, "memory.max", text, error);
}

static int limit(const char *path, const struct sn_config_isolation *isolation,
                 struct sn_error *error)
{
    char text[64];
    int code = 0;

    if (isolation->memory_mb)
        code = limit_memory(path, isolation->memory_mb, error);
    snprintf(text, sizeof(text), "%lld %d",
             (long long)isolation->cpu_percent * (CPU_PERIOD_US / 100), CPU_PERIOD_US);
    if (!code && isolation->cpu_percent)
        code = set(path, "cpu.max", text, error);
    snprintf(text, sizeof(text), "%lld", (long long)isolation->max_processes);
    if (!code && isolation->max_processes)
        code = set(path, "pids.max", text, error);
    return code;
}

static const char *missing_controller(const struct sn_cgroups *cgroups,
                                      const struct sn_config_isolation *isolation)
{
    if (isolation->memory_mb && !cgroups->memory)
        return "memory";
    if (isolation->cpu_percent && !cgroups->cpu)
        return "cpu";
    return isolation->max_processes && !cgroups->pids ? "pids" : NULL;
}

int sn_cgroup_add(struct sn_cgroups *cgroups, const struct sn_config_isolation *isolation,
                  char ret_path[PATH_MAX], struct sn_error *error)
{
    if (!*cgroups->path)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "%s", cgroups->why);
    const char *missing = missing_controller(cgroups, isolation);
    if (missing)
        return sn_error_set(error, SN_ERR_UNAVAILABLE,
                            "the server's cgroup v2 doesn't have the controller %s", missing);
    sweep(cgroups, false);
    int len = snprintf(ret_path, PATH_MAX, "%s/sinew-child-%u", cgroups->path, ++cgroups->count);
    if (len >= PATH_MAX || (mkdir(ret_path, 0755) && errno != EEXIST))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "%.700s: %s", ret_path, strerror(errno));
    int code = limit(ret_path, isolation, error);
    if (code)
        rmdir(ret_path);
    return code;
}

void sn_cgroup_remove(struct sn_cgroups *cgroups, const char *path)
{
    size_t size = strlen(path) + 1;

    write_at(path, "cgroup.kill", "1");
    if (rmdir(path) == 0 || errno != EBUSY)
        return;
    struct stale *stale = malloc(sizeof(*stale) + size);
    if (!stale)
        return; /* it stays behind, empty */
    memcpy(stale->path, path, size);
    sn_list_append(&cgroups->leaving, &stale->link);
}
