/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may call the machine: AuthService/Authenticate gives a token for credentials, and the gate of
 * the server lets nobody in without one. Loop thread.
 *
 * Tokens are for one machine (audience) and die with the configuration they were given under, at
 * the latest with the process. What is asked of a connection that vouches for its calls (modules'
 * sockets, WebRTC after signaling) is nothing: sn_peer.trusted.
 *
 * Source: proto.rpc.v1; texts and codes are the reference's.
 */
#ifndef SN_AUTH_AUTH_H
#define SN_AUTH_AUTH_H

#include "rpc/core/server.h"

#include <jansson.h>

enum {
    SN_AUTH_ENTITY_MAX = 256,         /* bytes of who someone says he is */
    SN_AUTH_SECRET_MAX = 4096,        /* ... and of what he shows for it */
    SN_AUTH_FREE_FAILURES = 10,       /* of an entity from an address, without a wait */
    SN_AUTH_FREE_HOST_FAILURES = 100, /* ... of all entities from there */
    SN_AUTH_FREE_FORGERIES = 100,     /* tokens from an address whose signature is wrong */
};

struct sn_auth_pair {
    const char *id, *key; /* secret: never logged */
};

struct sn_auth_options {
    const char *audience; /* the machine's name (FQDN); what tokens are for */
    struct {
        const struct sn_auth_pair *v;
        size_t count;
    } api_keys;
    /* Any of these lets in who names one of `hosts` (robot-location-secret). */
    struct {
        const char *const *v;
        size_t count;
    } location_secrets, hosts;
    const json_t *jwks; /* whose tokens count as well (external); NULL: nobody's */
};

/* What was refused, for metrics. */
enum sn_auth_refusal {
    SN_AUTH_MISSING,     /* no token, or not in the form of one */
    SN_AUTH_INVALID,     /* forged, expired, for another machine */
    SN_AUTH_CREDENTIALS, /* wrong, or of an unknown entity */
    SN_AUTH_TOO_MANY,    /* after too many of these */
    SN_AUTH_REFUSALS
};
extern const char *const sn_auth_refusal_names[SN_AUTH_REFUSALS];

struct sn_auth;

/* Lets everybody in until configured. NULL without memory. */
struct sn_auth *sn_auth_create(struct sn_env *env) SN_MUST_USE;

/* The server must be gone. Accepts NULL. */
void sn_auth_destroy(struct sn_auth *auth);

/* For sn_server_config. */
struct sn_gate *sn_auth_gate(struct sn_auth *auth);

/* Where AuthService will be once it is needed; before sn_auth_configure(). */
void sn_auth_serve(struct sn_auth *auth, struct sn_server *server);

/* Puts these in force (NULL, or ones without credentials: everybody may call). When they differ
 * from those in force all tokens are void and `*ret_changed` is set: then connections have to
 * close, as upstream's do. INVALID_ARGUMENT with a text: the old ones stay. */
int sn_auth_configure(struct sn_auth *auth, const struct sn_auth_options *options,
                      bool *ret_changed, struct sn_error *error) SN_MUST_USE;

/* Whether a page may be shown that says more than that the machine is there: to who shows a token,
 * or his credentials (HTTP's Basic: entity and key). UNAUTHENTICATED, RESOURCE_EXHAUSTED. */
int sn_auth_admit_page(struct sn_auth *auth, const struct sn_peer *peer, struct sn_str path,
                       const struct sn_metadata *headers, struct sn_error *error) SN_MUST_USE;

bool sn_auth_required(const struct sn_auth *auth);

uint64_t sn_auth_refused(const struct sn_auth *auth, enum sn_auth_refusal refusal);

#endif
