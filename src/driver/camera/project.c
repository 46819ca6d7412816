/* SPDX-License-Identifier: Apache-2.0
 *
 * Projection, in two passes: the first counts, since a file begins with the number of its points.
 */
#include "driver/camera/project.h"
#include "media/pcd.h"

#include <math.h>

/* What a cloud can't hold, upstream leaves out. */
#define RANGE_MM 8589934591.0

struct view {
    const struct sn_pinhole *lens;
    const struct sn_image *depth, *color;
    size_t count;
    bool has_origin; /* pixels without a distance: one point, of the colour that came last */
    uint32_t origin_rgb;
};

static bool is_in_range(double mm)
{
    return !(fabs(mm) > RANGE_MM);
}

/* False: no point. */
static bool look(const struct view *view, uint32_t x, uint32_t y, struct sn_point *ret)
{
    const struct sn_pinhole *lens = view->lens;
    size_t at = (size_t)y * view->depth->width + x;
    double z = view->depth->depth[at];
    const uint8_t *rgba = view->color ? view->color->rgba + 4 * at : NULL;

    if (z == 0 && !rgba)
        return false;
    *ret = (struct sn_point){(x - lens->ppx) / lens->fx * z, (y - lens->ppy) / lens->fy * z, z, 0};
    if (rgba)
        ret->rgb = (uint32_t)rgba[0] << 16 | (uint32_t)rgba[1] << 8 | rgba[2];
    return is_in_range(ret->x) && is_in_range(ret->y);
}

static void count(struct view *view)
{
    struct sn_point point;

    for (uint32_t y = 0; y < view->depth->height; y++)
        for (uint32_t x = 0; x < view->depth->width; x++) {
            if (!look(view, x, y, &point))
                continue;
            if (point.z != 0 || !view->has_origin)
                view->count++;
            if (point.z != 0)
                continue;
            view->has_origin = true;
            view->origin_rgb = point.rgb;
        }
}

int sn_project(const struct sn_pinhole *lens, const struct sn_image *depth,
               const struct sn_image *color, struct sn_arena *arena, struct sn_str *ret_file)
{
    struct view view = {.lens = lens, .depth = depth, .color = color};
    struct sn_pcd_writer writer;
    struct sn_point point;

    count(&view);
    if (sn_pcd_begin(&writer, view.count, color != NULL, arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (uint32_t y = 0; y < depth->height; y++)
        for (uint32_t x = 0; x < depth->width; x++) {
            if (!look(&view, x, y, &point) || (point.z == 0 && !view.has_origin))
                continue;
            if (point.z == 0) {
                view.has_origin = false; /* it is put */
                point.rgb = view.origin_rgb;
            }
            sn_pcd_put(&writer, point);
        }
    *ret_file = sn_pcd_end(&writer);
    return 0;
}
