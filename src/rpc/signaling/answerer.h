/* SPDX-License-Identifier: Apache-2.0
 *
 * Answering offers that come through a signaling server elsewhere: it is asked for callers by
 * Answer streams, each of which brings one. Loop thread; nothing blocks.
 * Source: goutils (rpc/wrtc_signaling_answerer.go).
 */
#ifndef SN_SIGNALING_ANSWERER_H
#define SN_SIGNALING_ANSWERER_H

#include "rpc/core/transport.h"
#include "rpc/signaling/offers.h"

enum {
    SN_ANSWERER_WORKERS = 2,   /* streams that wait at a time, as upstream's */
    SN_ANSWERER_HOSTS_MAX = 5, /* names of one machine; upstream's */
};

struct sn_answerer;

/* Waits for callers of these hosts. `channel` leads to the signaling server, with whatever token it
 * wants; it, `offers` and the names must outlive the answerer. INVALID_ARGUMENT: no host or too
 * many; RESOURCE_EXHAUSTED. */
int sn_answerer_create(struct sn_channel *channel, struct sn_offers *offers,
                       const char *const *hosts, size_t host_count,
                       struct sn_answerer **ret_answerer, struct sn_error *error) SN_MUST_USE;

/* Waits no more; offers that were answered go on. Accepts NULL. */
void sn_answerer_destroy(struct sn_answerer *answerer);

#endif
