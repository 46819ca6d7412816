/* SPDX-License-Identifier: Apache-2.0
 *
 * What call.c and lane.c know of each other.
 */
#ifndef SN_RPC_CALL_PRIVATE_H
#define SN_RPC_CALL_PRIVATE_H

#include "sinew/call.h"
#include "sinew/list.h"

enum sn_call_state { SN_CALL_NEW, SN_CALL_PENDING, SN_CALL_PARKED, SN_CALL_ENDED };

void sn_call_link_append(struct sn_call_link *head, struct sn_call_link *link);
void sn_call_link_remove(struct sn_call_link *link);

/* Ends a call that is pending or parked. */
void sn_call_finish(struct sn_call *call, int code);

/* Takes the ended call out of its lane; returns the one whose turn it is, the lane already its own,
 * or NULL. */
struct sn_call *sn_lane_leave(struct sn_call *call);

#endif
