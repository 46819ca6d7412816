/* SPDX-License-Identifier: Apache-2.0 */
#include "media/image.h"
#include "media/jpeg.h"
#include "media/testing.h"

#include <stdio.h>

#include <jpeglib.h>

/* Two halves, so that a swap of axes or colours shows. */
static int halves(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    for (uint32_t x = 0; x < rows->width; x++) {
        *rgb++ = x < rows->width / 2 ? 255 : 0;
        *rgb++ = 0;
        *rgb++ = y < rows->height / 2 ? 255 : 0;
    }
    return 0;
}

static int broken(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    return y == 9 ? SN_ERR_CANCELLED : halves(rows, y, rgb);
}

/* The pixel at (x, y); checks the size on the way. */
static void read_pixel(struct sn_str jpeg, uint32_t width, uint32_t height, uint32_t x, uint32_t y,
                       uint8_t ret_rgb[3])
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;

    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, (const unsigned char *)jpeg.ptr, jpeg.len);
    jpeg_read_header(&d, TRUE);
    assert_int_equal(d.image_width, width);
    assert_int_equal(d.image_height, height);
    jpeg_start_decompress(&d);
    JSAMPROW row = malloc(3 * (size_t)width);
    while (d.output_scanline <= y)
        jpeg_read_scanlines(&d, &row, 1);
    memcpy(ret_rgb, row + 3 * (size_t)x, 3);
    free(row);
    jpeg_destroy_decompress(&d);
}

static void expect_pixel(struct sn_str jpeg, uint32_t width, uint32_t height, uint32_t x,
                         uint32_t y, int red, int blue)
{
    uint8_t rgb[3];

    read_pixel(jpeg, width, height, x, y, rgb);
    assert_true(abs(rgb[0] - red) < 16);
    assert_true(rgb[1] < 16);
    assert_true(abs(rgb[2] - blue) < 16);
}

static void an_image_reads_back(void **state)
{
    struct memory *m = *state;
    struct sn_rows rows = {64, 48, halves, NULL};
    struct sn_str jpeg;

    assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg), 0);
    expect_pixel(jpeg, 64, 48, 2, 2, 255, 255);
    expect_pixel(jpeg, 64, 48, 60, 2, 0, 255);
    expect_pixel(jpeg, 64, 48, 2, 44, 255, 0);
    expect_pixel(jpeg, 64, 48, 60, 44, 0, 0);
}

/* Upstream's files have no JFIF header: what follows the start are the tables. */
static void a_file_begins_with_its_tables(void **state)
{
    struct memory *m = *state;
    struct sn_rows rows = {16, 16, halves, NULL};
    struct sn_str jpeg;

    assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg), 0);
    assert_memory_equal(jpeg.ptr, "\xff\xd8\xff\xdb", 4);
    assert_memory_equal(jpeg.ptr + jpeg.len - 2, "\xff\xd9", 2);
}

static void odd_and_extreme_sizes(void **state)
{
    struct memory *m = *state;
    static const uint32_t sizes[][2] = {{1, 1}, {7, 3}, {SN_JPEG_SIDE_MAX, 1}, {1, 1000}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sn_rows rows = {sizes[i][0], sizes[i][1], halves, NULL};
        struct sn_str jpeg;
        uint8_t rgb[3];

        assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg), 0);
        read_pixel(jpeg, rows.width, rows.height, 0, 0, rgb);
    }
}

static void bad_sizes_are_refused(void **state)
{
    struct memory *m = *state;
    static const uint32_t sizes[][2] = {{0, 5}, {5, 0}, {SN_JPEG_SIDE_MAX + 1, 5}, {5, UINT32_MAX}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct sn_rows rows = {sizes[i][0], sizes[i][1], halves, NULL};
        struct sn_str jpeg;

        assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg),
                         SN_ERR_INVALID_ARGUMENT);
    }
}

static void a_row_can_end_it(void **state)
{
    struct memory *m = *state;
    struct sn_rows rows = {64, 48, broken, NULL};
    struct sn_str jpeg = SN_STR("untouched");

    assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg), SN_ERR_CANCELLED);
    assert_true(sn_str_is(jpeg, "untouched"));
}

static int noise(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    for (uint32_t i = 0; i < 3 * rows->width; i++)
        rgb[i] = (uint8_t)((i * 2654435761u ^ y * 40503u) >> 13);
    return 0;
}

static void the_arena_bounds_it(void **state)
{
    struct memory *m = *state;
    struct sn_rows rows = {2000, 2000, noise, NULL};
    struct sn_str jpeg;

    assert_int_equal(sn_jpeg_encode(&rows, 100, &m->arena, &jpeg), SN_ERR_RESOURCE_EXHAUSTED);
}

/* A grey file of `count` scans, at most 128: each frequency's upper bits, then each one's last. */
static struct sn_str of_many_scans(int count, unsigned char **ret_memory)
{
    jpeg_scan_info scans[128];
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned long len = 0;
    JSAMPLE pixels[8] = {0, 200, 40, 90, 255, 3, 60, 128}, *row = pixels;

    for (int i = 0; i < 128; i++)
        scans[i] = (jpeg_scan_info){
            .comps_in_scan = 1, .Ss = i % 64, .Se = i % 64, .Ah = i / 64, .Al = 1 - i / 64};
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    *ret_memory = NULL;
    jpeg_mem_dest(&c, ret_memory, &len);
    c.image_width = c.image_height = 8;
    c.input_components = 1;
    c.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&c);
    c.scan_info = scans;
    c.num_scans = count;
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height)
        jpeg_write_scanlines(&c, &row, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return (struct sn_str){(const char *)*ret_memory, len};
}

/* Each takes a pass over all pixels, however few bytes it is. */
static void scans_without_end_are_refused(void **state)
{
    struct memory *m = *state;
    struct sn_image image;
    struct sn_error error;
    unsigned char *memory;
    struct sn_str jpeg = of_many_scans(100, &memory);

    assert_int_equal(sn_jpeg_decode(jpeg, 8, 8, &m->arena, &image, &error), 0);
    assert_int_equal(image.width, 8);
    free(memory);
    jpeg = of_many_scans(101, &memory);
    assert_int_equal(sn_jpeg_decode(jpeg, 8, 8, &m->arena, &image, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "invalid JPEG format: more than 100 scans");
    free(memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, memory_setup, memory_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_image_reads_back),
        TEST(a_file_begins_with_its_tables),
        TEST(odd_and_extreme_sizes),
        TEST(bad_sizes_are_refused),
        TEST(a_row_can_end_it),
        TEST(the_arena_bounds_it),
        TEST(scans_without_end_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
