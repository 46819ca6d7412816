/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls whose resource is elsewhere: messages pass as they are, whatever they are, both ways and of
 * all kinds of streams; nothing is decoded. Each side's flow is the other's: a peer gets credit for
 * what the other one has taken. Private to the core.
 */
#ifndef SN_RPC_RELAY_H
#define SN_RPC_RELAY_H

#include "rpc/core/server.h"

/* Carries the rpc out on the channel of its resource, `first` being its first message (lent). A
 * handler, in effect: SN_PENDING, or why it can't be begun. */
int sn_relay_begin(struct sn_rpc *rpc, struct sn_str first) SN_MUST_USE;

/* A further message. Whether the client may send on now; if not, it gets its credit later. */
bool sn_relay_message(struct sn_rpc *rpc, struct sn_str bytes) SN_MUST_USE;

#endif
