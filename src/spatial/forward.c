/* SPDX-License-Identifier: Apache-2.0
 *
 * Forward kinematics: from inputs to poses.
 */
#include "spatial/model.h"

struct sn_pose sn_model_local(const struct sn_model_frame *frame, const double *inputs)
{
    if (frame->part->kind == SN_FRAME_STATIC)
        return frame->part->offset;
    double value = frame->multiplier * inputs[frame->input] + frame->addend;
    if (frame->part->kind == SN_FRAME_PRISMATIC)
        return sn_pose(sn_vec3_scale(frame->axis, value), SN_QUAT_IDENTITY);
    return sn_pose(sn_vec3(0, 0, 0), sn_quat_about(frame->axis, value));
}

struct sn_pose sn_model_end(const struct sn_model *model, const double *inputs)
{
    struct sn_pose end = SN_POSE_IDENTITY;

    for (uint32_t i = 0; i < model->chain_len; i++) {
        struct sn_pose local = sn_model_local(&model->frames[model->chain[i]], inputs);

        end = sn_pose_compose(&end, &local);
    }
    return end;
}

void sn_model_poses(const struct sn_model *model, const double *inputs, struct sn_pose *ret_poses)
{
    for (uint32_t i = 0; i < model->count; i++) {
        const struct sn_model_frame *frame = &model->frames[i];
        struct sn_pose local = sn_model_local(frame, inputs);

        ret_poses[i] =
            frame->parent < 0 ? local : sn_pose_compose(&ret_poses[frame->parent], &local);
    }
}

static uint32_t count_geometries(const struct sn_model *model)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->count; i++)
        if (model->frames[i].part->kind == SN_FRAME_STATIC)
            count += model->frames[i].part->geometry_count;
    return count;
}

/* Several bodies of one link are told apart by a number. */
static struct sn_str label_of(const struct sn_model_part *part, uint32_t i, const char *prefix,
                              struct sn_arena *arena)
{
    if (i == 0)
        return sn_arena_printf(arena, "%s:%s", prefix, part->id);
    return sn_arena_printf(arena, "%s:%s_%u", prefix, part->id, i);
}

int sn_model_geometries(const struct sn_model *model, const double *inputs, const char *prefix,
                        struct sn_arena *arena, struct sn_geometry **ret_geometries,
                        uint32_t *ret_count)
{
    struct sn_pose *poses = sn_arena_alloc(arena, (model->count + 1) * sizeof(*poses));
    struct sn_geometry *list = sn_arena_alloc(arena, (count_geometries(model) + 1) * sizeof(*list));
    uint32_t count = 0;

    if (!poses || !list)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_model_poses(model, inputs, poses);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct sn_model_part *part = model->frames[i].part;
        int32_t parent = model->frames[i].parent;
        const struct sn_pose base = parent < 0 ? SN_POSE_IDENTITY : poses[parent];

        for (uint32_t k = 0; part->kind == SN_FRAME_STATIC && k < part->geometry_count; k++) {
            list[count] = sn_geometry_moved(&part->geometries[k], &base);
            list[count].label = label_of(part, k, prefix, arena);
            if (!list[count++].label.ptr)
                return SN_ERR_RESOURCE_EXHAUSTED;
        }
    }
    *ret_geometries = list;
    *ret_count = count;
    return 0;
}
