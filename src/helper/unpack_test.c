/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives, honest ones and others, made byte by byte.
 */
#include "helper/place.h"
#include "helper/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { TAR_BLOCK = 512 };

struct world {
    char dir[64]; /* holds the archive "a.tgz" and the folder "out" */
    gzFile gzip;
    struct sn_error error;
};

static char *path_of(const struct world *world, const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", world->dir, name);
    return path;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    strcpy(world->dir, "/tmp/sinew-unpack-XXXXXX");
    if (!mkdtemp(world->dir))
        return -1;
    world->gzip = gzopen(path_of(world, "a.tgz"), "wb1");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[128];

    if (world->gzip)
        gzclose(world->gzip);
    snprintf(command, sizeof(command), "rm -rf %s", world->dir);
    int failed = system(command);
    free(world);
    return failed;
}

/* ---- making archives ---- */

static void put_octal(char *field, size_t size, unsigned long long value)
{
    field[size - 1] = '\0';
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

/* A header of POSIX's ustar, its sum included. */
static void put_header(struct world *world, const char *name, char type, unsigned long long size,
                       unsigned mode, const char *target)
{
    char block[TAR_BLOCK] = {0};
    unsigned sum = 0;

    memcpy(block, name, strnlen(name, 100));
    put_octal(block + 100, 8, mode);
    put_octal(block + 108, 8, 0);
    put_octal(block + 116, 8, 0);
    put_octal(block + 124, 12, size);
    put_octal(block + 136, 12, 0);
    memset(block + 148, ' ', 8);
    block[156] = type;
    memcpy(block + 157, target, strnlen(target, 100));
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)block[i];
    put_octal(block + 148, 7, sum);
    gzwrite(world->gzip, block, TAR_BLOCK);
}

static void put_file_mode(struct world *world, const char *name, const char *text, unsigned mode)
{
    char block[TAR_BLOCK] = {0};

    put_header(world, name, '0', strlen(text), mode, "");
    memcpy(block, text, strlen(text));
    if (*text)
        gzwrite(world->gzip, block, TAR_BLOCK);
}

static void put_file(struct world *world, const char *name, const char *text)
{
    put_file_mode(world, name, text, 0644);
}

static void put_link(struct world *world, char type, const char *name, const char *target)
{
    put_header(world, name, type, 0, 0777, target);
}

/* ---- unpacking them ---- */

static int unpack_with(struct world *world, const struct sn_unpack_limits *limits)
{
    if (world->gzip) {
        char end[2 * TAR_BLOCK] = {0};

        gzwrite(world->gzip, end, sizeof(end));
        gzclose(world->gzip);
        world->gzip = NULL;
    }
    mkdir(path_of(world, "out"), 0700);
    int archive = open(path_of(world, "a.tgz"), O_RDONLY | O_CLOEXEC);
    int folder = open(path_of(world, "out"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(archive >= 0 && folder >= 0);
    world->error.text[0] = '\0';
    int code = sn_unpack(archive, folder, limits, &world->error);
    close(archive);
    close(folder);
    return code;
}

static int unpack(struct world *world)
{
    return unpack_with(world, &sn_unpack_limits);
}

static void assert_refused(struct world *world, const char *entry, const char *cause)
{
    assert_int_equal(unpack(world), SN_ERR_INVALID_ARGUMENT);
    if (entry && !strstr(world->error.text, entry))
        fail_msg("\"%s\" doesn't name \"%s\"", world->error.text, entry);
    if (!strstr(world->error.text, cause))
        fail_msg("\"%s\" doesn't say \"%s\"", world->error.text, cause);
    assert_null(strchr(world->error.text, '\n'));
}

static bool exists(const struct world *world, const char *name)
{
    struct stat info;

    return lstat(path_of(world, name), &info) == 0;
}

static unsigned mode_of(const struct world *world, const char *name)
{
    struct stat info;

    assert_int_equal(stat(path_of(world, name), &info), 0);
    return info.st_mode & 07777;
}

static void assert_holds(const struct world *world, const char *name, const char *text)
{
    char got[TAR_BLOCK] = {0};
    FILE *file = fopen(path_of(world, name), "re");

    assert_non_null(file);
    got[fread(got, 1, sizeof(got) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, text);
}

/* ---- tests ---- */

static void files_folders_and_links_come_out(void **state)
{
    struct world *world = *state;

    put_header(world, "./", '5', 0, 0755, "");
    put_link(world, '1', "d/hard", "./bin/run"); /* before what it links to */
    put_link(world, '2', "link", "bin/run");
    put_link(world, '2', "deep/er/up", "../../meta.json");
    put_link(world, '2', "dangling", "not/there");
    put_file_mode(world, "bin/run", "#!/bin/sh\n", 0555);
    put_header(world, "empty/", '5', 0, 0, "");
    put_file(world, "./meta.json", "{}");
    put_file(world, "a/./b/../c", "c");
    put_file_mode(world, "setuid", "x", 06755);
    if (unpack(world))
        fail_msg("%s", world->error.text);
    assert_holds(world, "out/bin/run", "#!/bin/sh\n");
    assert_int_equal(mode_of(world, "out/bin/run"), 0755);
    assert_int_equal(mode_of(world, "out/bin"), 0700);
    assert_int_equal(mode_of(world, "out/empty"), 0700);
    assert_int_equal(mode_of(world, "out/setuid"), 0755);
    assert_holds(world, "out/d/hard", "#!/bin/sh\n");
    assert_holds(world, "out/link", "#!/bin/sh\n");
    assert_holds(world, "out/deep/er/up", "{}");
    assert_holds(world, "out/a/c", "c");
    assert_true(exists(world, "out/dangling"));
}

static void the_later_of_two_wins(void **state)
{
    struct world *world = *state;

    put_file(world, "f", "longer than the other");
    put_file(world, "f", "new");
    put_link(world, '2', "l", "nothing");
    put_link(world, '2', "l", "f");
    assert_int_equal(unpack(world), 0);
    assert_holds(world, "out/l", "new");
}

static void an_absolute_path_lies_in_the_folder(void **state)
{
    struct world *world = *state;

    put_file(world, "/etc/sinew", "x");
    assert_int_equal(unpack(world), 0);
    assert_holds(world, "out/etc/sinew", "x");
}

static void paths_that_lead_out_are_refused(void **state)
{
    struct world *world = *state;

    put_file(world, "a/../../evil", "x");
    assert_refused(world, "a/../../evil", "leads out of the archive");
    assert_false(exists(world, "evil"));
}

static void folders_outside_are_refused(void **state)
{
    struct world *world = *state;

    put_header(world, "../evil/", '5', 0, 0755, "");
    assert_refused(world, "../evil/", "leads out of the archive");
    assert_false(exists(world, "evil"));
}

static void nothing_is_written_through_a_link(void **state)
{
    struct world *world = *state;

    mkdir(path_of(world, "outside"), 0700);
    put_link(world, '2', "l", "../outside");
    put_file(world, "l/evil", "x");
    assert_int_equal(unpack(world), SN_ERR_UNAVAILABLE); /* a folder is where the link would be */
    assert_non_null(strstr(world->error.text, "\"l\""));
    assert_false(exists(world, "outside/evil"));
}

static void no_link_is_made_through_another(void **state)
{
    struct world *world = *state;

    mkdir(path_of(world, "outside"), 0700);
    put_link(world, '2', "l", "../outside");
    put_link(world, '2', "l/evil", "x");
    assert_int_equal(unpack(world), SN_ERR_UNAVAILABLE);
    assert_false(exists(world, "outside/evil"));
}

static void links_to_absolute_paths_are_refused(void **state)
{
    struct world *world = *state;

    put_link(world, '2', "l", "/etc/passwd");
    assert_refused(world, "\"l\"", "symlink target '/etc/passwd' cannot be an absolute path");
}

static void links_that_lead_out_are_refused(void **state)
{
    struct world *world = *state;

    put_link(world, '2', "d/l", "../../a.tgz");
    assert_refused(world, "\"d/l\"", "\"../../a.tgz\" leads out of the archive");
}

/* Each of the two stays inside by its text. */
static void links_that_lead_out_by_two_steps_are_refused(void **state)
{
    struct world *world = *state;

    put_link(world, '2', "d/up", "..");
    put_link(world, '2', "l", "d/up/../a.tgz");
    assert_refused(world, "\"l\"", "leads out of the archive");
}

static void hard_links_to_outside_are_refused(void **state)
{
    struct world *world = *state;

    put_link(world, '1', "l", "../a.tgz");
    assert_refused(world, "\"l\"", "link's target \"../a.tgz\" leads out of the archive");
}

static void hard_links_through_symbolic_ones_find_nothing(void **state)
{
    struct world *world = *state;

    put_link(world, '2', "d", "..");
    put_link(world, '1', "l", "d/a.tgz");
    assert_int_equal(unpack(world), SN_ERR_UNAVAILABLE);
    assert_non_null(strstr(world->error.text, "\"l\": can't be linked to \"d/a.tgz\""));
}

static void devices_are_refused(void **state)
{
    struct world *world = *state;

    put_header(world, "null", '3', 0, 0666, "");
    assert_refused(world, "\"null\"", "neither file, folder nor link");
}

static void pipes_are_refused(void **state)
{
    struct world *world = *state;

    put_header(world, "pipe", '6', 0, 0666, "");
    assert_refused(world, "\"pipe\"", "neither file, folder nor link");
}

static void texts_are_one_line(void **state)
{
    struct world *world = *state;

    put_file(world, "../a\nb\x1b[31m", "x");
    assert_refused(world, "../a?b?[31m", "leads out");
}

/* ---- too much ---- */

static void a_file_larger_than_allowed_is_refused_by_its_head(void **state)
{
    struct world *world = *state;

    put_header(world, "huge", '0', 8589934591ULL + 0, 0644, "");
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.bytes = 1 << 20;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(
        strstr(world->error.text, "\"huge\": it has 8589934591 bytes; 1048576 at most"));
}

static void a_bomb_of_many_files_ends_at_the_limit(void **state)
{
    struct world *world = *state;
    static const char zeros[100 * TAR_BLOCK];
    char name[32];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        put_header(world, name, '0', sizeof(zeros), 0644, "");
        gzwrite(world->gzip, zeros, sizeof(zeros));
    }
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.bytes = 1 << 20;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(world->error.text, "more than the allowed 1048576 bytes"));
    assert_true(exists(world, "out/f10"));
    assert_false(exists(world, "out/f30"));
}

static void a_bomb_behind_the_last_entry_ends_at_the_limit(void **state)
{
    struct world *world = *state;
    static const char zeros[100 * TAR_BLOCK];

    put_file(world, "f", "x");
    for (int i = 0; i < 100; i++)
        gzwrite(world->gzip, zeros, sizeof(zeros));
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.bytes = 1 << 20;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(world->error.text, "more than the allowed 1048576 bytes"));
}

static void entries_are_counted(void **state)
{
    struct world *world = *state;
    char name[32];

    for (int i = 0; i < 11; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        put_file(world, name, "x");
    }
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.entries = 10;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(world->error.text, "more than the allowed 10 entries"));
}

static void links_are_bounded(void **state)
{
    struct world *world = *state;
    char name[32];

    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "l%d", i);
        put_link(world, '2', name, "somewhere");
    }
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.links = 64 << 10;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(world->error.text, "too many links"));
}

static void paths_are_bounded(void **state)
{
    struct world *world = *state;

    put_file(world, "a/rather/long/path", "x");
    struct sn_unpack_limits limits = sn_unpack_limits;
    limits.path = 10;
    assert_int_equal(unpack_with(world, &limits), SN_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(world->error.text, "its path has 18 bytes; 10 at most"));
}

/* ---- not what it should be ---- */

static void put_raw(struct world *world, const void *bytes, size_t len)
{
    gzclose(world->gzip);
    world->gzip = NULL;
    FILE *file = fopen(path_of(world, "a.tgz"), "we");
    assert_non_null(file);
    fwrite(bytes, 1, len, file);
    fclose(file);
}

static void what_is_not_gzip_is_refused(void **state)
{
    struct world *world = *state;

    put_raw(world, "just a text", 11);
    assert_refused(world, NULL, "it is not a gzip archive");
}

static void an_empty_file_is_refused(void **state)
{
    struct world *world = *state;

    put_raw(world, "", 0);
    assert_refused(world, NULL, "it is not a gzip archive");
}

static void gzip_without_tar_is_refused(void **state)
{
    struct world *world = *state;
    char garbage[4096];

    memset(garbage, 'g', sizeof(garbage));
    gzwrite(world->gzip, garbage, sizeof(garbage));
    assert_refused(world, NULL, "");
}

/* Every shortened archive is refused, wherever it ends. */
static void archives_that_end_early_are_refused(void **state)
{
    struct world *world = *state;
    static char bytes[1 << 16];

    put_file(world, "one", "1");
    put_file(world, "two", "2");
    assert_int_equal(unpack(world), 0);
    FILE *file = fopen(path_of(world, "a.tgz"), "re");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    for (size_t cut = 1; cut < len - 10; cut++) {
        assert_int_equal(truncate(path_of(world, "a.tgz"), (off_t)(len - cut)), 0);
        assert_int_equal(unpack(world), SN_ERR_INVALID_ARGUMENT);
    }
}

static void a_wrong_checksum_is_noticed(void **state)
{
    struct world *world = *state;

    put_file(world, "one", "1");
    assert_int_equal(unpack(world), 0);
    int fd = open(path_of(world, "a.tgz"), O_RDWR | O_CLOEXEC);
    char byte;
    off_t at = lseek(fd, -8, SEEK_END);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
    assert_refused(world, NULL, "incorrect data check");
}

/* ---- taking the place, shut in: once per process ---- */

static int place_in_child(struct world *world, const char *target)
{
    if (world->gzip) {
        gzclose(world->gzip);
        world->gzip = NULL;
    }
    pid_t pid = fork();
    if (pid == 0) {
        struct sn_error error;
        char archive[PATH_MAX];

        snprintf(archive, sizeof(archive), "%s/a.tgz", world->dir);
        _exit(sn_place(archive, path_of(world, target), &sn_unpack_limits, &error) ? 1 : 0);
    }
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int count_entries(const struct world *world)
{
    char command[128];
    int count = -1;

    snprintf(command, sizeof(command), "ls -A %s | wc -l", world->dir);
    FILE *pipe = popen(command, "re");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

static void what_is_whole_takes_its_place(void **state)
{
    struct world *world = *state;

    put_file(world, "d/f", "1");
    put_link(world, '1', "e/hard", "d/f");
    put_link(world, '2', "l", "d");
    assert_int_equal(place_in_child(world, "target"), 0);
    assert_holds(world, "target/e/hard", "1");
    assert_holds(world, "target/l/f", "1");
    assert_int_equal(count_entries(world), 2);
}

static void what_was_there_is_replaced(void **state)
{
    struct world *world = *state;

    mkdir(path_of(world, "target"), 0755);
    mkdir(path_of(world, "target/old"), 0755);
    assert_int_equal(symlink("old", path_of(world, "target/l")), 0);
    put_file(world, "new", "1");
    assert_int_equal(place_in_child(world, "target"), 0);
    assert_holds(world, "target/new", "1");
    assert_false(exists(world, "target/old"));
    assert_int_equal(count_entries(world), 2);
}

static void what_fails_leaves_nothing(void **state)
{
    struct world *world = *state;

    mkdir(path_of(world, "target"), 0755);
    mkdir(path_of(world, "target/old"), 0755);
    put_file(world, "d/new", "1");
    put_link(world, '2', "l", "/etc");
    assert_int_equal(place_in_child(world, "target"), 1);
    assert_true(exists(world, "target/old"));
    assert_int_equal(count_entries(world), 2);
}

static void who_is_shut_in_reaches_nothing_else(void **state)
{
    struct world *world = *state;

    pid_t pid = fork();
    if (pid == 0) {
        struct sn_error error;
        struct sn_sandbox sandbox = {.names = -1, .discard = -1, .file_bytes = 4096};

        sandbox.work = open(world->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (sn_sandbox_enter(&sandbox, &error))
            _exit(1);
        if (open(path_of(world, "mine"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0)
            _exit(2);
        int denied = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES;
        denied &= open("/tmp/sinew-outside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
        _exit(denied ? 0 : 3);
    }
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 3) {
        unlink("/tmp/sinew-outside");
        skip(); /* no Landlock here */
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(files_folders_and_links_come_out),
        CASE(the_later_of_two_wins),
        CASE(an_absolute_path_lies_in_the_folder),
        CASE(paths_that_lead_out_are_refused),
        CASE(folders_outside_are_refused),
        CASE(nothing_is_written_through_a_link),
        CASE(no_link_is_made_through_another),
        CASE(links_to_absolute_paths_are_refused),
        CASE(links_that_lead_out_are_refused),
        CASE(links_that_lead_out_by_two_steps_are_refused),
        CASE(hard_links_to_outside_are_refused),
        CASE(hard_links_through_symbolic_ones_find_nothing),
        CASE(devices_are_refused),
        CASE(pipes_are_refused),
        CASE(texts_are_one_line),
        CASE(a_file_larger_than_allowed_is_refused_by_its_head),
        CASE(a_bomb_of_many_files_ends_at_the_limit),
        CASE(a_bomb_behind_the_last_entry_ends_at_the_limit),
        CASE(entries_are_counted),
        CASE(links_are_bounded),
        CASE(paths_are_bounded),
        CASE(what_is_not_gzip_is_refused),
        CASE(an_empty_file_is_refused),
        CASE(gzip_without_tar_is_refused),
        CASE(archives_that_end_early_are_refused),
        CASE(a_wrong_checksum_is_noticed),
        CASE(what_is_whole_takes_its_place),
        CASE(what_was_there_is_replaced),
        CASE(what_fails_leaves_nothing),
        CASE(who_is_shut_in_reaches_nothing_else),
    };

    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
