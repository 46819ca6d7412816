/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: a client that moves things keeps telling that it is there; when it falls silent for a
 * heartbeat window, whatever it was the last to move is stopped. Bound to the caller's identity,
 * not to a connection: clients beat on a second one. Loop thread.
 *
 * Source: viam.robot.v1 (StartSession, SendSessionHeartbeat, GetSessions) and the method option
 * viam.common.v1.safety_heartbeat_monitored.
 */
#ifndef SN_ROBOT_SESSION_H
#define SN_ROBOT_SESSION_H

#include "base/random.h"
#include "rpc/core/server.h"
#include "sinew/list.h"

/* More than any machine has drivers; a client that opens them in a loop is refused. */
enum { SN_SESSIONS_MAX = 1024 };

struct sn_session {
    struct sn_list link; /* sn_sessions.all */
    struct sn_sessions *sessions;
    char id[SN_UUID_LEN + 1];
    struct sn_str entity; /* whose it is; others don't find it */
    enum sn_transport_kind kind;
    char remote[64], local[64]; /* addresses of the client that began it */
    struct sn_timer silence;
};

struct sn_sessions {
    struct sn_list all; /* sn_session.link */
    size_t count;
    uint64_t window_ns;
    struct sn_env *env;
    /* Stops every resource whose `session` is this one, and clears the mark. */
    void (*on_expired)(struct sn_sessions *sessions, struct sn_session *session);
};

void sn_sessions_init(struct sn_sessions *sessions, struct sn_env *env, uint64_t window_ns,
                      void (*on_expired)(struct sn_sessions *sessions, struct sn_session *session));
/* Ends all, without stopping anything. */
void sn_sessions_fini(struct sn_sessions *sessions);

/* For sessions that begin or beat from now on. */
void sn_sessions_set_window(struct sn_sessions *sessions, uint64_t window_ns);

/* The session of id `resume` if there is one, else a new one. RESOURCE_EXHAUSTED, UNKNOWN ("session
 * already exists") with text on the call. */
int sn_session_start(struct sn_sessions *sessions, struct sn_rpc *rpc, struct sn_str resume,
                     struct sn_session **ret_session) SN_MUST_USE;

/* Keeps a session for another window. INVALID_ARGUMENT "SESSION_EXPIRED" (clients know the text);
 * UNKNOWN for what is no UUID. */
int sn_session_beat(struct sn_sessions *sessions, struct sn_rpc *rpc, struct sn_str id,
                    struct sn_session **ret_session) SN_MUST_USE;

/* at_message of the interceptor; owner: the sn_sessions. A monitored call beats for the session it
 * names and marks its resource as moved by it; without one it takes the mark away. */
int sn_session_enter(void *owner, struct sn_rpc *rpc);

#endif
