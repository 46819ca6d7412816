/* SPDX-License-Identifier: Apache-2.0 */
#include "media/lzf.h"
#include "media/testing.h"

struct row {
    const char *in;
    size_t len;
    int code;
    const char *out; /* of a success */
};

#define IN(bytes) bytes, sizeof(bytes) - 1

static void packed_bytes_unpack(void **state)
{
    static const struct row rows[] = {
        {IN(""), 0, ""},
        {IN("\x02"
            "abc"),
         0, "abc"},
        {IN("\x00"
            "a\x20\x00"),
         0, "aaaa"}, /* reaches into what it writes */
        {IN("\x02"
            "abc\x40\x02"),
         0, "abcabca"},
        {IN("\x01"
            "ab\xe0\x03\x01"),
         0, "ababababababab"},
        {IN("\x02"
            "ab"),
         SN_ERR_OUT_OF_RANGE, NULL}, /* ends in a run */
        {IN("\x00"
            "a\x20"),
         SN_ERR_OUT_OF_RANGE, NULL}, /* in a reference */
        {IN("\x00"
            "a\xe0\x01"),
         SN_ERR_OUT_OF_RANGE, NULL},
        {IN("\x20\x00"), SN_ERR_INVALID_ARGUMENT, NULL}, /* before the beginning */
        {IN("\x00"
            "a\x20\x01"),
         SN_ERR_INVALID_ARGUMENT, NULL},
        {IN("\x00"
            "a\xe0\xff\x00"),
         SN_ERR_OUT_OF_RANGE, NULL}, /* more than there is room for */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[16] = {0};
        size_t len = 0;

        assert_int_equal(
            sn_lzf_unpack((const uint8_t *)rows[i].in, rows[i].len, out, sizeof(out) - 1, &len),
            rows[i].code);
        if (rows[i].code == 0) {
            assert_int_equal(len, strlen(rows[i].out));
            assert_memory_equal(out, rows[i].out, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_bytes_unpack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
