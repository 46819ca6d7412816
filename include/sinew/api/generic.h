/* SPDX-License-Identifier: Apache-2.0
 *
 * Generic: what fits no other API, as a component or as a service; free-form commands only.
 * Source: viam.component.generic.v1, viam.service.generic.v1.
 */
#ifndef SINEW_API_GENERIC_H
#define SINEW_API_GENERIC_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_GENERIC "rdk:component:generic"
#define SN_API_GENERIC_SERVICE "rdk:service:generic"

/* Its ops are the common ones: sn_do_command(), sn_status(), sn_geometries() (of components). */
struct sn_generic {
    struct sn_resource base;
};

#ifdef __cplusplus
}
#endif

#endif
