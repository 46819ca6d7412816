/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions and their heartbeats. Loop thread.
 */
#include "robot/session.h"

#include <stdio.h>
#include <stdlib.h>

void sn_sessions_init(struct sn_sessions *sessions, struct sn_env *env, uint64_t window_ns,
                      void (*on_expired)(struct sn_sessions *sessions, struct sn_session *session))
{
    *sessions = (struct sn_sessions){.env = env, .window_ns = window_ns, .on_expired = on_expired};
    sn_list_init(&sessions->all);
}

static void session_destroy(struct sn_session *session)
{
    sn_timer_stop(session->sessions->env->timers, &session->silence);
    sn_list_remove(&session->link);
    session->sessions->count--;
    free(session);
}

void sn_sessions_fini(struct sn_sessions *sessions)
{
    while (!sn_list_empty(&sessions->all))
        session_destroy(sn_container_of(sessions->all.next, struct sn_session, link));
}

void sn_sessions_set_window(struct sn_sessions *sessions, uint64_t window_ns)
{
    sessions->window_ns = window_ns;
}

static void on_silence(struct sn_timer *timer)
{
    struct sn_session *session = sn_container_of(timer, struct sn_session, silence);

    session->sessions->on_expired(session->sessions, session);
    session_destroy(session);
}

static void beat(struct sn_session *session)
{
    sn_timer_start(session->sessions->env->timers, &session->silence, session->sessions->window_ns,
                   on_silence);
}

static struct sn_session *find(const struct sn_sessions *sessions, struct sn_str id,
                               struct sn_str entity)
{
    struct sn_list *node;

    sn_list_for_each (node, &sessions->all) {
        struct sn_session *session = sn_container_of(node, struct sn_session, link);

        if (sn_str_is(id, session->id) && sn_str_eq(entity, session->entity))
            return session;
    }
    return NULL;
}

static struct sn_session *session_create(struct sn_sessions *sessions, const struct sn_peer *peer,
                                         struct sn_str entity)
{
    struct sn_session *session = calloc(1, sizeof(*session) + entity.len);
    uint8_t secret[16];

    if (!session)
        return NULL;
    session->sessions = sessions;
    if (entity.len)
        session->entity = (struct sn_str){memcpy(session + 1, entity.ptr, entity.len), entity.len};
    sn_random_secret(secret, sizeof(secret));
    sn_uuid_format(secret, session->id);
    session->kind = peer ? peer->kind : SN_TRANSPORT_GRPC;
    snprintf(session->remote, sizeof(session->remote), "%s", peer ? peer->remote : "");
    snprintf(session->local, sizeof(session->local), "%s", peer ? peer->local : "");
    sn_list_append(&sessions->all, &session->link);
    sessions->count++;
    return session;
}

int sn_session_start(struct sn_sessions *sessions, struct sn_rpc *rpc, struct sn_str resume,
                     struct sn_session **ret_session)
{
    struct sn_session *session = find(sessions, resume, rpc->entity);

    if (sn_metadata_get(&rpc->metadata, SN_STR("viam-sid")).ptr)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "session already exists");
    if (!session && sessions->count >= SN_SESSIONS_MAX)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "too many concurrent sessions");
    if (!session)
        session = session_create(sessions, rpc->stream ? rpc->stream->peer : NULL, rpc->entity);
    if (!session)
        return sn_call_fail(&rpc->call, SN_ERR_RESOURCE_EXHAUSTED, "no memory for a session");
    beat(session);
    *ret_session = session;
    return 0;
}

int sn_session_beat(struct sn_sessions *sessions, struct sn_rpc *rpc, struct sn_str id,
                    struct sn_session **ret_session)
{
    if (id.len != SN_UUID_LEN)
        return sn_call_fail(&rpc->call, SN_ERR_UNKNOWN, "invalid UUID length: %zu", id.len);
    struct sn_session *session = find(sessions, id, rpc->entity);
    if (!session)
        return sn_call_fail(&rpc->call, SN_ERR_INVALID_ARGUMENT, "SESSION_EXPIRED");
    beat(session);
    *ret_session = session;
    return 0;
}

int sn_session_enter(void *owner, struct sn_rpc *rpc)
{
    struct sn_str id = sn_metadata_get(&rpc->metadata, SN_STR("viam-sid"));
    struct sn_session *session = NULL;
    int code = 0;

    if (!(rpc->method->pb->flags & SN_PB_SAFETY_HEARTBEAT) || !rpc->resource)
        return 0;
    if (id.ptr)
        code = sn_session_beat(owner, rpc, id, &session);
    if (!code)
        rpc->resource->session = session;
    return code;
}
