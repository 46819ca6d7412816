/* SPDX-License-Identifier: Apache-2.0
 *
 * Each picture is a list of discs, one on the other.
 */
#include "driver/camera/preloaded.h"
#include "media/jpeg.h"

enum { WIDTH = 320, HEIGHT = 240 };

struct disc {
    int16_t x, y, rx, ry; /* of an ellipse */
    uint32_t rgb;
};

static const struct disc pizza[] = {
    {160, 120, 400, 400, 0x8a5a36}, {160, 120, 112, 112, 0xc98a45}, {160, 120, 102, 102, 0xb03020},
    {160, 120, 98, 98, 0xf3cf6a},   {120, 80, 18, 18, 0xb5322a},    {190, 70, 18, 18, 0xb5322a},
    {220, 130, 18, 18, 0xb5322a},   {165, 125, 18, 18, 0xb5322a},   {105, 140, 18, 18, 0xb5322a},
    {150, 185, 18, 18, 0xb5322a},   {205, 180, 18, 18, 0xb5322a},   {150, 60, 8, 5, 0x3f7a36},
    {200, 105, 8, 5, 0x3f7a36},     {130, 165, 8, 5, 0x3f7a36},     {180, 155, 8, 5, 0x3f7a36},
    {90, 105, 8, 5, 0x3f7a36},      {240, 95, 7, 7, 0x332b33},      {140, 105, 7, 7, 0x332b33},
};

static const struct disc dog[] = {
    {160, 60, 400, 200, 0xa8cbe8}, {160, 260, 400, 90, 0x6d9a4f}, {160, 200, 90, 60, 0x9c6b3f},
    {160, 110, 62, 58, 0x9c6b3f},  {95, 110, 20, 46, 0x6e4728},   {225, 110, 20, 46, 0x6e4728},
    {160, 140, 34, 28, 0xd9b58a},  {160, 126, 12, 9, 0x1d1a1a},   {137, 96, 9, 11, 0xffffff},
    {183, 96, 9, 11, 0xffffff},    {138, 98, 5, 6, 0x1d1a1a},     {182, 98, 5, 6, 0x1d1a1a},
    {160, 160, 9, 12, 0xd8616b},   {120, 232, 18, 14, 0xd9b58a},  {200, 232, 18, 14, 0xd9b58a},
};

static const struct disc crowd[] = {
    {160, 120, 400, 400, 0xc9c3b6}, {40, 190, 34, 60, 0x3a5f8a},  {40, 120, 20, 24, 0xe0b08c},
    {105, 200, 34, 60, 0x8a3a3a},   {105, 130, 20, 24, 0x9b6a48}, {170, 190, 34, 60, 0x3f7a52},
    {170, 120, 20, 24, 0xf0c8a4},   {235, 200, 34, 60, 0x8a7a3a}, {235, 130, 20, 24, 0x6b452e},
    {290, 190, 34, 60, 0x5d3a8a},   {290, 120, 20, 24, 0xd09a76}, {40, 103, 20, 10, 0x2a1d15},
    {105, 112, 20, 10, 0x1a1210},   {170, 102, 21, 11, 0xb58a3a}, {235, 112, 20, 10, 0x15100d},
    {290, 102, 20, 10, 0x5a3a22},
};

static const struct picture {
    const char *name;
    const struct disc *discs;
    size_t count;
} pictures[] = {
    {"pizza", pizza, sizeof(pizza) / sizeof(pizza[0])},
    {"dog", dog, sizeof(dog) / sizeof(dog[0])},
    {"crowd", crowd, sizeof(crowd) / sizeof(crowd[0])},
};

static const struct picture *find(struct sn_str name)
{
    for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
        if (sn_str_is(name, pictures[i].name))
            return &pictures[i];
    return NULL;
}

bool sn_preloaded_known(struct sn_str name)
{
    return find(name) != NULL;
}

static bool covers(const struct disc *disc, int x, int y)
{
    int dx = (x - disc->x) * disc->ry, dy = (y - disc->y) * disc->rx, r = disc->rx * disc->ry;

    return (int64_t)dx * dx + (int64_t)dy * dy <= (int64_t)r * r;
}

static int draw_row(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    const struct picture *picture = rows->pixels;

    for (int x = 0; x < WIDTH; x++) {
        uint32_t color = 0;

        for (size_t i = 0; i < picture->count; i++)
            if (covers(&picture->discs[i], x, (int)y))
                color = picture->discs[i].rgb;
        *rgb++ = (uint8_t)(color >> 16);
        *rgb++ = (uint8_t)(color >> 8);
        *rgb++ = (uint8_t)color;
    }
    return 0;
}

int sn_preloaded_draw(struct sn_str name, struct sn_arena *arena, struct sn_str *ret_jpeg)
{
    struct sn_rows rows = {WIDTH, HEIGHT, draw_row, find(name)};

    return sn_jpeg_encode(&rows, SN_JPEG_QUALITY, arena, ret_jpeg);
}
