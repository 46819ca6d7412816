/* SPDX-License-Identifier: Apache-2.0
 *
 * Button: can be pushed. Source: viam.component.button.v1.
 */
#ifndef SINEW_API_BUTTON_H
#define SINEW_API_BUTTON_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_BUTTON "rdk:component:button"

struct sn_button {
    struct sn_resource base;
};

struct sn_button_ops {
    struct sn_common_ops common;

    /* Mandatory. An actuation: one push and its release. `extra` may be NULL. */
    int (*push)(struct sn_call *call, struct sn_button *button,
                const struct pb_google_struct *extra);
};

int sn_button_push(struct sn_call *call, struct sn_button *button,
                   const struct pb_google_struct *extra);

#ifdef __cplusplus
}
#endif

#endif
