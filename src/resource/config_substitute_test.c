/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows are the reference server's results, as seen, except where a comment says so.
 */
#include "resource/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char *lookup(const char *name)
{
    if (strcmp(name, "A") == 0)
        return "v";
    if (strcmp(name, "EMPTY") == 0)
        return "";
    return strcmp(name, "A_B2") == 0 ? "other" : NULL;
}

static void test_substitute(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"<$A>", "<v>"},
        {"<${A}>", "<v>"},
        {"<$A$A>", "<vv>"},
        {"<$A_B2>", "<other>"},
        {"<$A.b-$A>", "<v.b-v>"},
        {"<$UNSET>", "<>"},
        {"<${UNSET}>", "<>"},
        {"<${A:-d}>", "<v>"},
        {"<${A-d}>", "<v>"},
        {"<${A:+d}>", "<d>"},
        {"<${A+d}>", "<d>"},
        {"<${EMPTY:-d}>", "<d>"},
        {"<${EMPTY-d}>", "<>"},
        {"<${EMPTY:=d}>", "<d>"},
        {"<${EMPTY=d}>", "<>"},
        {"<${EMPTY:+d}>", "<d>"},
        {"<${EMPTY+d}>", "<d>"},
        {"<${UNSET:-d}>", "<d>"},
        {"<${UNSET-d}>", "<d>"},
        {"<${UNSET:=d}>", "<d>"},
        {"<${UNSET=d}>", "<d>"},
        {"<${UNSET:+d}>", "<>"},
        {"<${UNSET+d}>", "<>"},
        {"<${UNSET:-}>", "<>"},
        {"<${UNSET:-$A x.y}>", "<v x.y>"},
        {"<$$A>", "<$A>"},
        {"<$$$A>", "<$v>"},
        {"<$>", "<$>"},
        {"<$ x>", "<$ x>"},
        {"<$.>", "<$.>"},
        {"<${}>", "<${}>"},
        {"<${>", "<${>"},
        {"$", "$"},
        {"${", "${"},
        {"${A", "${A"},
        {"${A:", "${A:"},
        /* ours: what others resolve is left to them */
        {"<${packages.ml_model.x-y}>", "<${packages.ml_model.x-y}>"},
        {"<${environment.A}>", "<${environment.A}>"},
        {"<${A!b}>", "<${A!b}>"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len;
        char *text = sn_config_substitute(rows[i][0], strlen(rows[i][0]), lookup, &len);

        assert_int_equal(len, strlen(rows[i][1]));
        assert_memory_equal(text, rows[i][1], len);
        free(text);
    }
}

static const char *lookup_long(const char *name)
{
    static char value[1 << 20];

    memset(value, *name, sizeof(value) - 1);
    return value;
}

static void test_substitute_is_bounded(void **state)
{
    char text[2 * 70 + 1];
    size_t len;

    for (size_t i = 0; i < sizeof(text) - 1; i += 2)
        memcpy(text + i, "$x", 2);
    assert_null(sn_config_substitute(text, sizeof(text) - 1, lookup_long, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_substitute),
        cmocka_unit_test(test_substitute_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
