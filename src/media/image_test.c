/* SPDX-License-Identifier: Apache-2.0 */
#include "media/image.h"
#include "media/testing.h"
#include "media/transform.h"

#include <string.h>

static struct sn_error error;

static struct sn_arena *arena_of(void **state)
{
    struct memory *m = *state;

    m->arena.left = 64 << 20;
    return &m->arena;
}

/* No two pixels are alike, so that a swap of axes or colours shows. */
static struct sn_image color(void **state, uint32_t width, uint32_t height)
{
    struct sn_image image;

    assert_int_equal(
        sn_image_create(SN_IMAGE_COLOR, width, height, arena_of(state), &image, &error), 0);
    for (uint32_t i = 0; i < width * height; i++) {
        uint8_t pixel[4] = {(uint8_t)(i % width * 7), (uint8_t)(i / width * 11), (uint8_t)i, 255};

        memcpy(image.rgba + 4 * i, pixel, 4);
    }
    return image;
}

static struct sn_image depth(void **state, uint32_t width, uint32_t height)
{
    struct sn_image image;

    assert_int_equal(
        sn_image_create(SN_IMAGE_DEPTH, width, height, arena_of(state), &image, &error), 0);
    for (uint32_t i = 0; i < width * height; i++)
        image.depth[i] = (uint16_t)(i * 37);
    return image;
}

static void expect_same(const struct sn_image *a, const struct sn_image *b)
{
    size_t count = (size_t)a->width * a->height;

    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    if (a->kind == SN_IMAGE_COLOR)
        assert_memory_equal(a->rgba, b->rgba, 4 * count);
    else
        assert_memory_equal(a->depth, b->depth, 2 * count);
}

static struct sn_str encode(void **state, const struct sn_image *image, enum sn_image_format format)
{
    struct sn_str bytes;

    assert_int_equal(sn_image_encode(image, format, arena_of(state), &bytes, &error), 0);
    assert_int_equal(sn_image_sniff(bytes), format);
    return bytes;
}

static struct sn_image decode(void **state, struct sn_str bytes)
{
    struct sn_image image;

    assert_int_equal(sn_image_decode(bytes, arena_of(state), &image, &error), 0);
    return image;
}

static void lossless_formats_give_back_what_they_got(void **state)
{
    static const enum sn_image_format formats[] = {SN_FORMAT_PNG, SN_FORMAT_QOI,
                                                   SN_FORMAT_RAW_RGBA};
    static const uint32_t sizes[][2] = {{1, 1}, {3, 5}, {64, 48}, {257, 2}};

    for (size_t f = 0; f < 3; f++) {
        for (size_t s = 0; s < 4; s++) {
            struct sn_image image = color(state, sizes[s][0], sizes[s][1]);
            struct sn_image back = decode(state, encode(state, &image, formats[f]));

            expect_same(&image, &back);
        }
    }
}

static void transparency_survives(void **state)
{
    struct sn_image image = color(state, 9, 9);

    for (uint32_t i = 0; i < 81; i++)
        image.rgba[4 * i + 3] = (uint8_t)(i * 3);
    struct sn_image qoi = decode(state, encode(state, &image, SN_FORMAT_QOI));
    struct sn_image png = decode(state, encode(state, &image, SN_FORMAT_PNG));
    expect_same(&image, &qoi);
    expect_same(&image, &png);
}

static void runs_and_repeats_survive_qoi(void **state)
{
    struct sn_image image = color(state, 100, 10);

    for (uint32_t i = 0; i < 1000; i++)
        memset(image.rgba + 4 * i, i < 500 ? 9 : (int)(i / 3 % 5 * 40), 3);
    struct sn_image back = decode(state, encode(state, &image, SN_FORMAT_QOI));
    expect_same(&image, &back);
}

static void distances_survive(void **state)
{
    static const enum sn_image_format formats[] = {SN_FORMAT_PNG, SN_FORMAT_RAW_DEPTH};

    for (size_t f = 0; f < 2; f++) {
        struct sn_image image = depth(state, 40, 30);
        struct sn_image back = decode(state, encode(state, &image, formats[f]));

        expect_same(&image, &back);
    }
}

static void a_jpeg_comes_back_near(void **state)
{
    struct sn_image image = color(state, 64, 48);

    for (uint32_t i = 0; i < 64 * 48; i++) {
        uint8_t smooth[4] = {(uint8_t)(i % 64 * 4), (uint8_t)(i / 64 * 5), 100, 255};

        memcpy(image.rgba + 4 * i, smooth, 4);
    }
    struct sn_image back = decode(state, encode(state, &image, SN_FORMAT_JPEG));
    assert_int_equal(back.width, 64);
    assert_int_equal(back.height, 48);
    for (uint32_t i = 0; i < 4 * 64 * 48; i++)
        assert_true(abs(back.rgba[i] - image.rgba[i]) < 48);
}

/* Where fewer pixels are enough: nearly the mean of those that are left out. */
static void a_jpeg_may_come_smaller(void **state)
{
    struct sn_image image = color(state, 640, 480), whole, small, mean;
    uint64_t off = 0;

    for (uint32_t i = 0; i < 640 * 480; i++)
        for (uint32_t k = 0; k < 3; k++)
            image.rgba[4 * i + k] = (uint8_t)(i % 640 * (k + 1) / 12 + i / 640 / 8);
    struct sn_str bytes = encode(state, &image, SN_FORMAT_JPEG);
    whole = decode(state, bytes);
    assert_int_equal(sn_image_decode_for(bytes, 160, 100, arena_of(state), &small, &error), 0);
    assert_int_equal(small.width, 160);
    assert_int_equal(small.height, 120);
    assert_int_equal(sn_image_resize(&whole, 160, 120, arena_of(state), &mean, &error), 0);
    for (size_t i = 0; i < 4 * 160 * 120; i++)
        off += (uint64_t)abs(small.rgba[i] - mean.rgba[i]);
    assert_true(off < 4 * 160 * 120);
}

static void a_jpeg_never_comes_smaller_than_asked(void **state)
{
    static const uint32_t sizes[][4] = {
        /* enough, and what comes */
        {320, 240, 320, 240}, {321, 240, 640, 480}, {320, 241, 640, 480}, {80, 60, 80, 60},
        {1, 1, 80, 60},       {0, 0, 80, 60},       {641, 1, 640, 480}};
    struct sn_image image = color(state, 640, 480), odd = color(state, 322, 243), came;
    struct sn_str bytes = encode(state, &image, SN_FORMAT_JPEG);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(
            sn_image_decode_for(bytes, sizes[i][0], sizes[i][1], arena_of(state), &came, &error),
            0);
        assert_int_equal(came.width, sizes[i][2]);
        assert_int_equal(came.height, sizes[i][3]);
    }
    bytes = encode(state, &odd, SN_FORMAT_JPEG);
    assert_int_equal(sn_image_decode_for(bytes, 1, 1, arena_of(state), &came, &error), 0);
    assert_int_equal(came.width, 322);
    assert_int_equal(came.height, 243);
    bytes = encode(state, &image, SN_FORMAT_QOI);
    assert_int_equal(sn_image_decode_for(bytes, 1, 1, arena_of(state), &came, &error), 0);
    expect_same(&came, &image);
}

static void distances_become_greys_and_not_the_other_way(void **state)
{
    struct sn_image far = depth(state, 16, 16), near = color(state, 4, 4);
    struct sn_str bytes;

    far.depth[0] = 0xff00;
    struct sn_image grey = decode(state, encode(state, &far, SN_FORMAT_RAW_RGBA));
    assert_int_equal(grey.rgba[0], 255);
    assert_int_equal(sn_image_encode(&near, SN_FORMAT_RAW_DEPTH, arena_of(state), &bytes, &error),
                     SN_ERR_INVALID_ARGUMENT);
}

static void old_depth_maps_are_read(void **state)
{
    static const char old[] = "DEPTHMAP\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x10\x27\1\0";
    struct sn_image image = decode(state, (struct sn_str){old, sizeof(old) - 1});

    assert_int_equal(image.width, 2);
    assert_int_equal(image.depth[0], 10000);
    assert_int_equal(image.depth[1], 1);
}

static void what_is_no_picture_is_refused(void **state)
{
    static const struct sn_str bad[] = {
        {"", 0},
        {"hello", 5},
        {"\xff\xd8\xff", 3},
        {"\x89PNG\r\n\x1a\n", 8},
        {"qoif\0\0\0\1\0\0\0\1", 12},
        {"RGBA\0\0\0\2\0\0\0\2abcd", 16},
        {"RGBA\xff\xff\xff\xff\xff\xff\xff\xff", 12},
        {"DEPTHMAP\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 24},
        {"DEPTHMAP\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff__", 26},
        {"RGBA\0\0\0\0\0\0\0\0", 12},
        {"qoif\xff\xff\xff\xff\xff\xff\xff\xff\4\0\0\0\0\0\0\0\0\0", 22},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sn_image image;

        assert_int_not_equal(sn_image_decode(bad[i], arena_of(state), &image, &error), 0);
        assert_true(error.text[0]);
    }
}

static void a_damaged_picture_does_no_harm(void **state)
{
    static const enum sn_image_format formats[] = {SN_FORMAT_PNG, SN_FORMAT_QOI, SN_FORMAT_JPEG};
    struct sn_image image = color(state, 32, 32);

    for (size_t f = 0; f < 3; f++) {
        struct sn_str good = encode(state, &image, formats[f]);
        char *bytes = malloc(good.len);

        for (size_t i = 12; i < good.len; i += 7) {
            struct sn_image back;

            memcpy(bytes, good.ptr, good.len);
            bytes[i] = (char)~bytes[i];
            (void)!sn_image_decode((struct sn_str){bytes, good.len}, arena_of(state), &back,
                                   &error);
            (void)!sn_image_decode((struct sn_str){bytes, i}, arena_of(state), &back, &error);
        }
        free(bytes);
    }
}

/* ---- transforms ---- */

static uint32_t pixel(const struct sn_image *image, uint32_t x, uint32_t y)
{
    uint32_t value;

    memcpy(&value, image->rgba + 4 * ((size_t)y * image->width + x), 4);
    return value;
}

static void a_quarter_turn_is_clockwise(void **state)
{
    struct sn_image image = color(state, 6, 4), turned, back;

    assert_int_equal(sn_image_rotate(&image, 90, arena_of(state), &turned, &error), 0);
    assert_int_equal(turned.width, 4);
    assert_int_equal(turned.height, 6);
    assert_int_equal(pixel(&turned, 3, 0), pixel(&image, 0, 0));
    assert_int_equal(pixel(&turned, 0, 0), pixel(&image, 0, 3));
    assert_int_equal(sn_image_rotate(&turned, -90, arena_of(state), &back, &error), 0);
    expect_same(&image, &back);
}

static void turns_add_up(void **state)
{
    struct sn_image image = color(state, 7, 5), once, twice, half;

    assert_int_equal(sn_image_rotate(&image, 90, arena_of(state), &once, &error), 0);
    assert_int_equal(sn_image_rotate(&once, 90, arena_of(state), &twice, &error), 0);
    assert_int_equal(sn_image_rotate(&image, 180, arena_of(state), &half, &error), 0);
    expect_same(&twice, &half);
    assert_int_equal(sn_image_rotate(&image, 720, arena_of(state), &once, &error), 0);
    expect_same(&image, &once);
}

static void a_free_turn_shows_all_of_it(void **state)
{
    struct sn_image image = color(state, 64, 48), turned;

    assert_int_equal(sn_image_rotate(&image, 30, arena_of(state), &turned, &error), 0);
    assert_in_range(turned.width, 79, 80);
    assert_in_range(turned.height, 73, 74);
    assert_int_equal(pixel(&turned, 0, 0), 0xff000000);
    assert_int_equal(pixel(&turned, turned.width / 2, turned.height / 2), pixel(&image, 32, 24));
    assert_int_not_equal(sn_image_rotate(&image, 1.0 / 0.0, arena_of(state), &turned, &error), 0);
}

static void distances_turn_too(void **state)
{
    struct sn_image image = depth(state, 6, 4), turned;

    assert_int_equal(sn_image_rotate(&image, 90, arena_of(state), &turned, &error), 0);
    assert_int_equal(turned.depth[3], image.depth[0]);
}

static void sizes_change(void **state)
{
    struct sn_image image = color(state, 64, 48), small, large, same;

    memset(image.rgba, 200, 4 * 64 * 48);
    assert_int_equal(sn_image_resize(&image, 10, 7, arena_of(state), &small, &error), 0);
    assert_int_equal(sn_image_resize(&image, 200, 10, arena_of(state), &large, &error), 0);
    assert_int_equal(sn_image_resize(&image, 64, 48, arena_of(state), &same, &error), 0);
    assert_int_equal(pixel(&small, 9, 6), 0xc8c8c8c8);
    assert_int_equal(pixel(&large, 199, 9), 0xc8c8c8c8);
    expect_same(&image, &same);
    assert_int_not_equal(sn_image_resize(&image, 50000, 50000, arena_of(state), &large, &error), 0);
    assert_int_not_equal(sn_image_resize(&image, 0, 5, arena_of(state), &large, &error), 0);
}

/* By the definition: what pixel i of `new` covers of `old` ones. */
static uint32_t mean(const struct sn_image *old, const uint32_t new[2], uint32_t x, uint32_t y,
                     uint32_t channel)
{
    uint32_t left = x * old->width / new[0], top = y * old->height / new[1];
    uint32_t right = (x + 1) * old->width / new[0], bottom = (y + 1) * old->height / new[1];
    uint32_t sum = 0, count = 0;

    for (uint32_t row = top; row < bottom; row++) {
        for (uint32_t column = left; column < right; column++, count++)
            sum += old->rgba[4 * (row * old->width + column) + channel];
    }
    return count ? (sum + count / 2) / count : 0;
}

static void smaller_pixels_are_means(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1},    {3, 2},     {150, 100},
                                        {100, 75}, {257, 191}, {300, 200}};
    struct sn_image image = color(state, 300, 200), small;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];

        assert_int_equal(sn_image_resize(&image, width, height, arena_of(state), &small, &error),
                         0);
        for (uint32_t at = 0; at < 4 * width * height; at++)
            assert_int_equal(small.rgba[at],
                             mean(&image, sizes[i], at / 4 % width, at / 4 / width, at % 4));
    }
}

/* At the brightest: nothing overflows, nothing gets darker or runs over the edge. */
static void a_plain_picture_stays_plain(void **state)
{
    static const uint32_t sizes[][2] = {{1, 1},   {7, 5},   {640, 480},
                                        {641, 1}, {1, 700}, {2000, 999}};
    struct sn_image image = color(state, 640, 480), other;

    memset(image.rgba, 255, 4 * 640 * 480);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(
            sn_image_resize(&image, sizes[i][0], sizes[i][1], arena_of(state), &other, &error), 0);
        for (size_t at = 0; at < 4 * (size_t)other.width * other.height; at++)
            assert_int_equal(other.rgba[at], 255);
    }
}

static void larger_pixels_lie_between_old_ones(void **state)
{
    struct sn_image image = color(state, 2, 1), large;

    memcpy(image.rgba, "\0\0\0\377\144\310\377\377", 8);
    assert_int_equal(sn_image_resize(&image, 8, 2, arena_of(state), &large, &error), 0);
    for (uint32_t x = 1; x < 8; x++) {
        assert_true(large.rgba[4 * x] >= large.rgba[4 * x - 4]);
        assert_int_equal(large.rgba[4 * x + 3], 255);
    }
    assert_int_equal(pixel(&large, 0, 1), pixel(&image, 0, 0));
    assert_int_equal(pixel(&large, 7, 1), pixel(&image, 1, 0));
}

/* Each is one of the old: a mean of two would be no distance. */
static void distances_are_taken_not_mixed(void **state)
{
    struct sn_image image = depth(state, 6, 4), other;

    assert_int_equal(sn_image_resize(&image, 3, 2, arena_of(state), &other, &error), 0);
    assert_int_equal(other.depth[4], image.depth[2 * 6 + 2]);
    assert_int_equal(sn_image_resize(&image, 12, 8, arena_of(state), &other, &error), 0);
    assert_int_equal(other.depth[7 * 12 + 11], image.depth[3 * 6 + 5]);
}

static void parts_are_cut_out(void **state)
{
    struct sn_image image = color(state, 64, 48), part;
    struct sn_rectangle inside = {10, 5, 30, 25}, beyond = {60, 40, INT64_MAX, INT64_MAX};
    struct sn_rectangle outside = {100, 50, 300, 200}, before = {INT64_MIN, 0, 0, 9};

    assert_int_equal(sn_image_crop(&image, inside, arena_of(state), &part, &error), 0);
    assert_int_equal(part.width, 20);
    assert_int_equal(part.height, 20);
    assert_int_equal(pixel(&part, 0, 0), pixel(&image, 10, 5));
    assert_int_equal(sn_image_crop(&image, beyond, arena_of(state), &part, &error), 0);
    assert_int_equal(part.width, 4);
    assert_int_equal(part.height, 8);
    assert_int_not_equal(sn_image_crop(&image, outside, arena_of(state), &part, &error), 0);
    assert_string_equal(error.text, "crop transform cropped image to 0 pixels");
    assert_int_not_equal(sn_image_crop(&image, before, arena_of(state), &part, &error), 0);
}

static void drawing_stays_inside(void **state)
{
    static const struct sn_rectangle frames[] = {
        {2, 2, 10, 10}, {-5, -5, 5, 5}, {INT64_MIN, INT64_MIN, INT64_MAX, INT64_MAX}, {9, 9, 3, 3}};
    struct sn_image image = color(state, 20, 16);

    for (size_t i = 0; i < 4; i++)
        sn_image_draw_frame(&image, frames[i]);
    assert_int_equal(pixel(&image, 2, 2), 0xff0000ff);
    assert_int_equal(pixel(&image, 9, 9), 0xff0000ff);
    sn_image_draw_text(&image, 0, 0, SN_STR("a_1: 92%~"));
    sn_image_draw_text(&image, INT64_MIN, INT64_MAX, SN_STR("far"));
    assert_int_equal(pixel(&image, 0, 0), 0xff000000);
    assert_int_equal(pixel(&image, 2, 0), 0xff0000ff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, memory_setup, memory_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lossless_formats_give_back_what_they_got),
        TEST(transparency_survives),
        TEST(runs_and_repeats_survive_qoi),
        TEST(distances_survive),
        TEST(a_jpeg_comes_back_near),
        TEST(a_jpeg_may_come_smaller),
        TEST(a_jpeg_never_comes_smaller_than_asked),
        TEST(distances_become_greys_and_not_the_other_way),
        TEST(old_depth_maps_are_read),
        TEST(what_is_no_picture_is_refused),
        TEST(a_damaged_picture_does_no_harm),
        TEST(a_quarter_turn_is_clockwise),
        TEST(turns_add_up),
        TEST(a_free_turn_shows_all_of_it),
        TEST(distances_turn_too),
        TEST(sizes_change),
        TEST(smaller_pixels_are_means),
        TEST(a_plain_picture_stays_plain),
        TEST(larger_pixels_lie_between_old_ones),
        TEST(distances_are_taken_not_mixed),
        TEST(parts_are_cut_out),
        TEST(drawing_stays_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
