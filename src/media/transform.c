/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotating, scaling and cutting of pictures.
 */
#include "media/transform.h"

#include <math.h>
#include <string.h>

static size_t pixel_size(const struct sn_image *image)
{
    return image->kind == SN_IMAGE_COLOR ? 4 : sizeof(uint16_t);
}

static uint8_t *pixel_at(const struct sn_image *image, uint32_t x, uint32_t y)
{
    size_t at = (size_t)y * image->width + x;

    return image->kind == SN_IMAGE_COLOR ? image->rgba + 4 * at : (uint8_t *)(image->depth + at);
}

/* ---- rotation ---- */

/* Quarter turns lose nothing. */
static void turn(const struct sn_image *from, struct sn_image *to, int quarters)
{
    size_t size = pixel_size(from);
    uint32_t w = from->width - 1, h = from->height - 1;

    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++) {
            uint8_t *target = quarters == 0   ? pixel_at(to, x, y)
                              : quarters == 1 ? pixel_at(to, h - y, x)
                              : quarters == 2 ? pixel_at(to, w - x, h - y)
                                              : pixel_at(to, y, w - x);

            memcpy(target, pixel_at(from, x, y), size);
        }
    }
}

static void sample_nearest(const struct sn_image *from, double x, double y, uint8_t *to)
{
    double left = floor(x), top = floor(y);

    if (left >= 0 && top >= 0 && left < from->width && top < from->height)
        memcpy(to, pixel_at(from, (uint32_t)left, (uint32_t)top), pixel_size(from));
}

/* Each new pixel is looked up where it came from. */
static void turn_freely(const struct sn_image *from, struct sn_image *to, double radians)
{
    double c = cos(radians), s = sin(radians);

    for (uint32_t y = 0; y < to->height; y++) {
        for (uint32_t x = 0; x < to->width; x++) {
            double dx = x + 0.5 - to->width / 2.0, dy = y + 0.5 - to->height / 2.0;
            uint8_t *target = pixel_at(to, x, y);

            memset(target, 0, pixel_size(to));
            if (to->kind == SN_IMAGE_COLOR)
                target[3] = 255;
            sample_nearest(from, c * dx + s * dy + from->width / 2.0,
                           c * dy - s * dx + from->height / 2.0, target);
        }
    }
}

int sn_image_rotate(const struct sn_image *image, double degrees, struct sn_arena *arena,
                    struct sn_image *ret_image, struct sn_error *error)
{
    if (!isfinite(degrees))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "cannot rotate by %g degrees", degrees);
    double turned = fmod(fmod(degrees, 360) + 360, 360), radians = turned * M_PI / 180;
    double w = image->width, h = image->height;
    double width = fabs(w * cos(radians)) + fabs(h * sin(radians));
    double height = fabs(w * sin(radians)) + fabs(h * cos(radians));
    int code = sn_image_create(image->kind, (uint64_t)fmax(round(width), 1),
                               (uint64_t)fmax(round(height), 1), arena, ret_image, error);

    if (code)
        return code;
    if (fmod(turned, 90) == 0)
        turn(image, ret_image, (int)(turned / 90));
    else
        turn_freely(image, ret_image, radians);
    return 0;
}

/* ---- size ---- */

/* What pixel i of `new` covers of `old` ones: at least one. */
struct span {
    uint32_t first, last;
};

static struct span span_of(uint32_t i, uint32_t old, uint32_t new)
{
    uint32_t first = (uint32_t)((uint64_t)i * old / new);
    uint32_t end = (uint32_t)(((uint64_t)i + 1) * old / new);

    return (struct span){first, end > first ? end - 1 : first};
}

static void average(const struct sn_image *from, struct span across, struct span down, uint8_t *to)
{
    uint64_t sum[4] = {0};
    uint64_t count = (uint64_t)(across.last - across.first + 1) * (down.last - down.first + 1);

    for (uint32_t y = down.first; y <= down.last; y++) {
        const uint8_t *pixel = pixel_at(from, across.first, y);

        for (uint32_t x = across.first; x <= across.last; x++, pixel += 4)
            for (int i = 0; i < 4; i++)
                sum[i] += pixel[i];
    }
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((sum[i] + count / 2) / count);
}

/* Between four neighbours, for pictures that grow. */
static void blend(const struct sn_image *from, double x, double y, uint8_t *to)
{
    double left = floor(fmax(x, 0)), top = floor(fmax(y, 0));
    uint32_t x0 = (uint32_t)left, y0 = (uint32_t)top;
    uint32_t x1 = x0 + 1 < from->width ? x0 + 1 : x0, y1 = y0 + 1 < from->height ? y0 + 1 : y0;
    double fx = fmax(x, 0) - left, fy = fmax(y, 0) - top;
    const uint8_t *a = pixel_at(from, x0, y0), *b = pixel_at(from, x1, y0);
    const uint8_t *c = pixel_at(from, x0, y1), *d = pixel_at(from, x1, y1);

    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((a[i] * (1 - fx) + b[i] * fx) * (1 - fy) +
                          (c[i] * (1 - fx) + d[i] * fx) * fy + 0.5);
}

int sn_image_resize(const struct sn_image *image, uint32_t width, uint32_t height,
                    struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
{
    int code = sn_image_create(image->kind, width, height, arena, ret_image, error);
    bool grows = width > image->width || height > image->height;
    double sx = (double)image->width / width, sy = (double)image->height / height;

    for (uint32_t y = 0; !code && y < height; y++) {
        struct span down = span_of(y, image->height, height);

        for (uint32_t x = 0; x < width; x++) {
            struct span across = span_of(x, image->width, width);
            uint8_t *to = pixel_at(ret_image, x, y);

            if (image->kind == SN_IMAGE_DEPTH)
                memcpy(to, pixel_at(image, across.first, down.first), sizeof(uint16_t));
            else if (grows)
                blend(image, (x + 0.5) * sx - 0.5, (y + 0.5) * sy - 0.5, to);
            else
                average(image, across, down, to);
        }
    }
    return code;
}

/* ---- part ---- */

static int64_t within(int64_t value, int64_t max)
{
    return value < 0 ? 0 : value > max ? max : value;
}

int sn_image_crop(const struct sn_image *image, struct sn_rectangle part, struct sn_arena *arena,
                  struct sn_image *ret_image, struct sn_error *error)
{
    uint32_t left = (uint32_t)within(part.x_min, image->width),
             top = (uint32_t)within(part.y_min, image->height);
    uint32_t right = (uint32_t)within(part.x_max, image->width),
             bottom = (uint32_t)within(part.y_max, image->height);

    if (right <= left || bottom <= top)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "crop transform cropped image to 0 pixels");
    int code = sn_image_create(image->kind, right - left, bottom - top, arena, ret_image, error);
    for (uint32_t y = top; !code && y < bottom; y++)
        memcpy(pixel_at(ret_image, 0, y - top), pixel_at(image, left, y),
               pixel_size(image) * (right - left));
    return code;
}
