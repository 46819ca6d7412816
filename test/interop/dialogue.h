/* SPDX-License-Identifier: Apache-2.0
 *
 * A call told step by step, for the interop client's cases: each function runs the loop until its
 * step is done or WAIT_MAX has passed, which ends the program. Loop thread.
 */
#ifndef SN_TEST_INTEROP_DIALOGUE_H
#define SN_TEST_INTEROP_DIALOGUE_H

#include "loop/loop.h"
#include "rpc/core/transport.h"
#include "sinew/pb.h"

struct dialogue {
    struct sn_loop *loop;
    struct sn_channel *channel;
    struct sn_client_stream *stream; /* NULL when it has ended */
    const struct sn_pb_msg *request_type, *response_type;
    struct sn_arena arena; /* of everything below; lives until dialogue_fini */
    struct sn_metadata headers, trailers;
    void **responses;
    size_t response_count, taken;
    int code; /* of the end */
    struct sn_str text;
};

/* Opens the stream; `metadata` may be NULL. */
void dialogue_init(struct dialogue *dialogue, struct sn_loop *loop, struct sn_channel *channel,
                   const struct sn_pb_service *service, const char *method,
                   const struct sn_metadata *metadata, uint64_t timeout_ns);
void dialogue_fini(struct dialogue *dialogue);

void dialogue_send(struct dialogue *dialogue, const void *request);
void dialogue_half_close(struct dialogue *dialogue);
void dialogue_cancel(struct dialogue *dialogue);

/* The next response, or NULL when the call has ended without one more. */
const void *dialogue_response(struct dialogue *dialogue);

/* Waits for the end; the code it ended with. */
int dialogue_end(struct dialogue *dialogue);

/* Prints and ends the program. */
_Noreturn void interop_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
