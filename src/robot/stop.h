/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping what moves: for StopAll, and when a session ends. Loop thread.
 */
#ifndef SN_ROBOT_STOP_H
#define SN_ROBOT_STOP_H

#include "rpc/core/server.h"

struct sn_stop {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_resource *resource;
    const struct pb_google_struct *extra;
    void (*ended)(struct sn_stop *stop, int code);
    void *owner;
};

/* Whether resources of this API can be stopped. */
bool sn_stop_applies(const char *api);

/* Calls the resource's Stop, past all queues. `extra` (may be NULL) is borrowed until `ended`,
 * which is called once, possibly from inside; sn_call_text() has the error's text then. `parent`
 * may be NULL. RESOURCE_EXHAUSTED: not begun. */
int sn_stop_begin(struct sn_resource *resource, const struct pb_google_struct *extra,
                  struct sn_call *parent, void (*ended)(struct sn_stop *stop, int code),
                  void *owner) SN_MUST_USE;

#endif
