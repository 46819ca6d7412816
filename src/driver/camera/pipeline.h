/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of a transform camera, as its config lists them: what they are, and what those do that
 * need pixels only. The others ask a vision service, see transform.c.
 */
#ifndef SN_DRIVER_CAMERA_PIPELINE_H
#define SN_DRIVER_CAMERA_PIPELINE_H

#include "media/transform.h"
#include "sinew/driver.h"

struct pb_google_list_value; /* "pb/google/protobuf/struct.h" */
struct pb_google_struct;

enum sn_step_kind {
    SN_STEP_ROTATE,
    SN_STEP_RESIZE,
    SN_STEP_CROP,
    SN_STEP_DETECTIONS,
    SN_STEP_CLASSIFICATIONS,
};

struct sn_step {
    enum sn_step_kind kind;
    double degrees;                  /* ROTATE */
    uint32_t width, height;          /* RESIZE */
    double left, top, right, bottom; /* CROP: px, or parts of the picture when none is above 1 */
    bool overlay;                    /* CROP: show what would be cut out */
    struct sn_str service;           /* the vision service */
    double threshold;                /* least confidence */
    uint32_t max;                    /* CLASSIFICATIONS: so many; 0: all */
    const struct pb_google_list_value *labels; /* none other count; NULL: all do */
};

/* An entry of the config's pipeline. */
struct sn_step_attrs {
    struct sn_str type;
    struct pb_google_struct *attributes; /* NULL: none */
};

extern const struct sn_attr sn_step_attrs[];

/* INVALID_ARGUMENT, with upstream's texts. */
int sn_step_parse(const struct sn_step_attrs *attrs, struct sn_step *ret_step,
                  struct sn_error *error) SN_MUST_USE;

/* ROTATE, RESIZE and CROP. Any thread; the result is on `arena`. Errors as of media/transform.h. */
int sn_step_run(const struct sn_step *step, struct sn_image *image, struct sn_arena *arena,
                struct sn_image *ret_image, struct sn_error *error) SN_MUST_USE;

/* Whether what a vision service saw is to be shown. */
bool sn_step_shows(const struct sn_step *step, struct sn_str label, double confidence);

#endif
