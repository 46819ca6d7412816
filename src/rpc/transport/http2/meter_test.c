/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames found in any pieces, and too many of each kind.
 */
#include "rpc/transport/http2/meter.h"

#include "sinew/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t stream[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0"
                                "\0\0\5\1\4\0\0\0\1abcde"
                                "\0\0\1\0\1\200\0\0\1x";

static void test_pieces(void **state)
{
    for (size_t step = 1; step < sizeof(stream); step++) {
        struct h2_meter meter = {0};
        struct h2_frame_head heads[4], head;
        size_t found = 0, bytes = 0;

        for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
            size_t len = sizeof(stream) - 1 - at < step ? sizeof(stream) - 1 - at : step;

            for (size_t done = 0; done < len;) {
                bool whole;
                size_t part = h2_meter_next(&meter, stream + at + done, len - done, &head, &whole);

                assert_in_range(part, 1, len - done);
                done += part;
                bytes += part;
                if (whole)
                    heads[found++] = head;
            }
        }
        assert_int_equal(bytes, sizeof(stream) - 1);
        assert_int_equal(found, 3);
        assert_int_equal(heads[1].type, 1);
        assert_int_equal(heads[1].len, 5);
        assert_int_equal(heads[1].flags, 4);
        assert_int_equal(heads[2].id, 1);
    }
}

/* How many frames of that kind pass, one each `every_ns`, of 300,000. */
static size_t passed(struct h2_frame_head head, uint64_t every_ns, enum sn_refusal *ret_refusal)
{
    struct h2_meter meter = {0};
    size_t i;

    *ret_refusal = SN_REFUSED_COUNT;
    for (i = 0; i < 300000 && *ret_refusal == SN_REFUSED_COUNT; i++)
        *ret_refusal = h2_meter_judge(&meter, &head, SN_SECONDS(1) + i * every_ns);
    return i;
}

static void test_floods(void **state)
{
    static const struct {
        struct h2_frame_head head;
        uint64_t honest_ns;
        enum sn_refusal refusal;
    } cases[] = {
        {{0, 4, 0, 0}, SN_MS(100), SN_REFUSED_FLOOD_SETTINGS},
        {{8, 6, 0, 0}, SN_MS(1), SN_REFUSED_FLOOD_PING},
        {{4, 3, 0, 1}, SN_MS(5), SN_REFUSED_FLOOD_RESET},
        {{0, 0, 0, 1}, SN_MS(10), SN_REFUSED_FLOOD_EMPTY},
        {{4, 8, 0, 1}, SN_MS(1), SN_REFUSED_FLOOD_OTHER},
        {{5, 2, 0, 1}, SN_MS(1), SN_REFUSED_FLOOD_OTHER},
        {{5, 0xee, 0, 1}, SN_MS(1), SN_REFUSED_FLOOD_OTHER},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum sn_refusal refusal;

        assert_in_range(passed(cases[i].head, 0, &refusal), 100, 250000);
        assert_int_equal(refusal, cases[i].refusal);
        assert_int_equal(passed(cases[i].head, cases[i].honest_ns, &refusal), 300000);
        assert_int_equal(refusal, SN_REFUSED_COUNT);
    }
}

/* Requests and their data are bounded by other means. */
static void test_never_too_many(void **state)
{
    static const struct h2_frame_head heads[] = {{5, 1, 4, 1}, {5, 0, 0, 1}, {0, 0, 1, 1}};
    enum sn_refusal refusal;

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        assert_int_equal(passed(heads[i], 0, &refusal), 300000);
}

static void test_continuations(void **state)
{
    struct h2_frame_head continuation = {5, 9, 0, 1};
    enum sn_refusal refusal;

    assert_in_range(passed(continuation, SN_SECONDS(1), &refusal), 60, 70);
    assert_int_equal(refusal, SN_REFUSED_FLOOD_CONTINUATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_never_too_many),
        cmocka_unit_test(test_continuations),
    };

    return cmocka_run_group_tests_name("http2/meter", tests, NULL, NULL);
}
