/* SPDX-License-Identifier: Apache-2.0
 *
 * sinew-server: the machine server's program. Wiring only: settings, log, config, machine, port.
 */
#include "base/log.h"
#include "driver/drivers.h"
#include "main/access.h"
#include "main/identity.h"
#include "main/options.h"
#include "main/peers.h"
#include "main/ports.h"
#include "module/host.h"
#include "net/announce.h"
#include "net/systemd.h"
#include "platform/process.h"
#include "robot/config_file.h"
#include "robot/pages.h"
#include "robot/robot.h"
#include "rpc/rest/rest.h"
#include "rpc/transport/web/web.h"
#include "service/services.h"
#include "sinew/list.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How long a stop may take before the process ends the hard way, and how long clients have to read
 * what was answered last. Source of the first: upstream. */
static const uint64_t stop_timeout_ns = SN_SECONDS(60);
static const uint64_t answer_time_ns = SN_MS(100);

/* Descriptors that are kept from clients. */
enum { OWN_FILES = 256 };

struct program {
    struct sn_options options;
    struct sn_logger *log;
    struct sn_loop *loop;
    struct sn_registry registry;
    char home[PATH_MAX]; /* root of all data */
    struct sn_config_source source;
    struct sn_config_file *file;
    struct sn_robot *robot;
    struct sn_web *web;
    struct sn_rest *rest;
    struct sn_pages pages;
    struct sn_ports ports;
    struct sn_peers peers;
    struct sn_identity identity;
    struct sn_access access;
    struct sn_announcer *announcer; /* NULL: none */
    struct sn_timer stop, overdue, summary, watchdog;
    bool stopping;
};

static void log_version(const struct program *program)
{
    sn_log_fields(program->log, SN_LOG_INFO, "{\"version\":\"" SN_VERSION "\"}", "sinew-server");
}

/* The last word of a start that failed; the logger's name is what supervisors look for. */
static int fail(const struct program *program, const char *text)
{
    sn_log_info(program->log, "error starting sinew-server, logging version and exiting");
    log_version(program);
    sn_log_error(sn_logger_get("entrypoint"), "%s", text);
    return 1;
}

/* ---- changes ---- */

/* Tells the networks around, anew. That it can't be done hinders nobody who knows the address. */
static void announce(struct program *program, const struct sn_config *config)
{
    const char *names[2] = {sn_access_name(&program->access, config), config->cloud.local_fqdn};
    struct sn_error error;
    struct sn_ip ip;

    sn_announcer_destroy(program->announcer);
    program->announcer = NULL;
    if (program->options.disable_mdns || !sn_ports_ip(&program->ports, &ip))
        return;
    if (sn_announcer_create(program->loop, names, &ip, &program->announcer, &error)) {
        program->announcer = NULL;
        sn_log_warn(program->log, "not announced by mDNS: %s", error.text);
    }
}

static void identity_changed(void *owner, struct sn_tls *tls)
{
    struct program *program = owner;

    program->ports.secured = tls != NULL;
    sn_web_secure(program->web, tls);
}

static void config_changed(void *owner, struct sn_config *take_config)
{
    struct program *program = owner;
    struct sn_error error;
    bool other_access = false;

    sn_config_apply_log(take_config, program->options.debug);
    if (sn_access_configure(&program->access, take_config, &other_access, &error))
        sn_log_error(program->log, "%s; who may call stays as it was", error.text);
    sn_identity_move(&program->identity, &take_config->network);
    if (other_access) { /* tokens are void: clients begin anew, as with upstream */
        sn_web_drain(program->web, SN_DRAIN_NS, NULL, NULL);
        sn_peers_drop(&program->peers);
    }
    sn_peers_name(&program->peers, sn_access_name(&program->access, take_config),
                  take_config->cloud.local_fqdn);
    sn_ports_move(&program->ports, take_config->network.bind_address);
    announce(program, take_config);
    if (sn_robot_configure(program->robot, take_config))
        sn_log_error(program->log, "no memory for the new config; the old one stays");
}

/* ---- the end ---- */

static void drained(void *owner)
{
    sn_loop_stop(((struct program *)owner)->loop);
}

static void kill_modules(const struct program *program)
{
    if (sn_robot_host(program->robot))
        sn_host_kill(sn_robot_host(program->robot));
}

static void peers_closed(void *owner)
{
    struct program *program = owner;

    sn_web_drain(program->web, SN_DRAIN_NS, drained, program);
}

static void robot_closed(void *owner, bool clean)
{
    struct program *program = owner;

    if (!clean) {
        kill_modules(program);
        sn_log_error(program->log, "some resources could not be closed; exiting without them");
        sn_log_flush(true);
        _exit(1);
    }
    program->pages.hub = NULL;
    sn_peers_close(&program->peers, peers_closed, program);
}

static void stop_overdue(struct sn_timer *timer)
{
    struct program *program = sn_container_of(timer, struct program, overdue);

    sn_log_error(program->log, "shutting down takes too long; exiting at once");
    kill_modules(program);
    sn_log_flush(true);
    _exit(1);
}

/* Actuators stop first, while clients can still be told. */
static void begin_stop(struct sn_timer *timer)
{
    struct program *program = sn_container_of(timer, struct program, stop);

    program->stopping = true;
    sn_log_info(program->log, "sinew-server shutting down");
    sn_systemd_notify("STOPPING=1");
    sn_config_file_destroy(program->file);
    program->file = NULL;
    sn_identity_close(&program->identity);
    sn_announcer_destroy(program->announcer);
    program->announcer = NULL;
    sn_ports_close(&program->ports);
    sn_timer_start(sn_loop_timers(program->loop), &program->overdue, stop_timeout_ns, stop_overdue);
    sn_robot_close(program->robot, robot_closed, program);
}

/* A client asked. Its answer has to be read before the GOAWAY that follows: grpclib drops all that
 * came before one, if it came along with it. */
static void request_stop(void *owner)
{
    struct program *program = owner;

    if (!program->stopping)
        sn_timer_start(sn_loop_timers(program->loop), &program->stop, answer_time_ns, begin_stop);
}

static void on_signal(struct sn_loop *loop, int signal)
{
    struct program *program = sn_loop_user(loop);

    if (!program->stopping)
        sn_timer_start(sn_loop_timers(loop), &program->stop, 0, begin_stop);
}

static void on_summary(struct sn_timer *timer)
{
    struct program *program = sn_container_of(timer, struct program, summary);

    sn_log_flush(false);
    sn_timer_start(sn_loop_timers(program->loop), timer, SN_SECONDS(10), on_summary);
}

/* A loop that turns is alive. */
static void on_watchdog(struct sn_timer *timer)
{
    struct program *program = sn_container_of(timer, struct program, watchdog);
    uint64_t interval_ns = sn_systemd_watchdog_ns();

    if (!interval_ns)
        return;
    sn_systemd_notify("WATCHDOG=1");
    sn_timer_start(sn_loop_timers(program->loop), timer, interval_ns / 2, on_watchdog);
}

/* ---- the start ---- */

static int run_modules(struct program *program, struct sn_error *error)
{
    struct sn_host_options options = {
        .loop = program->loop,
        .home = program->home,
        .startup_timeout_ns = (uint64_t)program->options.module_timeout_ns,
        .resource_timeout_ns = (uint64_t)program->options.resource_timeout_ns,
        .hang_timeout_ns = (uint64_t)program->options.hang_timeout_ns,
        .untrusted = program->options.untrusted_env,
        .tcp_only = program->options.tcp_sockets,
    };

    return sn_robot_run_modules(program->robot, &options, error);
}

/* Connections of clients must not take what files, modules and devices need: the limit that many
 * systems begin with is there for programs with few. */
static void allow_files(struct program *program, struct sn_limits *limits)
{
    unsigned long allowed = sn_process_allow_files(limits->connections + OWN_FILES);
    unsigned long left = allowed > OWN_FILES ? allowed - OWN_FILES : 1;

    if (left >= limits->connections)
        return;
    sn_log_warn(program->log, "the system allows %lu open files: %lu connections at once, not %u",
                allowed, left, limits->connections);
    limits->connections = (uint32_t)left;
}

static int create(struct program *program, struct sn_error *error)
{
    program->loop = sn_loop_create();
    if (!program->loop)
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "the system gives no event loop");
    program->access.auth = sn_auth_create(sn_loop_env(program->loop));
    if (!program->access.auth)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    struct sn_robot_options options = {
        .env = sn_loop_env(program->loop),
        .gate = sn_auth_gate(program->access.auth),
        .registry = &program->registry,
        .request_limit = (uint32_t)program->options.request_limit,
        .build_timeout_ns = (uint64_t)program->options.resource_timeout_ns,
        .untrusted = program->options.untrusted_env,
        .on_shutdown = request_stop,
        .owner = program,
    };
    struct sn_limits limits = sn_ports_limits(&program->options.limits);
    allow_files(program, &limits);
    program->robot = sn_robot_create(&options);
    int code = program->robot ? run_modules(program, error) : 0;
    if (code)
        return code;
    if (program->robot) {
        sn_auth_serve(program->access.auth, sn_robot_server(program->robot));
        program->web = sn_web_create(program->loop, sn_robot_server(program->robot), &limits);
    }
    program->ports =
        (struct sn_ports){.loop = program->loop, .web = program->web, .log = program->log};
    program->identity = (struct sn_identity){
        .loop = program->loop,
        .log = program->log,
        .no_tls = program->options.no_tls,
        .changed = identity_changed,
        .owner = program,
    };
    program->pages = (struct sn_pages){.robot = program->robot,
                                       .web = program->web,
                                       .loop = program->loop,
                                       .auth = program->access.auth};
    if (program->web)
        program->rest = sn_rest_create(sn_loop_env(program->loop), sn_robot_server(program->robot),
                                       sn_web_guard(program->web));
    if (!program->rest || sn_pages_add(&program->pages))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    code = sn_peers_open(&program->peers, &program->ports, sn_robot_server(program->robot), error);
    if (code)
        return code;
    program->pages.hub = program->peers.hub;
    sn_web_below(program->web, SN_REST_PREFIX, sn_rest_handler(program->rest));
    sn_loop_set_user(program->loop, program);
    if (sn_loop_on_signal(program->loop, SIGINT, on_signal) ||
        sn_loop_on_signal(program->loop, SIGTERM, on_signal))
        return sn_error_set(error, SN_ERR_UNAVAILABLE, "signals can't be handled");
    return 0;
}

/* The port opens before the first resource is built: clients can see the machine come up. */
static int start(struct program *program, struct sn_config *take_config, struct sn_error *error)
{
    bool changed;
    int code = sn_access_configure(&program->access, take_config, &changed, error);

    if (!code)
        code = sn_identity_open(&program->identity, &take_config->network, error);
    sn_peers_name(&program->peers, sn_access_name(&program->access, take_config),
                  take_config->cloud.local_fqdn);
    if (!code)
        code = sn_ports_open(&program->ports, take_config->network.bind_address, error);
    if (code) {
        sn_config_destroy(take_config);
        return code;
    }
    announce(program, take_config);
    if (sn_robot_configure(program->robot, take_config))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    if (sn_config_file_follow(program->loop, &program->source, config_changed, program,
                              &program->file, error))
        sn_log_warn(program->log, "config changes will go unnoticed: %s", error->text);
    on_summary(&program->summary);
    sn_systemd_notify("READY=1");
    on_watchdog(&program->watchdog);
    return 0;
}

static int run(struct program *program)
{
    struct sn_config *config;
    struct sn_error error;

    program->source = (struct sn_config_source){.path = program->options.config,
                                                .viam_home = program->home,
                                                .registry = &program->registry};
    if (sn_options_home(&program->options, program->home, sizeof(program->home), &error) ||
        sn_config_file_load(&program->source, &config, &error))
        return fail(program, error.text);
    sn_config_apply_log(config, program->options.debug);
    int code = create(program, &error);
    if (code)
        sn_config_destroy(config);
    if (code || start(program, config, &error)) {
        fail(program, error.text);
        sn_log_flush(true);
        _exit(1); /* half of it is running; the system cleans up better than we could */
    }
    sn_loop_run(program->loop);
    sn_timer_stop(sn_loop_timers(program->loop), &program->overdue);
    sn_timer_stop(sn_loop_timers(program->loop), &program->summary);
    sn_timer_stop(sn_loop_timers(program->loop), &program->watchdog);
    sn_peers_destroy(&program->peers);
    sn_web_destroy(program->web);
    sn_rest_destroy(program->rest);
    sn_robot_destroy(program->robot);
    sn_auth_destroy(program->access.auth);
    sn_loop_destroy(program->loop);
    return 0;
}

static int open_log(const struct sn_options *options, struct sn_error *error)
{
    if (options->debug)
        sn_log_set_level(SN_LOG_DEBUG);
    if (*options->log_file)
        return sn_log_to_file(options->log_file, false, error);
    if (*options->also_log_file)
        return sn_log_to_file(options->also_log_file, true, error);
    return 0;
}

static int complain(const char *program_name, const struct sn_error *error)
{
    char *text = sn_options_complaint(program_name, error);

    sn_log_error(sn_logger_get("entrypoint"), "%s", text ? text : error->text);
    free(text);
    return 1;
}

static int dispatch(struct program *program)
{
    const struct sn_options *options = &program->options;
    struct sn_error error;

    if (open_log(options, &error))
        return fail(program, error.text);
    if (options->version) {
        log_version(program);
        return 0;
    }
    if (*options->dump_resources)
        return sn_registry_dump(&program->registry, options->dump_resources, &error)
                   ? fail(program, error.text)
                   : 0;
    if (!*options->config) {
        /* Exit code 0 as upstream: supervisors rely on it. */
        sn_log_error(program->log, "please specify a config file through the -config parameter.");
        return 0;
    }
    return run(program);
}

int main(int argc, char **argv)
{
    struct program program = {.log = sn_logger_get("rdk")};
    struct sn_error error;

    if (sn_options_parse(&program.options, argc, argv, &error))
        return complain(argv[0], &error);
    sn_registry_add(&program.registry, sn_drivers, sn_driver_count);
    sn_registry_add(&program.registry, sn_services, sn_service_count);
    int code = dispatch(&program);
    sn_registry_fini(&program.registry);
    sn_log_flush(true);
    return code;
}
