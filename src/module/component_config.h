/* SPDX-License-Identifier: Apache-2.0
 *
 * A config's entry as modules get it. Pure; any thread.
 */
#ifndef SN_MODULE_COMPONENT_CONFIG_H
#define SN_MODULE_COMPONENT_CONFIG_H

#include "resource/config.h"
#include "sinew/arena.h"

struct pb_app_component_config; /* "pb/app/v1/robot.h" */

/* Fills the zeroed `ret_config`, memory from `arena`. INVALID_ARGUMENT: a frame that makes no
 * sense; RESOURCE_EXHAUSTED. Source: viam.app.v1.ComponentConfig, which services use too. */
int sn_component_config(const struct sn_config_resource *entry, struct sn_arena *arena,
                        struct pb_app_component_config *ret_config, struct sn_error *error)
    SN_MUST_USE;

#endif
