/* SPDX-License-Identifier: Apache-2.0
 *
 * Discovery that always finds the same two things, as the reference's.
 */
#include "pb/app/v1/robot.h"
#include "pb/service/discovery/v1/discovery.h"
#include "sinew/api/discovery.h"
#include "sinew/driver.h"

static int fake_resources(struct sn_call *call, struct sn_discovery *discovery,
                          const struct pb_google_struct *extra,
                          struct pb_service_discovery_discover_resources_response *ret)
{
    static struct pb_google_struct no_attributes;
    static struct pb_app_component_config found[] = {
        {.name = SN_STR("fake1"),
         .namespace_ = SN_STR("rdk"),
         .type = SN_STR("movement_sensor"),
         .model = SN_STR("rdk:builtin:fake"),
         .attributes = &no_attributes,
         .api = SN_STR("rdk:component:movement_sensor")},
        {.name = SN_STR("fake2"),
         .namespace_ = SN_STR("rdk"),
         .type = SN_STR("camera"),
         .model = SN_STR("rdk:builtin:fake"),
         .attributes = &no_attributes,
         .api = SN_STR("rdk:component:camera")},
    };

    ret->discoveries.v = found;
    ret->discoveries.n = sizeof(found) / sizeof(found[0]);
    return 0;
}

static int fake_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    *ret_result = command ? (struct pb_google_struct *)(uintptr_t)command
                          : sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static const struct sn_discovery_ops fake_ops = {
    .common.do_command = fake_do_command,
    .resources = fake_resources,
};

const struct sn_driver sn_service_discovery_fake = {
    .api = SN_API_DISCOVERY,
    .model = "rdk:builtin:fake",
    .help = "finds a movement sensor and a camera, both fakes",
    .size = sizeof(struct sn_discovery),
    .ops = &fake_ops,
};
