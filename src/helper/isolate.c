/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program is kept from, with what the kernel has: cgroups, limits, Landlock, a network
 * namespace, seccomp. A refusal by the kernel is a warning, not an end: docs/isolation.md.
 * Source: Linux, Documentation/userspace-api/{landlock,seccomp_filter}.rst; cgroups(7),
 * user_namespaces(7), getrlimit(2).
 */
#include "helper/spawning.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.2; the build's headers may be older than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* Landlock's versions in which these rights came. */
enum { VERSION_REFER = 2, VERSION_TRUNCATE = 3 };

bool spawn_isolates(const struct order *order)
{
    return order->user || order->memory_bytes || order->max_processes || order->cgroup ||
           order->no_network || order->read_only;
}

void spawn_renounce(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        spawn_warn("it may gain rights by what it executes: %s", spawn_cause(errno));
}

/* Whether the whole text could be written; else errno. */
static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    ssize_t written = write(fd, text, strlen(text));
    int cause = errno;
    close(fd);
    errno = cause;
    return written == (ssize_t)strlen(text);
}

/* ---- limits ---- */

void spawn_enter_cgroup(const struct order *order)
{
    char path[4096];

    if (!order->cgroup)
        return;
    snprintf(path, sizeof(path), "%s/cgroup.procs", order->cgroup);
    if (!write_file(path, "0"))
        spawn_warn("memory_mb, cpu_percent and max_processes are not enforced: %s: %s", path,
                   spawn_cause(errno));
}

static void limit(int what, uint64_t most, const char *key)
{
    struct rlimit limit = {(rlim_t)most, (rlim_t)most};

    if (setrlimit(what, &limit))
        spawn_warn("%s is not enforced: %s", key, spawn_cause(errno));
}

/* The kernel counts processes by user, and none of root's: without a user of its own a program
 * would be charged with those of others. */
void spawn_limit(const struct order *order, const struct identity *identity)
{
    if (order->memory_bytes)
        limit(RLIMIT_DATA, order->memory_bytes, "memory_mb");
    if (!order->max_processes)
        return;
    if (identity->uid == 0 || identity->uid == getuid())
        spawn_warn("max_processes is not enforced: without a cgroup it takes a user other than "
                   "root and the server's");
    else
        limit(RLIMIT_NPROC, order->max_processes, "max_processes");
}

/* ---- files ---- */

#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define CHANGE                                                                                   \
    (WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                    \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |  \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_CHAR | \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER)

/* A folder that isn't there needs no exception. */
static int except(int rules, const char *folder, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = rights, .parent_fd = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY)};

    if (beneath.parent_fd < 0)
        return 0;
    int code = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U);
    int cause = errno;
    close(beneath.parent_fd);
    errno = cause;
    return code;
}

static int lock_files(const struct order *order, uint64_t known)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = CHANGE & known};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0U);

    if (rules < 0)
        return -1;
    int code = except(rules, "/dev", WRITE & known);
    if (!code)
        code = except(rules, "/dev/shm", CHANGE & known);
    if (!code && order->data)
        code = except(rules, order->data, CHANGE & known);
    for (size_t i = 0; !code && i < order->writable_count; i++)
        code = except(rules, order->writable[i], CHANGE & known);
    return code ? code : (int)syscall(SYS_landlock_restrict_self, rules, 0U);
}

/* Programs that look for a place of their own find one in the data folder. */
static void offer_tmpdir(const struct order *order)
{
    char path[4096];

    if (!order->data || getenv("TMPDIR"))
        return;
    snprintf(path, sizeof(path), "%s/tmp", order->data);
    if (mkdir(path, 0700) && errno != EEXIST)
        spawn_warn("TMPDIR: %s: %s", path, spawn_cause(errno));
    else
        setenv("TMPDIR", path, 1);
}

void spawn_lock_files(const struct order *order)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t known = ~0ULL;

    if (version < 0) {
        spawn_warn("read_only is not enforced: the kernel has no Landlock (%s)",
                   spawn_cause(errno));
        return;
    }
    if (version < VERSION_REFER)
        known &= ~LANDLOCK_ACCESS_FS_REFER;
    if (version < VERSION_TRUNCATE) {
        known &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
        spawn_warn("read_only: files may still be cut short, the kernel's Landlock is version %ld",
                   version);
    }
    offer_tmpdir(order);
    if (lock_files(order, known))
        spawn_warn("read_only is not enforced: %s", spawn_cause(errno));
}

/* ---- the network ---- */

/* Programs talk to themselves by it. */
static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
        spawn_warn("network: it has not even localhost: %s", spawn_cause(errno));
    if (fd >= 0)
        close(fd);
}

bool spawn_leave_network(void)
{
    if (unshare(CLONE_NEWNET))
        return false;
    raise_loopback();
    return true;
}

/* The user and group stay who they are; that's all there is in the namespace. */
static bool leave_network_as_user(void)
{
    char uid_map[64], gid_map[64];

    snprintf(uid_map, sizeof(uid_map), "%u %u 1", (unsigned)getuid(), (unsigned)getuid());
    snprintf(gid_map, sizeof(gid_map), "%u %u 1", (unsigned)getgid(), (unsigned)getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return false;
    if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", uid_map) ||
        !write_file("/proc/self/gid_map", gid_map))
        spawn_fail("network: its namespace can't be set up: %s", spawn_cause(errno));
    raise_loopback();
    return true;
}

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__arm__)
#define ARCH AUDIT_ARCH_ARM
#endif

/* Where in struct seccomp_data the low half of the first argument lies. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARGUMENT offsetof(struct seccomp_data, args)
#else
#define ARGUMENT (offsetof(struct seccomp_data, args) + 4)
#endif

/* Refuses sockets that aren't UNIX ones, rings that could make some, and calls in the way of
 * another processor, which have other numbers (on x86-64 also those from X32 on). */
static int refuse_sockets(void)
{
#ifdef ARCH
    enum { X32 = 0x40000000, ALLOW = 8, REFUSE = 9, ABSENT = 10 };
#define TO(line, here) ((line) - (here)-1)
    static const struct sock_filter code[] = {
        [0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        [1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 0, TO(ABSENT, 1)),
        [2] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        [3] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, TO(ABSENT, 3), 0),
        [4] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, TO(ABSENT, 4), 0),
        [5] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, TO(ALLOW, 5)),
        [6] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT),
        [7] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, TO(ALLOW, 7), TO(REFUSE, 7)),
        [ALLOW] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        [REFUSE] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        [ABSENT] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    const struct sock_fprog program = {sizeof(code) / sizeof(code[0]),
                                       (struct sock_filter *)(uintptr_t)code};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#else
    errno = ENOSYS;
    return -1;
#endif
}

void spawn_refuse_network(void)
{
    if (!leave_network_as_user() && refuse_sockets())
        spawn_warn("network: false is not enforced: neither namespaces nor seccomp can be used: %s",
                   spawn_cause(errno));
}
