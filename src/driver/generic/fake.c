/* SPDX-License-Identifier: Apache-2.0
 *
 * Generic component that gives back each command, as the reference's.
 */
#include "pb/google/protobuf/struct.h"
#include "sinew/api/generic.h"
#include "sinew/driver.h"

static int fake_do_command(struct sn_call *call, struct sn_resource *resource,
                           const struct pb_google_struct *command,
                           struct pb_google_struct **ret_result)
{
    *ret_result = command ? (struct pb_google_struct *)(uintptr_t)command
                          : sn_arena_zalloc(call->arena, sizeof(**ret_result));
    return *ret_result ? 0 : SN_ERR_RESOURCE_EXHAUSTED;
}

static const struct sn_common_ops fake_ops = {
    .do_command = fake_do_command,
};

const struct sn_driver sn_driver_generic_fake = {
    .api = SN_API_GENERIC,
    .model = "rdk:builtin:fake",
    .help = "gives back each command",
    .size = sizeof(struct sn_generic),
    .ops = &fake_ops,
};
