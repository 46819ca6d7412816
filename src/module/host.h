/* SPDX-License-Identifier: Apache-2.0
 *
 * The module host: runs the modules of a config as child processes, learns from each which models
 * it has, and hands those out as drivers like any other. A module that ends by itself is started
 * again, one that changes is stopped and started; its resources go and come with it.
 *
 * The host decides nothing about resources. The machine asks it, entry by entry, what a model of a
 * module would be built with (sn_host_resolve), and is told by `changed` when the answers may be
 * others.
 *
 * Loop thread; nothing blocks. Source: viam.module.v1, and upstream's ways with processes.
 */
#ifndef SN_MODULE_HOST_H
#define SN_MODULE_HOST_H

#include "loop/loop.h"
#include "resource/config.h"
#include "rpc/core/server.h"
#include "sinew/driver.h"

struct sn_host;
struct sn_run;

struct sn_host_options {
    struct sn_loop *loop;
    const char *home;             /* "/root/.viam": data directories and packages lie below */
    uint64_t startup_timeout_ns;  /* until a module listens, and again until it is ready */
    uint64_t resource_timeout_ns; /* of one AddResource or ReconfigureResource */
    uint64_t hang_timeout_ns;     /* a module that answers nothing for so long is ended */
    bool untrusted;               /* only modules whose id begins with "viam:" run */
    bool tcp_only;                /* no UNIX sockets between modules and server */

    /* Filled by the machine. */
    struct sn_server *server;     /* what modules call, and where their own APIs are served */
    void (*changed)(void *owner); /* answers of sn_host_resolve() may have changed; from outside
                                   * of all functions of this header */
    void *owner;
};

/* Opens the sockets that modules call back on. Copies the options; `home` must outlive it.
 * UNAVAILABLE with a text. */
int sn_host_create(const struct sn_host_options *options, struct sn_host **ret_host,
                   struct sn_error *error) SN_MUST_USE;

/* After `closed`. Accepts NULL. */
void sn_host_destroy(struct sn_host *host);

/* Runs the modules of that config, which is shared with the host; others end, each when its
 * resources have been closed. RESOURCE_EXHAUSTED: nothing was changed. */
int sn_host_configure(struct sn_host *host, struct sn_config *config) SN_MUST_USE;

/* Gives up what modules are still making: nothing is wanted any more. */
void sn_host_cancel_opening(struct sn_host *host);

/* Ends all modules, in order: asks, then kills. Their resources should be closed by then. `closed`
 * comes once, never from inside. */
void sn_host_close(struct sn_host *host, void (*closed)(void *owner), void *owner);

/* Ends all processes of modules at once: the last resort of a program that can't wait. */
void sn_host_kill(struct sn_host *host);

/* ---- models ---- */

struct sn_host_names {
    const char *const *v;
    size_t count;
};

/* What a resource is built with. */
struct sn_host_offer {
    const struct sn_driver *driver;         /* NULL: there is none, see below */
    void *attrs;                            /* for its `open` */
    struct sn_host_names depends, optional; /* besides the entry's own */
    struct sn_run *run; /* keeps all that alive: sn_run_unref() when it is no longer used */
    bool waiting;       /* not known yet; `changed` tells */
    bool down;          /* its module has ended and is being started again */
    const char *error;  /* why not; NULL: no module has the model */
};

/* A pass over all entries of a config begins, and ends: what was asked for in between is wanted.
 * Resources of modules that are not wanted and have been closed are removed from their modules. */
void sn_host_begin_pass(struct sn_host *host);
void sn_host_end_pass(struct sn_host *host);

/* Texts and lists go to `arena`, which lives as long as `entry`. */
void sn_host_resolve(struct sn_host *host, const struct sn_config_resource *entry,
                     struct sn_arena *arena, struct sn_host_offer *ret_offer);

void sn_run_unref(struct sn_run *run);

/* ---- what there is ---- */

enum sn_module_state { /* as viam.robot.v1.ModuleStatus.State */
                       SN_MODULE_PENDING = 1,
                       SN_MODULE_STARTING = 2,
                       SN_MODULE_READY = 3,
                       SN_MODULE_UNHEALTHY = 4,
                       SN_MODULE_CLOSING = 5,
};

struct sn_module_info {
    const char *name;
    const char *id; /* "" without */
    enum sn_module_state state;
    const char *error; /* of UNHEALTHY, else "" */
    uint32_t failures; /* starts in a row that came to nothing */
    uint64_t changed_unix_ns;
    pid_t pid; /* 0: no process */
    bool local;
};

size_t sn_host_count(const struct sn_host *host);
void sn_host_module(const struct sn_host *host, size_t index, struct sn_module_info *ret_info);

/* Whether a module that has never been ready may still be so. */
bool sn_host_starting(const struct sn_host *host);

/* The models of a module that is ready; `index` counts from 0. False: there are no more. */
bool sn_host_model(const struct sn_host *host, size_t module, size_t index, const char **ret_api,
                   const char **ret_model);

/* Stops a module and starts it again; one that waits for its next start starts now. By id, or by
 * name. NOT_FOUND. */
int sn_host_restart(struct sn_host *host, struct sn_str id, struct sn_str name) SN_MUST_USE;

/* "127.0.0.1:4711": where modules in TCP mode call back. */
const char *sn_host_tcp_address(const struct sn_host *host);

#endif
