/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a PCD file: what can be read can be written, and reading that gives the same points.
 * In a cloud there are no more.
 */
#include "fuzz.h"
#include "media/cloud.h"

#include <string.h>

enum { ARENA_MAX = 16 << 20 };

/* Reads `file` to its end and writes what it read; false when it is no PCD file. */
static bool copy(struct sn_str file, struct sn_arena *arena, struct sn_str *ret_file)
{
    struct sn_pcd_reader reader;
    struct sn_pcd_writer writer;
    struct sn_point point;
    struct sn_error error;

    if (sn_pcd_open(&reader, file, arena, &error) ||
        sn_pcd_begin(&writer, reader.count, reader.colored, arena))
        return false;
    for (size_t i = 0; i < reader.count; i++) {
        if (sn_pcd_next(&reader, &point, &error))
            return false;
        sn_pcd_put(&writer, point);
    }
    *ret_file = sn_pcd_end(&writer);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_str file = {(const char *)data, size}, first, second;
    struct sn_cloud cloud;
    struct sn_error error;

    /* What lies at the very edge of the range may round to beyond it. */
    if (copy(file, arena, &first) && copy(first, arena, &second))
        FUZZ_REQUIRE(sn_str_eq(first, second));
    if (sn_cloud_read(&cloud, file, arena, &error) == 0)
        FUZZ_REQUIRE(cloud.count <= size + 2);
    fuzz_memory_fini(&m);
    return 0;
}
