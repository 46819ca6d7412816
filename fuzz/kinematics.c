/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a kinematics file, URDF when it begins with '<'. What can be read is a tree with its
 * parents first, whose poses, bodies and limits can be worked out, and whose end solves itself.
 */
#include "fuzz.h"
#include "spatial/json.h"
#include "spatial/urdf.h"

enum { ARENA_MAX = 64 << 20, STARTS = 2 };

static int mesh_load(struct sn_urdf_files *files, const char *path, const char *written,
                     struct sn_arena *arena, struct sn_str *ret_data, struct sn_error *error)
{
    *ret_data = SN_STR("ply\n");
    return path[0] ? 0 : sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "no file");
}

static void model_use(const struct sn_model *model, struct sn_arena *arena)
{
    double inputs[SN_MODEL_DOF_MAX] = {0};
    struct sn_geometry *bodies;
    struct sn_error error;
    uint32_t count;

    FUZZ_REQUIRE(model->count > 0 && model->dof <= SN_MODEL_DOF_MAX && model->end < model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        FUZZ_REQUIRE(model->frames[i].parent < (int32_t)i);
        FUZZ_REQUIRE(model->frames[i].part->kind == SN_FRAME_STATIC || model->frames[i].input >= 0);
    }
    struct sn_pose *poses = sn_arena_alloc(arena, model->count * sizeof(*poses));
    if (!poses)
        return;
    sn_model_poses(model, inputs, poses);
    struct sn_pose end = sn_model_end(model, inputs);
    FUZZ_REQUIRE(poses[model->end].point.x == end.point.x || !isfinite(end.point.x));
    if (sn_model_geometries(model, inputs, "arm", arena, &bodies, &count) == 0)
        for (uint32_t i = 0; i < count; i++)
            FUZZ_REQUIRE(bodies[i].label.len >= 4);
    if (sn_model_check_inputs(model, "arm", inputs, &error) || !sn_vec3_finite(end.point))
        return;
    struct sn_solve how = {.seeds = STARTS};
    if (sn_model_solve(model, inputs, &end, &how, inputs, &error) == 0)
        FUZZ_REQUIRE(sn_model_check_inputs(model, "arm", inputs, &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_urdf_files files = {.load = mesh_load};
    struct sn_str bytes = {(const char *)data, size};
    struct sn_error error = {0};
    struct sn_model *model = NULL;
    struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    int code = size && data[0] == '<' ? sn_urdf_model(bytes, "r", &files, arena, &model, &error)
                                      : sn_json_model(bytes, "r", arena, &model, &error);

    if (code)
        FUZZ_REQUIRE(!model && error.text[0]);
    else
        model_use(model, arena);
    fuzz_memory_fini(&m);
    return 0;
}
