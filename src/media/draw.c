/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames and labels on pictures.
 */
#include "media/transform.h"

#include <string.h>

enum { FRAME = 2, SCALE = 2, GLYPH_WIDTH = 3, GLYPH_HEIGHT = 5, TEXT_MAX = 64 };

static const uint8_t red[4] = {255, 0, 0, 255}, black[4] = {0, 0, 0, 255};

static void put(struct sn_image *image, int64_t x, int64_t y, const uint8_t color[4])
{
    if (x >= 0 && y >= 0 && x < image->width && y < image->height)
        memcpy(image->rgba + 4 * ((size_t)y * image->width + (size_t)x), color, 4);
}

static int64_t clip(int64_t value, int64_t max)
{
    return value < -FRAME ? -FRAME : value > max + FRAME ? max + FRAME : value;
}

void sn_image_draw_frame(struct sn_image *image, struct sn_rectangle frame)
{
    int64_t left = clip(frame.x_min, image->width), right = clip(frame.x_max, image->width);
    int64_t top = clip(frame.y_min, image->height), bottom = clip(frame.y_max, image->height);

    for (int64_t i = 0; i < FRAME; i++) {
        for (int64_t x = left; x < right; x++) {
            put(image, x, top + i, red);
            put(image, x, bottom - 1 - i, red);
        }
        for (int64_t y = top; y < bottom; y++) {
            put(image, left + i, y, red);
            put(image, right - 1 - i, y, red);
        }
    }
}

/* Three by five points each, rows from the top, the leftmost the highest bit. */
static const struct glyph {
    char character;
    uint16_t points;
} glyphs[] = {
    {'0', 075557}, {'1', 026227}, {'2', 071747}, {'3', 071717}, {'4', 055711}, {'5', 074717},
    {'6', 074757}, {'7', 071122}, {'8', 075757}, {'9', 075717}, {'A', 025755}, {'B', 065656},
    {'C', 034443}, {'D', 065556}, {'E', 074647}, {'F', 074644}, {'G', 034553}, {'H', 055755},
    {'I', 072227}, {'J', 011152}, {'K', 055655}, {'L', 044447}, {'M', 057755}, {'N', 065555},
    {'O', 025552}, {'P', 065644}, {'Q', 025573}, {'R', 065655}, {'S', 034216}, {'T', 072222},
    {'U', 055557}, {'V', 055552}, {'W', 055775}, {'X', 055255}, {'Y', 055222}, {'Z', 071247},
    {'.', 000002}, {':', 002020}, {'-', 000700}, {'_', 000007}, {'%', 051245}, {'/', 011244},
    {' ', 000000}, {',', 000024}, {'(', 012221}, {')', 042224},
};

/* What has no glyph is shown as a box. */
static uint16_t points_of(char character)
{
    if (character >= 'a' && character <= 'z')
        character = (char)(character - 'a' + 'A');
    for (size_t i = 0; i < sizeof(glyphs) / sizeof(glyphs[0]); i++)
        if (glyphs[i].character == character)
            return glyphs[i].points;
    return 077777;
}

static void draw_glyph(struct sn_image *image, int64_t x, int64_t y, uint16_t points)
{
    for (int64_t row = 0; row < GLYPH_HEIGHT * SCALE; row++) {
        for (int64_t column = 0; column < GLYPH_WIDTH * SCALE; column++) {
            int64_t bit =
                GLYPH_WIDTH * GLYPH_HEIGHT - 1 - (row / SCALE * GLYPH_WIDTH + column / SCALE);

            put(image, x + column, y + row, points >> bit & 1 ? red : black);
        }
    }
}

void sn_image_draw_text(struct sn_image *image, int64_t x, int64_t y, struct sn_str text)
{
    if (x < -100000 || x > SN_IMAGE_SIDE_MAX || y < -100000 || y > SN_IMAGE_SIDE_MAX)
        return;
    for (size_t i = 0; i < text.len && i < TEXT_MAX; i++)
        draw_glyph(image, x + (int64_t)i * (GLYPH_WIDTH + 1) * SCALE, y, points_of(text.ptr[i]));
}
