/* SPDX-License-Identifier: Apache-2.0
 *
 * What every API has. Each API's ops table begins with these slots, so that code that knows only
 * "a resource" can use them.
 *
 * For all ops tables and wrappers of include/sinew/api/: called on the loop thread, never block;
 * return 0, SN_ERR_* (with a text by sn_call_fail) or SN_PENDING (see sinew/call.h). Arguments are
 * valid until the call ends; result pointers may be filled any time before that. Errors of drivers
 * are SN_ERR_UNKNOWN unless a slot says otherwise: clients match texts, not codes.
 * Source: viam.common.v1.
 */
#ifndef SINEW_API_COMMON_H
#define SINEW_API_COMMON_H

#include "sinew/resource.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pb_google_struct;                  /* "pb/google/protobuf/struct.h" */
struct pb_common_get_geometries_response; /* "pb/common/v1/common.h" */
struct pb_common_get_kinematics_response;

struct sn_common_ops {
    /* Free-form command. Optional: without it the answer is UNKNOWN "DoCommand unimplemented".
     * `*ret_result` is in the call's arena. */
    int (*do_command)(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *command, struct pb_google_struct **ret_result);

    /* The resource's own status. Optional: without it an empty struct. */
    int (*status)(struct sn_call *call, struct sn_resource *resource,
                  struct pb_google_struct **ret_status);

    /* For arm, base, camera, gantry, generic, gripper. Bodies where they are now, in the resource's
     * own frame, added to `*ret_geometries` (zeroed, its entries go into the call's arena, or live
     * as long as the resource). Optional: without it there are none. `extra` may be NULL. */
    int (*geometries)(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_geometries_response *ret_geometries);

    /* For arm, gantry, gripper, where it is mandatory. The kinematics file, its bytes as they are:
     * clients parse them. `*ret_kinematics` comes zeroed, memory as above. `extra` may be NULL. */
    int (*kinematics)(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_kinematics_response *ret_kinematics);
};

/* A read as far as the lane is concerned: a command may not wait behind a motion it is to end. */
int sn_do_command(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *command, struct pb_google_struct **ret_result);

/* Reads. */
int sn_geometries(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *extra,
                  struct pb_common_get_geometries_response *ret_geometries);
int sn_kinematics(struct sn_call *call, struct sn_resource *resource,
                  const struct pb_google_struct *extra,
                  struct pb_common_get_kinematics_response *ret_kinematics);

/* A `geometries` slot for drivers that know of no body but what the machine's config says: the
 * geometry of the entry's `frame`, if it has one. */
int sn_frame_geometries(struct sn_call *call, struct sn_resource *resource,
                        const struct pb_google_struct *extra,
                        struct pb_common_get_geometries_response *ret_geometries);

/* For `open` of such a driver: whether there is no geometry, or one that can be told. UNKNOWN. By
 * who owns the call. */
int sn_frame_check(struct sn_call *call, struct sn_resource *resource) SN_MUST_USE;

int sn_status(struct sn_call *call, struct sn_resource *resource,
              struct pb_google_struct **ret_status);

#ifdef __cplusplus
}
#endif

#endif
