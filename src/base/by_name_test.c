/* SPDX-License-Identifier: Apache-2.0
 *
 * What was put in is found, however much there is.
 */
#include "base/by_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 1000 };

static struct sn_name_link links[COUNT];
static char names[COUNT][16];

static size_t found(const struct sn_by_name *index, const char *name)
{
    size_t count = 0;

    for (const struct sn_name_link *at = sn_by_name_find(index, name); at; at = sn_by_name_next(at))
        count++;
    return count;
}

/* Two of each name. */
static void all_of_a_name_are_found_until_they_go(void **state)
{
    struct sn_by_name index = {0};

    assert_null(sn_by_name_find(&index, "0"));
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i / 2);
        links[i].name = names[i];
        assert_int_equal(sn_by_name_add(&index, &links[i]), 0);
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(found(&index, names[i]), 2);
    assert_int_equal(found(&index, "x"), 0);
    for (int i = 0; i < COUNT; i += 2)
        sn_by_name_remove(&index, &links[i]);
    for (int i = 0; i < COUNT; i += 2) {
        assert_ptr_equal(sn_by_name_find(&index, names[i]), &links[i + 1]);
        assert_int_equal(found(&index, names[i]), 1);
    }
    sn_by_name_fini(&index);
    assert_null(sn_by_name_find(&index, "0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_name_are_found_until_they_go),
    };

    return cmocka_run_group_tests_name("by_name", tests, NULL, NULL);
}
