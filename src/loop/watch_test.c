/* SPDX-License-Identifier: Apache-2.0
 *
 * Real files in a folder of the test's own; a test waits for the event, or for a timer that is far
 * off.
 */
#include "loop/watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct sn_loop *loop;
static struct sn_watch *watch;
static char home[] = "/tmp/sinew-watch-XXXXXX";
static unsigned events;

static void on_change(void *owner)
{
    events++;
    sn_loop_stop(loop);
}

static void give_up(struct sn_timer *timer)
{
    sn_loop_stop(loop);
}

static int open_all(void **state)
{
    strcpy(home, "/tmp/sinew-watch-XXXXXX");
    assert_non_null(mkdtemp(home));
    assert_int_equal(chdir(home), 0);
    loop = sn_loop_create();
    assert_non_null(loop);
    events = 0;
    return 0;
}

static int close_all(void **state)
{
    char command[64];

    sn_watch_destroy(watch);
    watch = NULL;
    sn_loop_destroy(loop);
    assert_int_equal(chdir("/"), 0);
    snprintf(command, sizeof(command), "rm -r %s", home);
    return system(command);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* As `ln -sfn` and those who publish releases do. */
static void point(const char *link, const char *target)
{
    assert_int_equal(symlink(target, "new-link"), 0);
    assert_int_equal(rename("new-link", link), 0);
}

static void follow(const char *path)
{
    struct sn_error error;

    assert_int_equal(sn_watch_create(loop, path, on_change, NULL, &watch, &error), 0);
}

/* What has happened until now is told, and `expected` or more of it. */
static void check_told(bool expected)
{
    struct sn_timer timer = {0};

    sn_timer_start(sn_loop_timers(loop), &timer, expected ? SN_SECONDS(60) : SN_MS(1), give_up);
    sn_loop_run(loop);
    sn_timer_stop(sn_loop_timers(loop), &timer);
    assert_int_equal(events > 0, expected);
    /* What else came of the same change. */
    sn_timer_start(sn_loop_timers(loop), &timer, 0, give_up);
    sn_loop_run(loop);
    sn_timer_stop(sn_loop_timers(loop), &timer);
    events = 0;
}

static void test_a_file(void **state)
{
    write_file("a", "1");
    follow("a");
    write_file("b", "1");
    check_told(false);
    write_file("a", "2");
    check_told(true);
    write_file("b", "3");
    assert_int_equal(rename("b", "a"), 0);
    check_told(true);
    assert_int_equal(unlink("a"), 0);
    check_told(true);
    write_file("a", "4");
    check_told(true);
}

static void test_not_there_yet(void **state)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/a", home);
    follow(path);
    write_file("a", "1");
    check_told(true);
}

static void test_what_a_link_leads_to(void **state)
{
    assert_int_equal(mkdir("far", 0700), 0);
    write_file("far/a", "1");
    point("a", "far/a");
    follow("a");
    write_file("far/a", "2");
    check_told(true);
}

/* The link, or a folder on the way that is one, leads elsewhere; then what is there counts. */
static void test_swapped_links(void **state)
{
    char path[128];

    assert_int_equal(mkdir("v1", 0700) | mkdir("v2", 0700), 0);
    write_file("v1/a", "1");
    write_file("v2/a", "2");
    point("now", "v1");
    snprintf(path, sizeof(path), "%s/now/a", home);
    point("a", path);
    follow("a");
    point("now", "v2");
    check_told(true);
    write_file("v2/a", "3");
    check_told(true);
    write_file("v1/a", "4");
    check_told(false);
    point("a", "v1/a");
    check_told(true);
    write_file("v1/a", "5");
    check_told(true);
}

static void test_links_in_a_circle(void **state)
{
    point("a", "b");
    point("b", "a");
    follow("a");
    point("b", "c");
    check_told(true);
    write_file("c", "1");
    check_told(true);
}

static void test_nothing_to_watch(void **state)
{
    struct sn_error error;

    assert_int_equal(sn_watch_create(loop, "no/such", on_change, NULL, &watch, &error),
                     SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "watch ./no: no such file or directory");
    assert_int_equal(sn_watch_create(loop, "", on_change, NULL, &watch, &error),
                     SN_ERR_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_a_file),        TEST(test_not_there_yet),     TEST(test_what_a_link_leads_to),
        TEST(test_swapped_links), TEST(test_links_in_a_circle), TEST(test_nothing_to_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
