/* SPDX-License-Identifier: Apache-2.0
 *
 * RobotService: the machine as clients see it. What it doesn't serve yet the server answers with
 * UNIMPLEMENTED. Source: viam.robot.v1.RobotService.
 */
#include "api/api.h"
#include "pb/robot/v1/robot.h"
#include "robot/robot_private.h"
#include "sinew/time.h"
#include "wire/pb/wire.h"

static int no_memory(struct sn_rpc *rpc)
{
    return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for the response");
}

/* Texts are borrowed from the node: copied when the response is encoded, which is before the graph
 * can change. */
static void fill_name(struct pb_common_resource_name *name, const char *api, const char *short_name)
{
    struct sn_triplet parts = sn_api_parts(api);

    name->namespace_ = parts.space;
    name->type = parts.family;
    name->subtype = parts.name;
    name->name = sn_str_of(short_name);
}

static int resource_names(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    struct pb_robot_resource_names_response *resp = response;

    for (size_t i = 0; i < robot->graph.count; i++) {
        const struct sn_node *node = robot->graph.nodes[i];

        if (node->state != SN_NODE_READY)
            continue;
        sn_robot_give_room(rpc);
        struct pb_common_resource_name *name = sn_pb_add(&resp->resources, &rpc->arena);
        if (!name)
            return no_memory(rpc);
        fill_name(name, node->api, node->name);
    }
    return 0;
}

static int add_rpc_subtype(struct sn_rpc *rpc, struct pb_robot_resource_rpc_subtypes_response *resp,
                           const struct sn_service *service)
{
    sn_robot_give_room(rpc);
    struct pb_robot_resource_rpc_subtype *row =
        sn_pb_add(&resp->resource_rpc_subtypes, &rpc->arena);
    struct pb_common_resource_name *name = sn_arena_zalloc(&rpc->arena, sizeof(*name));

    if (!row || !name)
        return no_memory(rpc);
    fill_name(name, service->api, "");
    row->subtype = name;
    row->proto_service = sn_str_of(service->pb->name);
    return 0;
}

static int resource_rpc_subtypes(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    for (size_t i = 0; i < sn_server_service_count(rpc->server); i++) {
        const struct sn_service *service = sn_server_service(rpc->server, i);
        int code = 0;

        if (service->api && sn_robot_has(self, service->api))
            code = add_rpc_subtype(rpc, response, service);
        if (code)
            return code;
    }
    return 0;
}

/* ---- status ---- */

static struct pb_google_timestamp *timestamp(struct sn_rpc *rpc, uint64_t unix_ns)
{
    struct pb_google_timestamp *t = sn_arena_alloc(&rpc->arena, sizeof(*t));

    if (t)
        *t = sn_pb_timestamp_of((int64_t)unix_ns);
    return t;
}

static const char *revision_of(const struct sn_node *node)
{
    const struct sn_want *want = node->want ? node->want : node->built;

    return want ? ((const struct sn_robot_want *)want)->generation->config->revision : "";
}

/* What went wrong, in words that may have been cut or come from elsewhere: one byte of them that is
 * no UTF-8 would cost the client the whole answer. */
static struct sn_str readable(struct sn_rpc *rpc, const char *text)
{
    struct sn_str whole = sn_str_of(text);
    char *copy = NULL;

    if (sn_pb_utf8_valid(whole.ptr, whole.len))
        return whole;
    copy = sn_arena_alloc(&rpc->arena, whole.len);
    for (size_t i = 0; copy && i < whole.len; i++)
        copy[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
    return copy ? (struct sn_str){copy, whole.len} : SN_STR("");
}

static int add_status(struct sn_rpc *rpc, struct pb_robot_get_machine_status_response *resp,
                      const struct sn_node *node)
{
    sn_robot_give_room(rpc);
    struct pb_robot_resource_status *status = sn_pb_add(&resp->resources, &rpc->arena);
    struct pb_common_resource_name *name = sn_arena_zalloc(&rpc->arena, sizeof(*name));
    struct pb_robot_get_cloud_metadata_response *cloud =
        sn_arena_zalloc(&rpc->arena, sizeof(*cloud));

    if (!status || !name || !cloud)
        return no_memory(rpc);
    fill_name(name, node->api, node->name);
    *status = (struct pb_robot_resource_status){
        .name = name,
        .state = (int32_t)node->state,
        .last_updated = timestamp(rpc, node->changed_unix_ns),
        .revision = sn_str_of(revision_of(node)),
        .error = readable(rpc, node->reason),
        .cloud_metadata = cloud,
    };
    return status->last_updated ? 0 : no_memory(rpc);
}

static int add_module(struct sn_rpc *rpc, struct pb_robot_get_machine_status_response *resp,
                      const struct sn_host *host, size_t index)
{
    struct sn_module_info module;

    sn_robot_give_room(rpc);
    struct pb_robot_module_status *row = sn_pb_add(&resp->modules, &rpc->arena);
    if (!row)
        return no_memory(rpc);
    sn_host_module(host, index, &module);
    *row = (struct pb_robot_module_status){.module_name = sn_str_of(module.name),
                                           .state = (int32_t)module.state,
                                           .last_updated = timestamp(rpc, module.changed_unix_ns),
                                           .error = readable(rpc, module.error),
                                           .consecutive_failures = module.failures};
    return row->last_updated ? 0 : no_memory(rpc);
}

/* A process among the resources, where clients look for what is wrong. */
struct process_list {
    struct sn_rpc *rpc;
    struct pb_robot_get_machine_status_response *response;
    int code;
};

static void add_process(void *user, const struct sn_process_state *state)
{
    struct process_list *list = user;
    struct sn_arena *arena = &list->rpc->arena;

    sn_robot_give_room(list->rpc);
    struct pb_robot_resource_status *status = sn_pb_add(&list->response->resources, arena);
    struct pb_common_resource_name *name = sn_arena_zalloc(arena, sizeof(*name));
    struct pb_google_timestamp *changed = timestamp(list->rpc, state->changed_unix_ns);

    if (!status || !name || !changed) {
        list->code = no_memory(list->rpc);
        return;
    }
    fill_name(name, "rdk-internal:service:process", state->id);
    *status = (struct pb_robot_resource_status){.name = name,
                                                .state = state->state,
                                                .last_updated = changed,
                                                .revision = sn_str_of(state->revision),
                                                .error = readable(list->rpc, state->error)};
}

/* ---- jobs ---- */

struct job_list {
    struct sn_rpc *rpc;
    struct pb_robot_get_machine_status_response *resp;
    int code;
};

/* `list` is one of timestamps. */
static int add_times(struct sn_rpc *rpc, void *list, const struct sn_job_times *times)
{
    for (unsigned i = 0; i < times->count; i++) {
        struct pb_google_timestamp *row = sn_pb_list_add(list, sizeof(*row), &rpc->arena);

        if (!row)
            return no_memory(rpc);
        *row = sn_pb_timestamp_of((int64_t)times->unix_ns[i]);
    }
    return 0;
}

static void add_job(void *user, const char *name, const struct sn_job_times *succeeded,
                    const struct sn_job_times *failed)
{
    struct job_list *list = user;

    sn_robot_give_room(list->rpc);
    struct pb_robot_job_status *row =
        list->code ? NULL : sn_pb_add(&list->resp->job_statuses, &list->rpc->arena);

    if (!row) {
        list->code = list->code ? list->code : no_memory(list->rpc);
        return;
    }
    row->job_name = sn_str_of(name);
    list->code = add_times(list->rpc, &row->recent_successful_runs, succeeded);
    if (!list->code)
        list->code = add_times(list->rpc, &row->recent_failed_runs, failed);
}

static int get_machine_status(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    struct pb_robot_get_machine_status_response *resp = response;
    struct pb_robot_config_status *config = sn_arena_zalloc(&rpc->arena, sizeof(*config));
    int code = 0;

    if (!config)
        return no_memory(rpc);
    for (size_t i = 0; i < robot->graph.count && !code; i++)
        code = add_status(rpc, resp, robot->graph.nodes[i]);
    for (size_t i = 0; robot->host && i < sn_host_count(robot->host) && !code; i++)
        code = add_module(rpc, resp, robot->host, i);
    struct process_list processes = {rpc, resp, code};
    if (!code)
        sn_processes_each(&robot->processes, add_process, &processes);
    struct job_list jobs = {rpc, resp, processes.code};
    if (!jobs.code)
        sn_jobs_each(&robot->jobs, add_job, &jobs);
    if (robot->current) {
        config->revision = sn_str_of(robot->current->config->revision);
        config->last_updated = timestamp(rpc, robot->current->applied_unix_ns);
    }
    resp->config = config;
    resp->state = robot->running ? PB_ROBOT_GET_MACHINE_STATUS_RESPONSE_STATE_RUNNING
                                 : PB_ROBOT_GET_MACHINE_STATUS_RESPONSE_STATE_INITIALIZING;
    return jobs.code;
}

static int get_version(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct pb_robot_get_version_response *resp = response;

    resp->platform = SN_STR("rdk"); /* clients take other platforms for something else */
    resp->version = SN_STR(SN_VERSION);
    resp->api_version = SN_STR(SN_API_VERSION);
    return 0;
}

static int get_cloud_metadata(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "cloud metadata not available");
}

/* ---- modules ---- */

static int add_model(struct sn_rpc *rpc, struct pb_robot_get_models_from_modules_response *resp,
                     const struct sn_module_info *module, const char *api, const char *model)
{
    sn_robot_give_room(rpc);
    struct pb_robot_module_model *row = sn_pb_add(&resp->models, &rpc->arena);

    if (!row)
        return no_memory(rpc);
    *row = (struct pb_robot_module_model){.module_name = sn_str_of(module->name),
                                          .model = sn_str_of(model),
                                          .api = sn_str_of(api),
                                          .from_local_module = module->local};
    return 0;
}

static int get_models_from_modules(struct sn_rpc *rpc, void *self, const void *request,
                                   void *response)
{
    struct sn_robot *robot = self;
    size_t count = robot->host ? sn_host_count(robot->host) : 0;
    const char *api, *model;
    int code = 0;

    for (size_t i = 0; i < count; i++) {
        struct sn_module_info module;

        sn_host_module(robot->host, i, &module);
        for (size_t k = 0; !code && sn_host_model(robot->host, i, k, &api, &model); k++)
            code = add_model(rpc, response, &module, api, model);
    }
    return code;
}

static int restart_module(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    const struct pb_robot_restart_module_request *req = request;
    bool by_id = req->which_id_or_name == PB_ROBOT_RESTART_MODULE_REQUEST_ID_OR_NAME_MODULE_ID;
    struct sn_str id = by_id ? req->module_id : SN_STR("");
    struct sn_str name = by_id ? SN_STR("") : req->module_name;

    if (robot->host && sn_host_restart(robot->host, id, name) == 0)
        return 0;
    return sn_call_fail(&rpc->call, SN_ERR_NOT_FOUND,
                        "module not found with id=%.*s, name=%.*s. make sure it is configured and "
                        "running on your machine",
                        SN_STR_ARGS(id), SN_STR_ARGS(name));
}

/* ---- operations ---- */

static int add_operation(struct sn_rpc *rpc, struct pb_robot_get_operations_response *resp,
                         const struct sn_rpc *other)
{
    sn_robot_give_room(rpc);
    struct pb_robot_operation *operation = sn_pb_add(&resp->operations, &rpc->arena);

    if (!operation)
        return no_memory(rpc);
    operation->id = sn_str_of(other->operation->id);
    operation->method = other->method->path;
    operation->arguments = sn_arena_zalloc(&rpc->arena, sizeof(*operation->arguments));
    operation->started = timestamp(rpc, other->operation->started_unix_ns);
    return operation->arguments && operation->started ? 0 : no_memory(rpc);
}

static int get_operations(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_list *node, *rpcs = sn_server_rpcs(rpc->server);
    int code = 0;

    sn_list_for_each (node, rpcs) {
        const struct sn_rpc *other = sn_container_of(node, struct sn_rpc, link);

        if (other != rpc && other->operation && !code)
            code = add_operation(rpc, response, other);
    }
    return code;
}

static int cancel_operation(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_cancel_operation_request *req = request;
    struct sn_rpc *other = sn_operation_find(rpc->server, req->id);

    if (other && other != rpc)
        sn_call_cancel(&other->call, SN_ERR_CANCELLED);
    return 0;
}

struct block_for {
    struct sn_operation_wait wait;
    struct sn_call *call;
};

static void block_ended(struct sn_operation_wait *wait)
{
    sn_call_done(sn_container_of(wait, struct block_for, wait)->call, 0);
}

static void block_cancelled(struct sn_call *call)
{
    struct block_for *block = call->holder;

    sn_list_remove(&block->wait.link);
    sn_call_done(call, sn_call_cancelled(call));
}

static int block_for_operation(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_robot_block_for_operation_request *req = request;
    struct sn_rpc *other = sn_operation_find(rpc->server, req->id);
    struct block_for *block = sn_arena_zalloc(&rpc->arena, sizeof(*block));

    if (!other || other == rpc)
        return 0;
    if (!block)
        return no_memory(rpc);
    block->wait.ended = block_ended;
    block->call = &rpc->call;
    rpc->call.holder = block;
    rpc->call.on_cancel = block_cancelled;
    sn_list_append(&other->operation->waiters, &block->wait.link);
    return SN_PENDING;
}

/* ---- sessions ---- */

static int start_session(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    const struct pb_robot_start_session_request *req = request;
    struct pb_robot_start_session_response *resp = response;
    struct pb_google_duration *window = sn_arena_alloc(&rpc->arena, sizeof(*window));
    struct sn_session *session;

    if (!window)
        return no_memory(rpc);
    int code = sn_session_start(&robot->sessions, rpc, req->resume, &session);
    if (code)
        return code;
    *window = sn_pb_duration_of((int64_t)robot->sessions.window_ns);
    resp->id = sn_str_of(session->id);
    resp->heartbeat_window = window;
    return 0;
}

static int send_session_heartbeat(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    struct sn_robot *robot = self;
    const struct pb_robot_send_session_heartbeat_request *req = request;
    struct sn_session *session;

    return sn_session_beat(&robot->sessions, rpc, req->id, &session);
}

static int add_session(struct sn_rpc *rpc, struct pb_robot_get_sessions_response *resp,
                       const struct sn_session *session)
{
    sn_robot_give_room(rpc);
    struct pb_robot_session *row = sn_pb_add(&resp->sessions, &rpc->arena);
    struct pb_robot_peer_connection_info *info = sn_arena_alloc(&rpc->arena, sizeof(*info));

    if (!row || !info)
        return no_memory(rpc);
    *info = (struct pb_robot_peer_connection_info){
        .type = session->kind == SN_TRANSPORT_WEBRTC ? PB_ROBOT_PEER_CONNECTION_TYPE_WEBRTC
                                                     : PB_ROBOT_PEER_CONNECTION_TYPE_GRPC,
        .remote_address = sn_str_of(session->remote),
        .has_remote_address = true,
        .local_address = sn_str_of(session->local),
        .has_local_address = true,
    };
    row->id = sn_str_of(session->id);
    row->peer_connection_info = info;
    return 0;
}

static int get_sessions(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    struct sn_robot *robot = self;
    struct sn_list *node;
    int code = 0;

    sn_list_for_each (node, &robot->sessions.all) {
        if (!code)
            code = add_session(rpc, response, sn_container_of(node, struct sn_session, link));
    }
    return code;
}

/* ---- the end ---- */

static int shut_down(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct sn_robot_options *options = &((struct sn_robot *)self)->options;

    options->on_shutdown(options->owner);
    return 0;
}

static const struct sn_handler handlers[] = {
    {"ResourceNames", resource_names, 0, {0}, NULL},
    {"ResourceRPCSubtypes", resource_rpc_subtypes, 0, {0}, NULL},
    {"GetMachineStatus", get_machine_status, 0, {0}, NULL},
    {"GetVersion", get_version, 0, {0}, NULL},
    {"GetCloudMetadata", get_cloud_metadata, 0, {0}, NULL},
    {"GetModelsFromModules", get_models_from_modules, 0, {0}, NULL},
    {"RestartModule", restart_module, 0, {0}, NULL},
    {"GetOperations", get_operations, 0, {0}, NULL},
    {"CancelOperation", cancel_operation, SN_HANDLER_RESERVED, {0}, NULL},
    {"BlockForOperation", block_for_operation, 0, {0}, NULL},
    {"FrameSystemConfig", sn_robot_frame_system_config, 0, {0}, NULL},
    {"GetPose", sn_robot_get_pose, 0, {0}, NULL},
    {"TransformPose", sn_robot_transform_pose, 0, {0}, NULL},
    {"TransformPCD", sn_robot_transform_pcd, 0, {0}, NULL},
    {"Log", sn_robot_log, 0, {0}, NULL},
    {"GetSessions", get_sessions, 0, {0}, NULL},
    {"StartSession", start_session, 0, {0}, NULL},
    {"SendSessionHeartbeat", send_session_heartbeat, SN_HANDLER_RESERVED, {0}, NULL},
    {"StopAll", sn_robot_stop_all, SN_HANDLER_RESERVED, {0}, NULL},
    {"Shutdown", shut_down, SN_HANDLER_RESERVED, {0}, NULL},
    {0},
};

const struct sn_service sn_robot_service = {NULL, &pb_robot_robot_service, handlers};
