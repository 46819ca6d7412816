/* SPDX-License-Identifier: Apache-2.0
 *
 * What people and supervisors see of a machine at its port, without gRPC. Loop thread.
 */
#ifndef SN_ROBOT_PAGES_H
#define SN_ROBOT_PAGES_H

#include "robot/robot.h"
#include "rpc/transport/web/web.h"

/* Adds the pages "/" (a word for who looks whether it is up), "/metrics", "/debug/graph" and
 * "/restart_status"; the machine must outlive the web's connections. RESOURCE_EXHAUSTED. */
int sn_robot_add_pages(struct sn_robot *robot, struct sn_web *web) SN_MUST_USE;

#endif
