/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls as JSON over plain HTTP, at the paths that the schema's google.api.http options give them:
 * "/viam/api/v1/..." there is "/api/v1/..." here, as with the reference. Tables are built from the
 * descriptors in the program when the first request comes. Loop thread.
 * Source: google/api/http.proto; what the reference answers.
 */
#ifndef SN_RPC_REST_H
#define SN_RPC_REST_H

#include "rpc/transport/exchange.h"
#include "sinew/env.h"

struct sn_rest;

/* Carries calls to `server`, within the limits of `guard`; both must outlive it. NULL without
 * memory. */
struct sn_rest *sn_rest_create(struct sn_env *env, struct sn_server *server, struct sn_guard *guard)
    SN_MUST_USE;

/* For sn_web_below(), prefix SN_REST_PREFIX. */
struct sn_exchange_handler *sn_rest_handler(struct sn_rest *rest);
#define SN_REST_PREFIX "/api/"

/* No exchange may be left. Accepts NULL. */
void sn_rest_destroy(struct sn_rest *rest);

#endif
