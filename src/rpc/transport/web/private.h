/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder know of each other.
 */
#ifndef SN_WEB_PRIVATE_H
#define SN_WEB_PRIVATE_H

#include "rpc/transport/web/web.h"

/* ---- cors.c: Fetch standard, "CORS protocol" ---- */

/* Whether a browser asks if it may ask; answered without looking at what. */
bool web_is_preflight(const struct sn_request *request);
void web_answer_preflight(struct sn_exchange *exchange);

/* Adds what lets a page of another origin read the answer, its headers (those that are there by
 * now, and gRPC's) too. RESOURCE_EXHAUSTED. */
int web_allow_origin(const struct sn_exchange *exchange, struct sn_metadata *headers) SN_MUST_USE;

/* ---- grpc_web.c ---- */

bool web_is_grpc(const struct sn_request *request);
void web_serve_grpc(struct sn_exchange *exchange, struct sn_server *server, struct sn_guard *guard);

/* ---- page.c ---- */

void web_serve_page(struct sn_exchange *exchange, struct sn_env *env, sn_page_fn write,
                    void *owner);

/* A status without a body. */
void web_answer(struct sn_exchange *exchange, int status);

#endif
