/* SPDX-License-Identifier: Apache-2.0
 *
 * Fixed cases, then the property that matters: after any sequence of configs, failures and orders
 * of completion the graph settles in the state that the last config alone gives.
 */
#include "base/random.h"
#include "resource/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NAMES = 12, DEPENDS = 3 };

/* A want with room for its lists; two are the same when all of it but `fails` is. */
struct item {
    struct sn_want want;
    const char *depends[DEPENDS], *optional[DEPENDS];
    int attribute;
    bool fails; /* its build does */
};

static bool same_names(const char *const *a, size_t n, const char *const *b, size_t m)
{
    for (size_t i = 0; n == m && i < n; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return n == m;
}

static bool same(const struct sn_want *a, const struct sn_want *b)
{
    const struct item *x = (const struct item *)a, *y = (const struct item *)b;

    return x->attribute == y->attribute && !a->error == !b->error && x->fails == y->fails &&
           same_names(a->depends, a->depends_count, b->depends, b->depends_count) &&
           same_names(a->optional, a->optional_count, b->optional, b->optional_count);
}

static size_t comparisons;

static bool counting_same(const struct sn_want *a, const struct sn_want *b)
{
    comparisons++;
    return same(a, b);
}

static uint64_t no_clock(void)
{
    return 1;
}

static void destroy(struct sn_resource *resource)
{
    free(resource);
}

static struct sn_resource *resource_create(void)
{
    struct sn_resource *resource = calloc(1, sizeof(*resource));

    resource->refs = 1;
    resource->destroy = destroy;
    return resource;
}

/* Who is told looks at what the node is, or was, meant to be. */
static void on_unhealthy(struct sn_graph *graph, const struct sn_node *node)
{
    assert_true(node->want || node->built);
}

static void graph_init(struct sn_graph *graph)
{
    sn_graph_init(graph, same, no_clock);
    graph->on_unhealthy = on_unhealthy;
}

/* ---- a driver of the graph that carries out what it is told, in any order ---- */

struct world {
    struct sn_graph graph;
    struct sn_action todo[64]; /* begun, not ended */
    size_t todo_count;
    struct sn_random random;
    char log[512]; /* "+a" built, "!a" failed, "-a" closed */
};

static void note(struct world *w, char what, const char *name)
{
    size_t used = strlen(w->log);

    if (used < sizeof(w->log) - 16)
        snprintf(w->log + used, 16, "%c%s ", what, name);
}

static bool alive(const struct sn_node *node)
{
    return node->resource || node->state == SN_NODE_CONFIGURING;
}

/* What may never be: built on something that isn't ready, or closed under something alive. */
static void check_action(struct world *w, const struct sn_action *action)
{
    const struct sn_node *node = action->node;

    if (action->kind == SN_ACTION_BUILD) {
        assert_null(node->resource);
        for (size_t i = 0; i < node->built->depends_count; i++)
            assert_int_equal(node->edges[i].node->state, SN_NODE_READY);
        return;
    }
    assert_non_null(node->resource);
    for (size_t i = 0; i < w->graph.count; i++)
        for (size_t k = 0; alive(w->graph.nodes[i]) && k < w->graph.nodes[i]->edge_count; k++)
            assert_ptr_not_equal(w->graph.nodes[i]->edges[k].node, node);
}

static void begin(struct world *w)
{
    size_t room = 64 - w->todo_count;
    size_t count = sn_graph_next(&w->graph, w->todo + w->todo_count, room < 10 ? room : 10);

    for (size_t i = 0; i < count; i++)
        check_action(w, &w->todo[w->todo_count + i]);
    w->todo_count += count;
}

static void end_one(struct world *w)
{
    size_t i = sn_random_next(&w->random) % w->todo_count;
    struct sn_action action = w->todo[i];
    const struct item *item = (const struct item *)action.node->built;

    w->todo[i] = w->todo[--w->todo_count];
    if (action.kind == SN_ACTION_CLOSE) {
        note(w, '-', action.node->name);
        sn_graph_closed(&w->graph, action.node);
    } else if (item->fails) {
        note(w, '!', action.node->name);
        sn_graph_built(&w->graph, action.node, NULL, "resource build error: broken");
    } else {
        note(w, '+', action.node->name);
        sn_graph_built(&w->graph, action.node, resource_create(), NULL);
    }
}

static void settle(struct world *w)
{
    int steps = 0;

    for (begin(w); w->todo_count; begin(w)) {
        end_one(w);
        assert_in_range(++steps, 0, 10000);
    }
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    graph_init(&w->graph);
    sn_random_init(&w->random, 1);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    assert_int_equal(sn_graph_want(&w->graph, NULL, 0), 0);
    settle(w);
    sn_graph_fini(&w->graph);
    free(w);
    return 0;
}

static void want(struct world *w, struct item *items, size_t count)
{
    const struct sn_want *wants[NAMES];

    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];

        item->want.api = item->want.api ? item->want.api : "x";
        item->want.depends = item->depends;
        item->want.optional = item->optional;
        for (item->want.depends_count = 0;
             item->want.depends_count < DEPENDS && item->depends[item->want.depends_count];)
            item->want.depends_count++;
        for (item->want.optional_count = 0;
             item->want.optional_count < DEPENDS && item->optional[item->want.optional_count];)
            item->want.optional_count++;
        wants[i] = &item->want;
    }
    assert_int_equal(sn_graph_want(&w->graph, wants, count), 0);
}

static void run(struct world *w, struct item *items, size_t count, const char *log)
{
    want(w, items, count);
    settle(w);
    assert_string_equal(w->log, log);
    w->log[0] = '\0';
}

static const struct sn_node *node_of(struct world *w, const char *name)
{
    return sn_graph_find(&w->graph, "x", sn_str_of(name));
}

/* ---- fixed cases ---- */

static void builds_in_order(void **state)
{
    struct item items[] = {{.want.name = "a", .depends = {"b"}},
                           {.want.name = "b", .depends = {"x/c"}},
                           {.want.name = "c"}};

    run(*state, items, 3, "+c +b +a ");
    run(*state, items, 3, "");
}

static void a_change_rebuilds_what_stands_on_it(void **state)
{
    struct item old[] = {
        {.want.name = "a", .depends = {"b"}}, {.want.name = "b"}, {.want.name = "c"}};
    struct item new[] = {{.want.name = "a", .depends = {"b"}},
                         {.want.name = "b", .attribute = 1},
                         {.want.name = "c"}};

    run(*state, old, 3, "+c +b +a ");
    run(*state, new, 3, "-a -b +b +a ");
    struct item less[] = {{.want.name = "c"}};
    run(*state, less, 1, "-a -b ");
}

static void while_it_is_held_nothing_is_built(void **state)
{
    struct world *w = *state;
    struct item old[] = {{.want.name = "a", .depends = {"b"}}, {.want.name = "b"}};
    struct item new[] = {{.want.name = "b", .attribute = 1},
                         {.want.name = "c", .depends = {"b"}},
                         {.want.name = "d", .depends = {"d"}}};

    run(w, old, 2, "+b +a ");
    w->graph.held = true;
    run(w, new, 3, "-a -b ");
    assert_int_equal(node_of(w, "d")->state, SN_NODE_UNCONFIGURED);
    w->graph.held = false;
    settle(w);
    assert_string_equal(w->log, "+b +c ");
    assert_int_equal(node_of(w, "d")->state, SN_NODE_UNHEALTHY);
}

static void an_unknown_dependency_is_named(void **state)
{
    struct item items[] = {{.want.name = "a", .depends = {"b", "nope", "x/full"}},
                           {.want.name = "b"},
                           {.want.name = "c", .depends = {""}}};

    run(*state, items, 3, "+b ");
    assert_int_equal(node_of(*state, "c")->state, SN_NODE_UNHEALTHY);
    assert_string_equal(node_of(*state, "a")->reason,
                        "resource build error: resource has unresolved dependencies not found in "
                        "machine config or connected remotes: [nope]");
}

static void a_name_of_two_apis_is_ambiguous(void **state)
{
    struct item items[] = {{.want.name = "a", .depends = {"b"}},
                           {.want = {.name = "b", .api = "y"}},
                           {.want.name = "b"},
                           {.want.name = "c", .depends = {"y/b"}}};

    run(*state, items, 4, "+b +b +c ");
    assert_int_equal(node_of(*state, "a")->state, SN_NODE_UNHEALTHY);
    assert_int_equal(node_of(*state, "c")->state, SN_NODE_READY);
}

static void reasons_are_passed_up(void **state)
{
    struct item items[] = {{.want.name = "a", .depends = {"b"}},
                           {.want.name = "b", .depends = {"c"}},
                           {.want.name = "c", .fails = true},
                           {.want = {.name = "d", .error = "bad config"}}};

    run(*state, items, 4, "!c ");
    assert_string_equal(node_of(*state, "a")->reason,
                        "resource build error: dependency b is not ready yet; reason=resource x/b "
                        "not available; reason=resource build error: dependency c is not ready "
                        "yet; reason=resource x/c not available; reason=resource build error: "
                        "broken");
    assert_string_equal(node_of(*state, "d")->reason, "bad config");
}

static void a_cycle_is_shown(void **state)
{
    struct item items[] = {{.want.name = "a", .depends = {"b"}},
                           {.want.name = "b", .depends = {"c"}},
                           {.want.name = "c", .depends = {"b"}},
                           {.want.name = "d", .depends = {"d"}},
                           {.want.name = "e"}};

    run(*state, items, 5, "+e ");
    assert_string_equal(node_of(*state, "b")->reason,
                        "resource build error: resource has unresolved dependencies: cycle b -> c "
                        "-> b");
    assert_int_equal(node_of(*state, "d")->state, SN_NODE_UNHEALTHY);
    items[2].depends[0] = NULL;
    struct item mended[5];
    memcpy(mended, items, sizeof(items));
    run(*state, mended, 5, "+c +b +a ");
}

static void failures_are_tried_again_in_the_next_round(void **state)
{
    struct world *w = *state;
    struct item items[] = {{.want.name = "a", .fails = true}};

    run(w, items, 1, "!a ");
    run(w, items, 1, "");
    sn_graph_retry(&w->graph);
    items[0].fails = false;
    run(w, items, 1, "+a ");
}

static void an_optional_dependency_comes_and_goes(void **state)
{
    struct world *w = *state;
    struct item alone[] = {{.want.name = "a", .optional = {"b"}}};
    struct item both[] = {{.want.name = "a", .optional = {"b"}}, {.want.name = "b"}};

    run(w, alone, 1, "+a ");
    want(w, both, 2);
    settle(w);
    assert_non_null(strstr(w->log, "+b "));
    assert_ptr_equal(sn_graph_dependency(&w->graph, node_of(w, "a"), SN_STR("b")),
                     node_of(w, "b")->resource);
    w->log[0] = '\0';
    struct item again[] = {{.want.name = "a", .optional = {"b"}}};
    run(w, again, 1, "-a -b +a ");
}

static void optional_dependencies_on_each_other_settle(void **state)
{
    struct item items[] = {{.want.name = "a", .optional = {"b"}},
                           {.want.name = "b", .optional = {"a"}},
                           {.want.name = "c", .optional = {"d"}},
                           {.want.name = "d", .depends = {"c"}}};

    want(*state, items, 4);
    settle(*state);
    assert_int_equal(node_of(*state, "d")->state, SN_NODE_READY);
}

static void a_late_close_holds_nothing_up_but_itself(void **state)
{
    struct world *w = *state;
    struct item old[] = {{.want.name = "a", .depends = {"b"}}, {.want.name = "b"}};
    struct item new[] = {{.want.name = "a", .depends = {"b"}}, {.want.name = "b", .attribute = 1}};

    run(w, old, 2, "+b +a ");
    want(w, new, 2);
    begin(w);
    assert_int_equal(w->todo_count, 1);
    struct sn_node *late = w->todo[0].node;
    w->todo_count = 0;
    sn_graph_late(&w->graph, late);
    settle(w);
    assert_string_equal(w->log, "-b +b ");
    assert_int_equal(late->state, SN_NODE_REMOVING);
    sn_graph_closed(&w->graph, late);
    w->log[0] = '\0';
    settle(w);
    assert_string_equal(w->log, "+a ");
}

/* ---- the property ---- */

static const char *const names[NAMES] = {"a", "b", "c", "d", "e", "f",
                                         "g", "h", "i", "j", "k", "l"};

static size_t draw(struct sn_random *random, size_t below)
{
    return sn_random_next(random) % below;
}

/* Few values and many links: edits often change nothing, break something or close a cycle. */
static size_t random_items(struct sn_random *random, struct item *items)
{
    size_t count = 0;

    for (size_t i = 0; i < NAMES; i++) {
        struct item *item = &items[count];

        if (draw(random, 4) == 0)
            continue;
        *item = (struct item){.want.name = names[i]};
        item->attribute = (int)draw(random, 3);
        item->fails = draw(random, 8) == 0;
        item->want.error = draw(random, 12) == 0 ? "bad config" : NULL;
        for (size_t k = draw(random, DEPENDS); k-- > 0;)
            item->depends[k] = names[draw(random, 5) ? draw(random, i + 1) : draw(random, NAMES)];
        if (draw(random, 3) == 0)
            item->optional[0] = names[draw(random, NAMES)];
        count++;
    }
    return count;
}

/* One line per node: name, state, reason, and what it was built from and on. */
static void describe(struct world *w, char *text, size_t size)
{
    size_t used = 0;

    for (size_t n = 0; n < NAMES; n++) {
        const struct sn_node *node = sn_graph_find(&w->graph, "x", sn_str_of(names[n]));

        if (!node)
            continue;
        int built = node->built ? ((const struct item *)node->built)->attribute : -1;
        used += (size_t)snprintf(text + used, size - used, "%s %d %d %s", node->name, node->state,
                                 built, node->reason ? node->reason : "");
        for (size_t i = 0; i < node->edge_count; i++)
            used += (size_t)snprintf(text + used, size - used, " %s",
                                     node->edges[i].node ? node->edges[i].node->name : "-");
        used += (size_t)snprintf(text + used, size - used, "\n");
    }
    assert_true(used < size);
}

static void one_history(uint64_t seed)
{
    static char got[65536], expected[65536];
    struct world w = {0}, fresh = {0};
    struct item history[5][NAMES];
    size_t count = 0;

    sn_random_init(&w.random, seed);
    sn_random_init(&fresh.random, seed + 1);
    graph_init(&w.graph);
    graph_init(&fresh.graph);
    for (int edit = 0; edit < 5; edit++) {
        count = random_items(&w.random, history[edit]);
        want(&w, history[edit], count);
        for (size_t steps = draw(&w.random, 12); steps-- > 0;) {
            begin(&w);
            if (w.todo_count)
                end_one(&w);
            if (draw(&w.random, 8) == 0)
                sn_graph_retry(&w.graph);
        }
    }
    settle(&w);
    sn_graph_retry(&w.graph);
    settle(&w);
    describe(&w, got, sizeof(got));

    want(&fresh, history[4], count);
    settle(&fresh);
    describe(&fresh, expected, sizeof(expected));
    if (strcmp(got, expected) != 0)
        print_error("seed %llu\n--- after the history\n%s", (unsigned long long)seed, got);
    assert_string_equal(got, expected);

    want(&w, NULL, 0);
    settle(&w);
    sn_graph_fini(&w.graph);
    want(&fresh, NULL, 0);
    settle(&fresh);
    sn_graph_fini(&fresh.graph);
}

static void the_end_depends_only_on_the_last_config(void **state)
{
    for (uint64_t seed = 0; seed < 5000; seed++)
        one_history(seed);
}

/* Two thousand, each on the next, behind which the last one changes: each is closed and built once,
 * in the time that so many take one by one. With work that grows by the square or the cube for each
 * of them this takes minutes, in which a machine would answer nobody. */
static void a_long_chain_is_rebuilt_in_no_time(void **state)
{
    enum { COUNT = 2000 };
    struct world *w = calloc(1, sizeof(*w));
    struct item *items = calloc(COUNT, sizeof(*items)), *after = calloc(COUNT, sizeof(*items));
    const struct sn_want **wants = calloc(COUNT, sizeof(*wants));
    char(*texts)[16] = calloc(COUNT + 1, sizeof(*texts));

    sn_graph_init(&w->graph, counting_same, no_clock);
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%d", i);
        items[i].want = (struct sn_want){.api = "a", .name = texts[i]};
        items[i].depends[0] = texts[i + 1];
        items[i].want.depends_count = i + 1 < COUNT;
    }
    memcpy(after, items, COUNT * sizeof(*items));
    after[COUNT - 1].attribute = 1;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            struct item *item = round ? &after[i] : &items[i];

            item->want.depends = item->depends;
            wants[i] = &item->want;
        }
        assert_int_equal(sn_graph_want(&w->graph, wants, COUNT), 0);
        uint64_t builds = w->graph.builds;
        comparisons = 0;
        settle(w);
        assert_int_equal(w->graph.builds - builds, COUNT);
        assert_int_equal(comparisons, 0); /* of configs, which are no cheap ones */
    }
    assert_int_equal(sn_graph_want(&w->graph, NULL, 0), 0);
    settle(w);
    sn_graph_fini(&w->graph);
    free(texts);
    free(wants);
    free(items);
    free(after);
    free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(builds_in_order),
        TEST(a_change_rebuilds_what_stands_on_it),
        TEST(while_it_is_held_nothing_is_built),
        TEST(an_unknown_dependency_is_named),
        TEST(a_name_of_two_apis_is_ambiguous),
        TEST(reasons_are_passed_up),
        TEST(a_cycle_is_shown),
        TEST(failures_are_tried_again_in_the_next_round),
        TEST(an_optional_dependency_comes_and_goes),
        TEST(optional_dependencies_on_each_other_settle),
        TEST(a_late_close_holds_nothing_up_but_itself),
        cmocka_unit_test(a_long_chain_is_rebuilt_in_no_time),
        cmocka_unit_test(the_end_depends_only_on_the_last_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
