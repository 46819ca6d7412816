/* SPDX-License-Identifier: Apache-2.0
 *
 * A duplex: what an operation with a stream of requests has besides its call. The first request
 * starts the operation, as an argument of its op; the ones behind it, and the responses, pass
 * through this. Messages are the wire's structs, lent while the function runs.
 *
 * Who asks (server glue, a service) makes the duplex in memory that outlives the call, with
 * `respond`. Who carries the operation out (a driver, a proxy) sets `on_request`, and `on_end` if
 * it matters, before its op returns SN_PENDING. Loop thread; nothing blocks.
 */
#ifndef SINEW_DUPLEX_H
#define SINEW_DUPLEX_H

#include "sinew/call.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sn_duplex {
    struct sn_call *call;

    /* By who asks. Takes a response; SN_ERR_* when it can't (RESOURCE_EXHAUSTED: it reads too
     * slowly), which the operation should end with. NULL where there is one response only, which is
     * a result like any other. */
    int (*respond)(struct sn_duplex *duplex, const void *response);
    void *asker;

    /* By who carries it out. A further request, and that none follows; SN_ERR_* ends the call. */
    int (*on_request)(struct sn_duplex *duplex, const void *request);
    int (*on_end)(struct sn_duplex *duplex);
    /* Responses that waited have left; who makes many may stop at `backlog` and go on here. May be
     * NULL. */
    void (*on_writable)(struct sn_duplex *duplex);
    void *worker;
    /* While set, who asks keeps further requests back as far as it can, and the peer with them. Set
     * before a request is returned from; cleared by sn_duplex_resume(). */
    bool hold;

    /* By who asks: requests may come again. May be NULL. */
    void (*resume)(struct sn_duplex *duplex);

    /* By who asks: bytes of responses that have not left. May be NULL: none ever wait. */
    size_t (*backlog)(const struct sn_duplex *duplex);
};

/* By who asks: hands a request on, or says that none follows. An error has been made the reason of
 * the call's cancellation: it will end with it. */
int sn_duplex_request(struct sn_duplex *duplex, const void *request);
int sn_duplex_end(struct sn_duplex *duplex);

/* By who carries it out: takes requests again. They come later, not from inside. */
void sn_duplex_resume(struct sn_duplex *duplex);

#ifdef __cplusplus
}
#endif

#endif
