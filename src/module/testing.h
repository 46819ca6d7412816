/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a module that does what a script says. The test's own program is its executable; it
 * is the module when VIAM_MODULE_NAME is set. What it is asked it writes to the file `log` in its
 * data folder.
 *
 * SCRIPT, words from its environment:
 *   exit        ends at once                 deaf        never listens
 *   false=N     says N times "not ready"     die-ready   ends when it is asked whether it is ready
 *   models=N    has N models                 handlers=N  has N APIs
 *   bad-api, bad-model                       no-validation  has no ValidateConfig
 *   stays       hangs up at SIGTERM, but stays         mute  answers no ValidateConfig
 *   silent      answers no Ready
 *   heir        leaves a process behind, which keeps its connections open
 * Resources do what their names begin with:
 *   die     ends the process      fail     can't be made     stiff   can't be reconfigured
 *   hang    is never made         stuck    is never removed  bad     is refused by ValidateConfig
 *   needs-x depends on x          likes-x  optionally
 */
#ifndef SN_MODULE_TESTING_H
#define SN_MODULE_TESTING_H

#include "loop/loop.h"
#include "net/conn.h"
#include "pb/app/v1/robot.h"
#include "pb/module/v1/module.h"
#include "rpc/core/server.h"
#include "rpc/transport/http2/http2.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scripted {
    struct sn_loop *loop;
    struct sn_server *server;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    char models[2000][256];
    long refusals; /* to come */
};

static inline bool script_has(const char *word)
{
    const char *script = getenv("SCRIPT");

    return script && strstr(script, word);
}

static inline long script_number(const char *word, long otherwise)
{
    const char *script = getenv("SCRIPT"), *at = script ? strstr(script, word) : NULL;

    return at ? atol(at + strlen(word)) : otherwise;
}

static inline void scripted_note(const char *what, struct sn_str name)
{
    char path[256], line[256];
    int fd, len;

    snprintf(path, sizeof(path), "%s/log", getenv("VIAM_MODULE_DATA"));
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    len = snprintf(line, sizeof(line), "%s %.*s;", what, SN_STR_ARGS(name));
    if (fd < 0 || write(fd, line, (size_t)len) != len)
        abort();
    close(fd);
}

static inline bool begins(struct sn_str name, const char *with)
{
    return sn_str_has_prefix(name, sn_str_of(with));
}

static inline void scripted_given_up(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static inline int scripted_wait(struct sn_rpc *rpc)
{
    rpc->call.on_cancel = scripted_given_up;
    return SN_PENDING;
}

static inline int scripted_ready(struct sn_rpc *rpc, void *self, const void *request,
                                 void *response)
{
    struct scripted *module = self;
    struct pb_module_ready_response *resp = response;
    long models = script_number("models=", 2), handlers = script_number("handlers=", 1);

    if (script_has("die-ready"))
        _exit(3);
    if (script_has("heir") && fork() == 0)
        for (;;)
            pause();
    if (script_has("silent")) {
        scripted_note("ready", SN_STR("?"));
        return scripted_wait(rpc);
    }
    if (module->refusals-- > 0)
        return 0;
    resp->ready = true;
    resp->handlermap = sn_arena_zalloc(&rpc->arena, sizeof(*resp->handlermap));
    for (long i = 0; i < handlers; i++) {
        struct pb_module_handler_definition *handler =
            sn_pb_add(&resp->handlermap->handlers, &rpc->arena);
        struct pb_robot_resource_rpc_subtype *api = sn_arena_zalloc(&rpc->arena, sizeof(*api));

        handler->subtype = api;
        api->subtype = sn_arena_zalloc(&rpc->arena, sizeof(*api->subtype));
        *api->subtype = (struct pb_common_resource_name){
            .namespace_ = SN_STR("rdk"),
            .type = script_has("bad-api") ? SN_STR("con\tponent") : SN_STR("component"),
            .subtype = SN_STR("sensor")};
        api->proto_service = SN_STR("viam.component.sensor.v1.SensorService");
        for (long k = 0; k < models; k++) {
            struct sn_str *model = sn_pb_add(&handler->models, &rpc->arena);

            snprintf(module->models[k], sizeof(module->models[k]), "t:%s%sm%ld",
                     getenv("VIAM_MODULE_NAME"), script_has("bad-model") ? "\001" : ":", k);
            *model = sn_str_of(module->models[k]);
        }
    }
    return 0;
}

static inline int scripted_validate(struct sn_rpc *rpc, void *self, const void *request,
                                    void *response)
{
    const struct pb_module_validate_config_request *req = request;
    struct pb_module_validate_config_response *resp = response;
    struct sn_str name = req->config->name;

    scripted_note("validate", name);
    if (script_has("no-validation"))
        return SN_ERR_UNIMPLEMENTED;
    if (script_has("mute"))
        return scripted_wait(rpc);
    if (begins(name, "bad"))
        return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT, "it is bad");
    if (begins(name, "needs-")) {
        struct sn_str *needed = sn_pb_add(&resp->dependencies, &rpc->arena);
        *needed = (struct sn_str){name.ptr + 6, name.len - 6};
    }
    if (begins(name, "likes-")) {
        struct sn_str *liked = sn_pb_add(&resp->optional_dependencies, &rpc->arena);
        *liked = (struct sn_str){name.ptr + 6, name.len - 6};
    }
    return 0;
}

static inline int scripted_make(struct sn_rpc *rpc, struct sn_str name, const char *how)
{
    if (begins(name, "die"))
        _exit(4);
    if (begins(name, "hang"))
        return scripted_wait(rpc);
    if (begins(name, "fail") || (begins(name, "stiff") && strcmp(how, "add") != 0))
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "it fails");
    return 0;
}

static inline int scripted_add(struct sn_rpc *rpc, void *self, const void *request, void *response)
{
    const struct pb_module_add_resource_request *req = request;

    scripted_note("add", req->config->name);
    for (uint32_t i = 0; i < req->dependencies.n; i++)
        scripted_note("with", req->dependencies.v[i]);
    return scripted_make(rpc, req->config->name, "add");
}

static inline int scripted_change(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    const struct pb_module_reconfigure_resource_request *req = request;

    scripted_note("change", req->config->name);
    return scripted_make(rpc, req->config->name, "change");
}

static inline int scripted_remove(struct sn_rpc *rpc, void *self, const void *request,
                                  void *response)
{
    struct sn_str name = ((const struct pb_module_remove_resource_request *)request)->name;
    const char *slash = memchr(name.ptr, '/', name.len);

    if (slash)
        name = (struct sn_str){slash + 1, name.len - (size_t)(slash + 1 - name.ptr)};
    scripted_note("remove", name);
    return begins(name, "stuck") ? scripted_wait(rpc) : 0;
}

static const struct sn_handler scripted_handlers[] = {
    {.method = "AddResource", .handle = scripted_add},
    {.method = "ReconfigureResource", .handle = scripted_change},
    {.method = "RemoveResource", .handle = scripted_remove},
    {.method = "Ready", .handle = scripted_ready},
    {.method = "ValidateConfig", .handle = scripted_validate},
    {0},
};

static const struct sn_service scripted_service = {NULL, &pb_module_module_service,
                                                   scripted_handlers};

static inline void scripted_accept(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct scripted *)owner)->http2, conn);
}

static inline void scripted_hang_up(struct sn_loop *loop, int signal)
{
    struct scripted *module = sn_loop_user(loop);

    scripted_note("asked", SN_STR("to end"));
    sn_server_cancel_all(module->server);
}

/* Never returns of itself: its end is a signal. */
static inline int scripted_main(const char *address)
{
    static struct scripted module;
    char listen[160];
    struct sn_error error;

    if (script_has("exit"))
        return 2;
    module.loop = sn_loop_create();
    struct sn_server_config config = {.env = sn_loop_env(module.loop),
                                      .unary_timeout_ns = SN_SECONDS(600)};
    module.server = sn_server_create(&config);
    module.http2 = sn_http2_server_create(module.loop, module.server, NULL, NULL);
    module.refusals = script_number("false=", 0);
    sn_loop_set_user(module.loop, &module);
    if (sn_server_add(module.server, &scripted_service, &module) ||
        (script_has("stays") && sn_loop_on_signal(module.loop, SIGTERM, scripted_hang_up)))
        return 1;
    snprintf(listen, sizeof(listen), "%s%s", *address == '/' ? "unix:" : "", address);
    if (script_has("deaf"))
        pause();
    if (sn_listen(module.loop, listen, scripted_accept, &module, &module.listener, &error))
        return 1;
    sn_loop_run(module.loop);
    return 0;
}

#endif
