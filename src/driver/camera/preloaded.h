/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures that need no file, for trying out what looks at pictures. Drawn by us.
 */
#ifndef SN_DRIVER_CAMERA_PRELOADED_H
#define SN_DRIVER_CAMERA_PRELOADED_H

#include "sinew/arena.h"

#include <stdbool.h>

/* Whether there is a picture of that name. */
bool sn_preloaded_known(struct sn_str name);

/* Draws it into a JPEG of 320 x 240 pixels on `arena`; takes a millisecond. RESOURCE_EXHAUSTED. */
int sn_preloaded_draw(struct sn_str name, struct sn_arena *arena, struct sn_str *ret_jpeg)
    SN_MUST_USE;

#endif
