/* SPDX-License-Identifier: Apache-2.0 */
#include "base/heap.h"
#include "platform/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char path[32];
    struct sn_block_pool pool;
    struct sn_arena arena;
    struct sn_str bytes;
    struct sn_error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->path, "/tmp/sinew-file-XXXXXX");
    int fd = mkstemp(f->path);
    assert_int_equal(write(fd, "one\0two", 7), 7);
    close(fd);
    sn_block_pool_init(&f->pool, &sn_heap, 0);
    sn_arena_init(&f->arena, &f->pool, 1 << 20);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sn_arena_fini(&f->arena);
    sn_block_pool_fini(&f->pool);
    unlink(f->path);
    free(f);
    return 0;
}

/* The text is what is wrong, around the path. */
static void expect_error(struct fixture *f, const char *path, int code, const char *before,
                         const char *after)
{
    char text[256];

    snprintf(text, sizeof(text), "%s%s%s", before, path, after);
    assert_int_equal(sn_file_read(path, 6, &f->arena, &f->bytes, &f->error), code);
    assert_string_equal(f->error.text, text);
}

static void a_file_is_read_whole(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(sn_file_read(f->path, 7, &f->arena, &f->bytes, &f->error), 0);
    assert_int_equal(f->bytes.len, 7);
    assert_memory_equal(f->bytes.ptr, "one\0two", 7);
}

static void an_empty_file_is_one(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(truncate(f->path, 0), 0);
    assert_int_equal(sn_file_read(f->path, 0, &f->arena, &f->bytes, &f->error), 0);
    assert_int_equal(f->bytes.len, 0);
}

static void what_cannot_be_read_is_told(void **state)
{
    struct fixture *f = *state;
    static const char large[] = ": not a file of at most 6 bytes";

    expect_error(f, f->path, SN_ERR_INVALID_ARGUMENT, "read ", large);
    expect_error(f, "/tmp", SN_ERR_INVALID_ARGUMENT, "read ", large);
    expect_error(f, "/nowhere/at all", SN_ERR_INVALID_ARGUMENT, "open ",
                 ": no such file or directory");
    assert_int_equal(truncate(f->path, 6), 0);
    f->arena.left = 4;
    expect_error(f, f->path, SN_ERR_RESOURCE_EXHAUSTED, "no memory for ", "");
}

static void a_file_is_replaced_whole(void **state)
{
    struct fixture *f = *state;
    char beside[64];

    assert_int_equal(sn_file_write(f->path, SN_STR("other"), &f->error), 0);
    assert_int_equal(sn_file_read(f->path, 7, &f->arena, &f->bytes, &f->error), 0);
    assert_true(sn_str_is(f->bytes, "other"));
    snprintf(beside, sizeof(beside), "%s.tmp", f->path);
    assert_int_equal(access(beside, F_OK), -1);
    assert_int_equal(sn_file_write("/nowhere/file", SN_STR("x"), &f->error), SN_ERR_UNAVAILABLE);
    assert_string_equal(f->error.text, "write /nowhere/file: No such file or directory");
}

static void folders_are_made_and_removed_whole(void **state)
{
    struct fixture *f = *state;
    char folder[64], path[128];

    snprintf(folder, sizeof(folder), "%s.d", f->path);
    snprintf(path, sizeof(path), "%s/a/b", folder);
    assert_int_equal(sn_file_make_folder(path, 0700, &f->error), 0);
    assert_int_equal(sn_file_make_folder(path, 0700, &f->error), 0);
    snprintf(path, sizeof(path), "%s/a/file", folder);
    assert_int_equal(sn_file_write(path, SN_STR("x"), &f->error), 0);
    snprintf(path, sizeof(path), "%s/link", folder);
    assert_int_equal(symlink("/tmp", path), 0);
    sn_file_remove_folder(AT_FDCWD, folder);
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(access("/tmp", F_OK), 0);
    snprintf(path, sizeof(path), "%s/below", f->path);
    assert_int_equal(sn_file_make_folder(path, 0700, &f->error), SN_ERR_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_whole),
        TEST(an_empty_file_is_one),
        TEST(what_cannot_be_read_is_told),
        TEST(a_file_is_replaced_whole),
        TEST(folders_are_made_and_removed_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
