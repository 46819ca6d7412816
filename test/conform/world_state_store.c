/* SPDX-License-Identifier: Apache-2.0
 *
 * What every world state store does.
 */
#include "sinew/api/world_state_store.h"
#include "conform.h"
#include "pb/common/v1/common.h"
#include "pb/service/worldstatestore/v1/world_state_store.h"

struct ask_world {
    struct ask ask;
    struct sn_str uuid;
    struct pb_service_worldstatestore_list_uui_ds_response list;
    struct pb_service_worldstatestore_get_transform_response found;
    struct sn_world_sink sink;
    int ready, changes;
    int changes_before;
};

static struct ask_world *world_of(struct sn_call *call)
{
    return (struct ask_world *)call;
}

static struct sn_world *subject_of(struct sn_call *call)
{
    return (struct sn_world *)world_of(call)->ask.subject->resource;
}

static int start_uuids(struct sn_call *call)
{
    return sn_world_uuids(call, subject_of(call), NULL, &world_of(call)->list);
}

static int start_transform(struct sn_call *call)
{
    return sn_world_transform(call, subject_of(call), world_of(call)->uuid, NULL,
                              &world_of(call)->found);
}

static void what_is_listed_can_be_had(void **state)
{
    struct ask_world list = {0};

    assert_int_equal(ask(&list.ask, *state, start_uuids), 0);
    assert_true(list.list.uuids.n > 0);
    struct ask_world a = {.uuid = list.list.uuids.v[0]};
    assert_int_equal(ask(&a.ask, *state, start_transform), 0);
    assert_non_null(a.found.transform);
    assert_true(sn_str_eq(a.found.transform->uuid, a.uuid));
    assert_non_null(a.found.transform->pose_in_observer_frame);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct ask_world a = {.uuid = SN_STR("no such thing")};
    struct subject *subject = *state;

    assert_int_equal(ask(&a.ask, subject, start_transform), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "transform not found");
}

static int on_ready(struct sn_call *call, const struct sn_world_sink *sink)
{
    assert_int_equal(world_of(call)->changes, 0);
    world_of(call)->ready++;
    return 0;
}

static int
on_change(struct sn_call *call, const struct sn_world_sink *sink,
          const struct pb_service_worldstatestore_stream_transform_changes_response *change)
{
    assert_int_equal(world_of(call)->ready, 1);
    assert_true(change->change_type >= PB_SERVICE_WORLDSTATESTORE_TRANSFORM_CHANGE_TYPE_ADDED);
    assert_true(change->transform->uuid.len > 0);
    world_of(call)->changes++;
    return 0;
}

static int start_changes(struct sn_call *call)
{
    struct ask_world *a = world_of(call);

    a->sink = (struct sn_world_sink){on_ready, on_change};
    return sn_world_changes(call, subject_of(call), NULL, &a->sink);
}

static bool is_heard(void *owner)
{
    struct ask_world *a = owner;

    return a->ready || a->ask.ended;
}

static void listen_to(struct ask_world *a, struct subject *subject)
{
    ask_init(&a->ask, subject, start_changes);
    ask_start(&a->ask);
    assert_true(subject_until(subject, is_heard, a));
    assert_int_equal(a->ready, 1);
}

static bool has_changed(void *owner)
{
    struct ask_world *a = owner;

    return a->changes != a->changes_before;
}

static void await_change(struct ask_world *a)
{
    a->changes_before = a->changes;
    assert_true(subject_until(a->ask.subject, has_changed, a));
}

static void stop_listening(struct ask_world *a)
{
    sn_call_cancel(&a->ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a->ask), SN_ERR_CANCELLED);
}

static void changes_come_to_all_until_cancelled(void **state)
{
    struct ask_world a = {0}, other = {0};

    listen_to(&a, *state);
    listen_to(&other, *state);
    await_change(&a);
    await_change(&other);
    stop_listening(&other);
    int before = other.changes;
    await_change(&a);
    assert_int_equal(other.changes, before);
    stop_listening(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_listed_can_be_had),
    cmocka_unit_test(what_is_not_there_is_not_found),
    cmocka_unit_test(changes_come_to_all_until_cancelled),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_world_state_store = {SN_API_WORLD_STATE_STORE, tests,
                                              sizeof(tests) / sizeof(tests[0])};
