/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of a config that nothing reads: most are typing mistakes. Any thread.
 */
#ifndef SN_RESOURCE_CONFIG_UNKNOWN_H
#define SN_RESOURCE_CONFIG_UNKNOWN_H

#include "resource/registry.h"

/* Beyond these only their number is told. */
enum { SN_CONFIG_UNKNOWN_MAX = 20 };

/* Calls `report` with a text for each: `unknown key "modle" in components.0 is ignored; there are
 * name, api, …`. Attributes are looked at where the model is one of the registry's, sections and
 * entries everywhere. */
void sn_config_unknown(const struct sn_config *config, const struct sn_registry *registry,
                       void (*report)(void *owner, const char *text), void *owner);

#endif
