/* SPDX-License-Identifier: Apache-2.0
 *
 * Point clouds in memory: an array, and beside it a table of its positions.
 */
#include "media/cloud.h"

/* Slots that are looked at for one point: a table that is half empty has no runs as long, unless
 * somebody made them. */
enum { PROBES_MAX = 64 };

int sn_cloud_begin(struct sn_cloud *cloud, size_t room, bool colored, struct sn_arena *arena)
{
    size_t slots = 2;

    while (slots < 2 * room && slots <= UINT32_MAX)
        slots *= 2;
    *cloud = (struct sn_cloud){.colored = colored, .room = room, .mask = slots - 1};
    if (slots > UINT32_MAX)
        return SN_ERR_RESOURCE_EXHAUSTED;
    cloud->points = sn_arena_alloc(arena, (room + 1) * sizeof(*cloud->points));
    cloud->slots = sn_arena_zalloc(arena, slots * sizeof(*cloud->slots));
    return cloud->points && cloud->slots ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    value += 0.0; /* -0 is where 0 is */
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static size_t hash_of(struct sn_point point)
{
    return (size_t)mix(mix(mix(bits_of(point.x)) + bits_of(point.y)) + bits_of(point.z));
}

/* NaN is nowhere, so at no other's place. */
static bool is_at(struct sn_point a, struct sn_point b)
{
    return a.x == b.x && a.y == b.y && a.z == b.z;
}

void sn_cloud_put(struct sn_cloud *cloud, struct sn_point point)
{
    size_t hash = hash_of(point);

    for (size_t i = 0; i < PROBES_MAX; i++) {
        uint32_t *slot = &cloud->slots[(hash + i) & cloud->mask];

        if (*slot == 0) {
            *slot = (uint32_t)cloud->count + 1;
            break;
        }
        if (is_at(cloud->points[*slot - 1], point)) {
            cloud->points[*slot - 1].rgb = point.rgb;
            return;
        }
    }
    assert(cloud->count < cloud->room);
    cloud->points[cloud->count++] = point;
}

int sn_cloud_read(struct sn_cloud *cloud, struct sn_str file, struct sn_arena *arena,
                  struct sn_error *error)
{
    struct sn_pcd_reader reader;
    struct sn_point point;
    int code = sn_pcd_open(&reader, file, arena, error);

    if (code)
        return code;
    if (sn_cloud_begin(cloud, reader.count, reader.colored, arena))
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "point cloud takes too much memory");
    for (size_t i = 0; !code && i < reader.count; i++) {
        code = sn_pcd_next(&reader, &point, error);
        if (!code)
            sn_cloud_put(cloud, point);
    }
    return code;
}

int sn_cloud_write(const struct sn_cloud *cloud, struct sn_arena *arena, struct sn_str *ret_file)
{
    struct sn_pcd_writer writer;

    if (sn_pcd_begin(&writer, cloud->count, cloud->colored, arena))
        return SN_ERR_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < cloud->count; i++)
        sn_pcd_put(&writer, cloud->points[i]);
    *ret_file = sn_pcd_end(&writer);
    return 0;
}
