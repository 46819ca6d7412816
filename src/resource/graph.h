/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph of resources: what is wanted, what is there, and what may be done next to bring the two
 * together. It starts nothing itself: whoever drives it asks sn_graph_next() for the actions that
 * can begin now, carries them out in any order and at any pace, and reports each one's end. All it
 * decides follows from the nodes' present state, so the end state depends only on the last wants,
 * whatever happened on the way.
 *
 * Rules. A resource is built when everything it depends on is ready, and closed before anything it
 * depends on is. It is closed when it is no longer wanted, when it would now be built differently,
 * or when something it was built on was closed or replaced (an optional one: also when it appears).
 * What failed is tried again in the next round, or when what it depends on has changed.
 *
 * Loop thread; nothing blocks.
 */
#ifndef SN_RESOURCE_GRAPH_H
#define SN_RESOURCE_GRAPH_H

#include "sinew/list.h"
#include "sinew/resource.h"

#include <stddef.h>
#include <stdint.h>

/* As on the wire: viam.robot.v1.ResourceStatus.State. */
enum sn_node_state {
    SN_NODE_UNCONFIGURED = 1,
    SN_NODE_CONFIGURING = 2,
    SN_NODE_READY = 3,
    SN_NODE_REMOVING = 4,
    SN_NODE_UNHEALTHY = 5,
};

/* A resource as wanted. Belongs to whoever set it; lives until it was replaced by sn_graph_want()
 * and is no node's `built` any more (whoever makes a resource from it lets it live as long). */
struct sn_want {
    const char *api, *name;
    /* Names of resources: "name" or "ns:type:subtype/name". */
    const char *const *depends; /* must be ready */
    size_t depends_count;
    const char *const *optional; /* used when ready */
    size_t optional_count;
    const char *error; /* why it can't be built at all, or NULL */
    bool waiting;      /* it isn't known yet whether and on what it can be built */
};

struct sn_edge {
    struct sn_node *node;
    uint64_t build; /* of `node`, when the edge was made */
};

struct sn_node {
    const struct sn_want *want;   /* NULL: to be removed */
    const struct sn_want *built;  /* what the resource was or is being made from */
    struct sn_resource *resource; /* from built to closed, in states READY and REMOVING */
    enum sn_node_state state;
    char *reason;             /* of UNHEALTHY */
    uint64_t changed_unix_ns; /* of the last change of state */
    char *api, *name;

    /* Private to graph.c */
    struct sn_edge *edges; /* what the resource was built on */
    size_t edge_count;
    uint64_t build;        /* number of the build the resource came from; 0: none */
    uint64_t failed_round; /* in which it failed last */
    uint64_t failed_inputs;
    struct sn_list in_order;   /* sn_graph.built, while there is a resource */
    bool outdated;             /* it would now be built into something else */
    bool stale, marked;        /* scratch of sn_graph_next */
    struct sn_node *next_same; /* in the index, by hash of the short name */
};

struct sn_graph {
    struct sn_node **nodes; /* in the order they were first wanted */
    size_t count, capacity;
    struct sn_node **index; /* by short name */
    size_t index_size;      /* a power of two */
    struct sn_list built;   /* sn_node.in_order, oldest first: nobody before what it was built on */
    uint64_t round, builds;
    bool held; /* for whoever drives it to set: no build begins while it is; closes do */
    uint64_t (*unix_ns)(void);
    /* A node became unhealthy, or for another reason than before. May be NULL. */
    void (*on_unhealthy)(struct sn_graph *graph, const struct sn_node *node);
    /* Would `a` and `b` be built into the same resource? Both have the same API and name. */
    bool (*same)(const struct sn_want *a, const struct sn_want *b);
};

/* It stays where it is from here on. */
void sn_graph_init(struct sn_graph *graph,
                   bool (*same)(const struct sn_want *a, const struct sn_want *b),
                   uint64_t (*unix_ns)(void));

/* Every node must be closed. */
void sn_graph_fini(struct sn_graph *graph);

/* Replaces all that is wanted. No two wants may have the same API and name. RESOURCE_EXHAUSTED:
 * nothing was changed. */
int sn_graph_want(struct sn_graph *graph, const struct sn_want *const *wants, size_t count)
    SN_MUST_USE;

enum sn_action_kind { SN_ACTION_CLOSE, SN_ACTION_BUILD };

struct sn_action {
    enum sn_action_kind kind;
    struct sn_node *node; /* CLOSE: node->resource; BUILD: from node->built */
};

/* Up to `max` actions that can begin now; their nodes are REMOVING and CONFIGURING from here on.
 * Nodes that can't be built are marked unhealthy with the reason. 0 and nothing under way: settled.
 */
size_t sn_graph_next(struct sn_graph *graph, struct sn_action *ret_actions, size_t max);

/* The end of a BUILD: takes the reference to the resource, or the reason why there is none. */
void sn_graph_built(struct sn_graph *graph, struct sn_node *node, struct sn_resource *take_resource,
                    const char *reason);

/* The end of a CLOSE; drops the graph's reference. */
void sn_graph_closed(struct sn_graph *graph, struct sn_node *node);

/* A close that takes too long: the node stays REMOVING and its hardware shut, but what it depends
 * on may be closed. */
void sn_graph_late(struct sn_graph *graph, struct sn_node *node);

/* Begins a new round: what failed is tried again. */
void sn_graph_retry(struct sn_graph *graph);

/* NULL when there is none. Short name and API. */
struct sn_node *sn_graph_find(const struct sn_graph *graph, const char *api, struct sn_str name);

/* The ready resource behind a dependency's name of `node`'s build; NULL when it is absent. For
 * drivers being built. */
struct sn_resource *sn_graph_dependency(const struct sn_graph *graph, const struct sn_node *node,
                                        struct sn_str name);

#endif
