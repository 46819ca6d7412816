/* SPDX-License-Identifier: Apache-2.0
 *
 * What every ML model does. The subject must take its inputs as they are and give them back.
 */
#include "sinew/api/mlmodel.h"
#include "conform.h"
#include "pb/service/mlmodel/v1/mlmodel.h"

#include <stdint.h>

typedef struct pb_service_mlmodel_flat_tensors_tensors_entry entry;

struct ask_mlmodel {
    struct ask ask;
    struct pb_service_mlmodel_flat_tensors inputs;
    struct pb_service_mlmodel_infer_response outputs;
    struct pb_service_mlmodel_metadata_response metadata;
};

static int start_infer(struct sn_call *call)
{
    struct ask_mlmodel *a = (struct ask_mlmodel *)call;

    return sn_mlmodel_infer(call, (struct sn_mlmodel *)a->ask.subject->resource, &a->inputs, NULL,
                            &a->outputs);
}

static int start_metadata(struct sn_call *call)
{
    struct ask_mlmodel *a = (struct ask_mlmodel *)call;

    return sn_mlmodel_metadata(call, (struct sn_mlmodel *)a->ask.subject->resource, NULL,
                               &a->metadata);
}

static int infer(struct ask_mlmodel *a, void **state, entry *tensors, uint32_t count)
{
    a->inputs.tensors.v = tensors;
    a->inputs.tensors.n = a->inputs.tensors.cap = count;
    return ask(&a->ask, *state, start_infer);
}

static const struct pb_service_mlmodel_flat_tensor *output(const struct ask_mlmodel *a,
                                                           const char *name)
{
    assert_non_null(a->outputs.output_tensors);
    for (uint32_t i = 0; i < a->outputs.output_tensors->tensors.n; i++)
        if (sn_str_is(a->outputs.output_tensors->tensors.v[i].key, name))
            return &a->outputs.output_tensors->tensors.v[i].value;
    fail_msg("no output %s", name);
    return NULL;
}

static void tensors_of_every_type_pass(void **state)
{
    uint64_t two_by_two[] = {2, 2}, two[] = {2}, none[] = {3, 0};
    uint32_t words[] = {1, (uint32_t)-2};
    int32_t longs[] = {INT32_MIN, INT32_MAX};
    int64_t wides[] = {INT64_MIN, INT64_MAX};
    uint64_t unsigneds[] = {0, UINT64_MAX};
    float floats[] = {0.5F, -1.5F};
    double doubles[] = {1e300, -1e-300};
    struct pb_service_mlmodel_flat_tensor_data_int8 int8 = {SN_STR("\x80\xff\0\x7f")};
    struct pb_service_mlmodel_flat_tensor_data_u_int8 uint8 = {SN_STR("")};
    struct pb_service_mlmodel_flat_tensor_data_int16 int16 = {{words, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_u_int16 uint16 = {{words, 1, 1}};
    struct pb_service_mlmodel_flat_tensor_data_int32 int32 = {{longs, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_u_int32 uint32 = {{words, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_int64 int64 = {{wides, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_u_int64 uint64 = {{unsigneds, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_float flt = {{floats, 2, 2}};
    struct pb_service_mlmodel_flat_tensor_data_double dbl = {{doubles, 2, 2}};
#define TENSOR(name, dimensions, rank, kind, values)                              \
    {                                                                             \
        SN_STR(name),                                                             \
        {                                                                         \
            .shape = {dimensions, rank, rank},                                    \
            .which_tensor = PB_SERVICE_MLMODEL_FLAT_TENSOR_TENSOR_##kind, .values \
        }                                                                         \
    }
    entry tensors[] = {
        TENSOR("int8", two_by_two, 2, INT8_TENSOR, int8_tensor = &int8),
        TENSOR("uint8", none, 2, UINT8_TENSOR, uint8_tensor = &uint8),
        TENSOR("int16", two, 1, INT16_TENSOR, int16_tensor = &int16),
        TENSOR("uint16", two, 0, UINT16_TENSOR, uint16_tensor = &uint16),
        TENSOR("int32", two, 1, INT32_TENSOR, int32_tensor = &int32),
        TENSOR("uint32", two, 1, UINT32_TENSOR, uint32_tensor = &uint32),
        TENSOR("int64", two, 1, INT64_TENSOR, int64_tensor = &int64),
        TENSOR("uint64", two, 1, UINT64_TENSOR, uint64_tensor = &uint64),
        TENSOR("float", two, 1, FLOAT_TENSOR, float_tensor = &flt),
        TENSOR("double", two, 1, DOUBLE_TENSOR, double_tensor = &dbl),
    };
    enum { COUNT = sizeof(tensors) / sizeof(tensors[0]) };
    struct ask_mlmodel a = {0};

    assert_int_equal(infer(&a, state, tensors, COUNT), 0);
    assert_int_equal(a.outputs.output_tensors->tensors.n, COUNT);
    assert_memory_equal(output(&a, "int8")->int8_tensor->data.ptr, int8.data.ptr, 4);
    assert_int_equal(output(&a, "int8")->shape.n, 2);
    assert_int_equal(output(&a, "uint8")->shape.v[1], 0);
    assert_memory_equal(output(&a, "int16")->int16_tensor->data.v, words, sizeof(words));
    assert_int_equal(output(&a, "uint16")->shape.n, 0);
    assert_memory_equal(output(&a, "int32")->int32_tensor->data.v, longs, sizeof(longs));
    assert_memory_equal(output(&a, "uint32")->uint32_tensor->data.v, words, sizeof(words));
    assert_memory_equal(output(&a, "int64")->int64_tensor->data.v, wides, sizeof(wides));
    assert_memory_equal(output(&a, "uint64")->uint64_tensor->data.v, unsigneds, sizeof(unsigneds));
    assert_memory_equal(output(&a, "float")->float_tensor->data.v, floats, sizeof(floats));
    assert_memory_equal(output(&a, "double")->double_tensor->data.v, doubles, sizeof(doubles));
}

static void no_tensors_are_fine(void **state)
{
    struct ask_mlmodel a = {0};

    assert_int_equal(infer(&a, state, NULL, 0), 0);
}

/* A tensor of two bytes with that shape. */
static int infer_shape(void **state, uint64_t *shape, uint32_t rank)
{
    struct pb_service_mlmodel_flat_tensor_data_u_int8 data = {SN_STR("ab")};
    entry tensor = TENSOR("t", shape, rank, UINT8_TENSOR, uint8_tensor = &data);
    struct ask_mlmodel a = {0};

    return infer(&a, state, &tensor, 1);
}

static void shapes_must_fit_the_values(void **state)
{
    uint64_t good[] = {1, 2}, small[] = {1}, large[] = {3}, none[] = {0, 2};
    uint64_t wraps[] = {UINT64_MAX / 2 + 2, 2}, wraps_to_two[] = {1ULL << 63, 4, UINT64_MAX};
    uint64_t deep[SN_MLMODEL_RANK_MAX + 1] = {2};

    for (size_t i = 1; i <= SN_MLMODEL_RANK_MAX; i++)
        deep[i] = 1;
    assert_int_equal(infer_shape(state, good, 2), 0);
    assert_int_equal(infer_shape(state, deep, SN_MLMODEL_RANK_MAX), 0);
    assert_int_equal(infer_shape(state, deep, SN_MLMODEL_RANK_MAX + 1), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(infer_shape(state, small, 1), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(infer_shape(state, large, 1), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(infer_shape(state, none, 2), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(infer_shape(state, wraps, 2), SN_ERR_INVALID_ARGUMENT);
    assert_int_equal(infer_shape(state, wraps_to_two, 3), SN_ERR_INVALID_ARGUMENT);
}

static void tensors_have_a_type(void **state)
{
    entry tensor = {.key = SN_STR("t")};
    struct ask_mlmodel a = {0};

    assert_int_equal(infer(&a, state, &tensor, 1), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(a.ask.subject->text, "tensor \"t\" has no values");
}

static void there_are_only_so_many(void **state)
{
    static entry tensors[SN_MLMODEL_TENSORS_MAX + 1];
    struct ask_mlmodel a = {0};

    assert_int_equal(infer(&a, state, tensors, SN_MLMODEL_TENSORS_MAX + 1),
                     SN_ERR_INVALID_ARGUMENT);
}

static void metadata_names_its_tensors(void **state)
{
    struct ask_mlmodel a = {0};

    assert_int_equal(ask(&a.ask, *state, start_metadata), 0);
    assert_non_null(a.metadata.metadata);
    assert_true(a.metadata.metadata->input_info.n > 0);
    assert_true(a.metadata.metadata->output_info.v[0].name.len > 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tensors_of_every_type_pass),
    cmocka_unit_test(no_tensors_are_fine),
    cmocka_unit_test(shapes_must_fit_the_values),
    cmocka_unit_test(tensors_have_a_type),
    cmocka_unit_test(there_are_only_so_many),
    cmocka_unit_test(metadata_names_its_tensors),
    cmocka_unit_test(status_answers),
};

const struct suite suite_mlmodel = {SN_API_MLMODEL, tests, sizeof(tests) / sizeof(tests[0])};
