/* SPDX-License-Identifier: Apache-2.0
 *
 * JPEG by libjpeg-turbo, out of memory into RGBA. What ends early or is damaged in its middle gives
 * the picture as far as it goes, as most decoders do.
 */
#include "media/image.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h wants it */

#include <jpeglib.h>

enum {
    WARNINGS_MAX = 1000, /* of a file that is nothing but damage */
    SCANS_MAX = 100,     /* each may be a few bytes and takes a pass over all pixels */
    LIBRARY_MEMORY_MAX = 128 << 20,
};

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    uint32_t width, height; /* that are enough */
    struct sn_arena *arena;
    struct sn_image *image;
    struct sn_error *error;
    int code;
};

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;
    char text[JMSG_LENGTH_MAX];

    jpeg->err->format_message(jpeg, text);
    decoder->code =
        sn_error_set(decoder->error, SN_ERR_INVALID_ARGUMENT, "invalid JPEG format: %s", text);
    longjmp(decoder->failed, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && ++jpeg->err->num_warnings > WARNINGS_MAX)
        on_error(jpeg);
}

/* Progressive files only; others are counted as one. */
static void on_progress(j_common_ptr jpeg)
{
    struct decoder *decoder = jpeg->client_data;

    if (decoder->jpeg.input_scan_number <= SCANS_MAX)
        return;
    decoder->code = sn_error_set(decoder->error, SN_ERR_INVALID_ARGUMENT,
                                 "invalid JPEG format: more than %d scans", SCANS_MAX);
    longjmp(decoder->failed, 1);
}

/* Four components are what is left of printing; nobody's camera sends them. */
static void check_colors(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

    if (jpeg->num_components == 1 || jpeg->num_components == 3) {
        jpeg->out_color_space = JCS_EXT_RGBA;
        return;
    }
    decoder->code =
        sn_error_set(decoder->error, SN_ERR_INVALID_ARGUMENT,
                     "invalid JPEG format: %d components; 1 or 3 expected", jpeg->num_components);
    longjmp(decoder->failed, 1);
}

/* The library leaves out frequencies instead of computing all pixels. Where sizes don't divide, the
 * last row or column would cover less than the others: then all are. What is too large stays so. */
static void choose_size(struct jpeg_decompress_struct *jpeg, uint32_t width, uint32_t height)
{
    unsigned scale = 8;

    while (scale > 1 && (jpeg->image_width % scale || jpeg->image_height % scale ||
                         jpeg->image_width / scale < width || jpeg->image_height / scale < height))
        scale /= 2;
    if ((uint64_t)jpeg->image_width * jpeg->image_height > SN_IMAGE_PIXELS_MAX)
        scale = 1;
    jpeg->scale_num = 1;
    jpeg->scale_denom = scale;
    jpeg_calc_output_dimensions(jpeg);
}

static void read_rows(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row =
            decoder->image->rgba + 4 * (size_t)jpeg->output_scanline * decoder->image->width;

        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
}

/* Separate from its caller, whose variables longjmp would leave undefined. */
static void run(struct decoder *decoder, struct sn_str bytes)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

    if (setjmp(decoder->failed))
        return;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &decoder->progress;
    jpeg->mem->max_memory_to_use = LIBRARY_MEMORY_MAX;
    jpeg_mem_src(jpeg, (const unsigned char *)bytes.ptr, bytes.len);
    jpeg_read_header(jpeg, TRUE);
    check_colors(decoder);
    choose_size(jpeg, decoder->width, decoder->height);
    decoder->code = sn_image_create(SN_IMAGE_COLOR, jpeg->output_width, jpeg->output_height,
                                    decoder->arena, decoder->image, decoder->error);
    if (!decoder->code)
        read_rows(decoder);
}

int sn_jpeg_decode(struct sn_str bytes, uint32_t width, uint32_t height, struct sn_arena *arena,
                   struct sn_image *ret_image, struct sn_error *error)
{
    struct decoder decoder = {
        .width = width, .height = height, .arena = arena, .image = ret_image, .error = error};

    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    decoder.progress.progress_monitor = on_progress;
    decoder.jpeg.client_data = &decoder;
    run(&decoder, bytes);
    jpeg_destroy_decompress(&decoder.jpeg);
    return decoder.code;
}
