/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls to other servers, on any channel. Loop thread.
 */
#ifndef SN_RPC_CLIENT_H
#define SN_RPC_CLIENT_H

#include "rpc/core/transport.h"
#include "sinew/duplex.h"
#include "sinew/pb.h"

/* Turns the reply into the operation's results: `response` is of the method's type, in the call's
 * arena. Returns what the call ends with. */
typedef int (*sn_reply_fn)(struct sn_call *call, const void *response, void *arg);

/* Carries `call` out as the unary method `method` ("SetPower") of `service`: encodes `request`
 * (needed during this function only), and ends the call with the reply's outcome; an error's text
 * and details are kept with the call. Cancelling the call cancels the RPC and ends the call at
 * once. `reply` may be NULL when an empty response says it all.
 * Returns SN_PENDING, or SN_ERR_* when it could not be begun. */
int sn_client_unary(struct sn_call *call, struct sn_channel *channel,
                    const struct sn_pb_service *service, const char *method, const void *request,
                    sn_reply_fn reply, void *arg) SN_MUST_USE;

/* Gets each response of a stream; it lives during the callback. May cancel the call. */
typedef void (*sn_each_fn)(struct sn_call *call, const void *response, void *arg);

/* As above for a server-streaming method: `each` gets the responses as they come, then the call
 * ends with the stream's outcome. Without a deadline of its own it lasts until either side ends it.
 */
int sn_client_stream(struct sn_call *call, struct sn_channel *channel,
                     const struct sn_pb_service *service, const char *method, const void *request,
                     sn_each_fn each, void *arg) SN_MUST_USE;

/* As above for client and bidi streams: `request` is the first, the others come through `duplex`
 * (whose `on_request` and `on_end` are set here); responses go to its `respond`, or, of a method
 * with one response, to `reply`. */
int sn_client_duplex(struct sn_call *call, struct sn_channel *channel,
                     const struct sn_pb_service *service, const char *method, const void *request,
                     struct sn_duplex *duplex, sn_reply_fn reply, void *arg) SN_MUST_USE;

/* Requests of a duplex that may wait to leave, in bytes; with more the call ends with
 * RESOURCE_EXHAUSTED. */
enum { SN_CLIENT_QUEUE_MAX = 4 << 20 };

/* For unary calls that nobody gave a deadline. Source: upstream, both directions. */
#define SN_CLIENT_TIMEOUT_NS (600 * (uint64_t)1000000000)

#endif
