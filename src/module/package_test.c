/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules' files, with tar, /bin/sh and a real loop.
 */
#include "base/heap.h"
#include "module/env.h"
#include "module/package.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct sn_loop *loop;
    char dir[64]; /* module's source in "src", viam home in "home" */
    struct sn_config_module module;
    struct sn_package *package;
    int calls, code;
    char executable[PATH_MAX], root[PATH_MAX], cwd[PATH_MAX], text[2048];
};

static char *path_of(const struct world *world, const char *name)
{
    static char paths[4][PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, PATH_MAX, "%s/%s", world->dir, name);
    return path;
}

static void put(const struct world *world, const char *name, const char *text)
{
    FILE *file = fopen(path_of(world, name), "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path_of(world, name), 0755);
}

static bool exists(const struct world *world, const char *name)
{
    return access(path_of(world, name), F_OK) == 0;
}

static void pack(const struct world *world)
{
    char command[512];

    snprintf(command, sizeof(command),
             "cd %s && tar czf m.tar.gz.new -C src . && mv m.tar.gz.new m.tar.gz", world->dir);
    assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    strcpy(world->dir, "/tmp/sinew-package-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    mkdir(path_of(world, "src"), 0755);
    world->loop = sn_loop_create();
    world->module = (struct sn_config_module){.name = "mod",
                                              .type = "local",
                                              .executable_path = strdup(path_of(world, "m.tar.gz")),
                                              .module_id = "",
                                              .log_level = "",
                                              .first_run_timeout_ns = SN_SECONDS(60)};
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", world->dir);
    assert_int_equal(system(command), 0);
    sn_loop_destroy(world->loop);
    json_decref(world->module.env);
    free((char *)world->module.executable_path);
    free(world);
    return 0;
}

static void done(void *owner, int code, const struct sn_package_result *result, const char *text)
{
    struct world *world = owner;

    world->calls++;
    world->code = code;
    snprintf(world->text, sizeof(world->text), "%s", text);
    if (result) {
        snprintf(world->executable, PATH_MAX, "%s", result->executable);
        snprintf(world->root, PATH_MAX, "%s", result->root ? result->root : "");
        snprintf(world->cwd, PATH_MAX, "%s", result->cwd);
    }
}

static void begin(struct world *world)
{
    struct sn_package_request request = {
        .module = &world->module, .viam_home = path_of(world, "home"), .data_dir = "/data/of/mod"};

    world->calls = 0;
    assert_int_equal(sn_package_prepare(world->loop, &request, done, world, &world->package), 0);
    assert_int_equal(world->calls, 0);
}

static void prepare(struct world *world)
{
    begin(world);
    sn_loop_run(world->loop); /* until there is nothing left to do */
    assert_int_equal(world->calls, 1);
}

static void prepare_well(struct world *world)
{
    prepare(world);
    if (world->code)
        fail_msg("%s", world->text);
}

static void assert_fails(struct world *world, int code, const char *cause)
{
    prepare(world);
    if (!strstr(world->text, cause))
        fail_msg("\"%s\" doesn't say \"%s\"", world->text, cause);
    assert_int_equal(world->code, code);
    assert_non_null(strstr(world->text, "module mod: "));
}

static void set_path(struct world *world, const char *path)
{
    free((char *)world->module.executable_path);
    world->module.executable_path = strdup(path);
}

#define FOLDER "home/packages-local/data/module/synthetic-mod-0_0_"

/* ---- no archive ---- */

static void a_local_path_is_taken_as_it_is(void **state)
{
    struct world *world = *state;

    put(world, "src/run", "");
    put(world, "src/meta.json", "{\"entrypoint\":\"other\",\"first_run\":\"nowhere\"}");
    set_path(world, path_of(world, "src/run"));
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, "src/run"));
    assert_string_equal(world->root, path_of(world, "src"));
    assert_string_equal(world->cwd, path_of(world, "src"));
}

static void of_another_the_meta_json_beside_it_decides(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"bin/../run\"}");
    set_path(world, path_of(world, "src/whatever"));
    world->module.type = "registry";
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, "src/run"));
    assert_string_equal(world->root, "");
    assert_string_equal(world->cwd, path_of(world, "src"));
}

static void without_meta_json_the_path_is_run(void **state)
{
    struct world *world = *state;

    set_path(world, path_of(world, "src/whatever"));
    world->module.type = "";
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, "src/whatever"));
}

static void the_root_of_the_config_wins(void **state)
{
    struct world *world = *state;

    world->module.env = json_pack("{s:s}", "VIAM_MODULE_ROOT", world->dir);
    put(world, "src/run", "");
    set_path(world, path_of(world, "src/run"));
    prepare_well(world);
    assert_string_equal(world->cwd, world->dir);
}

static void bad_paths_are_refused(void **state)
{
    struct world *world = *state;

    set_path(world, "./run.sh");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT,
                 "expected ExePath to be absolute path, got ./run.sh");
    set_path(world, "/nowhere/run.sh");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT,
                 "executable path error: stat /nowhere/run.sh: no such file or directory");
}

static void bad_meta_json_is_refused(void **state)
{
    struct world *world = *state;

    world->module.type = "registry";
    set_path(world, path_of(world, "src/run"));
    put(world, "src/meta.json", "{\n\"entrypoint\":");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT, "src/meta.json: line 2: ");
    put(world, "src/meta.json", "{\"entrypoint\":\"../run\"}");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT, "unsafe path join: '");
    put(world, "src/meta.json", "[]");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT, "an object is expected");
}

/* ---- archives ---- */

static void an_archive_is_unpacked_once(void **state)
{
    struct world *world = *state;

    put(world, "src/run", "#!/bin/sh\n");
    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, FOLDER "0/run"));
    assert_string_equal(world->root, path_of(world, FOLDER "0"));
    assert_true(exists(world, FOLDER "0.status.json"));
    put(world, FOLDER "0/mine", "");
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, FOLDER "0/run"));
    assert_true(exists(world, FOLDER "0/mine"));
}

static void a_newer_archive_is_another_version(void **state)
{
    struct world *world = *state;

    put(world, "src/run", "#!/bin/sh\n");
    put(world, "src/meta.json", "{\"entrypoint\":\"run\",\"first_run\":\"first\"}");
    put(world, "src/first", "#!/bin/sh\ntouch \"$VIAM_MODULE_ROOT/first_was_here\"\n");
    pack(world);
    prepare_well(world);
    assert_true(exists(world, FOLDER "0/first_was_here"));
    assert_true(exists(world, FOLDER "0.first_run_succeeded"));
    pack(world);
    prepare_well(world);
    assert_string_equal(world->executable, path_of(world, FOLDER "1/run"));
    assert_true(exists(world, FOLDER "1/first_was_here"));
    assert_false(exists(world, FOLDER "0"));
    assert_false(exists(world, FOLDER "0.status.json"));
    assert_false(exists(world, FOLDER "0.first_run_succeeded"));
}

static void another_archive_of_the_module_is_another_version(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    prepare_well(world);
    assert_int_equal(rename(path_of(world, "m.tar.gz"), path_of(world, "n.tar.gz")), 0);
    set_path(world, path_of(world, "n.tar.gz"));
    prepare_well(world);
    assert_string_equal(world->root, path_of(world, FOLDER "1"));
}

static void what_was_left_half_is_unpacked_again(void **state)
{
    struct world *world = *state;

    put(world, "src/run", "#!/bin/sh\n");
    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    prepare_well(world);
    put(world, FOLDER "0.status.json", "{\"sync_status\":\"done\",\"modified_time\":");
    prepare_well(world);
    assert_string_equal(world->root, path_of(world, FOLDER "1"));
}

static void a_module_whose_name_begins_the_same_is_let_alone(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    world->module.name = "mod-0_0_7";
    prepare_well(world);
    world->module.name = "mod";
    prepare_well(world);
    assert_string_equal(world->root, path_of(world, FOLDER "0"));
    pack(world);
    prepare_well(world);
    assert_true(exists(world, FOLDER "7-0_0_0/meta.json"));
}

static void an_archive_without_entrypoint_is_refused(void **state)
{
    struct world *world = *state;

    put(world, "src/run", "");
    pack(world);
    assert_fails(world, SN_ERR_INVALID_ARGUMENT,
                 "local tarballs must contain a meta.json with the 'entrypoint' field");
}

static void a_bad_archive_is_refused_and_the_last_good_one_stays(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    prepare_well(world);
    put(world, "m.tar.gz", "no archive");
    assert_fails(world, SN_ERR_INVALID_ARGUMENT, "m.tar.gz: it is not a gzip archive");
    assert_non_null(strstr(world->text, "failed to unzip archive: "));
    assert_true(exists(world, FOLDER "0/meta.json"));
    assert_false(exists(world, FOLDER "1"));
}

static void a_home_that_cannot_be_written_is_told(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"run\"}");
    pack(world);
    put(world, "home", "a file");
    assert_fails(world, SN_ERR_UNAVAILABLE, "mkdir ");
}

/* ---- first-run scripts ---- */

static void pack_script(struct world *world, const char *script)
{
    put(world, "src/run", "#!/bin/sh\n");
    put(world, "src/meta.json", "{\"entrypoint\":\"run\",\"first_run\":\"./first\"}");
    if (script)
        put(world, "src/first", script);
    pack(world);
}

static void a_script_runs_once_with_the_modules_environment(void **state)
{
    struct world *world = *state;
    char line[PATH_MAX] = "";

    pack_script(world,
                "#!/bin/sh\n"
                "echo out; echo err >&2\n"
                "echo $#,$VIAM_MODULE_NAME,$VIAM_MODULE_DATA,$FOO,${VIAM_MODULE_ADDRESS-none},"
                "$VIAM_MODULE_ROOT >>$VIAM_HOME/said\n");
    world->module.env = json_pack("{s:s}", "FOO", "bar");
    prepare_well(world);
    prepare_well(world);
    FILE *file = fopen(path_of(world, "home/said"), "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    char *expected = path_of(world, FOLDER "0\n");
    assert_memory_equal(line, "0,mod,/data/of/mod,bar,none,", 28);
    assert_string_equal(line + 28, expected);
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
}

static void a_script_that_fails_is_run_again(void **state)
{
    struct world *world = *state;

    pack_script(world, "#!/bin/sh\ntest -e $VIAM_HOME/good || exit 4\n");
    assert_fails(world, SN_ERR_FAILED_PRECONDITION, "/first failed: exit code 4");
    assert_false(exists(world, FOLDER "0.first_run_succeeded"));
    put(world, "home/good", "");
    prepare_well(world);
    assert_true(exists(world, FOLDER "0.first_run_succeeded"));
}

static void a_script_that_is_not_there_fails(void **state)
{
    struct world *world = *state;

    pack_script(world, NULL);
    assert_fails(world, SN_ERR_FAILED_PRECONDITION, "/first: no such file or directory");
}

static void a_script_outside_is_not_run(void **state)
{
    struct world *world = *state;

    put(world, "src/meta.json", "{\"entrypoint\":\"run\",\"first_run\":\"../../first\"}");
    pack(world);
    prepare_well(world);
    assert_false(exists(world, FOLDER "0.first_run_succeeded"));
}

static void a_script_may_take_no_longer_than_allowed(void **state)
{
    struct world *world = *state;

    pack_script(world, "#!/bin/sh\nwhile :; do sleep 60 & wait; done\n");
    world->module.first_run_timeout_ns = SN_MS(50);
    assert_fails(world, SN_ERR_FAILED_PRECONDITION, "longer than first_run_timeout allows");
}

/* ---- cancelling ---- */

struct later {
    struct sn_timer timer;
    struct world *world;
};

static void cancel_from(struct sn_timer *timer)
{
    struct later *later = (struct later *)timer;
    struct world *world = later->world;

    if (exists(world, "home/began"))
        sn_package_cancel(world->package);
    else
        sn_timer_start(sn_loop_timers(world->loop), timer, SN_MS(5), cancel_from);
}

static void cancelling_ends_the_script(void **state)
{
    struct world *world = *state;
    struct later later = {.world = world};

    pack_script(world, "#!/bin/sh\ntouch $VIAM_HOME/began; while :; do sleep 60; done\n");
    begin(world);
    sn_timer_start(sn_loop_timers(world->loop), &later.timer, SN_MS(5), cancel_from);
    sn_loop_run(world->loop);
    assert_int_equal(world->calls, 0);
    assert_false(exists(world, FOLDER "0.first_run_succeeded"));
}

static void cancelling_at_once_is_heard(void **state)
{
    struct world *world = *state;

    begin(world);
    sn_package_cancel(world->package);
    sn_loop_run(world->loop);
    assert_int_equal(world->calls, 0);
}

/* ---- environments ---- */

static const char *value_of(const char *const *env, const char *name)
{
    const char *value = NULL;
    size_t len = strlen(name);

    for (; *env; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
            assert_null(value);
            value = *env + len + 1;
        }
    }
    return value;
}

static void the_later_of_an_environment_wins(void **state)
{
    struct world *world = *state;
    struct sn_block_pool pool;
    struct sn_arena arena;
    const char *const *env;

    setenv("SINEW_TEST_A", "own", 1);
    setenv("VIAM_MODULE_NAME", "own", 1);
    world->module.type = "registry";
    world->module.module_id = "a:b";
    world->module.env =
        json_pack("{s:s,s:s,s:s,s:i,s:s,s:n}", "SINEW_TEST_A", "mine", "VIAM_MODULE_ROOT", "/r",
                  "VIAM_MODULE_ADDRESS", "stolen", "NUMBER", 3, "A=B", "c", "NOTHING");
    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, 1 << 20);
    struct sn_module_env options = {
        .viam_home = "/h", .data_dir = "/d", .root = "/root", .address = "/sock"};
    assert_int_equal(sn_module_env_make(&world->module, &options, &arena, &env), 0);
    assert_string_equal(value_of(env, "SINEW_TEST_A"), "mine");
    assert_string_equal(value_of(env, "VIAM_MODULE_NAME"), "mod");
    assert_string_equal(value_of(env, "VIAM_MODULE_ID"), "a:b");
    assert_string_equal(value_of(env, "VIAM_MODULE_ROOT"), "/r");
    assert_string_equal(value_of(env, "VIAM_MODULE_ADDRESS"), "/sock");
    assert_string_equal(value_of(env, "VIAM_HOME"), "/h");
    assert_string_equal(value_of(env, "VIAM_MODULE_DATA"), "/d");
    assert_non_null(value_of(env, "PATH"));
    assert_string_equal(value_of(env, "NOTHING"), "");
    assert_null(value_of(env, "NUMBER"));
    assert_null(value_of(env, "A"));
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
}

static void modules_learn_whose_machine_it_is(void **state)
{
    static const char text[] =
        "{\"cloud\":{\"id\":\"part\",\"secret\":\"x\",\"primary_org_id\":\"org\",\"location_id\":"
        "\"loc\",\"machine_id\":\"mach\",\"fqdn\":\"a.b\"}}";
    struct world *world = *state;
    struct sn_block_pool pool;
    struct sn_arena arena;
    struct sn_config *config;
    struct sn_error error;
    const char *const *env;

    assert_int_equal(sn_config_parse(text, strlen(text), &config, &error), 0);
    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, 1 << 20);
    struct sn_module_env options = {.viam_home = "/h", .machine = config};
    assert_int_equal(sn_module_env_make(&world->module, &options, &arena, &env), 0);
    assert_string_equal(value_of(env, "VIAM_PRIMARY_ORG_ID"), "org");
    assert_string_equal(value_of(env, "VIAM_LOCATION_ID"), "loc");
    assert_string_equal(value_of(env, "VIAM_MACHINE_ID"), "mach");
    assert_string_equal(value_of(env, "VIAM_MACHINE_PART_ID"), "part");
    assert_string_equal(value_of(env, "VIAM_MACHINE_FQDN"), "a.b");
    sn_config_destroy(config);
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_local_path_is_taken_as_it_is),
        CASE(of_another_the_meta_json_beside_it_decides),
        CASE(without_meta_json_the_path_is_run),
        CASE(the_root_of_the_config_wins),
        CASE(bad_paths_are_refused),
        CASE(bad_meta_json_is_refused),
        CASE(an_archive_is_unpacked_once),
        CASE(a_newer_archive_is_another_version),
        CASE(another_archive_of_the_module_is_another_version),
        CASE(what_was_left_half_is_unpacked_again),
        CASE(a_module_whose_name_begins_the_same_is_let_alone),
        CASE(an_archive_without_entrypoint_is_refused),
        CASE(a_bad_archive_is_refused_and_the_last_good_one_stays),
        CASE(a_home_that_cannot_be_written_is_told),
        CASE(a_script_runs_once_with_the_modules_environment),
        CASE(a_script_that_fails_is_run_again),
        CASE(a_script_that_is_not_there_fails),
        CASE(a_script_outside_is_not_run),
        CASE(a_script_may_take_no_longer_than_allowed),
        CASE(cancelling_ends_the_script),
        CASE(cancelling_at_once_is_heard),
        CASE(the_later_of_an_environment_wins),
        CASE(modules_learn_whose_machine_it_is),
    };

    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
