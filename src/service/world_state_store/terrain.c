/* SPDX-License-Identifier: Apache-2.0
 *
 * Hills by value noise: heights on a lattice, chosen by chance and joined smoothly, in octaves of
 * half the size and half the height.
 */
#include "service/world_state_store/terrain.h"
#include "base/random.h"
#include "media/pcd.h"

enum { SIDE = 100, SPACING_MM = 10, OCTAVES = 4, LATTICE = 5, SEED = 1 };

static const double top_mm = 55;

/* Height at one node of an octave's lattice, -1..1. */
static double node(uint64_t octave, uint64_t x, uint64_t y)
{
    struct sn_random random;

    sn_random_init(&random, SEED + octave + (x << 16) + (y << 32));
    return (double)(sn_random_next(&random) >> 11) / (double)(1ULL << 52) - 1;
}

static double blend(double a, double b, double t)
{
    return a + (b - a) * t * t * (3 - 2 * t);
}

static double octave_at(uint64_t octave, double x, double y)
{
    uint64_t left = (uint64_t)x, low = (uint64_t)y;
    double dx = x - (double)left, dy = y - (double)low;

    return blend(blend(node(octave, left, low), node(octave, left + 1, low), dx),
                 blend(node(octave, left, low + 1), node(octave, left + 1, low + 1), dx), dy);
}

static double height_mm(int x, int y)
{
    double sum = 0, scale = (double)LATTICE / SIDE, height = top_mm / 2;

    for (uint64_t octave = 0; octave < OCTAVES; octave++) {
        sum += height * octave_at(octave, x * scale, y * scale);
        scale *= 2;
        height /= 2;
    }
    return sum;
}

/* Water, beach, meadow, wood, rock. */
static uint32_t color_of(double mm)
{
    static const struct {
        double below_mm;
        uint32_t rgb;
    } bands[] = {{0, 0x2188d9}, {5, 0xddba98}, {15, 0x4cba50}, {40, 0x46b24a}};

    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++)
        if (mm < bands[i].below_mm)
            return bands[i].rgb;
    return 0x6f6960;
}

int sn_terrain(struct sn_arena *arena, struct sn_str *ret_file)
{
    struct sn_pcd_writer writer;
    int code = sn_pcd_begin(&writer, (size_t)SIDE * SIDE, true, arena);

    if (code)
        return code;
    for (int x = 0; x < SIDE; x++)
        for (int y = 0; y < SIDE; y++) {
            double z = height_mm(x, y);

            sn_pcd_put(&writer, (struct sn_point){x * SPACING_MM, y * SPACING_MM, z, color_of(z)});
        }
    *ret_file = sn_pcd_end(&writer);
    return 0;
}
