/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and the texts of their errors as the reference server answers them, except where a row says
 * otherwise.
 */
#include "media/cloud.h"
#include "media/testing.h"

#include <math.h>
#include <stdio.h>

#define HEAD(fields, size, type, count, width, points, data)                                     \
    "VERSION .7\nFIELDS " fields "\nSIZE " size "\nTYPE " type "\nCOUNT " count "\nWIDTH " width \
    "\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS " points "\nDATA " data "\n"
#define PLAIN(n, data) HEAD("x y z", "4 4 4", "F F F", "1 1 1", n, n, data)
#define COLORED(n, data) HEAD("x y z rgb", "4 4 4 4", "F F F I", "1 1 1 1", n, n, data)
#define BYTES(literal)               \
    {                                \
        literal, sizeof(literal) - 1 \
    }

/* Floats, little-endian. */
#define F1 "\x00\x00\x80\x3f"
#define F2 "\x00\x00\x00\x40"
#define F3 "\x00\x00\x40\x40"
#define F4 "\x00\x00\x80\x40"
#define F5 "\x00\x00\xa0\x40"
#define F6 "\x00\x00\xc0\x40"

/* x, y, z in metres, and colour, of two points. */
struct row {
    struct sn_str file;
    double points[2][3];
    uint32_t colors[2];
};

static const struct row good[] = {
    {BYTES(PLAIN("2", "ascii") "1 2 3\n4 5 6\n"), {{1, 2, 3}, {4, 5, 6}}, {0}},
    {BYTES(PLAIN("2", "ascii") " 1 +2\t3 \r\n4e0 5.0 0x6\nrest"), {{1, 2, 3}, {4, 5, 6}}, {0}},
    {BYTES("# a comment\n" PLAIN("2", "ascii") "1 2 3\n4 5 6\n7 8 9\n"),
     {{1, 2, 3}, {4, 5, 6}},
     {0}},
    {BYTES(HEAD("x y z", "8 8 8", "I I U", "1 1 1", "2", "2", "ascii") "1 2 3\n4 5 6\n"),
     {{1, 2, 3}, {4, 5, 6}},
     {0}},
    {BYTES(COLORED("2", "ascii") "1 2 3 -1\n4 5 6 4278190335\n"),
     {{1, 2, 3}, {4, 5, 6}},
     {0xffffff, 255}},
    {BYTES(COLORED("2", "ascii") "1 2 3 2.3418052e-38\n4 5 6 1e300\n"),
     {{1, 2, 3}, {4, 5, 6}},
     {0, 0}},
    {BYTES(PLAIN("2", "binary") F1 F2 F3 F4 F5 F6 "rest"), {{1, 2, 3}, {4, 5, 6}}, {0}},
    {BYTES(COLORED("2", "binary") F1 F2 F3 "\xef\xcd\xab\x00" F4 F5 F6 "\x56\x34\x12\xff"),
     {{1, 2, 3}, {4, 5, 6}},
     {0xabcdef, 0x123456}},
    {BYTES(PLAIN("2", "binary_compressed") "\x19\x00\x00\x00\x18\x00\x00\x00\x17" F1 F4 F2 F5 F3 F6
                                           "rest"),
     {{1, 2, 3}, {4, 5, 6}},
     {0}},
    {BYTES(
         COLORED("2", "binary_compressed") "\x21\x00\x00\x00\x20\x00\x00\x00\x1f" F1 F4 F2 F5 F3 F6
                                           "\x56\x34\x12\x00\x01\x00\x00\xff"),
     {{1, 2, 3}, {4, 5, 6}},
     {0x123456, 1}},
    {BYTES(PLAIN("2", "binary_compressed") "\x05\x00\x00\x00\x18\x00\x00\x00\x00\x00\xe0\x0e\x00"),
     {{0}},
     {0}},
};

static void expect_point(struct sn_pcd_reader *reader, const double metres[3], uint32_t rgb)
{
    struct sn_point point;
    struct sn_error error;

    assert_int_equal(sn_pcd_next(reader, &point, &error), 0);
    assert_true(point.x == metres[0] * 1000 && point.y == metres[1] * 1000 &&
                point.z == metres[2] * 1000);
    assert_int_equal(point.rgb, rgb);
}

static void files_read(void **state)
{
    struct memory *m = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct sn_pcd_reader reader;
        struct sn_error error;

        assert_int_equal(sn_pcd_open(&reader, good[i].file, &m->arena, &error), 0);
        assert_int_equal(reader.count, 2);
        expect_point(&reader, good[i].points[0], good[i].colors[0]);
        expect_point(&reader, good[i].points[1], good[i].colors[1]);
    }
}

static void no_points_are_fine(void **state)
{
    struct memory *m = *state;
    static const struct sn_str files[] = {
        BYTES(PLAIN("0", "ascii")),
        BYTES(COLORED("0", "binary")),
        BYTES(PLAIN("0", "binary_compressed") "\0\0\0\0\0\0\0\0"),
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct sn_pcd_reader reader;

        assert_int_equal(sn_pcd_open(&reader, files[i], &m->arena, NULL), 0);
        assert_int_equal(reader.count, 0);
    }
}

static void what_is_not_a_number_stays_so(void **state)
{
    struct memory *m = *state;
    struct sn_str file = BYTES(PLAIN("1", "ascii") "nan 2 3\n");
    struct sn_pcd_reader reader;
    struct sn_point point;

    assert_int_equal(sn_pcd_open(&reader, file, &m->arena, NULL), 0);
    assert_int_equal(sn_pcd_next(&reader, &point, NULL), 0);
    assert_true(isnan(point.x) && point.y == 2000);
}

static const struct {
    struct sn_str file;
    const char *text;
} bad[] = {
    {BYTES(""), "error reading header line 0: EOF"},
    {BYTES("VERSION .7\nFIELDS x y z\nSI"), "error reading header line 2: EOF"},
    {BYTES("hello\n"), "line is supposed to start with VERSION but is hello"},
    {BYTES("VERSION\t.7\n"), "line is supposed to start with VERSION but is VERSION\t.7"},
    {BYTES("VERSIONS .7\n"), "line is supposed to start with VERSION but is VERSIONS .7"},
    {BYTES("VERSION 0.6\n"), "unsupported pcd version 0.6"},
    {BYTES("VERSION .7\nSIZE 4 4 4\n"), "line is supposed to start with FIELDS but is SIZE 4 4 4"},
    {BYTES("VERSION .7\nFIELDS x  y z\n"), "unsupported pcd fields x  y z"},
    {BYTES("VERSION .7\nFIELDS x y z rgba\n"), "unsupported pcd fields x y z rgba"},
    {BYTES(HEAD("x y z", "4 4", "F F F", "1 1 1", "1", "1", "ascii")),
     "unexpected number of fields 2 in SIZE line"},
    {BYTES(HEAD("x y z", "4 -1 4", "F F F", "1 1 1", "1", "1", "ascii")), "invalid SIZE field -1"},
    {BYTES(HEAD("x y z", "4 4 4", "F F", "1 1 1", "1", "1", "ascii")),
     "unexpected number of fields 2 in TYPE line"},
    {BYTES(HEAD("x y z", "4 4 4", "F F F", "1 1", "1", "1", "ascii")),
     "unexpected number of fields 2 in COUNT line"},
    {BYTES(HEAD("x y z", "4 4 4", "F F F", "1 x 1", "1", "1", "ascii")),
     "invalid COUNT field x: strconv.ParseUint: parsing \"x\": invalid syntax"},
    {BYTES(PLAIN("-1", "ascii")),
     "invalid WIDTH field -1: strconv.ParseUint: parsing \"-1\": invalid syntax"},
    {BYTES(PLAIN("36893488147419103232", "ascii")),
     "invalid WIDTH field 36893488147419103232: strconv.ParseUint: parsing "
     "\"36893488147419103232\": value out of range"},
    {BYTES(HEAD("x y z", "4 4 4", "F F F", "1 1 1", "3", "2", "ascii")),
     "POINTS field 2 does not match WIDTH*HEIGHT 3"},
    {BYTES("VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 1\nHEIGHT 1\n"
           "VIEWPOINT 0 0 0\n"),
     "unexpected number of fields in VIEWPOINT line. Expected 7, got 3"},
    {BYTES(PLAIN("1", "gzip")), "unsupported data type gzip"},
    {BYTES(PLAIN("1", "")), "unsupported data type "},
    /* Ours: the reference's process ends. */
    {BYTES(PLAIN("1099511627776", "ascii") "1 2 3\n"),
     "POINTS field 1099511627776 is larger than 268435455"},
    {BYTES(PLAIN("2147483647", "binary")), "POINTS field 2147483647 is larger than 268435455"},
    /* Ours: the reference reads garbage. */
    {BYTES(HEAD("x y z", "8 8 8", "F F F", "1 1 1", "1", "1", "binary") "012345678901234567890123"),
     "binary points must be of SIZE 4, TYPE F and COUNT 1"},

    {BYTES(PLAIN("1", "ascii") "1 2 3"), "EOF"},
    {BYTES(PLAIN("2", "ascii") "1 2 3\n"), "EOF"},
    {BYTES(PLAIN("1", "ascii") "1 x 3\n"),
     "invalid point 0 field x: strconv.ParseFloat: parsing \"x\": invalid syntax"},
    {BYTES(PLAIN("1", "ascii") "1 2e400 3\n"),
     "invalid point 0 field 2e400: strconv.ParseFloat: parsing \"2e400\": value out of range"},
    {BYTES(PLAIN("2", "ascii") "1 2\n4 5 6\n"), "unexpected number of fields in point 0"},
    {BYTES(PLAIN("1", "ascii") "1 2     \n"), "unexpected number of fields in point 0"},
    {BYTES(PLAIN("1", "ascii") "1 2 3 4\n"), "unexpected number of fields in point 0"},
    {BYTES(PLAIN("1", "ascii") "inf 2 3\n"),
     "x component (+Inf) is out of range [-8.589934591e+09,8.589934591e+09]"},
    {BYTES(PLAIN("1", "ascii") "0 -8589935 0\n"),
     "y component (-8.589935e+09) is out of range [-8.589934591e+09,8.589934591e+09]"},
    {BYTES(PLAIN("1", "ascii") "1e10 0 0\n"),
     "x component (1e+13) is out of range [-8.589934591e+09,8.589934591e+09]"},
    {BYTES(PLAIN("1", "binary") F1 F1 "\xa5\xd4\x68\x53"),
     "z component (9.99999995904e+14) is out of range [-8.589934591e+09,8.589934591e+09]"},

    {BYTES(PLAIN("2", "binary") F1 F2 F3 "abc"), "unexpected EOF"},
    {BYTES(PLAIN("1", "binary_compressed")), "failed to read compressed size: EOF"},
    {BYTES(PLAIN("1", "binary_compressed") "abcdef"),
     "failed to read uncompressed size: unexpected EOF"},
    {BYTES(PLAIN("1", "binary_compressed") "\x05\0\0\0\x0c\0\0\0\0"),
     "failed to read compressed data: unexpected EOF"},
    {BYTES(PLAIN("1", "binary_compressed") "\x01\0\0\0\x0c\0\0\0\x1f"),
     "failed to decompress point cloud data: insufficient output buffer"},
    {BYTES(PLAIN("1", "binary_compressed") "\x02\0\0\0\x0c\0\0\0\x20\x05"),
     "failed to decompress point cloud data: invalid compressed data"},
    {BYTES(PLAIN("1", "binary_compressed") "\x02\0\0\0\x0c\0\0\0\0a"),
     "decompressed size mismatch: expected 12, got 1"},
    {BYTES(PLAIN("3", "binary_compressed") "\x02\0\0\0\x01\0\0\0\0a"),
     "unexpected data size: got 1, expected 36"},
    /* Ours: four gigabytes are not taken. */
    {BYTES(PLAIN("1", "binary_compressed") "\x02\0\0\0\xff\xff\xff\xff\0a"),
     "point cloud takes too much memory when unpacked"},
};

/* Opens and reads to the first error. */
static int read_all(struct sn_str file, struct sn_arena *arena, struct sn_error *error)
{
    struct sn_pcd_reader reader;
    struct sn_point point;
    int code = sn_pcd_open(&reader, file, arena, error);

    for (size_t i = 0; !code && i < reader.count; i++)
        code = sn_pcd_next(&reader, &point, error);
    return code;
}

static void errors_are_told(void **state)
{
    struct memory *m = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sn_error error = {0};

        assert_int_not_equal(read_all(bad[i].file, &m->arena, &error), 0);
        assert_string_equal(error.text, bad[i].text);
    }
}

static void nothing_is_read_behind_the_end(void **state)
{
    struct memory *m = *state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        for (size_t len = 0; len < good[i].file.len; len++) {
            char *copy = malloc(len + 1); /* of its size, for the sanitizer */
            struct sn_error error;

            memcpy(copy, good[i].file.ptr, len);
            copy = realloc(copy, len ? len : 1);
            int code = read_all((struct sn_str){copy, len}, &m->arena, &error);
            assert_true(code == 0 || code == SN_ERR_INVALID_ARGUMENT);
            free(copy);
        }
}

static void what_is_written_is_upstreams(void **state)
{
    struct memory *m = *state;
    static const char expected[] =
        COLORED("2", "binary") F1 F2 F3 "\xef\xcd\xab\x00" F4 F5 F6 "\x00\x00\xff\x00";
    struct sn_pcd_writer writer;

    assert_int_equal(sn_pcd_begin(&writer, 2, true, &m->arena), 0);
    sn_pcd_put(&writer, (struct sn_point){1000, 2000, 3000, 0xffabcdef});
    sn_pcd_put(&writer, (struct sn_point){4000, 5000, 6000, SN_PCD_RED});
    struct sn_str file = sn_pcd_end(&writer);
    assert_int_equal(file.len, sizeof(expected) - 1);
    assert_memory_equal(file.ptr, expected, file.len);
}

static void what_is_written_reads_back(void **state)
{
    struct memory *m = *state;
    struct sn_pcd_writer writer;
    struct sn_pcd_reader reader;
    struct sn_point point;

    assert_int_equal(sn_pcd_begin(&writer, 1000, false, &m->arena), 0);
    for (int i = 0; i < 1000; i++)
        sn_pcd_put(&writer, (struct sn_point){i, -i / 10.0, i * 1e5, 0});
    assert_int_equal(sn_pcd_open(&reader, sn_pcd_end(&writer), &m->arena, NULL), 0);
    assert_int_equal(reader.count, 1000);
    assert_false(reader.colored);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(sn_pcd_next(&reader, &point, NULL), 0);
        assert_true(fabs(point.x - i) < 1e-3 && fabs(point.y + i / 10.0) < 1e-3);
    }
}

/* ---- clouds ---- */

static struct sn_cloud cloud_of(struct memory *m, struct sn_str file)
{
    struct sn_cloud cloud;
    struct sn_error error;

    if (sn_cloud_read(&cloud, file, &m->arena, &error))
        fail_msg("%s", error.text);
    return cloud;
}

static void a_position_has_one_point(void **state)
{
    struct memory *m = *state;
    struct sn_cloud cloud = cloud_of(
        m, (struct sn_str)BYTES(COLORED("4", "ascii") "1 2 3 1\n4 5 6 2\n1 2 3 3\n-0 0 0 4\n"));

    assert_int_equal(cloud.count, 3);
    assert_true(cloud.points[0].x == 1000 && cloud.points[0].rgb == 3);
    assert_true(cloud.points[1].x == 4000 && cloud.points[1].rgb == 2);
    cloud = cloud_of(m, (struct sn_str)BYTES(PLAIN("3", "ascii") "0 0 0\n-0 0 -0\nnan 0 0\n"));
    assert_int_equal(cloud.count, 2);
    cloud = cloud_of(m, (struct sn_str)BYTES(PLAIN("2", "ascii") "nan 0 0\nnan 0 0\n"));
    assert_int_equal(cloud.count, 2);
}

static void plain_binary_is_rounded(void **state)
{
    struct memory *m = *state;
    /* 1.23456, 0.00004, -0.00005 */
    static const struct sn_str file =
        BYTES(PLAIN("1", "binary") "\x10\x06\x9e\x3f\xac\xc5\x27\x38\x17\xb7\x51\xb8");
    struct sn_cloud cloud = cloud_of(m, file);

    assert_true(cloud.points[0].x == 1234.6 && cloud.points[0].y == 0 && cloud.points[0].z == 0);
}

static void what_is_missing_is_zero_without_colours(void **state)
{
    struct memory *m = *state;
    struct sn_cloud cloud = cloud_of(m, (struct sn_str)BYTES(PLAIN("9", "binary")));

    assert_true(cloud.count == 1 && cloud.points[0].x == 0);
    cloud = cloud_of(m, (struct sn_str)BYTES(PLAIN("99999999", "binary") F1 F2 F3 F4));
    assert_int_equal(cloud.count, 3);
    assert_true(cloud.points[0].z == 3000);
    assert_true(cloud.points[1].x == 4000 && cloud.points[1].y == 0 && cloud.points[2].x == 0);
    cloud = cloud_of(m, (struct sn_str)BYTES(COLORED("9", "binary") F1 F2 F3 F4 F5));
    assert_int_equal(cloud.count, 1);
}

static void many_points_are_told_apart(void **state)
{
    struct memory *m = *state;
    struct sn_cloud cloud;

    assert_int_equal(sn_cloud_begin(&cloud, 10000, false, &m->arena), 0);
    for (int round = 0; round < 2; round++)
        for (int y = 0; y < 100; y++)
            for (int x = 0; x < 100; x++)
                sn_cloud_put(&cloud, (struct sn_point){x * 0.1, y * 0.1, x % 7, 0});
    assert_int_equal(cloud.count, 10000);
}

static void the_arena_bounds_writing(void **state)
{
    struct memory *m = *state;
    struct sn_pcd_writer writer;

    assert_int_equal(sn_pcd_begin(&writer, 1 << 20, true, &m->arena), SN_ERR_RESOURCE_EXHAUSTED);
    assert_int_equal(sn_pcd_begin(&writer, SIZE_MAX / 3, true, &m->arena),
                     SN_ERR_RESOURCE_EXHAUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, memory_setup, memory_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_read),
        TEST(no_points_are_fine),
        TEST(what_is_not_a_number_stays_so),
        TEST(errors_are_told),
        TEST(nothing_is_read_behind_the_end),
        TEST(what_is_written_is_upstreams),
        TEST(what_is_written_reads_back),
        TEST(a_position_has_one_point),
        TEST(plain_binary_is_rounded),
        TEST(what_is_missing_is_zero_without_colours),
        TEST(many_points_are_told_apart),
        TEST(the_arena_bounds_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
