/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a module, sent to its machine: one at a time, in their order, by RobotService.Log.
 * What the machine doesn't take, or can't, becomes lines on standard output.
 * Source: viam.robot.v1.LogRequest.
 */
#ifndef SN_SDK_LOGS_H
#define SN_SDK_LOGS_H

#include "base/log.h"
#include "rpc/core/client.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <pthread.h>

enum {
    SDK_LOGS_MAX = 1000,           /* records that wait */
    SDK_LOGS_MEMORY_MAX = 4 << 20, /* bytes of theirs */
};

struct sdk_logs {
    struct sn_log_sink sink; /* first */
    struct sn_env *env;
    struct sn_channel *channel; /* NULL: records are lines */
    /* Wakes the loop from any thread to have sdk_logs_send() run there. */
    void (*wake)(void *owner);
    void *owner;

    pthread_mutex_t lock; /* of the next four */
    struct sn_list queue; /* struct record.link */
    size_t count, bytes;
    bool open, woken;

    struct sending *sending; /* under way, or NULL */
    uint8_t failed;          /* in a row */
};

void sdk_logs_init(struct sdk_logs *logs, struct sn_env *env, void (*wake)(void *owner),
                   void *owner);

/* Takes the process's records from now on. */
void sdk_logs_open(struct sdk_logs *logs, struct sn_channel *channel);

/* On the loop thread, after `wake`. */
void sdk_logs_send(struct sdk_logs *logs);

/* No more records; those that wait become lines. */
void sdk_logs_close(struct sdk_logs *logs);

/* After the channel has closed. */
void sdk_logs_fini(struct sdk_logs *logs);

#endif
