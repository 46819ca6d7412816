/* SPDX-License-Identifier: Apache-2.0
 *
 * For the test of the host: one with real processes (module/testing.h) on a real loop, and what a
 * machine asks of it. What takes long is hurried on: a run's or module's timer fires when the test
 * says so.
 */
#ifndef SN_MODULE_HOST_TESTING_H
#define SN_MODULE_HOST_TESTING_H

#include "base/log.h"
#include "module/host.h"
#include "module/module.h"
#include "module/testing.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

enum { ENTRIES_MAX = 200, HELD_MAX = 16, PATIENCE_S = 30 };

/* What the machine asked for at one time. */
struct pass {
    struct pass *next;
    struct sn_arena arena;
    struct sn_config *config;
    struct sn_host_offer offers[ENTRIES_MAX];
    size_t count;
};

/* A resource, and its call of the moment. */
struct held {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_resource *resource;
    const void *attrs;
    char name[32];
    int code;
    bool ended, open;
};

struct lab {
    struct sn_loop *loop;
    struct sn_server *server;
    struct sn_host *host;
    struct sn_config *config;
    struct pass *passes; /* the last one first */
    struct held held[HELD_MAX];
    size_t held_count;
    char home[32], self[PATH_MAX];
    int changes;
    bool closed;
};

static struct lab *the_lab; /* for neighbours */

/* ---- time ---- */

static inline void end_turn(struct sn_timer *timer)
{
    sn_loop_stop(the_lab->loop);
}

static inline void turn(struct lab *lab)
{
    struct sn_timer timer = {0};

    sn_timer_start(sn_loop_timers(lab->loop), &timer, SN_MS(1), end_turn);
    sn_loop_run(lab->loop);
    sn_timer_stop(sn_loop_timers(lab->loop), &timer);
}

#define await(lab, condition)                              \
    do {                                                   \
        time_t end_s = time(NULL) + PATIENCE_S;            \
        while (!(condition)) {                             \
            turn(lab);                                     \
            if (time(NULL) > end_s)                        \
                fail_msg("it never came: %s", #condition); \
        }                                                  \
    } while (0)

static inline void hurry(struct lab *lab, struct sn_timer *timer)
{
    assert_true(timer->armed);
    sn_timer_start(sn_loop_timers(lab->loop), timer, 0, timer->fire);
}

/* ---- the lab ---- */

static inline void changed(void *owner)
{
    ((struct lab *)owner)->changes++;
}

static inline void host_closed(void *owner)
{
    ((struct lab *)owner)->closed = true;
}

static inline void set_up(struct lab *lab, uint64_t startup_timeout_ns)
{
    struct sn_error error;

    *lab = (struct lab){.home = "/tmp/sinew-host-XXXXXX"};
    the_lab = lab;
    sn_log_set_level(SN_LOG_ERROR + 1);
    assert_non_null(mkdtemp(lab->home));
    assert_true(readlink("/proc/self/exe", lab->self, sizeof(lab->self) - 1) > 0);
    lab->loop = sn_loop_create();
    struct sn_server_config config = {.env = sn_loop_env(lab->loop),
                                      .unary_timeout_ns = SN_SECONDS(600)};
    lab->server = sn_server_create(&config);
    struct sn_host_options options = {.loop = lab->loop,
                                      .home = lab->home,
                                      .startup_timeout_ns = startup_timeout_ns,
                                      .resource_timeout_ns = SN_SECONDS(20),
                                      .hang_timeout_ns = SN_SECONDS(60),
                                      .server = lab->server,
                                      .changed = changed,
                                      .owner = lab};
    if (sn_host_create(&options, &lab->host, &error))
        fail_msg("%s", error.text);
}

static inline void free_passes(struct lab *lab)
{
    while (lab->passes) {
        struct pass *pass = lab->passes;

        lab->passes = pass->next;
        for (size_t i = 0; i < pass->count; i++)
            sn_run_unref(pass->offers[i].run);
        sn_config_destroy(pass->config);
        sn_arena_fini(&pass->arena);
        free(pass);
    }
}

/* Modules are "name:script", ended by NULL; components "name" or "name=model", "name!" for one that
 * has other attributes. The first module's first model is what is meant by none. */
static inline void configure(struct lab *lab, const char *const *modules,
                             const char *const *components)
{
    char text[64 << 10];
    size_t used = (size_t)snprintf(text, sizeof(text), "{\"modules\":[");
    struct sn_error error;

    for (size_t i = 0; modules[i]; i++) {
        const char *script = strchr(modules[i], ':');

        used += (size_t)snprintf(
            text + used, sizeof(text) - used,
            "%s{\"name\":\"%.*s\",\"type\":\"local\",\"executable_path\":\"%s\",\"env\":{"
            "\"SCRIPT\":\"%s\"}}",
            i ? "," : "", (int)(script - modules[i]), modules[i], lab->self, script + 1);
    }
    used += (size_t)snprintf(text + used, sizeof(text) - used, "],\"components\":[");
    for (size_t i = 0; components[i]; i++) {
        const char *name = components[i], *model = strchr(name, '=');
        bool is_other = name[strlen(name) - 1] == '!';
        size_t len = model ? (size_t)(model - name) : strlen(name) - is_other;

        used +=
            (size_t)snprintf(text + used, sizeof(text) - used,
                             "%s{\"name\":\"%.*s\",\"api\":\"rdk:component:sensor\","
                             "\"model\":\"%s\",\"attributes\":{\"n\":%d}}",
                             i ? "," : "", (int)len, name, model ? model + 1 : "t:a:m0", is_other);
    }
    snprintf(text + used, sizeof(text) - used, "]}");
    sn_config_destroy(lab->config);
    if (sn_config_parse(text, strlen(text), &lab->config, &error))
        fail_msg("%s", error.text);
    assert_int_equal(sn_host_configure(lab->host, lab->config), 0);
}

#define NAMES(...)                      \
    (const char *const[])               \
    {                                   \
        __VA_ARGS__ __VA_OPT__(, ) NULL \
    }

/* ---- as the machine does ---- */

static inline void make_pass(struct lab *lab)
{
    struct pass *pass = calloc(1, sizeof(*pass));

    sn_arena_init(&pass->arena, sn_loop_blocks(lab->loop), 1 << 20);
    pass->config = sn_config_ref(lab->config);
    pass->count = lab->config->components.count;
    pass->next = lab->passes;
    lab->passes = pass;
    sn_host_begin_pass(lab->host);
    for (size_t i = 0; i < pass->count; i++)
        sn_host_resolve(lab->host, &lab->config->components.v[i], &pass->arena, &pass->offers[i]);
    sn_host_end_pass(lab->host);
}

/* What is said about an entry now. */
static inline struct sn_host_offer *offer(struct lab *lab, const char *name)
{
    make_pass(lab);
    for (size_t i = 0; i < lab->passes->count; i++)
        if (strcmp(lab->config->components.v[i].name, name) == 0)
            return &lab->passes->offers[i];
    fail_msg("no entry %s", name);
    return NULL;
}

static inline bool can_open(struct lab *lab, const char *name)
{
    const struct sn_host_offer *now = offer(lab, name);

    return now->driver && !now->waiting && !now->error;
}

static inline struct held *find_held(struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->held_count; i++)
        if (strcmp(lab->held[i].name, name) == 0)
            return &lab->held[i];
    return NULL;
}

static inline struct sn_resource *dependency(struct sn_resource *resource, struct sn_str name)
{
    char text[32];

    snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(name));
    struct held *found = find_held(the_lab, text);
    return found && found->open ? found->resource : NULL;
}

static const struct sn_neighbours neighbours = {.dependency = dependency};

static inline void destroy(struct sn_resource *resource)
{
    free(resource);
}

static inline int start_open(struct sn_call *call)
{
    struct held *held = (struct held *)call;

    return held->resource->driver->open(call, held->resource, held->attrs);
}

static inline int start_close(struct sn_call *call)
{
    struct held *held = (struct held *)call;

    return held->resource->driver->close(call, held->resource);
}

static inline void call_ended(struct sn_call *call, int code)
{
    struct held *held = (struct held *)call;

    held->code = code;
    held->ended = true;
    sn_arena_fini(&held->arena);
}

static inline void begin(struct lab *lab, struct held *held, int (*start)(struct sn_call *call))
{
    struct sn_env *env = sn_loop_env(lab->loop);

    held->ended = false;
    sn_arena_init(&held->arena, env->blocks, 1 << 20);
    sn_call_init(&held->call, env, &held->arena, NULL);
    held->call.start = start;
    held->call.end = call_ended;
    sn_call_start(&held->call);
}

static inline struct held *begin_open(struct lab *lab, const char *name)
{
    struct held *held = find_held(lab, name);

    await(lab, can_open(lab, name));
    const struct sn_host_offer *now = offer(lab, name);
    struct sn_resource *resource = calloc(1, now->driver->size);
    if (!held)
        held = &lab->held[lab->held_count++];
    assert_true(lab->held_count <= HELD_MAX && !held->resource);
    snprintf(held->name, sizeof(held->name), "%s", name);
    held->resource = resource;
    held->attrs = now->attrs;
    *resource = (struct sn_resource){.driver = now->driver,
                                     .ops = now->driver->ops,
                                     .api = now->driver->api,
                                     .name = held->name,
                                     .env = sn_loop_env(lab->loop),
                                     .neighbours = &neighbours,
                                     .refs = 1,
                                     .destroy = destroy};
    sn_lane_init(&resource->lane);
    begin(lab, held, start_open);
    return held;
}

static inline int end_open(struct lab *lab, struct held *held)
{
    await(lab, held->ended);
    held->open = held->code == 0;
    if (held->code)
        held->resource = sn_resource_unref(held->resource);
    return held->code;
}

static inline int open_one(struct lab *lab, const char *name)
{
    return end_open(lab, begin_open(lab, name));
}

static inline void begin_close(struct lab *lab, const char *name)
{
    struct held *held = find_held(lab, name);

    held->resource->closed = true;
    begin(lab, held, start_close);
}

static inline int end_close(struct lab *lab, const char *name)
{
    struct held *held = find_held(lab, name);

    await(lab, held->ended);
    held->open = false;
    held->resource = sn_resource_unref(held->resource);
    return held->code;
}

static inline int close_one(struct lab *lab, const char *name)
{
    begin_close(lab, name);
    return end_close(lab, name);
}

static inline void tear_down(struct lab *lab)
{
    char command[64];

    sn_host_begin_pass(lab->host); /* nothing is wanted */
    for (size_t i = 0; i < lab->held_count; i++)
        if (lab->held[i].open)
            close_one(lab, lab->held[i].name);
    sn_host_close(lab->host, host_closed, lab);
    await(lab, lab->closed);
    sn_host_destroy(lab->host);
    free_passes(lab);
    sn_config_destroy(lab->config);
    sn_server_destroy(lab->server);
    sn_loop_destroy(lab->loop);
    snprintf(command, sizeof(command), "rm -rf %s", lab->home);
    assert_int_equal(system(command), 0);
}

static inline struct module *module_at(struct lab *lab, size_t index)
{
    struct sn_list *node = lab->host->modules.next;

    while (index--)
        node = node->next;
    assert_true(node != &lab->host->modules);
    return sn_container_of(node, struct module, link);
}

static inline struct sn_module_info info(struct lab *lab, size_t index)
{
    struct sn_module_info found;

    sn_host_module(lab->host, index, &found);
    return found;
}

static inline bool is_ready(struct lab *lab, size_t index)
{
    return info(lab, index).state == SN_MODULE_READY;
}

/* What a module was asked since the last time. */
static inline const char *log_of(struct lab *lab, const char *module)
{
    static char text[4096];
    char path[128];

    snprintf(path, sizeof(path), "%s/module-data/local/%s/log", lab->home, module);
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    text[len] = '\0';
    if (file)
        fclose(file);
    unlink(path);
    return text;
}

static inline void expect_log(struct lab *lab, const char *module, const char *text)
{
    assert_string_equal(log_of(lab, module), text);
}

#endif
