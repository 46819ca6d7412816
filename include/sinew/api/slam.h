/* SPDX-License-Identifier: Apache-2.0
 *
 * SLAM: a map, and where on it the machine is. Source: viam.service.slam.v1.
 *
 * Results are the messages of the wire, zeroed, which services fill in place; what they refer to
 * lives until the call ends, or as long as the resource. Nothing waits in the resource's lane.
 */
#ifndef SINEW_API_SLAM_H
#define SINEW_API_SLAM_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_SLAM "rdk:service:slam"

struct pb_service_slam_get_position_response; /* "pb/service/slam/v1/slam.h" */
struct pb_service_slam_get_properties_response;

struct sn_slam {
    struct sn_resource base;
};

/* By who asks: takes the pieces of a file in their order, each lent while the function runs. What
 * it returns other than 0 ends the call. */
struct sn_slam_sink {
    int (*chunk)(struct sn_call *call, const struct sn_slam_sink *sink, struct sn_str bytes);
};

/* All slots but `common`'s are mandatory. All are reads. `sink` is the caller's until the call
 * ends.
 */
struct sn_slam_ops {
    struct sn_common_ops common;

    /* The machine's pose on the map, mm and degrees. */
    int (*position)(struct sn_call *call, struct sn_slam *slam,
                    struct pb_service_slam_get_position_response *ret);

    /* The map as a point cloud, a PCD file; `edited`: as people have corrected it, where the
     * service knows of that. */
    int (*point_cloud_map)(struct sn_call *call, struct sn_slam *slam, bool edited,
                           const struct sn_slam_sink *sink);

    /* What the algorithm needs to go on with the map, a file in its own format. */
    int (*internal_state)(struct sn_call *call, struct sn_slam *slam,
                          const struct sn_slam_sink *sink);

    int (*properties)(struct sn_call *call, struct sn_slam *slam,
                      struct pb_service_slam_get_properties_response *ret);
};

int sn_slam_position(struct sn_call *call, struct sn_slam *slam,
                     struct pb_service_slam_get_position_response *ret);
int sn_slam_point_cloud_map(struct sn_call *call, struct sn_slam *slam, bool edited,
                            const struct sn_slam_sink *sink);
int sn_slam_internal_state(struct sn_call *call, struct sn_slam *slam,
                           const struct sn_slam_sink *sink);
int sn_slam_properties(struct sn_call *call, struct sn_slam *slam,
                       struct pb_service_slam_get_properties_response *ret);

#ifdef __cplusplus
}
#endif

#endif
