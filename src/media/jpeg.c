/* SPDX-License-Identifier: Apache-2.0
 *
 * JPEG by libjpeg-turbo, into an arena. The library reports errors by a function that may not
 * return, hence the longjmp; everything it allocates goes in jpeg_destroy_compress().
 */
#include "media/jpeg.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h wants it */

#include <jpeglib.h>

enum { BUFFER_FIRST = 16 << 10 };

struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf failed;
    int error;
    struct sn_arena *arena;
    char *bytes;
    size_t capacity;
};

static _Noreturn void fail(struct encoder *encoder, int error)
{
    encoder->error = error;
    longjmp(encoder->failed, 1);
}

/* With valid sizes the library fails for want of memory only. */
static _Noreturn void on_error(j_common_ptr jpeg)
{
    fail(jpeg->client_data, SN_ERR_RESOURCE_EXHAUSTED);
}

static void on_message(j_common_ptr jpeg)
{
}

static void offer_room(struct encoder *encoder, size_t used)
{
    encoder->destination.next_output_byte = (JOCTET *)encoder->bytes + used;
    encoder->destination.free_in_buffer = encoder->capacity - used;
}

static void grow(struct encoder *encoder)
{
    size_t used = encoder->capacity;
    size_t capacity = used ? 2 * used : BUFFER_FIRST;
    char *bytes = sn_arena_realloc(encoder->arena, encoder->bytes, used, capacity);

    if (!bytes)
        fail(encoder, SN_ERR_RESOURCE_EXHAUSTED);
    encoder->bytes = bytes;
    encoder->capacity = capacity;
    offer_room(encoder, used);
}

static void destination_init(j_compress_ptr jpeg)
{
    grow(jpeg->client_data);
}

/* The whole buffer is full, whatever next_output_byte says. */
static boolean destination_full(j_compress_ptr jpeg)
{
    grow(jpeg->client_data);
    return TRUE;
}

static void destination_end(j_compress_ptr jpeg)
{
}

static void prepare(struct encoder *encoder, const struct sn_rows *rows, int quality)
{
    struct jpeg_compress_struct *jpeg = &encoder->jpeg;

    encoder->destination = (struct jpeg_destination_mgr){.init_destination = destination_init,
                                                         .empty_output_buffer = destination_full,
                                                         .term_destination = destination_end};
    jpeg_create_compress(jpeg);
    jpeg->dest = &encoder->destination;
    jpeg->image_width = rows->width;
    jpeg->image_height = rows->height;
    jpeg->input_components = 3;
    jpeg->in_color_space = JCS_RGB;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->write_JFIF_header = FALSE; /* as upstream */
}

static void write_rows(struct encoder *encoder, const struct sn_rows *rows)
{
    struct jpeg_compress_struct *jpeg = &encoder->jpeg;
    JSAMPROW row = jpeg->mem->alloc_large((j_common_ptr)jpeg, JPOOL_IMAGE, 3 * (size_t)rows->width);

    while (jpeg->next_scanline < jpeg->image_height) {
        int error = rows->row(rows, jpeg->next_scanline, row);

        if (error)
            fail(encoder, error);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
}

/* Separate from its caller, whose variables longjmp would leave undefined. */
static void run(struct encoder *encoder, const struct sn_rows *rows, int quality)
{
    if (setjmp(encoder->failed))
        return;
    prepare(encoder, rows, quality);
    jpeg_start_compress(&encoder->jpeg, TRUE);
    write_rows(encoder, rows);
    jpeg_finish_compress(&encoder->jpeg);
}

int sn_jpeg_encode(const struct sn_rows *rows, int quality, struct sn_arena *arena,
                   struct sn_str *ret_bytes)
{
    struct encoder encoder = {.arena = arena};

    if (rows->width - 1 >= SN_JPEG_SIDE_MAX || rows->height - 1 >= SN_JPEG_SIDE_MAX)
        return SN_ERR_INVALID_ARGUMENT;
    encoder.jpeg.err = jpeg_std_error(&encoder.errors);
    encoder.errors.error_exit = on_error;
    encoder.errors.output_message = on_message;
    encoder.jpeg.client_data = &encoder;
    run(&encoder, rows, quality);
    jpeg_destroy_compress(&encoder.jpeg);
    if (!encoder.error)
        *ret_bytes =
            (struct sn_str){encoder.bytes, encoder.capacity - encoder.destination.free_in_buffer};
    return encoder.error;
}
