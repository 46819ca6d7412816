/* SPDX-License-Identifier: Apache-2.0 */
#include "media/image_header.h"
#include "media/jpeg.h"
#include "media/testing.h"

static void expect_size(struct sn_str bytes, const char *format, int64_t width, int64_t height)
{
    struct sn_image_header header;
    struct sn_error error;

    assert_int_equal(sn_image_header(bytes, &header, &error), 0);
    assert_string_equal(header.format, format);
    assert_int_equal(header.width, width);
    assert_int_equal(header.height, height);
}

static void expect_error(struct sn_str bytes, const char *text)
{
    struct sn_image_header header;
    struct sn_error error;

    assert_int_equal(sn_image_header(bytes, &header, &error), SN_ERR_UNKNOWN);
    assert_string_equal(error.text, text);
}

/* Each beginning of it that is long enough to tell the format is cut short. */
static void expect_needs_all(struct sn_str bytes, size_t magic)
{
    for (size_t len = magic; len < bytes.len; len++) {
        struct sn_str part = {memcpy(malloc(len), bytes.ptr, len), len};

        expect_error(part, "unexpected EOF");
        free((char *)(uintptr_t)part.ptr);
    }
}

static void reads_every_format(void **state)
{
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\0\2\x08\2\0\0\0crc.";
    static const char depth[] = "DEPTHMAP\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0\x06";
    static const struct sn_str qoi = {"qoif\0\0\0\x0a\0\0\0\x06\4\0", 14};
    static const struct sn_str rgba = {"RGBA\0\0\0\x0a\0\0\0\x06", 12};

    expect_size((struct sn_str){png, sizeof(png) - 1}, "png", 256, 2);
    expect_needs_all((struct sn_str){png, sizeof(png) - 1}, 8);
    expect_size((struct sn_str){depth, sizeof(depth) - 1}, "vnd.viam.dep", 10, 6);
    expect_needs_all((struct sn_str){depth, sizeof(depth) - 1}, 8);
    expect_size(qoi, "qoi", 10, 6);
    expect_needs_all(qoi, 4);
    expect_size(rgba, "vnd.viam.rgba", 10, 6);
    expect_needs_all(rgba, 4);
}

static int grey(const struct sn_rows *rows, uint32_t y, uint8_t *rgb)
{
    memset(rgb, 128, 3 * (size_t)rows->width);
    return 0;
}

static void reads_a_jpeg_as_far_as_its_scan(void **state)
{
    struct memory *m = *state;
    struct sn_rows rows = {33, 17, grey, NULL};
    struct sn_str jpeg, head;

    assert_int_equal(sn_jpeg_encode(&rows, SN_JPEG_QUALITY, &m->arena, &jpeg), 0);
    expect_size(jpeg, "jpeg", 33, 17);
    head = jpeg;
    for (head.len = 2; memcmp(head.ptr + head.len - 2, "\xff\xda", 2) != 0; head.len++)
        ;
    expect_size(head, "jpeg", 33, 17);
    expect_needs_all(head, 2);
}

static void says_what_is_wrong(void **state)
{
    expect_error(SN_STR_NULL, "image: unknown format");
    expect_error(SN_STR("GIF89a and more"), "image: unknown format");
    expect_error(SN_STR("\xff\xd8\xff\xe0\0\4ab\xff\xd9"),
                 "invalid JPEG format: missing SOS marker");
    expect_error(SN_STR("\xff\xd8\xff\xda\0\4ab"), "invalid JPEG format: missing SOF marker");
    expect_error(SN_STR("\xff\xd8\xff\xe0\0\1ab"), "invalid JPEG format: short segment length");
    expect_error(SN_STR("\xff\xd8\xff\xc0\0\4ab"), "invalid JPEG format: SOF has wrong length");
    expect_error(SN_STR("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\0\x08\2\0\0\0crc."),
                 "png: invalid format: non-positive dimension");
    expect_error(SN_STR("RGBA\0\x10\0\1\0\0\0\1"),
                 "an image of 1048577 x 1 pixels is too large: at most 1048576 a side");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, memory_setup, memory_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_every_format),
        TEST(reads_a_jpeg_as_far_as_its_scan),
        TEST(says_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
