/* SPDX-License-Identifier: Apache-2.0
 *
 * What to do next. Loop thread.
 */
#include "resource/graph.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A reason quotes the reasons below it; a long chain is cut rather than grown without end. */
enum { REASON_MAX = 4096 };

/* ---- the index ---- */

static struct sn_node **slot_of(const struct sn_graph *graph, struct sn_str name)
{
    return &graph->index[sn_str_hash(name) & (graph->index_size - 1)];
}

static void index_add(struct sn_graph *graph, struct sn_node *node)
{
    struct sn_node **slot = slot_of(graph, sn_str_of(node->name));

    node->next_same = *slot;
    *slot = node;
}

static void index_remove(struct sn_graph *graph, struct sn_node *node)
{
    struct sn_node **at = slot_of(graph, sn_str_of(node->name));

    while (*at != node)
        at = &(*at)->next_same;
    *at = node->next_same;
}

static int reserve(struct sn_graph *graph, size_t count)
{
    size_t capacity = graph->capacity ? graph->capacity : 16;

    while (capacity < count)
        capacity *= 2;
    if (capacity == graph->capacity)
        return 0;
    struct sn_node **index = calloc(capacity * 2, sizeof(struct sn_node *));
    struct sn_node **nodes = realloc(graph->nodes, capacity * sizeof(struct sn_node *));
    if (nodes)
        graph->nodes = nodes;
    if (!nodes || !index) {
        free(index);
        return SN_ERR_RESOURCE_EXHAUSTED;
    }
    free(graph->index);
    graph->index = index;
    graph->capacity = capacity;
    graph->index_size = capacity * 2;
    for (size_t i = 0; i < graph->count; i++)
        index_add(graph, graph->nodes[i]);
    return 0;
}

struct sn_node *sn_graph_find(const struct sn_graph *graph, const char *api, struct sn_str name)
{
    struct sn_node *node = graph->index_size ? *slot_of(graph, name) : NULL;

    while (node && !(sn_str_is(name, node->name) && strcmp(node->api, api) == 0))
        node = node->next_same;
    return node;
}

/* ---- nodes ---- */

void sn_graph_init(struct sn_graph *graph,
                   bool (*same)(const struct sn_want *a, const struct sn_want *b),
                   uint64_t (*unix_ns)(void))
{
    *graph = (struct sn_graph){.round = 1, .same = same, .unix_ns = unix_ns};
    sn_list_init(&graph->built);
}

void sn_graph_fini(struct sn_graph *graph)
{
    assert(graph->count == 0);
    free(graph->nodes);
    free(graph->index);
    *graph = (struct sn_graph){0};
}

static void set_state(struct sn_graph *graph, struct sn_node *node, enum sn_node_state state)
{
    if (node->state == state)
        return;
    node->state = state;
    node->changed_unix_ns = graph->unix_ns();
    if (state != SN_NODE_UNHEALTHY) {
        free(node->reason);
        node->reason = NULL;
    }
}

static void set_unhealthy(struct sn_graph *graph, struct sn_node *node, const char *format, ...)
    SN_PRINTF(3, 4);

static void set_unhealthy(struct sn_graph *graph, struct sn_node *node, const char *format, ...)
{
    char text[REASON_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    set_state(graph, node, SN_NODE_UNHEALTHY);
    if (node->reason && strcmp(node->reason, text) == 0)
        return;
    free(node->reason);
    node->reason = strdup(text);
    if (graph->on_unhealthy)
        graph->on_unhealthy(graph, node);
}

static struct sn_node *node_create(struct sn_graph *graph, const struct sn_want *want)
{
    struct sn_node *node = calloc(1, sizeof(*node));

    if (!node)
        return NULL;
    node->api = strdup(want->api);
    node->name = strdup(want->name);
    if (!node->api || !node->name) {
        free(node->api);
        free(node->name);
        free(node);
        return NULL;
    }
    set_state(graph, node, SN_NODE_UNCONFIGURED);
    return node;
}

static void node_destroy(struct sn_node *node)
{
    free(node->api);
    free(node->name);
    free(node->reason);
    free(node->edges);
    free(node);
}

/* Drops the nodes that are neither wanted nor there. Nothing can refer to them: what was built on
 * them was closed before they were. */
static void sweep(struct sn_graph *graph)
{
    size_t kept = 0;

    for (size_t i = 0; i < graph->count; i++) {
        struct sn_node *node = graph->nodes[i];

        if (node->want || node->resource || node->state == SN_NODE_CONFIGURING) {
            graph->nodes[kept++] = node;
            continue;
        }
        index_remove(graph, node);
        node_destroy(node);
    }
    graph->count = kept;
}

static void take_want(struct sn_graph *graph, struct sn_node *node, const struct sn_want *want)
{
    if (!node->want || !graph->same(node->want, want))
        node->failed_round = 0;
    node->outdated = node->built && !graph->same(node->built, want);
    node->want = want;
}

int sn_graph_want(struct sn_graph *graph, const struct sn_want *const *wants, size_t count)
{
    if (reserve(graph, graph->count + count))
        return SN_ERR_RESOURCE_EXHAUSTED;
    size_t before = graph->count;
    for (size_t i = 0; i < count; i++) {
        if (sn_graph_find(graph, wants[i]->api, sn_str_of(wants[i]->name)))
            continue;
        struct sn_node *node = node_create(graph, wants[i]);
        if (!node) {
            while (graph->count > before) {
                index_remove(graph, graph->nodes[--graph->count]);
                node_destroy(graph->nodes[graph->count]);
            }
            return SN_ERR_RESOURCE_EXHAUSTED;
        }
        graph->nodes[graph->count++] = node;
        index_add(graph, node);
    }
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i]->marked = false;
    for (size_t i = 0; i < count; i++) {
        struct sn_node *node = sn_graph_find(graph, wants[i]->api, sn_str_of(wants[i]->name));

        take_want(graph, node, wants[i]);
        node->marked = true;
    }
    for (size_t i = 0; i < graph->count; i++)
        if (!graph->nodes[i]->marked)
            graph->nodes[i]->want = NULL;
    sweep(graph);
    return 0;
}

/* ---- dependencies ---- */

/* The required ones come first. */
static const char *dependency_name(const struct sn_want *want, size_t i)
{
    return i < want->depends_count ? want->depends[i] : want->optional[i - want->depends_count];
}

/* The wanted node that a dependency's name means; NULL when there is none, or more than one of
 * that short name. */
static struct sn_node *resolve(const struct sn_graph *graph, const struct sn_node *from,
                               const char *name)
{
    const char *slash = strchr(name, '/');
    struct sn_str short_name = sn_str_of(slash ? slash + 1 : name);
    struct sn_node *found = NULL, *node = *slot_of(graph, short_name);

    for (; node; node = node->next_same) {
        if (!node->want || node == from || !sn_str_is(short_name, node->name))
            continue;
        if (slash && !sn_str_is((struct sn_str){name, (size_t)(slash - name)}, node->api))
            continue;
        if (found)
            return NULL;
        found = node;
    }
    return found;
}

static bool reaches(struct sn_graph *graph, struct sn_node *from, const struct sn_node *to,
                    bool optional_too)
{
    const struct sn_want *want = from->want;
    size_t count = want->depends_count + (optional_too ? want->optional_count : 0);

    if (from->marked)
        return false;
    from->marked = true;
    for (size_t i = 0; i < count; i++) {
        struct sn_node *next = resolve(graph, from, dependency_name(want, i));

        if (next && (next == to || reaches(graph, next, to, optional_too)))
            return true;
    }
    return false;
}

static bool is_in_cycle(struct sn_graph *graph, struct sn_node *node, struct sn_node *dependency,
                        bool optional_too)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i]->marked = false;
    return reaches(graph, dependency, node, optional_too);
}

/* What dependency `i` of a node is built on if it is built now. An optional one counts when it is
 * ready; one that leads back to the node never does, or the two would rebuild each other for ever.
 */
static struct sn_node *usable(struct sn_graph *graph, struct sn_node *node, size_t i)
{
    struct sn_node *on = resolve(graph, node, dependency_name(node->want, i));

    if (!on || i < node->want->depends_count)
        return on;
    return on->state == SN_NODE_READY && !is_in_cycle(graph, node, on, true) ? on : NULL;
}

static bool is_stale(struct sn_graph *graph, struct sn_node *node)
{
    if (!node->want || node->outdated)
        return true;
    for (size_t i = 0; i < node->edge_count; i++) {
        const struct sn_edge *edge = &node->edges[i];
        const struct sn_node *on = usable(graph, node, i);

        if (on != edge->node || (on && (on->build != edge->build || on->stale)))
            return true;
    }
    return false;
}

/* Staleness spreads along edges, which all lead to what was built before: one pass meets each node
 * after those. */
static void mark_stale(struct sn_graph *graph)
{
    const struct sn_list *link;

    sn_list_for_each (link, &graph->built) {
        struct sn_node *node = sn_container_of(link, struct sn_node, in_order);

        node->stale = node->state == SN_NODE_READY && is_stale(graph, node);
    }
}

/* Nodes that something alive was built on have to wait with their close. */
static void mark_needed(struct sn_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i]->marked = false;
    for (size_t i = 0; i < graph->count; i++) {
        const struct sn_node *node = graph->nodes[i];

        for (size_t k = 0; k < node->edge_count; k++)
            if (node->edges[k].node)
                node->edges[k].node->marked = true;
    }
}

static size_t next_closes(struct sn_graph *graph, struct sn_action *ret_actions, size_t max)
{
    size_t count = 0;

    mark_stale(graph);
    mark_needed(graph);
    /* Dependents stand behind what they depend on as a rule; the order among ready ones is free. */
    for (size_t i = graph->count; i-- > 0 && count < max;) {
        struct sn_node *node = graph->nodes[i];

        if (!node->stale || node->marked)
            continue;
        set_state(graph, node, SN_NODE_REMOVING);
        ret_actions[count++] = (struct sn_action){SN_ACTION_CLOSE, node};
    }
    return count;
}

/* ---- building ---- */

/* Changes whenever something a failed build depended on changed. */
static uint64_t inputs_of(const struct sn_graph *graph, const struct sn_node *node)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < node->want->depends_count; i++) {
        const struct sn_node *on = resolve(graph, node, node->want->depends[i]);

        sum = sum * 31 + (on ? on->build + 1 : 0);
    }
    return sum;
}

/* Failed already, and nothing has changed since. */
static bool is_given_up(const struct sn_graph *graph, const struct sn_node *node)
{
    return node->state == SN_NODE_UNHEALTHY && node->failed_round == graph->round &&
           node->failed_inputs == inputs_of(graph, node);
}

static void give_up(struct sn_graph *graph, struct sn_node *node)
{
    node->failed_round = graph->round;
    node->failed_inputs = inputs_of(graph, node);
}

enum readiness { READY_NOW, READY_LATER, READY_NEVER };

/* Names in the list of a reason: "[a b]". Full names are left out, as upstream does. Returns how
 * many don't resolve. */
static size_t list_unresolved(const struct sn_graph *graph, const struct sn_node *node, char *text,
                              size_t size)
{
    size_t used = 0, count = 0;

    text[0] = '\0';
    for (size_t i = 0; i < node->want->depends_count; i++) {
        const char *name = node->want->depends[i];

        if (resolve(graph, node, name))
            continue;
        count++;
        if (strchr(name, '/') || used >= size)
            continue;
        int n = snprintf(text + used, size - used, "%s%s", used ? " " : "", name);
        used += n > 0 ? (size_t)n : 0;
    }
    return count;
}

static enum readiness dependency_state(const struct sn_graph *graph, const struct sn_node *on)
{
    if (on->state == SN_NODE_READY && !on->stale)
        return READY_NOW;
    return is_given_up(graph, on) ? READY_NEVER : READY_LATER;
}

/* The verdict waits until all dependencies have theirs: so it doesn't depend on their order. */
static enum readiness dependencies_state(struct sn_graph *graph, struct sn_node *node)
{
    const struct sn_node *missing = NULL;

    for (size_t i = 0; i < node->want->depends_count; i++) {
        const struct sn_node *on = resolve(graph, node, node->want->depends[i]);
        enum readiness readiness = dependency_state(graph, on);

        if (readiness == READY_LATER)
            return READY_LATER;
        if (readiness == READY_NEVER && !missing)
            missing = on;
    }
    if (!missing)
        return READY_NOW;
    set_unhealthy(graph, node,
                  "resource build error: dependency %s is not ready yet; reason=resource %s/%s not "
                  "available; reason=%s",
                  missing->name, missing->api, missing->name,
                  missing->reason ? missing->reason : "");
    return READY_NEVER;
}

static enum readiness readiness_of(struct sn_graph *graph, struct sn_node *node)
{
    char unresolved[REASON_MAX / 2];

    if (node->want->waiting)
        return READY_LATER;
    if (node->want->error) {
        set_unhealthy(graph, node, "%s", node->want->error);
        return READY_NEVER;
    }
    if (list_unresolved(graph, node, unresolved, sizeof(unresolved)) == 0)
        return dependencies_state(graph, node);
    set_unhealthy(graph, node,
                  "resource build error: resource has unresolved dependencies not found in "
                  "machine config or connected remotes: [%s]",
                  unresolved);
    return READY_NEVER;
}

/* An optional dependency that may still become ready in this round is waited for: otherwise the
 * resource would be built twice. */
static bool optional_pending(struct sn_graph *graph, const struct sn_node *node)
{
    for (size_t i = 0; i < node->want->optional_count; i++) {
        const struct sn_node *on = resolve(graph, node, node->want->optional[i]);

        if (on && (on->state == SN_NODE_CONFIGURING || on->stale || on->state == SN_NODE_REMOVING))
            return true;
    }
    return false;
}

static int make_edges(struct sn_graph *graph, struct sn_node *node)
{
    size_t count = node->want->depends_count + node->want->optional_count;

    node->edges = calloc(count ? count : 1, sizeof(*node->edges));
    if (!node->edges)
        return SN_ERR_RESOURCE_EXHAUSTED;
    node->edge_count = count;
    for (size_t i = 0; i < count; i++) {
        struct sn_node *on = usable(graph, node, i);

        if (on)
            node->edges[i] = (struct sn_edge){on, on->build};
    }
    return 0;
}

static bool try_build(struct sn_graph *graph, struct sn_node *node)
{
    enum readiness readiness = readiness_of(graph, node);

    if (readiness == READY_NEVER)
        give_up(graph, node);
    if (readiness != READY_NOW || optional_pending(graph, node) || make_edges(graph, node))
        return false;
    node->built = node->want;
    node->outdated = false;
    set_state(graph, node, SN_NODE_CONFIGURING);
    return true;
}

static bool is_buildable(const struct sn_graph *graph, const struct sn_node *node)
{
    return node->want && !node->resource && node->state != SN_NODE_CONFIGURING &&
           !is_given_up(graph, node);
}

/* A node that can never be ready tells those that wait for it, so this repeats until no verdict
 * changes. */
static size_t next_builds(struct sn_graph *graph, struct sn_action *ret_actions, size_t max)
{
    size_t count = 0;
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < graph->count && count < max; i++) {
            struct sn_node *node = graph->nodes[i];

            if (!is_buildable(graph, node))
                continue;
            if (try_build(graph, node))
                ret_actions[count++] = (struct sn_action){SN_ACTION_BUILD, node};
            else
                changed |= is_given_up(graph, node);
        }
    }
    return count;
}

/* "a -> b -> a", starting anywhere in the cycle. */
static void describe_cycle(struct sn_graph *graph, struct sn_node *first, char *text, size_t size)
{
    struct sn_node *node = first;
    size_t used = (size_t)snprintf(text, size, "%s", first->name);

    do {
        struct sn_node *next = NULL;

        for (size_t i = 0; i < node->want->depends_count; i++) {
            struct sn_node *on = resolve(graph, node, node->want->depends[i]);

            if (on == first || (on && !next && is_in_cycle(graph, first, on, false)))
                next = on;
        }
        if (!next) /* not in a cycle after all */
            return;
        node = next;
        int n = snprintf(text + used, size - used, " -> %s", node->name);
        used += n > 0 ? (size_t)n : 0;
    } while (node != first && used < size);
}

static bool is_under_way(const struct sn_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i]->state == SN_NODE_CONFIGURING ||
            graph->nodes[i]->state == SN_NODE_REMOVING)
            return true;
    return false;
}

/* When nothing can begin and nothing is under way, whatever still waits does so for a cycle. */
static bool break_cycles(struct sn_graph *graph)
{
    char cycle[REASON_MAX / 2];
    bool broken = false;

    if (is_under_way(graph))
        return false;
    for (size_t i = 0; i < graph->count; i++) {
        struct sn_node *node = graph->nodes[i];

        if (!is_buildable(graph, node) || !is_in_cycle(graph, node, node, false))
            continue;
        describe_cycle(graph, node, cycle, sizeof(cycle));
        set_unhealthy(graph, node,
                      "resource build error: resource has unresolved dependencies: cycle %s",
                      cycle);
        give_up(graph, node);
        broken = true;
    }
    return broken;
}

size_t sn_graph_next(struct sn_graph *graph, struct sn_action *ret_actions, size_t max)
{
    size_t count;

    do {
        count = next_closes(graph, ret_actions, max);
        if (graph->held)
            break;
        count += next_builds(graph, ret_actions + count, max - count);
    } while (count == 0 && max > 0 && break_cycles(graph));
    return count;
}

static void drop_edges(struct sn_node *node)
{
    free(node->edges);
    node->edges = NULL;
    node->edge_count = 0;
}

void sn_graph_built(struct sn_graph *graph, struct sn_node *node, struct sn_resource *take_resource,
                    const char *reason)
{
    assert(node->state == SN_NODE_CONFIGURING);
    if (take_resource) {
        node->resource = take_resource;
        node->build = ++graph->builds;
        sn_list_append(&graph->built, &node->in_order);
        set_state(graph, node, SN_NODE_READY);
        return;
    }
    drop_edges(node);
    node->built = NULL;
    if (node->want) {
        set_unhealthy(graph, node, "%s", reason);
        give_up(graph, node);
    } else { /* nobody wants it any more, nor to know why it failed */
        set_state(graph, node, SN_NODE_UNCONFIGURED);
        sweep(graph);
    }
}

void sn_graph_closed(struct sn_graph *graph, struct sn_node *node)
{
    assert(node->state == SN_NODE_REMOVING);
    node->resource = sn_resource_unref(node->resource);
    sn_list_remove(&node->in_order);
    node->built = NULL;
    node->build = 0;
    node->stale = false;
    drop_edges(node);
    set_state(graph, node, SN_NODE_UNCONFIGURED);
    if (!node->want)
        sweep(graph);
}

void sn_graph_late(struct sn_graph *graph, struct sn_node *node)
{
    assert(node->state == SN_NODE_REMOVING);
    drop_edges(node);
}

void sn_graph_retry(struct sn_graph *graph)
{
    graph->round++;
}

struct sn_resource *sn_graph_dependency(const struct sn_graph *graph, const struct sn_node *node,
                                        struct sn_str name)
{
    const struct sn_want *want = node->built;

    for (size_t i = 0; i < node->edge_count; i++) {
        const char *known =
            i < want->depends_count ? want->depends[i] : want->optional[i - want->depends_count];

        if (sn_str_is(name, known) && node->edges[i].node)
            return node->edges[i].node->resource;
    }
    return NULL;
}
