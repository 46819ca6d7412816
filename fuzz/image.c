/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a picture: what can be read can be written in every format and changed in every way.
 */
#include "media/image.h"
#include "fuzz.h"
#include "media/transform.h"

enum { ARENA_MAX = 256 << 20, WORK_MAX = 1 << 16 };

static void write_all(const struct sn_image *image, struct sn_arena *arena)
{
    struct sn_str bytes;
    struct sn_error error;

    for (int format = SN_FORMAT_JPEG; format <= SN_FORMAT_RAW_DEPTH; format++) {
        struct sn_image back;

        if (sn_image_encode(image, (enum sn_image_format)format, arena, &bytes, &error))
            continue;
        FUZZ_REQUIRE(sn_image_decode(bytes, arena, &back, &error) == 0);
        FUZZ_REQUIRE(back.width == image->width && back.height == image->height);
    }
}

static void change(struct sn_image *image, uint8_t how, struct sn_arena *arena)
{
    struct sn_rectangle part = {how % 7, how % 5, how, how * 2};
    struct sn_image out;
    struct sn_error error;

    (void)!sn_image_rotate(image, how * 2.5, arena, &out, &error);
    (void)!sn_image_resize(image, how % 64 + 1u, how % 48 + 1u, arena, &out, &error);
    (void)!sn_image_crop(image, part, arena, &out, &error);
    if (image->kind != SN_IMAGE_COLOR)
        return;
    sn_image_draw_frame(image, part);
    sn_image_draw_text(image, part.x_min - 5, part.y_min, SN_STR("a_1"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_memory m;
    struct sn_arena *arena = fuzz_memory_init(&m, ARENA_MAX);
    struct sn_str bytes = {(const char *)data, size};
    uint8_t how = size ? data[size - 1] : 0;
    struct sn_image image;
    struct sn_error error;

    if (sn_image_decode(bytes, arena, &image, &error) == 0 &&
        (size_t)image.width * image.height < WORK_MAX) {
        write_all(&image, arena);
        change(&image, how, arena);
        if (sn_image_decode_for(bytes, how, how, arena, &image, &error) == 0)
            write_all(&image, arena);
    }
    fuzz_memory_fini(&m);
    return 0;
}
