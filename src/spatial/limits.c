/* SPDX-License-Identifier: Apache-2.0
 *
 * Joint limits, in the words clients know.
 */
#include "spatial/model.h"
#include "spatial/number.h"

/* Degrees lose bits on their way over the wire: rad, mm. */
#define SLACK 1e-4

static const struct sn_model_part *joint(const struct sn_model *model, uint32_t i)
{
    return model->frames[model->inputs[i]].part;
}

double sn_model_to_wire(const struct sn_model *model, uint32_t i, double input)
{
    return joint(model, i)->kind == SN_FRAME_REVOLUTE ? sn_degrees(input) : input;
}

double sn_model_from_wire(const struct sn_model *model, uint32_t i, double value)
{
    return joint(model, i)->kind == SN_FRAME_REVOLUTE ? sn_radians(value) : value;
}

int sn_model_check_count(const struct sn_model *model, size_t count, struct sn_error *error)
{
    if (count == model->dof)
        return 0;
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "array length does not match frame DoF, expected %u but got %zu",
                        model->dof, count);
}

int sn_model_check_move(const struct sn_model *model, const double *from, const double *to,
                        struct sn_error *error)
{
    char low[SN_NUMBER_MAX], high[SN_NUMBER_MAX], wanted[SN_NUMBER_MAX];

    for (uint32_t i = 0; i < model->dof; i++) {
        double min = joint(model, i)->min, max = joint(model, i)->max;

        if (from[i] > max)
            max = from[i];
        else if (from[i] < min)
            min = from[i];
        if (!(to[i] < min || to[i] > max))
            continue;
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "joint %u needs to be within range [%s, %s] and cannot be moved to %s",
                            i, sn_number_print(sn_model_to_wire(model, i, min), low),
                            sn_number_print(sn_model_to_wire(model, i, max), high),
                            sn_number_print(sn_model_to_wire(model, i, to[i]), wanted));
    }
    return 0;
}

int sn_model_check_inputs(const struct sn_model *model, const char *name, const double *inputs,
                          struct sn_error *error)
{
    for (uint32_t i = 0; i < model->dof; i++) {
        const struct sn_model_part *part = joint(model, i);

        if (!(inputs[i] < part->min - SLACK || inputs[i] > part->max + SLACK))
            continue;
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "Frame: %s.%s (joint %u): input out of bounds, input %.5f needs to be "
                            "within range [%.5f %.5f]",
                            name, part->id, i, inputs[i], part->max, part->min);
    }
    return 0;
}
