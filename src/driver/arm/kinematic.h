/* SPDX-License-Identifier: Apache-2.0
 *
 * What arms whose kinematics are known have in common: the model, what follows from it, and the
 * search for joints that bring the end to a pose. A driver's object has a `struct sn_kinematic_arm`
 * as its first member. Loop thread; errors are UNKNOWN with upstream's texts unless said otherwise.
 */
#ifndef SN_DRIVER_ARM_KINEMATIC_H
#define SN_DRIVER_ARM_KINEMATIC_H

#include "pb/common/v1/common.h"
#include "pb/component/arm/v1/arm.h"
#include "sinew/api/arm.h"
#include "sinew/driver.h"
#include "spatial/model.h"

struct sn_kinematic_arm {
    struct sn_arm base;
    struct sn_arena arena; /* of the model */
    struct sn_model *model;
    const struct sn_model *looks; /* whose links' bodies Get3DModels has; NULL: of none */
};

/* Which model: one of the program's, or a file's. Either may be empty. */
struct sn_kinematic_attrs {
    struct sn_str arm_model, model_path;
};

/* The model without a name a config could say: one joint. */
#define SN_KINEMATIC_PLAIN "one_joint"

/* Whether there is such a model. UNKNOWN. */
int sn_kinematic_validate(const struct sn_kinematic_attrs *attrs, struct sn_error *error)
    SN_MUST_USE;

/* Reads it into `arm`, the plain one when `attrs` name none. Models that `others` has (or NULL) are
 * taken from there. Codes and texts of spatial/json.h. */
struct sn_embedded;
int sn_kinematic_load(struct sn_call *call, struct sn_kinematic_arm *arm,
                      const struct sn_kinematic_attrs *attrs, const struct sn_embedded *others)
    SN_MUST_USE;

/* sn_driver.fini of these arms. */
void sn_kinematic_fini(struct sn_resource *resource);

/* ---- from joints (rad, mm) to the rest ---- */

/* Those three answer the API's slots; joints out of their limits have no place. */
int sn_kinematic_end(struct sn_call *call, const struct sn_kinematic_arm *arm, const double *joints,
                     struct pb_common_pose *ret_pose) SN_MUST_USE;
int sn_kinematic_bodies(struct sn_call *call, const struct sn_kinematic_arm *arm,
                        const double *joints,
                        struct pb_common_get_geometries_response *ret_geometries) SN_MUST_USE;
int sn_kinematic_joints(struct sn_call *call, const struct sn_kinematic_arm *arm,
                        const double *joints, struct pb_arm_joint_positions *ret_positions)
    SN_MUST_USE;

/* sn_common_ops.kinematics and sn_arm_ops.models_3d. */
int sn_kinematic_file(struct sn_call *call, struct sn_resource *resource,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_kinematics_response *ret_kinematics);
int sn_kinematic_models_3d(struct sn_call *call, struct sn_arm *arm,
                           const struct pb_google_struct *extra,
                           struct pb_common_get3_d_models_response *ret_models);

/* ---- where joints may go ---- */

/* Takes positions from the wire. */
int sn_kinematic_take(struct sn_call *call, const struct sn_kinematic_arm *arm,
                      const struct pb_arm_joint_positions *positions, double *ret_joints)
    SN_MUST_USE;

/* Whether the joints may move from there to there. NaN may, as upstream lets it. */
int sn_kinematic_check_move(struct sn_call *call, const struct sn_kinematic_arm *arm,
                            const double *from, const double *to) SN_MUST_USE;

/* Whether all `count` positions have as many values as the arm has joints: a way with one that
 * hasn't isn't begun. */
int sn_kinematic_check_counts(struct sn_call *call, const struct sn_kinematic_arm *arm,
                              const struct pb_arm_joint_positions *positions, size_t count)
    SN_MUST_USE;

/* ---- inverse kinematics ---- */

/* Finds joints that bring the end to `pose`, on a pool thread, from the joints `from`; `found` is
 * then called on the loop thread and goes on with `call`: returns 0, SN_ERR_* or SN_PENDING.
 * Returns SN_PENDING or an error. */
int sn_kinematic_search(struct sn_call *call, struct sn_kinematic_arm *arm, const double *from,
                        const struct pb_common_pose *pose,
                        int (*found)(struct sn_call *call, struct sn_kinematic_arm *arm,
                                     const double *joints)) SN_MUST_USE;

#endif
