/* SPDX-License-Identifier: Apache-2.0
 *
 * Placeholders in configs: ${packages.<name>}, ${packages.<type>.<name>} and ${environment.<VAR>}
 * in the attributes of components and services and in modules' paths and environments.
 */
#ifndef SN_RESOURCE_CONFIG_PLACE_H
#define SN_RESOURCE_CONFIG_PLACE_H

#include "resource/config.h"

/* Puts in their place the folder of a package of this config below `viam_home` (without a type:
 * that of an ml_model) and the value that `lookup` has for a variable. What can't be resolved stays
 * as it is and is told, upstream's texts joined by "; ", in `ret_problems` (for free(); NULL:
 * nothing). Before anybody reads the config. RESOURCE_EXHAUSTED: some may be left. */
int sn_config_place(struct sn_config *config, const char *viam_home,
                    const char *(*lookup)(const char *name), char **ret_problems) SN_MUST_USE;

#endif
