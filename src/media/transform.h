/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes to pictures. Pure functions, any thread; results are on the arena. Errors as of
 * sn_image_create().
 */
#ifndef SN_MEDIA_TRANSFORM_H
#define SN_MEDIA_TRANSFORM_H

#include "media/image.h"

/* Clockwise by `degrees` about the middle. The picture grows until all of it is seen; what is not
 * covered is black, or 0 mm. */
int sn_image_rotate(const struct sn_image *image, double degrees, struct sn_arena *arena,
                    struct sn_image *ret_image, struct sn_error *error) SN_MUST_USE;

/* To exactly that size. Colours are averaged over what a new pixel covers; where a side grows,
 * mixed from the four old ones around it. Distances are taken from one old pixel: a mean of two is
 * neither. */
int sn_image_resize(const struct sn_image *image, uint32_t width, uint32_t height,
                    struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
    SN_MUST_USE;

struct sn_rectangle {
    int64_t x_min, y_min, x_max, y_max; /* pixels; the maxima lie outside */
};

/* The part of it that lies in the picture. INVALID_ARGUMENT: none does. */
int sn_image_crop(const struct sn_image *image, struct sn_rectangle part, struct sn_arena *arena,
                  struct sn_image *ret_image, struct sn_error *error) SN_MUST_USE;

/* ---- drawing, on colour pictures ---- */

/* A red frame of two pixels, clipped. */
void sn_image_draw_frame(struct sn_image *image, struct sn_rectangle frame);

/* A line of text in small capitals, red on black, its top left corner at (x, y), clipped. */
void sn_image_draw_text(struct sn_image *image, int64_t x, int64_t y, struct sn_str text);

#endif
