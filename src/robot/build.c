/* SPDX-License-Identifier: Apache-2.0
 *
 * Carries out what the graph says: builds resources with their drivers and closes them, each as a
 * call with a deadline. Loop thread.
 *
 * A driver that misses its deadline isn't waited for, nor is it forgotten: it is cancelled and
 * reported, the machine goes on without it, and its node stays CONFIGURING or REMOVING until it
 * does end, so that hardware is never opened twice.
 */
#include "api/api.h"
#include "api/geometry.h"
#include "robot/robot_private.h"
#include "spatial/json.h"
#include "spatial/json_read.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SIDE_BY_SIDE = 10,        /* builds at a time, as upstream */
    WORK_MEMORY_MAX = 4 << 20 /* of one build's or close's arena */
};

/* Source: upstream's limits. */
static const uint64_t close_timeout_ns = SN_SECONDS(30);

/* A resource that is carried out here. The driver's object lies before it in one allocation. */
struct local {
    struct sn_generation *generation;       /* the attributes' and the entry's */
    const struct sn_config_resource *entry; /* it was built from */
    struct sn_robot *robot;
    const struct sn_node *node;        /* while it is built */
    struct sn_resource **dependencies; /* references, of node->edge_count */
    size_t dependency_count;
};

/* A build or a close under way. */
struct work {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_robot *robot;
    struct sn_node *node;
    struct sn_resource *resource;
    struct sn_timer deadline;
    bool overdue;
};

static size_t local_offset(const struct sn_driver *driver)
{
    return (driver->size + 15) & ~(size_t)15;
}

static struct local *local_of(struct sn_resource *resource)
{
    return (struct local *)(void *)((char *)resource + local_offset(resource->driver));
}

static void log_node(struct sn_logger *log, enum sn_log_level level, const struct sn_node *node,
                     const char *message)
{
    const struct sn_want *made = node->built ? node->built : node->want;
    const struct sn_robot_want *want = (const struct sn_robot_want *)made;
    char full[SN_FULL_NAME_SIZE], fields[2 * SN_FULL_NAME_SIZE + 64];

    snprintf(fields, sizeof(fields), "{\"resource\":\"%s\",\"model\":\"%s\"}",
             sn_full_name(&full, node->api, node->name), want->entry->model);
    sn_log_fields(log, level, fields, "%s", message);
}

/* ---- resources ---- */

static void destroy(struct sn_resource *resource)
{
    struct local *local = local_of(resource);

    if (resource->driver->fini)
        resource->driver->fini(resource);
    for (size_t i = 0; i < local->dependency_count; i++)
        sn_resource_unref(local->dependencies[i]);
    free(local->dependencies);
    sn_generation_unref(local->generation);
    free((char *)(uintptr_t)resource->name);
    free(resource);
}

static struct sn_logger *logger_of(const struct sn_node *node)
{
    char full[SN_FULL_NAME_SIZE], name[SN_FULL_NAME_SIZE + 32];

    snprintf(name, sizeof(name), "rdk.resource_manager.%s",
             sn_full_name(&full, node->api, node->name));
    return sn_logger_get(name);
}

static struct sn_resource *dependency(struct sn_resource *resource, struct sn_str name)
{
    struct local *local = local_of(resource);

    return local->node ? sn_graph_dependency(&local->robot->graph, local->node, name) : NULL;
}

static int find(struct sn_call *call, struct sn_resource *resource, const char *api,
                struct sn_str name, struct sn_resource **ret_found)
{
    return sn_robot_find(local_of(resource)->robot, call, api, name, ret_found);
}

static int geometries(struct sn_call *call, struct sn_resource *resource,
                      struct pb_common_get_geometries_response *ret_geometries)
{
    const json_t *frame = local_of(resource)->entry->frame, *json = NULL;
    struct sn_geometry geometry;
    struct sn_error error;
    int code = frame ? sn_json_object(frame, "geometry", &json, &error) : 0;

    if (!code && json)
        code = sn_json_geometry(json, call->arena, &geometry, &error);
    if (code)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "%s", error.text);
    return json ? sn_geometries_to_pb(&geometry, 1, call->arena, ret_geometries) : 0;
}

static int pose(struct sn_call *call, struct sn_resource *resource, struct sn_str component,
                struct sn_str destination, const struct pb_common_transform *transforms,
                size_t count, struct pb_common_pose_in_frame **ret_pose)
{
    return sn_robot_pose(local_of(resource)->robot, call, component, destination, transforms, count,
                         ret_pose);
}

static const struct sn_neighbours neighbours = {dependency, find, geometries, pose};

/* What a resource was built on stays in memory as long as it does, though closed: a driver that is
 * late to close may still call it. */
static int hold_dependencies(struct local *local, const struct sn_node *node)
{
    local->dependencies = calloc(node->edge_count + 1, sizeof(struct sn_resource *));
    if (!local->dependencies)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < node->edge_count; i++)
        if (node->edges[i].node && node->edges[i].node->resource)
            local->dependencies[local->dependency_count++] =
                sn_resource_ref(node->edges[i].node->resource);
    local->node = node;
    return 0;
}

static struct sn_resource *create(struct sn_robot *robot, const struct sn_node *node)
{
    const struct sn_robot_want *want = (const struct sn_robot_want *)node->built;
    const struct sn_driver *driver = want->driver;
    struct sn_resource *resource = calloc(1, local_offset(driver) + sizeof(struct local));
    char *name = strdup(node->name);

    if (!resource || !name) {
        free(resource);
        free(name);
        return NULL;
    }
    resource->driver = driver;
    resource->ops = driver->ops;
    resource->api = driver->api;
    resource->name = name;
    resource->env = robot->options.env;
    resource->log = logger_of(node);
    resource->refs = 1;
    resource->destroy = destroy;
    sn_lane_init(&resource->lane);
    resource->neighbours = &neighbours;
    local_of(resource)->robot = robot;
    local_of(resource)->entry = want->entry;
    local_of(resource)->generation = want->generation;
    want->generation->refs++;
    return hold_dependencies(local_of(resource), node) ? sn_resource_unref(resource) : resource;
}

/* Told once per reason, not at every attempt. */
void sn_robot_unhealthy(struct sn_graph *graph, const struct sn_node *node)
{
    log_node(logger_of(node), SN_LOG_ERROR, node, node->reason);
}

/* ---- work ---- */

static struct work *work_create(struct sn_robot *robot, struct sn_node *node,
                                struct sn_resource *resource, int (*start)(struct sn_call *),
                                void (*end)(struct sn_call *, int))
{
    struct sn_env *env = robot->options.env;
    struct sn_arena arena;

    sn_arena_init(&arena, env->blocks, WORK_MEMORY_MAX);
    struct work *work = sn_arena_zalloc(&arena, sizeof(*work));
    if (!work)
        return NULL;
    work->arena = arena;
    work->robot = robot;
    work->node = node;
    work->resource = resource;
    sn_call_init(&work->call, env, &work->arena, NULL);
    work->call.start = start;
    work->call.end = end;
    robot->under_way++;
    return work;
}

static void work_destroy(struct work *work)
{
    struct sn_arena arena = work->arena;

    sn_timer_stop(work->call.env->timers, &work->deadline);
    work->robot->under_way -= !work->overdue;
    sn_arena_fini(&arena);
}

/* Its end is no longer waited for. */
static void work_overdue(struct work *work)
{
    struct sn_robot *robot = work->robot;

    work->overdue = true;
    robot->under_way--;
    sn_call_cancel(&work->call, SN_ERR_DEADLINE_EXCEEDED);
    sn_robot_pump(robot);
}

/* ---- building ---- */

/* Text as upstream's. */
static int check_single(struct sn_call *call, const struct sn_robot *robot,
                        const struct sn_node *node)
{
    const struct sn_api *api = sn_api_find(node->api);

    for (size_t i = 0; api && api->single && i < robot->graph.count; i++) {
        const struct sn_node *other = robot->graph.nodes[i];

        if (other != node && strcmp(other->api, node->api) == 0 &&
            (other->resource || other->state == SN_NODE_CONFIGURING))
            return sn_call_fail(call, SN_ERR_UNKNOWN,
                                "max instance number reached for resource type: %s", node->api);
    }
    return 0;
}

static int start_build(struct sn_call *call)
{
    struct work *work = (struct work *)call;
    const struct sn_driver *driver = work->resource->driver;
    const struct sn_robot_want *want = (const struct sn_robot_want *)work->node->built;
    int code = check_single(call, work->robot, work->node);

    if (code)
        return code;
    return driver->open ? driver->open(call, work->resource, want->attrs) : 0;
}

static void fail_build(struct sn_robot *robot, struct sn_node *node, struct sn_str cause)
{
    char reason[SN_ERROR_TEXT_MAX + 32];

    snprintf(reason, sizeof(reason), "resource build error: %.*s", SN_STR_ARGS(cause));
    sn_graph_built(&robot->graph, node, NULL, reason);
}

static void end_build(struct sn_call *call, int code)
{
    struct work *work = (struct work *)call;
    struct sn_robot *robot = work->robot;

    local_of(work->resource)->node = NULL;
    if (code) {
        fail_build(robot, work->node, sn_call_text(call, code));
        sn_resource_unref(work->resource);
    } else {
        log_node(robot->resource_log, SN_LOG_INFO, work->node, "Successfully constructed resource");
        sn_graph_built(&robot->graph, work->node, work->resource, NULL);
    }
    work_destroy(work);
    sn_robot_pump(robot);
}

static void build_overdue(struct sn_timer *timer)
{
    struct work *work = sn_container_of(timer, struct work, deadline);

    log_node(work->robot->resource_log, SN_LOG_WARN, work->node,
             "Resource takes longer than allowed to construct; the machine goes on without it");
    work_overdue(work);
}

static void begin_build(struct sn_robot *robot, struct sn_node *node)
{
    log_node(robot->resource_log, SN_LOG_INFO, node, "Now constructing resource");
    struct sn_resource *resource = create(robot, node);
    struct work *work =
        resource ? work_create(robot, node, resource, start_build, end_build) : NULL;
    if (!work) {
        sn_resource_unref(resource);
        fail_build(robot, node, SN_STR("out of memory"));
        return;
    }
    sn_timer_start(robot->options.env->timers, &work->deadline, robot->options.build_timeout_ns,
                   build_overdue);
    sn_call_start(&work->call);
}

/* ---- closing ---- */

static int start_close(struct sn_call *call)
{
    struct work *work = (struct work *)call;
    const struct sn_driver *driver = work->resource->driver;

    return driver->close ? driver->close(call, work->resource) : 0;
}

static void end_close(struct sn_call *call, int code)
{
    struct work *work = (struct work *)call;
    struct sn_robot *robot = work->robot;

    if (code)
        sn_log_error(work->resource->log, "error closing resource: %.*s",
                     SN_STR_ARGS(sn_call_text(call, code)));
    sn_graph_closed(&robot->graph, work->node);
    work_destroy(work);
    sn_robot_pump(robot);
}

static void close_overdue(struct sn_timer *timer)
{
    struct work *work = sn_container_of(timer, struct work, deadline);

    sn_log_error(work->resource->log,
                 "resource takes longer than allowed to close; its hardware stays shut until then");
    sn_graph_late(&work->robot->graph, work->node);
    work_overdue(work);
}

static void begin_close(struct sn_robot *robot, struct sn_node *node)
{
    struct sn_resource *resource = node->resource;

    log_node(robot->resource_log, SN_LOG_INFO, node, "Now removing resource");
    struct work *work = work_create(robot, node, resource, start_close, end_close);
    if (!work) {
        /* Without memory for the call hardware is left as it is; the process is ending anyway. */
        sn_log_error(resource->log, "error closing resource: out of memory");
        resource->closed = true;
        sn_graph_closed(&robot->graph, node);
        return;
    }
    resource->closed = true;
    sn_lane_cancel(&resource->lane);
    sn_server_cancel_resource(robot->server, resource);
    sn_timer_start(robot->options.env->timers, &work->deadline, close_timeout_ns, close_overdue);
    sn_call_start(&work->call);
}

/* ---- the pump ---- */

static void begin(struct sn_robot *robot, const struct sn_action *action)
{
    if (action->kind == SN_ACTION_BUILD)
        begin_build(robot, action->node);
    else
        begin_close(robot, action->node);
}

/* Ends of work call this again; the flag turns that recursion into another turn of the loop. */
void sn_robot_pump(struct sn_robot *robot)
{
    struct sn_action actions[SIDE_BY_SIDE];
    size_t count;

    if (robot->pumping)
        return;
    robot->pumping = true;
    do {
        size_t room = robot->under_way < SIDE_BY_SIDE ? SIDE_BY_SIDE - robot->under_way : 0;

        count = sn_graph_next(&robot->graph, actions, room);
        for (size_t i = 0; i < count; i++)
            begin(robot, &actions[i]);
    } while (count);
    robot->pumping = false;
    sn_robot_settled(robot);
}
