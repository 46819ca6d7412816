/* SPDX-License-Identifier: Apache-2.0
 *
 * Motion: planned moves of components, and where they are. Source: viam.service.motion.v1.
 *
 * Requests and results are the messages of the wire: mm and degrees, a point of the globe in
 * degrees, speeds in m/s and degrees/s. A request's `name` isn't looked at; it must live as long as
 * the call. Results come zeroed; what they refer to lives until the call ends. Errors are UNKNOWN
 * with upstream's texts unless a function says otherwise.
 */
#ifndef SINEW_API_MOTION_H
#define SINEW_API_MOTION_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_MOTION "rdk:service:motion"

/* "pb/service/motion/v1/motion.h" */
struct pb_service_motion_get_plan_request;
struct pb_service_motion_get_plan_response;
struct pb_service_motion_get_pose_request;
struct pb_service_motion_get_pose_response;
struct pb_service_motion_list_plan_statuses_request;
struct pb_service_motion_list_plan_statuses_response;
struct pb_service_motion_move_on_globe_request;
struct pb_service_motion_move_on_globe_response;
struct pb_service_motion_move_on_map_request;
struct pb_service_motion_move_on_map_response;
struct pb_service_motion_move_request;
struct pb_service_motion_move_response;
struct pb_service_motion_stop_plan_request;

struct sn_motion {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. Requests have been checked as the wrappers say. */
struct sn_motion_ops {
    struct sn_common_ops common;

    /* An actuation: a new one ends the running one. Completes when the component has arrived. */
    int (*move)(struct sn_call *call, struct sn_motion *motion,
                const struct pb_service_motion_move_request *request,
                struct pb_service_motion_move_response *ret);

    /* Reads, as far as the lane is concerned: these two begin a motion and complete with its
     * execution's id, a UUID. */
    int (*move_on_map)(struct sn_call *call, struct sn_motion *motion,
                       const struct pb_service_motion_move_on_map_request *request,
                       struct pb_service_motion_move_on_map_response *ret);
    int (*move_on_globe)(struct sn_call *call, struct sn_motion *motion,
                         const struct pb_service_motion_move_on_globe_request *request,
                         struct pb_service_motion_move_on_globe_response *ret);

    /* Reads. */
    int (*pose)(struct sn_call *call, struct sn_motion *motion,
                const struct pb_service_motion_get_pose_request *request,
                struct pb_service_motion_get_pose_response *ret);
    int (*stop_plan)(struct sn_call *call, struct sn_motion *motion,
                     const struct pb_service_motion_stop_plan_request *request);
    int (*list_plan_statuses)(struct sn_call *call, struct sn_motion *motion,
                              const struct pb_service_motion_list_plan_statuses_request *request,
                              struct pb_service_motion_list_plan_statuses_response *ret);
    int (*plan)(struct sn_call *call, struct sn_motion *motion,
                const struct pb_service_motion_get_plan_request *request,
                struct pb_service_motion_get_plan_response *ret);
};

/* Refused: obstacles that are no geometries, two of one name. */
int sn_motion_move(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_move_request *request,
                   struct pb_service_motion_move_response *ret);
/* Refused: no destination, no component, no SLAM service, obstacles that are no geometries. */
int sn_motion_move_on_map(struct sn_call *call, struct sn_motion *motion,
                          const struct pb_service_motion_move_on_map_request *request,
                          struct pb_service_motion_move_on_map_response *ret);
/* Refused: no destination, no component, no movement sensor, obstacles and bounds that are no
 * geometries. */
int sn_motion_move_on_globe(struct sn_call *call, struct sn_motion *motion,
                            const struct pb_service_motion_move_on_globe_request *request,
                            struct pb_service_motion_move_on_globe_response *ret);
/* Refused: no component. */
int sn_motion_pose(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_get_pose_request *request,
                   struct pb_service_motion_get_pose_response *ret);
int sn_motion_stop_plan(struct sn_call *call, struct sn_motion *motion,
                        const struct pb_service_motion_stop_plan_request *request);
int sn_motion_list_plan_statuses(struct sn_call *call, struct sn_motion *motion,
                                 const struct pb_service_motion_list_plan_statuses_request *request,
                                 struct pb_service_motion_list_plan_statuses_response *ret);
/* Refused: no component, an execution's id that is no UUID. */
int sn_motion_plan(struct sn_call *call, struct sn_motion *motion,
                   const struct pb_service_motion_get_plan_request *request,
                   struct pb_service_motion_get_plan_response *ret);

#ifdef __cplusplus
}
#endif

#endif
