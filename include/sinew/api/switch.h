/* SPDX-License-Identifier: Apache-2.0
 *
 * Switch: has a number of positions and is in one of them. Source: viam.component.switch.v1.
 */
#ifndef SINEW_API_SWITCH_H
#define SINEW_API_SWITCH_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_SWITCH "rdk:component:switch"

struct pb_switch_get_number_of_positions_response; /* "pb/component/switch/v1/switch.h" */

struct sn_switch {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory; `extra` may be NULL everywhere. */
struct sn_switch_ops {
    struct sn_common_ops common;

    /* Actuation. `position` counts from 0; one that isn't there is refused by
     * sn_switch_check_position(). */
    int (*set_position)(struct sn_call *call, struct sn_switch *sw, uint32_t position,
                        const struct pb_google_struct *extra);

    /* Read. */
    int (*position)(struct sn_call *call, struct sn_switch *sw,
                    const struct pb_google_struct *extra, uint32_t *ret_position);

    /* Read. How many positions, and their labels: none, or one each. `*ret` comes zeroed; labels
     * are in the call's arena or live as long as the switch. */
    int (*positions)(struct sn_call *call, struct sn_switch *sw,
                     const struct pb_google_struct *extra,
                     struct pb_switch_get_number_of_positions_response *ret);
};

int sn_switch_set_position(struct sn_call *call, struct sn_switch *sw, uint32_t position,
                           const struct pb_google_struct *extra);
int sn_switch_position(struct sn_call *call, struct sn_switch *sw,
                       const struct pb_google_struct *extra, uint32_t *ret_position);
int sn_switch_positions(struct sn_call *call, struct sn_switch *sw,
                        const struct pb_google_struct *extra,
                        struct pb_switch_get_number_of_positions_response *ret);

/* For drivers: UNKNOWN with upstream's text unless `position` is below `count`. */
int sn_switch_check_position(struct sn_call *call, const struct sn_switch *sw, uint32_t position,
                             uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
