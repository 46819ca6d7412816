/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps of a transform camera.
 */
#include "driver/camera/pipeline.h"
#include "sinew/struct.h"

#include <math.h>

/* A step's attributes while they are read: the first that is of a wrong type is remembered. */
struct reader {
    const char *type;
    const struct pb_google_struct *from;
    struct sn_error *error;
    int code;
};

static const char *name_of_kind(const struct pb_google_value *value)
{
    switch (value->which_kind) {
    case PB_GOOGLE_VALUE_KIND_BOOL_VALUE:
        return "bool";
    case PB_GOOGLE_VALUE_KIND_NUMBER_VALUE:
        return "float64";
    case PB_GOOGLE_VALUE_KIND_STRING_VALUE:
        return "string";
    case PB_GOOGLE_VALUE_KIND_LIST_VALUE:
        return "[]interface {}";
    default:
        return "map[string]interface {}";
    }
}

/* NULL when it isn't there or is of another kind. */
static const struct pb_google_value *get(struct reader *reader, const char *key, uint32_t kind,
                                         const char *wanted)
{
    const struct pb_google_value *value = reader->from ? sn_pb_struct_get(reader->from, key) : NULL;

    if (!value || sn_pb_value_is_null(value) || reader->code)
        return NULL;
    if (value->which_kind == kind)
        return value;
    reader->code = sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                                "cannot parse %s attribute map: decoding failed due to the "
                                "following error(s): '%s' expected type '%s', got unconvertible "
                                "type '%s'",
                                reader->type, key, wanted, name_of_kind(value));
    return NULL;
}

static double get_number(struct reader *reader, const char *key, double preset)
{
    return sn_pb_value_number(get(reader, key, PB_GOOGLE_VALUE_KIND_NUMBER_VALUE, "float64"),
                              preset);
}

/* A whole number whose sign doesn't count, as upstream has it. */
static uint32_t get_size(struct reader *reader, const char *key)
{
    double size = fabs(trunc(get_number(reader, key, 0)));

    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static int wrong(struct reader *reader, const char *text)
{
    return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT, "%s", text);
}

static int read_rotate(struct reader *reader, struct sn_step *step)
{
    step->degrees = get_number(reader, "angle_degs", 180);
    return reader->code;
}

static int read_resize(struct reader *reader, struct sn_step *step)
{
    step->width = get_size(reader, "width_px");
    step->height = get_size(reader, "height_px");
    if (reader->code)
        return reader->code;
    if (step->width == 0)
        return wrong(reader, "new width for resize transform cannot be 0");
    return step->height ? 0 : wrong(reader, "new height for resize transform cannot be 0");
}

static int read_crop(struct reader *reader, struct sn_step *step)
{
    step->left = get_number(reader, "x_min_px", 0);
    step->top = get_number(reader, "y_min_px", 0);
    step->right = get_number(reader, "x_max_px", 0);
    step->bottom = get_number(reader, "y_max_px", 0);
    step->overlay = sn_pb_value_bool(
        get(reader, "overlay_crop_box", PB_GOOGLE_VALUE_KIND_BOOL_VALUE, "bool"), false);
    if (reader->code)
        return reader->code;
    if (step->left < 0 || step->top < 0)
        return wrong(reader, "cannot set x_min or y_min to a negative number");
    if (!(step->left < step->right))
        return wrong(reader, "cannot crop image to 0 width (x_min is >= x_max)");
    return step->top < step->bottom
               ? 0
               : wrong(reader, "cannot crop image to 0 height (y_min is >= y_max)");
}

static int read_service(struct reader *reader, struct sn_step *step, const char *key)
{
    step->service = sn_pb_value_string(
        get(reader, key, PB_GOOGLE_VALUE_KIND_STRING_VALUE, "string"), SN_STR(""));
    step->threshold = get_number(reader, "confidence_threshold", 0);
    step->labels =
        sn_pb_value_list(get(reader, "valid_labels", PB_GOOGLE_VALUE_KIND_LIST_VALUE, "[]string"));
    return reader->code;
}

static int read_detections(struct reader *reader, struct sn_step *step)
{
    return read_service(reader, step, "detector_name");
}

static int read_classifications(struct reader *reader, struct sn_step *step)
{
    step->max = get_size(reader, "max_classifications");
    return read_service(reader, step, "classifier_name");
}

int sn_step_parse(const struct sn_step_attrs *attrs, struct sn_step *ret_step,
                  struct sn_error *error)
{
    static const struct {
        const char *type;
        enum sn_step_kind kind;
        int (*read)(struct reader *reader, struct sn_step *step);
    } types[] = {
        {"rotate", SN_STEP_ROTATE, read_rotate},
        {"resize", SN_STEP_RESIZE, read_resize},
        {"crop", SN_STEP_CROP, read_crop},
        {"detections", SN_STEP_DETECTIONS, read_detections},
        {"classifications", SN_STEP_CLASSIFICATIONS, read_classifications},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct reader reader = {types[i].type, attrs->attributes, error, 0};

        if (!sn_str_is(attrs->type, types[i].type))
            continue;
        *ret_step = (struct sn_step){.kind = types[i].kind};
        return types[i].read(&reader, ret_step);
    }
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "do not  know camera transform of type \"%.*s\"", SN_STR_ARGS(attrs->type));
}

/* ---- running ---- */

static int64_t pixels_of(double value, double scale)
{
    double pixels = trunc(value * scale);

    return pixels < SN_IMAGE_SIDE_MAX ? (int64_t)pixels : SN_IMAGE_SIDE_MAX;
}

static int crop(const struct sn_step *step, struct sn_image *image, struct sn_arena *arena,
                struct sn_image *ret_image, struct sn_error *error)
{
    bool relative = step->left <= 1 && step->top <= 1 && step->right <= 1 && step->bottom <= 1;
    double x = relative ? image->width : 1, y = relative ? image->height : 1;
    struct sn_rectangle part = {pixels_of(step->left, x), pixels_of(step->top, y),
                                pixels_of(step->right, x), pixels_of(step->bottom, y)};

    if (!step->overlay)
        return sn_image_crop(image, part, arena, ret_image, error);
    if (image->kind == SN_IMAGE_COLOR)
        sn_image_draw_frame(image, part);
    *ret_image = *image;
    return 0;
}

int sn_step_run(const struct sn_step *step, struct sn_image *image, struct sn_arena *arena,
                struct sn_image *ret_image, struct sn_error *error)
{
    switch (step->kind) {
    case SN_STEP_ROTATE:
        return sn_image_rotate(image, step->degrees, arena, ret_image, error);
    case SN_STEP_RESIZE:
        return sn_image_resize(image, step->width, step->height, arena, ret_image, error);
    default:
        return crop(step, image, arena, ret_image, error);
    }
}

bool sn_step_shows(const struct sn_step *step, struct sn_str label, double confidence)
{
    if (confidence < step->threshold)
        return false;
    if (!step->labels || step->labels->values.n == 0)
        return true;
    for (uint32_t i = 0; i < step->labels->values.n; i++)
        if (sn_str_eq(sn_pb_value_string(&step->labels->values.v[i], SN_STR_NULL), label))
            return true;
    return false;
}

const struct sn_attr sn_step_attrs[] = {
    {"type", SN_ATTR_STRING, offsetof(struct sn_step_attrs, type),
     .help = "rotate, resize, crop, detections or classifications"},
    {"attributes", SN_ATTR_STRUCT, offsetof(struct sn_step_attrs, attributes),
     .help = "of the step"},
    {0},
};
