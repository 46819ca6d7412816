/* SPDX-License-Identifier: Apache-2.0
 *
 * Cgroups on folders that look like the kernel's: this decides what is written where. Whether the
 * kernel then keeps the limits is module/isolation's question, where the system lends itself to it.
 */
#include "module/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A system's files in a folder of our own. */
struct fake {
    char root[64];
    char self[128], mounts[128], own[128];
};

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *read_text(const char *folder, const char *name)
{
    static char text[256];
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void set_up(struct fake *fake, const char *self, const char *controllers)
{
    char mounts[512];

    snprintf(fake->root, sizeof(fake->root), "/tmp/sinew-cgroup-XXXXXX");
    assert_non_null(mkdtemp(fake->root));
    snprintf(fake->self, sizeof(fake->self), "%s/self", fake->root);
    snprintf(fake->mounts, sizeof(fake->mounts), "%s/mounts", fake->root);
    snprintf(fake->own, sizeof(fake->own), "%s/cg/own", fake->root);
    snprintf(
        mounts, sizeof(mounts),
        "20 1 0:5 / /proc rw - proc proc rw\n30 1 0:6 / %s/cg rw,nosuid - cgroup2 cgroup2 rw\n",
        fake->root);
    write_text(fake->root, "self", self);
    write_text(fake->root, "mounts", mounts);
    char folder[256];
    snprintf(folder, sizeof(folder), "%s/cg", fake->root);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(mkdir(fake->own, 0755), 0);
    write_text(fake->own, "cgroup.controllers", controllers);
    write_text(fake->own, "cgroup.subtree_control", "");
    snprintf(folder, sizeof(folder), "%s/sinew-child-1", fake->own);
    assert_int_equal(mkdir(folder, 0755), 0); /* its files come with it from the kernel */
    static const char *const files[] = {"memory.max", "memory.swap.max", "memory.oom.group",
                                        "cpu.max",    "pids.max",        "cgroup.kill"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        write_text(folder, files[i], "");
}

static void tear_down(const struct fake *fake)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -rf '%s'", fake->root);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    assert_int_equal(pclose(pipe), 0);
}

static void limits_are_written(void **state)
{
    struct sn_config_isolation isolation = {
        .user = "", .memory_mb = 64, .cpu_percent = 150, .max_processes = 20};
    struct sn_cgroups cgroups;
    struct fake fake;
    struct sn_error error;
    char path[PATH_MAX];

    set_up(&fake, "5:pids:/x\n0::/own\n", "cpuset cpu io memory hugetlb pids\n");
    sn_cgroups_init(&cgroups, fake.self, fake.mounts);
    assert_string_equal(cgroups.why, "");
    assert_string_equal(cgroups.path, fake.own);
    assert_string_equal(read_text(fake.own, "cgroup.subtree_control"), "+memory +cpu +pids");
    assert_int_equal(sn_cgroup_add(&cgroups, &isolation, path, &error), 0);
    assert_string_equal(read_text(path, "memory.max"), "67108864");
    assert_string_equal(read_text(path, "memory.swap.max"), "0");
    assert_string_equal(read_text(path, "memory.oom.group"), "1");
    assert_string_equal(read_text(path, "cpu.max"), "150000 100000");
    assert_string_equal(read_text(path, "pids.max"), "20");
    sn_cgroup_remove(&cgroups, path);
    assert_string_equal(read_text(path, "cgroup.kill"), "1");
    sn_cgroups_fini(&cgroups);
    tear_down(&fake);
}

static void what_is_missing_is_named(void **state)
{
    struct sn_config_isolation isolation = {.user = "", .cpu_percent = 50};
    struct sn_cgroups cgroups;
    struct fake fake;
    struct sn_error error;
    char path[PATH_MAX];

    set_up(&fake, "0::/own\n", "memory cpuset pids\n");
    sn_cgroups_init(&cgroups, fake.self, fake.mounts);
    assert_int_equal(sn_cgroup_add(&cgroups, &isolation, path, &error), SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "the server's cgroup v2 doesn't have the controller cpu");
    sn_cgroups_fini(&cgroups);

    write_text(fake.own, "cgroup.controllers", "hugetlb cpuset\n");
    sn_cgroups_init(&cgroups, fake.self, fake.mounts);
    assert_int_equal(sn_cgroup_add(&cgroups, &isolation, path, &error), SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "the server's cgroup v2 has none of the controllers memory, "
                                    "cpu and pids");
    sn_cgroups_fini(&cgroups);

    write_text(fake.root, "self", "5:pids:/x\n");
    sn_cgroups_init(&cgroups, fake.self, fake.mounts);
    assert_int_equal(sn_cgroup_add(&cgroups, &isolation, path, &error), SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "there is no cgroup v2");
    sn_cgroups_fini(&cgroups);
    tear_down(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_written),
        cmocka_unit_test(what_is_missing_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
