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

/* By sizes that the compiler knows: a call for each pixel would take longer than all else. */
static inline void copy_pixel(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size == 4)
        memcpy(to, from, 4);
    else
        memcpy(to, from, sizeof(uint16_t));
}

/* ---- rotation ---- */

/* Quarter turns lose nothing: each row goes where the first pixel goes and on from there. */
static void turn(const struct sn_image *from, struct sn_image *to, int quarters)
{
    ptrdiff_t size = (ptrdiff_t)pixel_size(from), line = size * to->width;
    const ptrdiff_t steps[] = {size, line, -size, -line};
    uint32_t w = from->width - 1, h = from->height - 1;

    for (uint32_t y = 0; y <= h; y++) {
        const uint8_t *source = pixel_at(from, 0, y);
        uint8_t *target = quarters == 0   ? pixel_at(to, 0, y)
                          : quarters == 1 ? pixel_at(to, h - y, 0)
                          : quarters == 2 ? pixel_at(to, w, h - y)
                                          : pixel_at(to, y, w);

        for (uint32_t x = 0; x <= w; x++)
            copy_pixel(target + x * steps[quarters], source + x * size, (size_t)size);
    }
}

/* Of 2^32, modulo 2^64: rounds down whatever the sign, and needs no call for it. */
static uint64_t fixed(double value)
{
    return (uint64_t)(int64_t)floor(value * 4294967296.0);
}

/* Each new pixel is looked up where it came from. */
static void turn_freely(const struct sn_image *from, struct sn_image *to, double radians)
{
    static const uint8_t black[] = {0, 0, 0, 255}, no_distance[] = {0, 0};
    const uint8_t *nothing = from->kind == SN_IMAGE_COLOR ? black : no_distance;
    const uint8_t *pixels = pixel_at(from, 0, 0);
    uint32_t new_width = to->width, width = from->width, height = from->height;
    double c = cos(radians), s = sin(radians);
    size_t size = pixel_size(from);

    for (uint32_t y = 0; y < to->height; y++) {
        double dx = 0.5 - new_width / 2.0, dy = y + 0.5 - to->height / 2.0;
        uint64_t left = fixed(c * dx + s * dy + width / 2.0), right = fixed(c);
        uint64_t top = fixed(c * dy - s * dx + height / 2.0), down = fixed(-s);
        uint8_t *target = pixel_at(to, 0, y);

        for (uint32_t x = 0; x < new_width; x++, target += size, left += right, top += down) {
            uint32_t column = (uint32_t)(left >> 32), row = (uint32_t)(top >> 32);
            bool inside = column < width && row < height; /* what is negative is large here */

            copy_pixel(target, inside ? pixels + size * ((size_t)row * width + column) : nothing,
                       size);
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

/* Where a new pixel of a row or column comes from. */
struct reach {
    uint32_t first, last; /* old pixels: what it covers, or the neighbours it lies between */
    uint32_t weight;      /* of the last, of 256, where it lies between */
};

/* What it covers of old ones: at least one. */
static struct reach covered(uint32_t i, uint32_t old, uint32_t new)
{
    uint32_t first = (uint32_t)((uint64_t)i * old / new);
    uint32_t end = (uint32_t)(((uint64_t)i + 1) * old / new);

    return (struct reach){first, end > first ? end - 1 : first, 0};
}

static struct reach neighbours(uint32_t i, uint32_t old, uint32_t new)
{
    double at = fmax((i + 0.5) * old / new - 0.5, 0), first = floor(at);
    uint32_t before = (uint32_t)first;

    return (struct reach){before, before + 1 < old ? before + 1 : before,
                          (uint32_t)((at - first) * 256)};
}

/* Sums of the columns of some rows, color by color. */
static void add_rows(const struct sn_image *from, const struct reach *down, uint32_t *sums)
{
    size_t count = 4 * (size_t)from->width;

    memset(sums, 0, count * sizeof(*sums));
    for (uint32_t y = down->first; y <= down->last; y++) {
        const uint8_t *row = pixel_at(from, 0, y);

        for (size_t i = 0; i < count; i++)
            sums[i] += row[i];
    }
}

/* The mean of what is covered, of `rows` rows; no more than 2^24 pixels are. One division for each
 * number of pixels instead of four for each mean. */
static void average_row(const uint32_t *sums, uint32_t rows, const struct reach *across,
                        uint8_t *to, uint32_t width)
{
    uint32_t count = 0;
    uint64_t inverse = 0; /* of count, times 2^40 */

    for (; width--; across++, to += 4) {
        uint32_t columns = across->last - across->first + 1;
        const uint32_t *from = sums + 4 * (size_t)across->first;

        if (count != rows * columns) {
            count = rows * columns;
            inverse = (1ull << 40) / count + 1;
        }
        uint32_t sum[4] = {count / 2, count / 2, count / 2, count / 2};
        for (; columns--; from += 4)
            for (int i = 0; i < 4; i++)
                sum[i] += from[i];
        for (int i = 0; i < 4; i++)
            to[i] = (uint8_t)(sum[i] * inverse >> 40);
    }
}

/* Between four neighbours, for pictures that grow. */
static void blend_row(const struct sn_image *from, const struct reach *across,
                      const struct reach *down, uint8_t *to, uint32_t width)
{
    const uint8_t *upper = pixel_at(from, 0, down->first), *lower = pixel_at(from, 0, down->last);
    uint32_t fy = down->weight;

    for (; width--; across++, to += 4) {
        size_t left = 4 * (size_t)across->first, right = 4 * (size_t)across->last;
        uint32_t fx = across->weight;

        for (size_t i = 0; i < 4; i++) {
            uint32_t top = upper[left + i] * (256 - fx) + upper[right + i] * fx;
            uint32_t bottom = lower[left + i] * (256 - fx) + lower[right + i] * fx;

            to[i] = (uint8_t)((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16);
        }
    }
}

static void nearest_row(const struct sn_image *from, const struct reach *across,
                        const struct reach *down, uint8_t *to, uint32_t width)
{
    const uint8_t *row = pixel_at(from, 0, down->first);

    for (; width--; across++, to += sizeof(uint16_t))
        memcpy(to, row + sizeof(uint16_t) * across->first, sizeof(uint16_t));
}

int sn_image_resize(const struct sn_image *image, uint32_t width, uint32_t height,
                    struct sn_arena *arena, struct sn_image *ret_image, struct sn_error *error)
{
    int code = sn_image_create(image->kind, width, height, arena, ret_image, error);
    bool depth = image->kind == SN_IMAGE_DEPTH;
    bool grows = !depth && (width > image->width || height > image->height);
    struct reach (*reach_of)(uint32_t i, uint32_t old, uint32_t new) = grows ? neighbours : covered;

    if (code)
        return code;
    struct reach *across = sn_arena_alloc(arena, width * sizeof(*across));
    uint32_t *sums = sn_arena_alloc(arena, 4 * (size_t)image->width * sizeof(*sums));
    if (!across || !sums)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
    for (uint32_t x = 0; x < width; x++)
        across[x] = reach_of(x, image->width, width);
    for (uint32_t y = 0; y < height; y++) {
        struct reach down = reach_of(y, image->height, height);
        uint8_t *to = pixel_at(ret_image, 0, y);

        if (depth) {
            nearest_row(image, across, &down, to, width);
        } else if (grows) {
            blend_row(image, across, &down, to, width);
        } else {
            add_rows(image, &down, sums);
            average_row(sums, down.last - down.first + 1, across, to, width);
        }
    }
    return 0;
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
