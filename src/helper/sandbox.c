/* SPDX-License-Identifier: Apache-2.0
 *
 * Landlock: a process takes rights from itself, for good.
 */
#include "helper/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.2; the build's headers may be older than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* The first version in which links from one folder to another can be allowed, and that with
 * truncate. */
enum { VERSION_REFER = 2, VERSION_TRUNCATE = 3 };

#define REMOVE \
    (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define NAMES (LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define WORK                                                                        \
    (REMOVE | NAMES | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
     LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)
#define ALL                                                                                        \
    (WORK | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                            \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
     LANDLOCK_ACCESS_FS_MAKE_SOCK)

static int add_rule(int rules, int folder, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access, .parent_fd = folder};

    if (folder < 0)
        return 0;
    return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U);
}

static int restrict_files(const struct sn_sandbox *sandbox, long version)
{
    uint64_t known = version < VERSION_TRUNCATE ? ~LANDLOCK_ACCESS_FS_TRUNCATE : ~0ULL;
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL & known};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0U);

    if (rules < 0)
        return -1;
    int failed =
        add_rule(rules, sandbox->work, WORK & known) || add_rule(rules, sandbox->names, NAMES) ||
        add_rule(rules, sandbox->discard, REMOVE) || syscall(SYS_landlock_restrict_self, rules, 0U);
    close(rules);
    return failed ? -1 : 0;
}

static int limit(int what, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(what, &now))
        return -1;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    return setrlimit(what, &(struct rlimit){most, most});
}

int sn_sandbox_enter(const struct sn_sandbox *sandbox, struct sn_error *error)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || limit(RLIMIT_CORE, 0) ||
        limit(RLIMIT_FSIZE, sandbox->file_bytes) ||
        (version >= VERSION_REFER && restrict_files(sandbox, version)))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "can't shut itself in: %s", strerror(errno));
    return 0;
}
