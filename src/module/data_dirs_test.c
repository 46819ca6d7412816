/* SPDX-License-Identifier: Apache-2.0
 *
 * What is removed of folders of modules, and what isn't.
 */
#include "module/data_dirs.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

static char home[64];

static char *path_of(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", home, name);
    return path;
}

static void make(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static bool exists(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static int set_up(void **state)
{
    strcpy(home, "/tmp/sinew-dirs-XXXXXX");
    assert_non_null(mkdtemp(home));
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", home);
    return system(command);
}

static void cleaned(void *owner)
{
    (*(int *)owner)++;
}

static void clean(const char *json)
{
    int times = 0;
    struct sn_loop *loop = sn_loop_create();
    struct sn_config *config;
    struct sn_error error;

    if (sn_config_parse(json, strlen(json), &config, &error))
        fail_msg("%s", error.text);
    int code = sn_data_dirs_clean(loop, home, config, cleaned, &times);
    sn_config_destroy(config);
    assert_int_equal(times, 0);
    sn_loop_run(loop);
    assert_int_equal(times, code ? 0 : 1);
    sn_loop_destroy(loop);
}

static void what_belongs_to_no_module_goes(void **state)
{
    static const char *const folders[] = {
        "module-data",
        "module-data/local",
        "module-data/local/kept",
        "module-data/local/gone",
        "module-data/local/gone/deep",
        "module-data/other-machine",
        "packages-local",
        "packages-local/data",
        "packages-local/data/module",
        "packages-local/data/module/synthetic-kept-0_0_3",
        "packages-local/data/module/synthetic-plain-0_0_0",
        "packages-local/data/module/synthetic-gone-0_0_0",
        "packages-local/data/module/synthetic-gone-0_0_0.status.json",
        "packages-local/data/module/1.tmp",
        "packages-local/data/module/2.tmp",
    };

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        make(folders[i]);
    utime(path_of("packages-local/data/module/1.tmp"), &(struct utimbuf){1, 1});
    clean("{\"modules\": [{\"name\": \"kept\", \"type\": \"local\", \"executable_path\": "
          "\"/x/kept.tar.gz\"}, {\"name\": \"plain\", \"type\": \"local\", \"executable_path\": "
          "\"/x/plain\"}]}");
    assert_true(exists("module-data/local/kept"));
    assert_false(exists("module-data/local/gone"));
    assert_true(exists("module-data/other-machine"));
    assert_true(exists("packages-local/data/module/synthetic-kept-0_0_3"));
    assert_false(exists("packages-local/data/module/synthetic-plain-0_0_0"));
    assert_false(exists("packages-local/data/module/synthetic-gone-0_0_0"));
    assert_false(exists("packages-local/data/module/synthetic-gone-0_0_0.status.json"));
    assert_false(exists("packages-local/data/module/1.tmp"));
    assert_true(exists("packages-local/data/module/2.tmp"));
}

static void where_nothing_is_nothing_happens(void **state)
{
    clean("{}");
    assert_false(exists("module-data"));
}

static void a_machine_whose_id_leads_elsewhere_cleans_nothing(void **state)
{
    make("module-data");
    make("kept");
    clean("{\"cloud\":{\"id\":\"..\",\"secret\":\"s\"}}");
    clean("{\"cloud\":{\"id\":\"a/../..\",\"secret\":\"s\"}}");
    assert_true(exists("kept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_belongs_to_no_module_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_is_nothing_happens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_machine_whose_id_leads_elsewhere_cleans_nothing, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("data_dirs", tests, NULL, NULL);
}
