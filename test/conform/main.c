/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the contract suites. Without arguments: on every subject of a machine of fakes, as the
 * driver itself and as a proxy over HTTP/2 on a UNIX socket and over WebRTC. With an address: on
 * proxies to the resources NAME=API of the machine there.
 *
 *   conform [[webrtc:]ADDRESS NAME=API ...]
 */
#include "api/api.h"
#include "conform.h"
#include "driver/drivers.h"
#include "models.h"
#include "robot/robot.h"
#include "rpc/signaling/dial.h"
#include "rpc/signaling/server.h"
#include "rpc/transport/http2/http2.h"
#include "service/services.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct sn_driver *const models[] = {&conform_mlmodel_echo};

static const struct suite *const suites[] = {
#define SUITE(api) &suite_##api,
#include "suites.def"
#undef SUITE
};

/* What is run without arguments: a machine of ours with these resources. */
static const struct subject_name {
    const char *name, *api;
    const char *model, *attributes; /* NULL: it's somebody else's */
    bool helper;                    /* no suite runs on it */
} own[] = {
#define SUBJECT(name, api, model, attributes) {name, api, model, attributes, false},
#define HELPER(name, api, model, attributes) {name, api, model, attributes, true},
#include "subjects.def"
#undef HELPER
#undef SUBJECT
};
enum { OWN_COUNT = sizeof(own) / sizeof(own[0]), MACHINE_SIZE = 320 * OWN_COUNT };

static const struct suite *suite_of(const char *api)
{
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        if (strcmp(suites[i]->api, api) == 0)
            return suites[i];
    fprintf(stderr, "conform: no suite for API %s\n", api);
    exit(2);
}

/* Every test of the suite with the subject as its state. */
static int run_suite(struct sn_loop *loop, struct sn_resource *resource, const char *label)
{
    const struct suite *suite = suite_of(resource->api);
    struct subject subject = {.loop = loop, .env = sn_loop_env(loop), .resource = resource};
    struct CMUnitTest *tests = calloc(suite->count, sizeof(*tests));
    char group[128];

    sn_arena_init(&subject.arena, sn_loop_blocks(loop), 64 << 20);
    for (size_t i = 0; i < suite->count; i++) {
        tests[i] = suite->tests[i];
        tests[i].initial_state = &subject;
    }
    snprintf(group, sizeof(group), "%s %s", label, resource->name);
    print_message("[==========] %s: Running\n", group); /* not all of cmocka's versions say it */
    int failed = _cmocka_run_group_tests(group, tests, suite->count, NULL, NULL);
    sn_arena_fini(&subject.arena);
    free(tests);
    return failed;
}

/* ---- a machine of ours ---- */

struct machine {
    struct sn_loop *loop;
    struct sn_registry registry;
    struct sn_robot *robot;
    struct sn_http2_server *http2;
    struct sn_listener *listener;
    struct sn_guard guard;
    struct sn_webrtc_server *calls;
    struct sn_webrtc_hub *hub;
    struct sn_offers *offers;
    struct sn_signaling signaling;
};

static bool serves_all(void *owner, struct sn_str host)
{
    return true;
}

static void signaling_start(struct machine *machine)
{
    struct sn_env *env = sn_loop_env(machine->loop);
    struct sn_server *server = sn_robot_server(machine->robot);

    machine->guard.limits = sn_limits_preset;
    machine->calls = sn_webrtc_server_create(env, server, &machine->guard);
    machine->hub = sn_webrtc_hub_create(machine->loop, &machine->guard);
    machine->offers = sn_offers_create(env, machine->hub, machine->calls);
    machine->signaling = (struct sn_signaling){machine->offers, serves_all, NULL};
    if (sn_signaling_add(&machine->signaling, server))
        exit(2);
}

static void accept_conn(void *owner, struct sn_conn *conn)
{
    sn_http2_server_accept(((struct machine *)owner)->http2, conn);
}

/* The entries of one kind, "component" or "service". */
static void write_entries(FILE *out, const char *kind)
{
    const char *comma = "";

    fprintf(out, "\"%ss\": [", kind);
    for (size_t i = 0; i < OWN_COUNT; i++) {
        if (strncmp(own[i].api + strlen("rdk:"), kind, strlen(kind)) != 0)
            continue;
        fprintf(out, "%s{\"name\": \"%s\", \"api\": \"%s\", \"model\": \"%s\", \"attributes\": %s}",
                comma, own[i].name, own[i].api, own[i].model, own[i].attributes);
        comma = ", ";
    }
    fputs("]", out);
}

static void machine_json(char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");

    fputs("{", out);
    write_entries(out, "component");
    fputs(", ", out);
    write_entries(out, "service");
    fputs("}", out);
    if (fclose(out))
        abort();
}

static void machine_start(struct machine *machine, struct sn_loop *loop, const char *address)
{
    static const struct sn_driver *const sim[] = {&sim_board_driver};
    struct sn_error error;
    struct sn_config *config;
    char json[MACHINE_SIZE];

    machine_json(json, sizeof(json));
    *machine = (struct machine){.loop = loop};
    sn_registry_add(&machine->registry, sn_drivers, sn_driver_count);
    sn_registry_add(&machine->registry, sn_services, sn_service_count);
    sn_registry_add(&machine->registry, sim, 1);
    sn_registry_add(&machine->registry, models, sizeof(models) / sizeof(models[0]));
    struct sn_robot_options options = {.env = sn_loop_env(loop),
                                       .registry = &machine->registry,
                                       .request_limit = 100,
                                       .build_timeout_ns = SN_SECONDS(10)};
    machine->robot = sn_robot_create(&options);
    machine->http2 = sn_http2_server_create(loop, sn_robot_server(machine->robot), NULL, NULL);
    signaling_start(machine);
    if (sn_listen(loop, address, accept_conn, machine, &machine->listener, &error) ||
        sn_config_parse(json, strlen(json), &config, &error) ||
        sn_robot_configure(machine->robot, config)) {
        fprintf(stderr, "conform: %s\n", error.text);
        exit(2);
    }
}

static void robot_closed(void *owner, bool clean)
{
    struct machine *machine = owner;

    if (!clean)
        abort();
    sn_loop_stop(machine->loop);
}

static void drained(void *owner)
{
    sn_loop_stop(((struct machine *)owner)->loop);
}

static void machine_stop(struct machine *machine)
{
    sn_listener_close(machine->listener);
    sn_robot_close(machine->robot, robot_closed, machine);
    sn_loop_run(machine->loop);
    sn_webrtc_hub_destroy(machine->hub, drained, machine);
    sn_loop_run(machine->loop);
    sn_http2_server_drain(machine->http2, SN_SECONDS(1), drained, machine);
    sn_loop_run(machine->loop);
    sn_offers_destroy(machine->offers);
    sn_webrtc_server_destroy(machine->calls);
    sn_http2_server_destroy(machine->http2);
    sn_robot_destroy(machine->robot);
    sn_registry_fini(&machine->registry);
}

/* ---- proxies ---- */

struct dialling {
    struct sn_loop *loop;
    struct sn_channel *channel;
    bool done;
};

static void channel_closed(void *owner)
{
    struct dialling *dialling = owner;

    dialling->done = true;
    sn_loop_stop(dialling->loop);
}

static void dialled(void *owner, struct sn_channel *channel, const struct sn_error *error)
{
    struct dialling *dialling = owner;

    if (error)
        fprintf(stderr, "conform: %s\n", error->text);
    dialling->channel = channel;
    dialling->done = true;
    sn_loop_stop(dialling->loop);
}

/* A channel to "webrtc:ADDRESS" or ADDRESS. */
static struct sn_channel *open_channel(struct sn_loop *loop, const char *address)
{
    struct dialling dialling = {.loop = loop};
    const char *bare = strncmp(address, "webrtc:", 7) == 0 ? address + 7 : address;
    struct sn_machine_options options = {
        .address = bare, .way = bare == address ? SN_MACHINE_DIRECT : SN_MACHINE_WEBRTC};
    struct sn_machine_dial *dial;
    struct sn_error error;

    if (sn_machine_dial(loop, &options, dialled, &dialling, &dial, &error)) {
        fprintf(stderr, "conform: %s\n", error.text);
        return NULL;
    }
    while (!dialling.done) /* a stop of a suite may be left over */
        sn_loop_run(loop);
    return dialling.channel;
}

static int run_proxies(struct sn_loop *loop, const char *address, const char *label,
                       const struct subject_name *subjects, size_t count)
{
    struct sn_channel *channel = open_channel(loop, address);
    int failed = 0;

    if (!channel)
        return 2;
    for (size_t i = 0; i < count; i++) {
        if (subjects[i].helper)
            continue;
        struct sn_resource *proxy = sn_proxy_create(sn_api_find(subjects[i].api), subjects[i].name,
                                                    sn_loop_env(loop), channel);

        failed += run_suite(loop, proxy, label);
        sn_resource_unref(proxy);
    }
    if (failed) { /* calls of a test that was given up lie in memory that is gone */
        fflush(NULL);
        _exit(1);
    }
    struct dialling closing = {.loop = loop};
    channel->ops->close(channel, channel_closed, &closing);
    while (!closing.done)
        sn_loop_run(loop);
    return failed;
}

static int run_own(struct sn_loop *loop)
{
    char directory[] = "/tmp/sinew-conform-XXXXXX", whole[64] = "webrtc:", *address = whole + 7;
    struct machine machine;
    int failed = 0;

    if (!mkdtemp(directory))
        return 2;
    snprintf(address, sizeof(whole) - 7, "unix:%s/s", directory);
    machine_start(&machine, loop, address);
    for (size_t i = 0; i < OWN_COUNT; i++) {
        if (own[i].helper)
            continue;
        struct sn_resource *resource = sn_robot_resource(machine.robot, own[i].api, own[i].name);

        failed += run_suite(loop, resource, "driver");
        sn_resource_unref(resource);
    }
    failed += run_proxies(loop, address, "proxy", own, OWN_COUNT);
    failed += run_proxies(loop, whole, "webrtc", own, OWN_COUNT);
    machine_stop(&machine);
    unlink(strchr(address, '/'));
    rmdir(directory);
    return failed;
}

/* The subjects NAME=API of the command line. */
static int run_given(struct sn_loop *loop, const char *address, char **arguments, size_t count)
{
    struct subject_name *subjects = calloc(count, sizeof(*subjects));

    for (size_t i = 0; i < count; i++) {
        char *api = strchr(arguments[i], '=');

        if (!api || !sn_api_find(api + 1)) {
            fprintf(stderr, "conform: %s is not NAME=API of a known API\n", arguments[i]);
            exit(2);
        }
        *api++ = '\0';
        subjects[i] = (struct subject_name){.name = arguments[i], .api = api};
    }
    int failed = run_proxies(loop, address, "proxy", subjects, count);
    free(subjects);
    return failed;
}

int main(int argc, char **argv)
{
    struct sn_loop *loop = sn_loop_create();

    if (!loop)
        return 2;
    int failed = argc > 1 ? run_given(loop, argv[1], argv + 2, (size_t)argc - 2) : run_own(loop);
    sn_loop_destroy(loop);
    return failed ? 1 : 0;
}
