/* SPDX-License-Identifier: Apache-2.0
 *
 * What every encoder does.
 */
#include "sinew/api/encoder.h"
#include "conform.h"

#include <math.h>

struct ask_encoder {
    struct ask ask;
    enum sn_encoder_unit unit;
    struct sn_encoder_position position;
    bool ticks, degrees;
};

#define ASK ((struct ask_encoder *)call)

static struct sn_encoder *encoder_of(struct sn_call *call)
{
    return (struct sn_encoder *)ASK->ask.subject->resource;
}

static int start_position(struct sn_call *call)
{
    return sn_encoder_position(call, encoder_of(call), ASK->unit, NULL, &ASK->position);
}

static int start_reset(struct sn_call *call)
{
    return sn_encoder_reset_position(call, encoder_of(call), NULL);
}

static int start_properties(struct sn_call *call)
{
    return sn_encoder_properties(call, encoder_of(call), NULL, &ASK->ticks, &ASK->degrees);
}

static int position(void **state, enum sn_encoder_unit unit,
                    struct sn_encoder_position *ret_position)
{
    struct ask_encoder a = {.unit = unit};
    int code = ask(&a.ask, *state, start_position);

    *ret_position = a.position;
    return code;
}

static void properties(void **state, bool *ret_ticks, bool *ret_degrees)
{
    struct ask_encoder a = {0};

    assert_int_equal(ask(&a.ask, *state, start_properties), 0);
    *ret_ticks = a.ticks;
    *ret_degrees = a.degrees;
}

static void has_a_unit(void **state)
{
    bool ticks, degrees;

    properties(state, &ticks, &degrees);
    assert_true(ticks || degrees);
}

static void answers_in_its_own_unit_if_not_told(void **state)
{
    bool has[3] = {false};
    struct sn_encoder_position p;

    properties(state, &has[SN_ENCODER_TICKS], &has[SN_ENCODER_DEGREES]);
    assert_int_equal(position(state, SN_ENCODER_ANY, &p), 0);
    assert_in_range(p.unit, SN_ENCODER_TICKS, SN_ENCODER_DEGREES);
    assert_true(has[p.unit]);
    assert_true(isfinite(p.value));
}

static void answers_in_the_units_it_has(void **state)
{
    bool has[3] = {false};

    properties(state, &has[SN_ENCODER_TICKS], &has[SN_ENCODER_DEGREES]);
    for (int unit = SN_ENCODER_TICKS; unit <= SN_ENCODER_DEGREES; unit++) {
        struct sn_encoder_position p;
        int code = position(state, (enum sn_encoder_unit)unit, &p);

        assert_int_equal(code, has[unit] ? 0 : SN_ERR_UNKNOWN);
        if (has[unit])
            assert_int_equal(p.unit, unit);
        else
            assert_non_null(strstr(((struct subject *)*state)->text, "use a different"));
    }
}

static void reset_makes_it_zero(void **state)
{
    struct ask_encoder a = {0};
    struct sn_encoder_position p;

    assert_int_equal(ask(&a.ask, *state, start_reset), 0);
    assert_int_equal(position(state, SN_ENCODER_ANY, &p), 0);
    assert_true(fabs(p.value) < 0.5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(has_a_unit),
    cmocka_unit_test(answers_in_its_own_unit_if_not_told),
    cmocka_unit_test(answers_in_the_units_it_has),
    cmocka_unit_test(reset_makes_it_zero),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_encoder = {SN_API_ENCODER, tests, sizeof(tests) / sizeof(tests[0])};
