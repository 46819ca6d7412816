/* SPDX-License-Identifier: Apache-2.0
 *
 * The signaling service at a machine's own port: callers get their offers answered by the machine
 * itself. Loop thread.
 *
 * Answer isn't served here: nobody but machines asks it, and those have somebody to be found at.
 * Source: proto.rpc.webrtc.v1.SignalingService; texts and codes are the reference's.
 */
#ifndef SN_SIGNALING_SERVER_H
#define SN_SIGNALING_SERVER_H

#include "rpc/core/server.h"
#include "rpc/signaling/offers.h"

/* In the caller's memory, filled; must outlive the server. */
struct sn_signaling {
    struct sn_offers *offers;
    /* Whether a caller who asks for `host` ("robot.example", "192.0.2.1:8080") means this machine.
     */
    bool (*serves)(void *owner, struct sn_str host);
    void *owner;
};

/* RESOURCE_EXHAUSTED. */
int sn_signaling_add(struct sn_signaling *signaling, struct sn_server *server) SN_MUST_USE;

#endif
