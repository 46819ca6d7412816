/* SPDX-License-Identifier: Apache-2.0
 *
 * What people and supervisors see of a machine at its port, without gRPC. Loop thread.
 */
#ifndef SN_ROBOT_PAGES_H
#define SN_ROBOT_PAGES_H

#include "robot/robot.h"
#include "rpc/auth/auth.h"
#include "rpc/transport/web/web.h"
#include "rpc/transport/webrtc/peer.h"

/* In the caller's memory, filled; outlives the web's connections. */
struct sn_pages {
    struct sn_robot *robot;
    struct sn_web *web;
    struct sn_loop *loop;
    struct sn_auth *auth;      /* who may see more than that the machine is there */
    struct sn_webrtc_hub *hub; /* its peer connections; NULL: none */
};

/* Adds the pages "/" (a word for who looks whether it is up, resources and their states for a
 * browser), "/metrics", "/debug/graph" and
 * "/restart_status". RESOURCE_EXHAUSTED. */
int sn_pages_add(struct sn_pages *pages) SN_MUST_USE;

#endif
