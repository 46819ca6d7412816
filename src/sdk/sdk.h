/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a module: a server of ModuleService and of the APIs its drivers have, and the
 * resources a machine adds to it. Drivers see the same as in a machine (sinew/driver.h): their
 * dependencies are each other, or proxies that call the machine back.
 *
 * Loop thread. Transports are whoever's runs it: main.c's on a host, a test's own.
 * Source: viam.module.v1 and the behaviour of the reference's module SDKs.
 */
#ifndef SN_SDK_SDK_H
#define SN_SDK_SDK_H

#include "rpc/core/server.h"
#include "sinew/log.h"
#include "sinew/module.h"

struct sn_sdk;

struct sn_sdk_options {
    struct sn_env *env;
    const struct sn_module *module;
    const char *name;        /* of the module; "" when not told */
    enum sn_log_level level; /* of its records, where a resource's config doesn't say another */
    bool tcp;                /* how the machine's address is meant */
    bool alone;              /* Ready without a machine */

    /* Makes a channel to the machine; NULL with `error` set. */
    struct sn_channel *(*dial)(void *owner, const char *address, struct sn_error *error);

    /* Any thread: has sn_sdk_woken() called soon, on the loop thread. */
    void (*wake)(void *owner);

    /* The machine doesn't answer any more: nobody needs this process. */
    void (*orphaned)(void *owner);
    void *owner;
};

/* The options are copied, what they point to must outlive it. Drivers and APIs that break the rules
 * of their headers end the process with a text. NULL without memory. */
struct sn_sdk *sn_sdk_create(const struct sn_sdk_options *options) SN_MUST_USE;

/* For transports. */
struct sn_server *sn_sdk_server(struct sn_sdk *sdk);

void sn_sdk_woken(struct sn_sdk *sdk);

/* A connection to this module has ended: perhaps because the machine did. Asks it. */
void sn_sdk_suspect(struct sn_sdk *sdk);

/* Closes what there is, those that depend on others first, then the channel to the machine.
 * `closed` comes once, perhaps from inside. */
void sn_sdk_close(struct sn_sdk *sdk, void (*closed)(void *owner), void *owner);

/* After it has closed. Accepts NULL. */
void sn_sdk_destroy(struct sn_sdk *sdk);

#endif
