/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int value;
    struct sn_list link;
};

static struct sn_list head; /* item.link */
static struct item items[4];

static int fill(void **state)
{
    sn_list_init(&head);
    for (int i = 0; i < 4; i++) {
        items[i].value = i;
        sn_list_append(&head, &items[i].link);
    }
    return 0;
}

/* The values in order, as decimal digits. */
static int digits(void)
{
    struct sn_list *node;
    int number = 0;

    sn_list_for_each (node, &head)
        number = number * 10 + sn_container_of(node, struct item, link)->value;
    return number;
}

static void test_order(void **state)
{
    struct item front = {.value = 9};

    assert_int_equal(digits(), 123); /* 0123 */
    sn_list_insert(&head, &front.link);
    assert_int_equal(digits(), 90123);
    sn_list_remove(&front.link);
    sn_list_insert(&items[1].link, &front.link);
    assert_int_equal(digits(), 1923);
}

static void test_remove(void **state)
{
    sn_list_remove(&items[1].link);
    sn_list_remove(&items[1].link); /* harmless */
    assert_true(sn_list_empty(&items[1].link));
    assert_int_equal(digits(), 23);
}

static void test_remove_while_walking(void **state)
{
    struct sn_list *node, *tmp;

    sn_list_for_each_safe (node, tmp, &head) {
        if (sn_container_of(node, struct item, link)->value != 2)
            sn_list_remove(node);
    }
    assert_int_equal(digits(), 2);
    sn_list_remove(&items[2].link);
    assert_true(sn_list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order, fill),
        cmocka_unit_test_setup(test_remove, fill),
        cmocka_unit_test_setup(test_remove_while_walking, fill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
