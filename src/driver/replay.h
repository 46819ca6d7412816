/* SPDX-License-Identifier: Apache-2.0
 *
 * Drivers that replay what was captured and sent to the cloud: which data, and that there is no
 * link to a cloud yet. Without one upstream refuses to build them, too.
 */
#ifndef SN_DRIVER_REPLAY_H
#define SN_DRIVER_REPLAY_H

#include "sinew/driver.h"

struct replay_attrs {
    struct sn_str source, robot_id, location_id, organization_id, api_key, api_key_id;
    struct {
        struct sn_str start, end;
    } interval;
    uint32_t batch_size;
    bool has_batch_size;
};

extern const struct sn_attr sn_replay_attrs[];

/* For sn_driver.validate, of a driver that asks for at most `batch_max` records at a time. */
int sn_replay_validate(const struct replay_attrs *attrs, uint32_t batch_max, struct sn_error *error)
    SN_MUST_USE;

/* sn_driver.open: UNKNOWN. */
int sn_replay_open(struct sn_call *call, struct sn_resource *resource, const void *attrs);

#endif
