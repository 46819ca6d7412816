/* SPDX-License-Identifier: Apache-2.0 */
#include "sinew/time.h"
#include "wire/pb/testing.h"

#define NS_PER_S INT64_C(1000000000)

static void test_nanoseconds_there_and_back(void **state)
{
    static const int64_t values[] = {0,          1,           -1,        NS_PER_S, -NS_PER_S,
                                     1500000000, -1500000000, INT64_MAX, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct pb_google_timestamp t = sn_pb_timestamp_of(values[i]);
        struct pb_google_duration d = sn_pb_duration_of(values[i]);

        assert_true(t.nanos >= 0 && t.nanos < NS_PER_S);
        assert_true((d.seconds >= 0 && d.nanos >= 0) || (d.seconds <= 0 && d.nanos <= 0));
        assert_true(sn_pb_timestamp_ns(&t) == values[i]);
        assert_true(sn_pb_duration_ns(&d) == values[i]);
    }
}

static void test_what_does_not_fit_saturates(void **state)
{
    (void)state;
    assert_true(sn_pb_timestamp_ns(&(struct pb_google_timestamp){.seconds = INT64_MAX / 2}) ==
                INT64_MAX);
    assert_true(sn_pb_timestamp_ns(&(struct pb_google_timestamp){.seconds = INT64_MIN,
                                                                 .nanos = INT32_MAX}) == INT64_MIN);
    assert_true(sn_pb_duration_ns(&(struct pb_google_duration){.seconds = INT64_MIN,
                                                               .nanos = INT32_MIN}) == INT64_MIN);
    assert_true(sn_pb_duration_ns(NULL) == 0 && sn_pb_timestamp_ns(NULL) == 0);
}

static void test_timestamp_text(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {63108020, 21000000, "1972-01-01T10:00:20.021Z"},
        {951782400, 1000, "2000-02-29T00:00:00.000001Z"},
        {4107542399, 1, "2100-02-28T23:59:59.000000001Z"},
        {4107542400, 0, "2100-03-01T00:00:00Z"},
        {-1, 999999999, "1969-12-31T23:59:59.999999999Z"},
        {-62135596800, 0, "0001-01-01T00:00:00Z"},
        {253402300799, 999999999, "9999-12-31T23:59:59.999999999Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pb_google_timestamp t = {.seconds = cases[i].seconds, .nanos = cases[i].nanos};
        struct pb_google_timestamp back;
        char text[SN_PB_TIME_TEXT_MAX];

        assert_int_equal(sn_pb_timestamp_print(&t, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(sn_pb_timestamp_parse(sn_str_of(text), &back), 0);
        assert_true(back.seconds == t.seconds && back.nanos == t.nanos);
    }
}

static void test_every_day_there_and_back(void **state)
{
    (void)state;
    for (int64_t s = -62135596800; s < 253402300800; s += 86400 * 11 + 1) {
        struct pb_google_timestamp t = {.seconds = s}, back;
        char text[SN_PB_TIME_TEXT_MAX];

        assert_int_equal(sn_pb_timestamp_print(&t, text), 20);
        assert_int_equal(sn_pb_timestamp_parse(sn_str_of(text), &back), 0);
        assert_true(back.seconds == s);
    }
}

static void test_timestamp_offsets(void **state)
{
    struct pb_google_timestamp t;

    (void)state;
    assert_int_equal(sn_pb_timestamp_parse(SN_STR("1970-01-01T01:00:00+01:00"), &t), 0);
    assert_true(t.seconds == 0);
    assert_int_equal(sn_pb_timestamp_parse(SN_STR("1969-12-31T18:30:00.5-05:30"), &t), 0);
    assert_true(t.seconds == 0 && t.nanos == 500000000);
}

static void test_bad_timestamps(void **state)
{
    static const char *const texts[] = {
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00z",
        "1970-01-01 00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.0000000001Z",
        "1970-01-01T00:00:00Z ",
        "1970-01-01T00:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "19700-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    };
    struct pb_google_timestamp t;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(sn_pb_timestamp_parse(sn_str_of(texts[i]), &t) < 0);
}

static void test_times_without_a_text(void **state)
{
    char text[SN_PB_TIME_TEXT_MAX];

    (void)state;
    assert_int_equal(
        sn_pb_timestamp_print(&(struct pb_google_timestamp){.seconds = 253402300800}, text),
        SN_ERR_OUT_OF_RANGE);
    assert_int_equal(sn_pb_timestamp_print(&(struct pb_google_timestamp){.nanos = -1}, text),
                     SN_ERR_OUT_OF_RANGE);
    assert_int_equal(
        sn_pb_duration_print(&(struct pb_google_duration){.seconds = 1, .nanos = -1}, text),
        SN_ERR_OUT_OF_RANGE);
    assert_int_equal(sn_pb_duration_print(&(struct pb_google_duration){.seconds = INT64_MIN}, text),
                     SN_ERR_OUT_OF_RANGE);
}

static void test_duration_text(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *text;
    } cases[] = {
        {0, 0, "0s"},
        {1, 500000000, "1.500s"},
        {-1, -500000, "-1.000500s"},
        {0, -1, "-0.000000001s"},
        {315576000000, 0, "315576000000s"},
        {-315576000000, 0, "-315576000000s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pb_google_duration d = {.seconds = cases[i].seconds, .nanos = cases[i].nanos}, back;
        char text[SN_PB_TIME_TEXT_MAX];

        assert_int_equal(sn_pb_duration_print(&d, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(sn_pb_duration_parse(sn_str_of(text), &back), 0);
        assert_true(back.seconds == d.seconds && back.nanos == d.nanos);
    }
}

static void test_bad_durations(void **state)
{
    static const char *const texts[] = {
        "",    "1",    "s",    "1.s",           ".5s", "+1s",
        "1 s", "- 1s", "--1s", "315576000001s", "1s ", "99999999999999999999999999s"};
    struct pb_google_duration d;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(sn_pb_duration_parse(sn_str_of(texts[i]), &d) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nanoseconds_there_and_back),
        cmocka_unit_test(test_what_does_not_fit_saturates),
        cmocka_unit_test(test_timestamp_text),
        cmocka_unit_test(test_every_day_there_and_back),
        cmocka_unit_test(test_timestamp_offsets),
        cmocka_unit_test(test_bad_timestamps),
        cmocka_unit_test(test_times_without_a_text),
        cmocka_unit_test(test_duration_text),
        cmocka_unit_test(test_bad_durations),
    };

    return cmocka_run_group_tests_name("pb/time", tests, NULL, NULL);
}
