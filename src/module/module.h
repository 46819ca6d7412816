/* SPDX-License-Identifier: Apache-2.0
 *
 * A module of the config, and its process: what the files of the host share.
 *
 *   module   an entry of the config: lives as long as the config wants it, and its process runs
 *   run      one process of it, from start to end; lives as long as resources were made of it
 *   model    what a ready run says it has: a driver
 *   instance a resource that a run has been told to make
 *   verdict  what a run said about a config's entry
 */
#ifndef SN_MODULE_MODULE_H
#define SN_MODULE_MODULE_H

#include "base/by_name.h"
#include "loop/watch.h"
#include "module/ask.h"
#include "module/host.h"
#include "module/package.h"
#include "module/parent.h"
#include "module/process.h"
#include "resource/name.h"
#include "rpc/core/foreign.h"
#include "rpc/core/transport.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/timers.h"

#include <sys/stat.h>

/* What a module may say it has. */
enum { SN_RUN_HANDLERS_MAX = 256, SN_RUN_MODELS_MAX = 1000 };

struct sn_host {
    struct sn_host_options options;
    struct sn_parent parent;
    struct sn_list modules; /* module.link: those that are to go, then as in the config */
    struct sn_config *config;
    struct sn_logger *log;
    struct sn_task tell; /* options.changed, once for all that changed in a turn of the loop */
    struct sn_config *cleaning; /* folders of its modules are kept, all others go; or NULL */
    bool clean_again;
    bool telling, closing;
    uint32_t channels_closing; /* to processes that have ended; each still holds its run */
    uint64_t pass;
    void (*closed)(void *owner);
    void *closed_owner;
};

struct module {
    struct sn_list link;
    struct sn_host *host;
    char *name;
    struct sn_config *config;             /* a reference */
    const struct sn_config_module *entry; /* in it; NULL: to be removed */
    struct sn_run *run;                   /* its process; NULL: none */
    struct sn_run *last;                  /* that was ready last: which models it has; or NULL */
    struct sn_timer timer;                /* until the next start */
    struct sn_package *package;           /* while its files are prepared */
    char *executable;                     /* of the run, watched; as it was when it was started: */
    struct stat file;
    struct sn_watch *watch;
    struct sn_timer settle; /* until a changed executable counts as written */
    struct sn_logger *log;
    enum sn_module_state state;
    char *error;
    uint32_t failures;
    uint32_t quick_ends; /* in a row, of runs that had been of use */
    uint64_t changed_unix_ns;
    bool again; /* is to be started anew */
    bool held;  /* ... but its folders are being removed */
    bool tried; /* its first start has succeeded or failed */
    bool step_wanted;
    struct sn_task step;
};

enum run_state {
    RUN_STARTING, /* the process runs */
    RUN_READY,
    RUN_RETIRING, /* its resources are being closed */
    RUN_STOPPING, /* it was asked to end */
    RUN_ENDED,
};

struct sn_run {
    uint32_t refs;
    struct sn_host *host;
    struct module *module;                /* NULL once it has ended */
    const struct sn_config_module *entry; /* it was started with; of `config` */
    struct sn_config *config;
    struct sn_arena arena; /* of models and texts */
    struct sn_process *process;
    struct sn_channel *channel;
    char address[128]; /* for its argv: a path or "127.0.0.1:4711" */
    bool tcp;
    enum run_state state;
    uint64_t started_ns, ready_ns, deadline_ns, answered_ns;
    uint64_t failed_ns;    /* when a resource couldn't be made, last */
    struct sn_timer timer; /* of the phase it is in */
    uint64_t pause_ns;
    struct handler *handlers;
    size_t handler_count, learnt; /* of those: whose API is known */
    struct model *models;
    size_t model_count;
    struct sn_list instances;                              /* instance.link */
    struct sn_list verdicts;                               /* verdict.link */
    struct sn_by_name instances_by_name, verdicts_by_name; /* full names */
    struct sn_list unasked; /* verdict.wait: those to ask for, oldest first */
    uint32_t asking;        /* for verdicts, now */
    bool asking_next;
    uint32_t busy; /* instances that are open or being opened */
    bool useful;   /* it has made a resource, and didn't end of another */
    char *why;     /* it was ended, or NULL */
};

/* An API that it serves. */
struct handler {
    const char *api;
    struct sn_str service;
    struct sn_foreign *foreign; /* NULL: built in */
};

struct model {
    struct sn_driver driver; /* first */
    struct sn_run *run;
};

/* ---- module.c ---- */

struct module *module_create(struct sn_host *host, struct sn_config *config,
                             const struct sn_config_module *entry) SN_MUST_USE;
void module_destroy(struct module *module);

/* Takes another entry (of the same name), or NULL: it is no longer wanted. */
void module_want(struct module *module, struct sn_config *config,
                 const struct sn_config_module *entry);
void module_restart(struct module *module);

/* No folder is being removed any more. */
void module_folders_settled(struct module *module);

void module_set_state(struct module *module, enum sn_module_state state, const char *error);

/* What its run tells. */
void module_run_ready(struct module *module);
void module_run_ended(struct module *module, struct sn_run *run, const char *why);

/* ---- run.c ---- */

/* Starts a process. NULL: `error` says why not. */
struct sn_run *run_start(struct module *module, const struct sn_package_result *package,
                         struct sn_error *error) SN_MUST_USE;
struct sn_run *run_ref(struct sn_run *run);

/* Its models are withdrawn; it ends when its resources have been closed, or at the latest after
 * 20 s. */
void run_retire(struct sn_run *run);

/* An instance was closed: a retiring run may be at its end. */
void run_released(struct sn_run *run);

/* Ends it now: what it does makes no sense. */
void run_fail(struct sn_run *run, const char *format, ...) SN_PRINTF(2, 3);

void run_ready(struct sn_run *run);
bool run_alive(const struct sn_run *run);

/* Asks now and then whether it still answers; from ready on. */
void run_probe(struct sn_run *run);

/* ---- handshake.c ---- */

/* Waits for the process to listen, asks until it is ready, and learns what it has. Ends in
 * run_ready() or run_fail(). */
void run_shake_hands(struct sn_run *run);

/* ---- resource.c ---- */

/* The slots of every model's driver. */
int run_open_resource(struct sn_call *call, struct sn_resource *resource, const void *attrs);
int run_close_resource(struct sn_call *call, struct sn_resource *resource);

/* An entry whose model this run has. */
void run_resolve(struct sn_run *run, struct model *model, const struct sn_config_resource *entry,
                 struct sn_arena *arena, struct sn_host_offer *ret_offer);

void run_end_pass(struct sn_run *run);

/* Resources that its module is still making are given up. */
void run_cancel_opening(struct sn_run *run);
void run_forget(struct sn_run *run); /* verdicts and instances */

/* Whether it has ended of a resource that it was to make. Before run_forget(). */
bool run_ended_making(const struct sn_run *run);

/* ---- host.c ---- */

/* Answers to sn_host_resolve() may have changed. */
void host_changed(struct sn_host *host);

/* A ready module besides this one, which is ready too, that has one of its models; NULL: none. */
const struct module *host_rival(const struct sn_host *host, const struct module *module,
                                const struct model **ret_model);
void host_module_gone(struct sn_host *host);

/* Whether nobody is about to remove what a module finds, or makes, in its folders. */
bool host_keeps(const struct sn_host *host, const struct sn_config_module *entry);

/* When the host is closing and nothing of it is left to wait for, its listeners close too. */
void host_end_if_empty(struct sn_host *host);

#endif
