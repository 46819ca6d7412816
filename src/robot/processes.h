/* SPDX-License-Identifier: Apache-2.0
 *
 * A config's `processes`: programs of the machine's owner that the server runs and watches. Loop
 * thread.
 *
 * One that runs once (`one_shot`) runs before resources are built; how it ends is logged, and it
 * runs again only when its entry changes. All others are started again when they end: after a
 * second; when they fail again and again, after 2, 4, ... up to 30. A process that is no longer
 * configured is stopped; one whose entry changed is stopped and started as it is now.
 * Source of what isn't our own: goutils pexec.
 */
#ifndef SN_ROBOT_PROCESSES_H
#define SN_ROBOT_PROCESSES_H

#include "resource/config.h"
#include "sinew/env.h"
#include "sinew/list.h"
#include "sinew/log.h"
#include "sinew/timers.h"

#include <stdbool.h>

struct sn_processes {
    struct sn_env *env;
    struct sn_logger *log;
    struct sn_list all; /* run.link */
    /* sn_processes_hold() or sn_processes_running() may say otherwise now; not from inside
     * sn_processes_configure(). */
    void (*changed)(struct sn_processes *processes);
    uint64_t hold_ns;     /* at most so long are resources held up */
    struct sn_timer hold; /* runs while they are */
    bool untrusted;       /* run none */
    bool configuring;     /* whoever does that need not be told */
};

void sn_processes_init(struct sn_processes *processes, struct sn_env *env, uint64_t hold_ns,
                       bool untrusted, void (*changed)(struct sn_processes *processes));

/* Makes them what the config says (which it refers to as long as it needs it); NULL: stops all. */
void sn_processes_configure(struct sn_processes *processes, struct sn_config *config);

/* Whether a process that runs once is still to be waited for. */
bool sn_processes_hold(const struct sn_processes *processes);

bool sn_processes_running(const struct sn_processes *processes);

/* None may be running, unless this program ends anyway. */
void sn_processes_fini(struct sn_processes *processes);

/* ---- for showing ---- */

struct sn_process_state {
    const char *id;
    int state;         /* as on the wire: viam.robot.v1.ResourceStatus.State */
    const char *error; /* "": none */
    const char *revision;
    uint64_t changed_unix_ns;
    uint64_t starts;
    bool up;
};

void sn_processes_each(const struct sn_processes *processes,
                       void (*each)(void *user, const struct sn_process_state *state), void *user);

#endif
