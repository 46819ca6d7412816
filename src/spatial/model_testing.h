/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests that need the kinematics of real arms: reads those of the fake arm's models.
 */
#ifndef SN_SPATIAL_MODEL_TESTING_H
#define SN_SPATIAL_MODEL_TESTING_H

#include "spatial/json.h"
#include "spatial/testing.h"

static inline struct sn_model *load_model(struct memory *memory, const char *name)
{
    char path[512], text[16384];
    struct sn_model *model = NULL;
    struct sn_error error = {0};

    snprintf(path, sizeof(path), "%s/%s.json", SN_MODELS_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text), file);
    fclose(file);
    if (sn_json_model((struct sn_str){text, len}, NULL, &memory->arena, &model, &error) != 0)
        fail_msg("%s: %s", name, error.text);
    return model;
}

#endif
