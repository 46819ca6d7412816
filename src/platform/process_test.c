/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits of a process, each in a process of its own.
 */
#include "platform/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* How many descriptors a process has that had `soft` of `hard`, as it says and as it is. */
static unsigned long allowed(unsigned long soft, unsigned long hard, unsigned long count)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit limit = {soft, hard};
        int code = setrlimit(RLIMIT_NOFILE, &limit);
        unsigned long said = sn_process_allow_files(count);

        getrlimit(RLIMIT_NOFILE, &limit);
        _exit(code == 0 && said == limit.rlim_cur && limit.rlim_max == hard ? (int)said : 255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (unsigned long)WEXITSTATUS(status);
}

static void test_files(void **state)
{
    assert_int_equal(allowed(30, 100, 80), 80);
    assert_int_equal(allowed(30, 100, 200), 100);
    assert_int_equal(allowed(90, 100, 80), 90);
    assert_int_equal(allowed(100, 100, 80), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files)};

    return cmocka_run_group_tests_name("platform/process", tests, NULL, NULL);
}
