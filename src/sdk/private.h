/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of src/sdk share.
 */
#ifndef SN_SDK_PRIVATE_H
#define SN_SDK_PRIVATE_H

#include "api/api.h"
#include "pb/app/v1/robot.h"
#include "resource/registry.h"
#include "rpc/health/health.h"
#include "sdk/args.h"
#include "sdk/custom.h"
#include "sdk/logs.h"
#include "sdk/sdk.h"
#include "sinew/list.h"
#include "sinew/timers.h"

enum {
    SDK_RESOURCES_MAX = 10000,       /* a module's */
    SDK_CONFIG_MEMORY_MAX = 4 << 20, /* of one resource */
    SDK_CUSTOM_MEMORY_MAX = 64 << 20,
};

/* What a resource was built from. Lives while a resource was. */
struct sdk_config {
    uint32_t refs;
    struct sn_arena arena;
    const struct sn_driver *driver;
    const struct pb_app_component_config *pb;
    const char *name;
    void *attrs;
    struct sn_str *depends; /* full names */
    size_t depend_count;
};

/* A resource of this module. The driver's object lies before it in one allocation. */
struct sdk_hosted {
    struct sn_list link; /* sn_sdk.hosted: whatever it was built on is before it */
    struct sn_sdk *sdk;
    struct sdk_config *config,
        *last; /* `last`: of before it was reconfigured in place, or refused */
    /* Of the present config, in its order; NULL: of an API nobody here knows. */
    struct sn_resource **depends;
    /* All it was ever given, references: operations that run may still use them. */
    struct sn_resource **held;
    size_t held_count;
    bool busy; /* being built, reconfigured or closed */
    bool ready;
};

struct sdk_machine {
    struct sn_channel *channel; /* NULL until the first Ready */
    char address[SN_ADDRESS_MAX];
    struct sn_timer check;
    struct sdk_probe *probe; /* under way, or NULL */
    bool answered;           /* it was there once */
    uint8_t missed;          /* checks in a row */
};

struct sn_sdk {
    struct sn_sdk_options options;
    struct sn_registry registry;
    struct sn_arena arena; /* of custom APIs */
    struct sdk_custom **customs;
    size_t custom_count;
    struct sn_server *server;
    struct sn_router router;
    struct sn_list hosted; /* struct sdk_hosted.link */
    size_t hosted_count;
    struct sn_list changing; /* change.c's, under way */
    size_t changes;          /* those, and the ones in place */
    struct sdk_machine machine;
    struct sdk_logs logs;
    struct sn_health health; /* serving until it closes */
    struct sn_logger *log;
    bool closing;
    void (*closed)(void *owner);
    void *closed_owner;
};

/* ---- sdk.c ---- */

/* An API, custom ones first; NULL when there is none of that name. */
const struct sn_api *sdk_api_find(const struct sn_sdk *sdk, const char *name);

/* ---- config.c ---- */

/* The driver for a resource the machine describes: NOT_FOUND and INVALID_ARGUMENT with a text. */
int sdk_driver_of(struct sn_sdk *sdk, struct sn_call *call,
                  const struct pb_app_component_config *pb, const struct sn_driver **ret_driver)
    SN_MUST_USE;

/* A config made of the machine's, on memory of its own; one reference. Texts as upstream's. */
int sdk_config_create(struct sn_sdk *sdk, struct sn_call *call,
                      const struct pb_app_component_config *pb, const struct sn_str *depends,
                      size_t depend_count, struct sdk_config **ret_config) SN_MUST_USE;
void sdk_config_unref(struct sdk_config *config);

/* "path" of error texts, and a name of the config's: short or full. */
bool sdk_names(struct sn_str name, const char *api, const char *short_name);

/* ---- hosted.c ---- */

struct sdk_hosted *sdk_hosted_of(const struct sn_resource *resource);
struct sn_resource *sdk_resource_of(struct sdk_hosted *hosted);

/* NULL when there is none, whatever its state. */
struct sdk_hosted *sdk_hosted_find(struct sn_sdk *sdk, const char *api, struct sn_str name);

/* A resource that isn't open, at the end of the list, busy. Takes a reference of its own on
 * `config`. NULL without memory. */
struct sdk_hosted *sdk_hosted_create(struct sn_sdk *sdk, struct sdk_config *config) SN_MUST_USE;

/* Out of the list; its memory goes when nobody uses it any more. */
void sdk_hosted_remove(struct sdk_hosted *hosted);

/* Whether `hosted` was built on `other`. */
bool sdk_hosted_needs(const struct sdk_hosted *hosted, struct sdk_hosted *other);

/* Finds what a config of this resource depends on: a new array of `depend_count`, to be freed; what
 * is in it is held. NULL without memory. */
struct sn_resource **sdk_depends_find(struct sdk_hosted *hosted, const struct sdk_config *config)
    SN_MUST_USE;

/* ---- change.c ---- */

/* Each carries out `call`, as any operation does. */
int sdk_add(struct sn_sdk *sdk, struct sn_call *call, struct sdk_config *take_config) SN_MUST_USE;
int sdk_reconfigure(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted,
                    struct sdk_config *take_config) SN_MUST_USE;
int sdk_remove(struct sn_sdk *sdk, struct sn_call *call, struct sdk_hosted *hosted) SN_MUST_USE;

/* Whether that resource, which may be closed by now, is about to be built by a change under way. */
bool sdk_is_changing(const struct sn_sdk *sdk, const char *api, struct sn_str name);
int sdk_refuse_changing(struct sn_call *call, const char *api, struct sn_str name);

/* Closes all that is open; sdk_settled() when no change is under way any more. */
void sdk_close_all(struct sn_sdk *sdk);
void sdk_settled(struct sn_sdk *sdk);

/* ---- machine.c ---- */

/* Remembers where the machine is and asks it something, to see that it is there. */
int sdk_machine_meet(struct sn_sdk *sdk, struct sn_call *call, struct sn_str address) SN_MUST_USE;
void sdk_machine_close(struct sn_sdk *sdk);

/* ---- service.c ---- */

extern const struct sn_service sdk_service;

#endif
