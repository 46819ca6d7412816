/* SPDX-License-Identifier: Apache-2.0
 *
 * PNG by libpng: colours of any kind as RGBA, greys of 16 bits as distances.
 */
#include "media/image.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

enum { BUFFER_FIRST = 16 << 10, CHUNK_MAX = 8 << 20 };

struct work {
    png_structp png;
    png_infop info;
    struct sn_arena *arena;
    struct sn_error *error;
    int code;
    struct sn_str in; /* what is left */
    char *out;
    size_t used, capacity;
};

static _Noreturn void fail(struct work *work)
{
    longjmp(png_jmpbuf(work->png), 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp text)
{
    struct work *work = png_get_error_ptr(png);

    work->code =
        sn_error_set(work->error, SN_ERR_INVALID_ARGUMENT, "png: invalid format: %s", text);
    fail(work);
}

static void on_warning(png_structp png, png_const_charp text)
{
}

/* ---- reading ---- */

static void take(png_structp png, png_bytep to, size_t len)
{
    struct work *work = png_get_io_ptr(png);

    if (work->in.len < len)
        png_error(png, "unexpected EOF");
    memcpy(to, work->in.ptr, len);
    work->in.ptr += len;
    work->in.len -= len;
}

/* Everything else becomes 8 bits of red, green, blue and alpha. */
static enum sn_image_kind ask_for_pixels(struct work *work)
{
    png_structp png = work->png;
    int type = png_get_color_type(png, work->info), depth = png_get_bit_depth(png, work->info);

    if (type == PNG_COLOR_TYPE_GRAY && depth == 16) {
        png_set_swap(png);
        return SN_IMAGE_DEPTH;
    }
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    return SN_IMAGE_COLOR;
}

static void read_rows(struct work *work, struct sn_image *image)
{
    int passes = png_set_interlace_handling(work->png);

    png_start_read_image(work->png);
    while (passes--) {
        for (uint32_t y = 0; y < image->height; y++) {
            size_t at = (size_t)y * image->width;
            png_bytep row = image->kind == SN_IMAGE_COLOR ? image->rgba + 4 * at
                                                          : (png_bytep)(image->depth + at);

            png_read_row(work->png, row, NULL);
        }
    }
}

/* Separate from its caller, whose variables longjmp would leave undefined. */
static void run_reading(struct work *work, struct sn_image *ret_image)
{
    if (setjmp(png_jmpbuf(work->png)))
        return;
    png_set_read_fn(work->png, work, take);
    png_set_user_limits(work->png, SN_IMAGE_SIDE_MAX, SN_IMAGE_SIDE_MAX);
    png_set_chunk_malloc_max(work->png, CHUNK_MAX);
    png_set_chunk_cache_max(work->png, 128);
    png_read_info(work->png, work->info);
    enum sn_image_kind kind = ask_for_pixels(work);
    work->code = sn_image_create(kind, png_get_image_width(work->png, work->info),
                                 png_get_image_height(work->png, work->info), work->arena,
                                 ret_image, work->error);
    if (!work->code)
        read_rows(work, ret_image);
}

int sn_png_decode(struct sn_str bytes, struct sn_arena *arena, struct sn_image *ret_image,
                  struct sn_error *error)
{
    struct work work = {.arena = arena, .error = error, .in = bytes};

    work.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning);
    work.info = work.png ? png_create_info_struct(work.png) : NULL;
    if (!work.info)
        work.code = sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
    else
        run_reading(&work, ret_image);
    png_destroy_read_struct(&work.png, &work.info, NULL);
    return work.code;
}

/* ---- writing ---- */

static void put(png_structp png, png_bytep bytes, size_t len)
{
    struct work *work = png_get_io_ptr(png);

    if (work->capacity - work->used < len) {
        size_t capacity = work->capacity ? 2 * work->capacity : BUFFER_FIRST;

        while (capacity - work->used < len)
            capacity *= 2;
        char *out = sn_arena_realloc(work->arena, work->out, work->capacity, capacity);
        if (!out) {
            work->code = sn_error_set(work->error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
            fail(work);
        }
        work->out = out;
        work->capacity = capacity;
    }
    memcpy(work->out + work->used, bytes, len);
    work->used += len;
}

static void flush(png_structp png)
{
}

static void run_writing(struct work *work, const struct sn_image *image)
{
    bool color = image->kind == SN_IMAGE_COLOR;

    if (setjmp(png_jmpbuf(work->png)))
        return;
    png_set_write_fn(work->png, work, put, flush);
    png_set_compression_level(work->png, 1); /* it's for the wire, not for the shelf */
    png_set_IHDR(work->png, work->info, image->width, image->height, color ? 8 : 16,
                 color ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(work->png, work->info);
    if (!color)
        png_set_swap(work->png);
    for (uint32_t y = 0; y < image->height; y++) {
        size_t at = (size_t)y * image->width;

        png_write_row(work->png, color ? image->rgba + 4 * at : (png_bytep)(image->depth + at));
    }
    png_write_end(work->png, work->info);
}

int sn_png_encode(const struct sn_image *image, struct sn_arena *arena, struct sn_str *ret_bytes,
                  struct sn_error *error)
{
    struct work work = {.arena = arena, .error = error};

    work.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &work, on_error, on_warning);
    work.info = work.png ? png_create_info_struct(work.png) : NULL;
    if (!work.info)
        work.code = sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "image: no memory");
    else
        run_writing(&work, image);
    png_destroy_write_struct(&work.png, &work.info);
    *ret_bytes = (struct sn_str){work.out, work.used};
    return work.code;
}
