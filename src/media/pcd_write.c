/* SPDX-License-Identifier: Apache-2.0
 *
 * PCD files, written.
 */
#include "media/pcd.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { HEADER_MAX = 256 };

static int header_print(char *text, size_t count, bool colored)
{
    return snprintf(text, HEADER_MAX,
                    "VERSION .7\n"
                    "FIELDS x y z%s\n"
                    "SIZE 4 4 4%s\n"
                    "TYPE F F F%s\n"
                    "COUNT 1 1 1%s\n"
                    "WIDTH %zu\n"
                    "HEIGHT 1\n"
                    "VIEWPOINT 0 0 0 1 0 0 0\n"
                    "POINTS %zu\n"
                    "DATA binary\n",
                    colored ? " rgb" : "", colored ? " 4" : "", colored ? " I" : "",
                    colored ? " 1" : "", count, count);
}

int sn_pcd_begin(struct sn_pcd_writer *writer, size_t count, bool colored, struct sn_arena *arena)
{
    char header[HEADER_MAX];
    size_t header_len = (size_t)header_print(header, count, colored);
    size_t size = sn_pcd_point_size(colored);

    if (count > (SIZE_MAX - HEADER_MAX) / size)
        return SN_ERR_RESOURCE_EXHAUSTED;
    writer->file = sn_arena_alloc(arena, header_len + count * size);
    if (!writer->file)
        return SN_ERR_RESOURCE_EXHAUSTED;
    memcpy(writer->file, header, header_len);
    writer->next = writer->file + header_len;
    writer->end = writer->next + count * size;
    writer->colored = colored;
    return 0;
}

struct sn_str sn_pcd_end(const struct sn_pcd_writer *writer)
{
    assert(writer->next == writer->end);
    return (struct sn_str){writer->file, (size_t)(writer->end - writer->file)};
}
