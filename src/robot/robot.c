/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's life: created, configured any number of times, closed. Loop thread.
 */
#include "api/api.h"
#include "robot/frames.h"
#include "robot/robot_private.h"
#include "robot/stop.h"
#include "rpc/reflection/reflection.h"

#include <assert.h>
#include <stdlib.h>

/* How often what failed is tried again. Source: upstream. */
static const uint64_t retry_interval_ns = SN_SECONDS(5);

/* Until the first config names another. Source: upstream. */
static const uint64_t default_window_ns = SN_SECONDS(2);

/* A module that is being started again has its resources back in a moment: clients may try again.
 */
static int code_of(const struct sn_node *node)
{
    const struct sn_robot_want *want = (const struct sn_robot_want *)node->want;
    bool is_between = node->state != SN_NODE_UNHEALTHY;

    return want && (want->down || (want->run && is_between)) ? SN_ERR_UNAVAILABLE : SN_ERR_UNKNOWN;
}

int sn_robot_find(struct sn_robot *robot, struct sn_call *call, const char *api, struct sn_str name,
                  struct sn_resource **ret_resource)
{
    struct sn_node *node = sn_graph_find(&robot->graph, api, name);

    if (!node)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no node found with api %s and name %.*s", api,
                            SN_STR_ARGS(name));
    if (node->state == SN_NODE_READY) {
        *ret_resource = sn_resource_ref(node->resource);
        return 0;
    }
    const char *reason = node->reason ? node->reason : "resource not initialized yet";
    if (node->state == SN_NODE_REMOVING)
        reason = "resource is pending removal";
    return sn_call_fail(call, code_of(node), "resource %s/%s not available; reason=%s", node->api,
                        node->name, reason);
}

static int find(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource)
{
    struct sn_robot *robot = sn_container_of(router, struct sn_robot, router);

    return sn_robot_find(robot, &rpc->call, api, name, ret_resource);
}

bool sn_robot_has(const struct sn_robot *robot, const char *api)
{
    for (size_t i = 0; i < robot->graph.count; i++)
        if (strcmp(robot->graph.nodes[i]->api, api) == 0)
            return true;
    return false;
}

static bool has(struct sn_router *router, const char *api)
{
    return sn_robot_has(sn_container_of(router, struct sn_robot, router), api);
}

struct sn_resource *sn_robot_resource(struct sn_robot *robot, const char *api, const char *name)
{
    struct sn_node *node = sn_graph_find(&robot->graph, api, sn_str_of(name));

    return node && node->state == SN_NODE_READY ? sn_resource_ref(node->resource) : NULL;
}

static void session_stop_ended(struct sn_stop *stop, int code)
{
    if (code)
        sn_log_error(stop->resource->log, "failed to stop after its session ended: %.*s",
                     SN_STR_ARGS(sn_call_text(&stop->call, code)));
}

/* Whoever was the last to move these is gone. */
static void session_expired(struct sn_sessions *sessions, struct sn_session *session)
{
    struct sn_robot *robot = sn_container_of(sessions, struct sn_robot, sessions);

    for (size_t i = 0; i < robot->graph.count; i++) {
        const struct sn_node *node = robot->graph.nodes[i];
        struct sn_resource *resource = node->resource;

        if (node->state != SN_NODE_READY || resource->session != session)
            continue;
        resource->session = NULL;
        if (!sn_stop_applies(node->api))
            continue;
        sn_log_info(resource->log, "stopping: its session %s has ended", session->id);
        if (sn_stop_begin(resource, NULL, NULL, session_stop_ended, NULL))
            sn_log_error(resource->log, "failed to stop after its session ended: out of memory");
    }
}

static void processes_changed(struct sn_processes *processes)
{
    struct sn_robot *robot = sn_container_of(processes, struct sn_robot, processes);

    robot->graph.held = !robot->closing && sn_processes_hold(processes);
    sn_robot_pump(robot);
}

static int add_services(struct sn_robot *robot)
{
    int code = sn_server_add(robot->server, &sn_robot_service, robot);

    if (!code)
        code = sn_health_add(&robot->health, robot->server);
    if (!code)
        code = sn_reflection_add(robot->server);
    for (size_t i = 0; i < sn_api_count && !code; i++)
        code = sn_server_add(robot->server, &sn_apis[i]->service, NULL);
    return code;
}

struct sn_robot *sn_robot_create(const struct sn_robot_options *options)
{
    struct sn_robot *robot = calloc(1, sizeof(*robot));

    if (!robot)
        return NULL;
    robot->options = *options;
    robot->router = (struct sn_router){.find = find, .has = has, .hollow = sn_api_hollow};
    robot->limit.max = options->request_limit;
    robot->log = sn_logger_get("rdk");
    robot->resource_log = sn_logger_get("rdk.resource_manager");
    robot->interceptors[0] = (struct sn_interceptor){.name = "metrics",
                                                     .at_headers = sn_metrics_begin,
                                                     .at_end = sn_metrics_end,
                                                     .owner = &robot->metrics};
    robot->interceptors[1] = (struct sn_interceptor){
        .name = "operation", .at_headers = sn_operation_begin, .at_end = sn_operation_end};
    robot->interceptors[2] = (struct sn_interceptor){
        .name = "session", .at_message = sn_session_enter, .owner = &robot->sessions};
    robot->interceptors[3] = (struct sn_interceptor){.name = "limit",
                                                     .at_message = sn_limit_enter,
                                                     .at_end = sn_limit_leave,
                                                     .owner = &robot->limit};
    sn_sessions_init(&robot->sessions, options->env, default_window_ns, session_expired);
    sn_graph_init(&robot->graph, sn_want_same, options->env->unix_ns);
    robot->graph.on_unhealthy = sn_robot_unhealthy;
    sn_processes_init(&robot->processes, options->env, options->build_timeout_ns,
                      options->untrusted, processes_changed);
    struct sn_server_config config = {
        .env = options->env,
        .gate = options->gate,
        .router = &robot->router,
        .interceptors = robot->interceptors,
        .interceptor_count = sizeof(robot->interceptors) / sizeof(robot->interceptors[0]),
        .unary_timeout_ns = SN_SECONDS(600),
    };
    robot->server = sn_server_create(&config);
    if (!robot->server || add_services(robot)) {
        sn_robot_destroy(robot);
        return NULL;
    }
    sn_jobs_init(&robot->jobs, options->env, robot->server, &robot->graph, &sn_zone_local);
    return robot;
}

struct sn_server *sn_robot_server(struct sn_robot *robot)
{
    return robot->server;
}

static void try_again(struct sn_timer *timer)
{
    struct sn_robot *robot = sn_container_of(timer, struct sn_robot, retry);

    sn_graph_retry(&robot->graph);
    sn_robot_pump(robot);
    sn_timer_start(robot->options.env->timers, timer, retry_interval_ns, try_again);
}

static int set_wants(struct sn_robot *robot, const struct sn_generation *generation)
{
    size_t count = generation ? generation->count : 0;
    const struct sn_want **wants = calloc(count + 1, sizeof(const struct sn_want *));

    if (!wants)
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count; i++)
        wants[i] = &generation->wants[i].want;
    int code = sn_graph_want(&robot->graph, wants, count);
    free(wants);
    return code;
}

/* Carries out a generation instead of the present one. */
static int adopt(struct sn_robot *robot, struct sn_generation *take_generation)
{
    int code = take_generation ? set_wants(robot, take_generation) : SN_ERR_RESOURCE_EXHAUSTED;

    if (code) {
        sn_generation_unref(take_generation);
        return code;
    }
    sn_generation_unref(robot->current);
    robot->current = take_generation;
    return 0;
}

int sn_robot_configure(struct sn_robot *robot, struct sn_config *take_config)
{
    assert(!robot->closing);
    int code = robot->host ? sn_host_configure(robot->host, take_config) : 0;

    if (!code)
        code = adopt(robot, sn_generation_create(robot, take_config));
    sn_config_destroy(take_config);
    if (code)
        return code;
    sn_log_info(robot->log, robot->configured ? "Reconfiguring robot" : "Constructing robot");
    robot->configured = true;
    sn_sessions_set_window(&robot->sessions,
                           (uint64_t)robot->current->config->network.sessions.heartbeat_window_ns);
    robot->current->applied_unix_ns = robot->options.env->unix_ns();
    robot->announce = robot->running ? "Robot reconfigured" : "Robot constructed";
    if (!robot->retry.armed)
        sn_timer_start(robot->options.env->timers, &robot->retry, retry_interval_ns, try_again);
    sn_processes_configure(&robot->processes, robot->current->config);
    processes_changed(&robot->processes);
    return 0;
}

/* What modules have is not what it was: the same config means something else now. */
static void modules_changed(void *owner)
{
    struct sn_robot *robot = owner;

    if (robot->closing || !robot->current)
        return;
    uint64_t applied_unix_ns = robot->current->applied_unix_ns;
    if (adopt(robot, sn_generation_create(robot, robot->current->config))) {
        sn_log_error(robot->log, "no memory for what modules changed; things stay as they are");
        return;
    }
    robot->current->applied_unix_ns = applied_unix_ns;
    sn_robot_pump(robot);
}

int sn_robot_run_modules(struct sn_robot *robot, const struct sn_host_options *options,
                         struct sn_error *error)
{
    struct sn_host_options own = *options;

    own.server = robot->server;
    own.changed = modules_changed;
    own.owner = robot;
    return sn_host_create(&own, &robot->host, error);
}

struct sn_host *sn_robot_host(struct sn_robot *robot)
{
    return robot->host;
}

static void modules_closed(void *owner)
{
    struct sn_robot *robot = owner;

    sn_host_destroy(robot->host);
    robot->host = NULL;
    sn_robot_settled(robot);
}

static void report_closed(struct sn_robot *robot)
{
    void (*closed)(void *owner, bool clean) = robot->closed;

    robot->closed = NULL;
    closed(robot->closed_owner, robot->graph.count == 0);
}

/* Modules end when their resources have been closed, those that hang after that; the config's
 * processes, which may be what those are made of, at the end. */
static void settle_close(struct sn_robot *robot)
{
    if (!robot->host) {
        sn_processes_configure(&robot->processes, NULL);
        if (!sn_processes_running(&robot->processes))
            report_closed(robot);
    } else if (!robot->host_closing) {
        robot->host_closing = true;
        sn_host_close(robot->host, modules_closed, robot);
    }
}

/* A module has yet to say what it has, or what a resource needs. */
static bool is_waiting(const struct sn_robot *robot)
{
    if (!robot->host || robot->closing)
        return false;
    for (size_t i = 0; i < robot->graph.count; i++)
        if (robot->graph.nodes[i]->want && robot->graph.nodes[i]->want->waiting)
            return true;
    return sn_host_starting(robot->host);
}

void sn_robot_settled(struct sn_robot *robot)
{
    if (robot->under_way || robot->graph.held)
        return;
    if (robot->announce && !is_waiting(robot)) {
        robot->running = true;
        sn_health_set(&robot->health, true);
        sn_log_info(robot->log, "%s", robot->announce);
        robot->announce = NULL;
        sn_jobs_configure(&robot->jobs, robot->current->config);
    }
    if (robot->closing && robot->closed)
        settle_close(robot);
}

void sn_robot_close(struct sn_robot *robot, void (*closed)(void *owner, bool clean), void *owner)
{
    robot->closing = true;
    robot->closed = closed;
    robot->closed_owner = owner;
    robot->announce = NULL;
    sn_health_set(&robot->health, false);
    sn_timer_stop(robot->options.env->timers, &robot->retry);
    sn_sessions_fini(&robot->sessions);
    sn_jobs_fini(&robot->jobs);
    sn_server_cancel_all(robot->server);
    robot->graph.held = false;
    if (robot->host)
        sn_host_begin_pass(robot->host); /* in which nothing is wanted */
    if (set_wants(robot, NULL))
        return;
    if (robot->host)
        sn_host_cancel_opening(robot->host);
    sn_robot_pump(robot);
}

void sn_robot_destroy(struct sn_robot *robot)
{
    if (!robot)
        return;
    sn_sessions_fini(&robot->sessions);
    sn_processes_fini(&robot->processes);
    sn_jobs_fini(&robot->jobs);
    sn_graph_fini(&robot->graph);
    sn_generation_unref(robot->current);
    sn_frames_unref(robot->frames);
    sn_server_destroy(robot->server);
    sn_metrics_fini(&robot->metrics);
    free(robot);
}
