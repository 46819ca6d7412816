/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinematics files and what follows from them.
 */
#include "driver/model_file.h"
#include "api/geometry.h"
#include "base/heap.h"
#include "platform/file.h"
#include "sinew/list.h"
#include "spatial/json.h"
#include "spatial/urdf.h"

enum { MODEL_MEMORY_MAX = 64 << 20 };

/* Errors as of sn_file_read(), after `what`. */
static int read_file(const char *what, const char *path, struct sn_arena *arena,
                     struct sn_str *ret_bytes, struct sn_error *error)
{
    struct sn_error reason;
    int code = sn_file_read(path, SN_MODEL_SIZE_MAX, arena, ret_bytes, &reason);

    return code ? sn_error_set(error, code, "%s: %s", what, reason.text) : 0;
}

struct mesh_files {
    struct sn_urdf_files base;
    const char *urdf; /* path of the file that refers to them */
};

static int load_mesh(struct sn_urdf_files *files, const char *path, const char *written,
                     struct sn_arena *arena, struct sn_str *ret_data, struct sn_error *error)
{
    const struct mesh_files *mesh = sn_container_of(files, struct mesh_files, base);
    const char *slash = strrchr(mesh->urdf, '/');
    int folder = slash ? (int)(slash - mesh->urdf) + 1 : 0;
    const char *full = path;

    if (path[0] != '/')
        full = sn_arena_printf(arena, "%.*s%s", folder, mesh->urdf, path).ptr;
    const char *what = sn_arena_printf(arena,
                                       "failed to build mesh map: failed to load mesh file %s "
                                       "(referenced as %s)",
                                       full ? full : "", written)
                           .ptr;
    if (!full || !what)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "no memory for %s", path);
    return read_file(what, full, arena, ret_data, error);
}

static bool has_extension(const char *path, const char *extension)
{
    size_t len = strlen(path), tail = strlen(extension);

    return len >= tail && strcmp(path + len - tail, extension) == 0;
}

static int read_model(const char *path, struct sn_arena *arena, struct sn_model **ret_model,
                      struct sn_error *error)
{
    struct mesh_files meshes = {.base = {.load = load_mesh}, .urdf = path};
    bool json = has_extension(path, ".json");
    struct sn_str bytes = SN_STR_NULL;

    if (!json && !has_extension(path, ".urdf"))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "only files with .json and .urdf file extensions are supported");
    int code = read_file(json ? "failed to read json file" : "failed to read URDF file", path,
                         arena, &bytes, error);
    if (code)
        return code;
    return json ? sn_json_model(bytes, NULL, arena, ret_model, error)
                : sn_urdf_model(bytes, NULL, &meshes.base, arena, ret_model, error);
}

int sn_model_file_validate(const char *path, struct sn_error *error)
{
    struct sn_block_pool pool;
    struct sn_arena arena;
    struct sn_model *model;

    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, MODEL_MEMORY_MAX);
    int code = read_model(path, &arena, &model, error);
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
    return code ? SN_ERR_UNKNOWN : 0;
}

int sn_model_load(struct sn_call *call, struct sn_str path, struct sn_str json,
                  struct sn_arena *arena, struct sn_model **ret_model)
{
    struct sn_error error;

    sn_arena_init(arena, call->env->blocks, MODEL_MEMORY_MAX);
    int code = path.len ? read_model(path.ptr, arena, ret_model, &error)
                        : sn_json_model(json, NULL, arena, ret_model, &error);
    return code ? sn_call_fail(call, code, "%s", error.text) : 0;
}

int sn_model_bodies(struct sn_call *call, const struct sn_model *model, const double *inputs,
                    const char *name, struct pb_common_get_geometries_response *ret_geometries)
{
    struct sn_geometry *bodies;
    uint32_t count;
    int code = sn_model_geometries(model, inputs, name, call->arena, &bodies, &count);

    return code ? code : sn_geometries_to_pb(bodies, count, call->arena, ret_geometries);
}
