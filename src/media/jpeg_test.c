/* SPDX-License-Identifier: Apache-2.0 */
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, memory_setup, memory_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_image_reads_back),   TEST(a_file_begins_with_its_tables),
        TEST(odd_and_extreme_sizes), TEST(bad_sizes_are_refused),
        TEST(a_row_can_end_it),      TEST(the_arena_bounds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
