/* SPDX-License-Identifier: Apache-2.0
 *
 * A config file that is followed while it changes. Loop thread.
 */
#ifndef SN_ROBOT_CONFIG_FILE_H
#define SN_ROBOT_CONFIG_FILE_H

#include "loop/loop.h"
#include "resource/registry.h"

struct sn_config_file;

/* Where a config comes from. The texts and the registry outlive whoever reads. */
struct sn_config_source {
    const char *path;
    const char *viam_home; /* where packages lie; absolute */
    const struct sn_registry *registry;
};

/* Reads and checks the file as for a start ($VAR replaced; blocks). Placeholders are resolved;
 * those that can't be are logged. Codes and texts of sn_config_read() and sn_registry_check(). */
int sn_config_file_load(const struct sn_config_source *source, struct sn_config **ret_config,
                        struct sn_error *error) SN_MUST_USE;

/* Follows the file: when it has changed and been left alone for half a second, or keeps changing
 * for three, it is read on the pool and `changed` gets the new config (which it takes). What can't
 * be used is logged and skipped. UNAVAILABLE when it can't be watched. */
int sn_config_file_follow(struct sn_loop *loop, const struct sn_config_source *source,
                          void (*changed)(void *owner, struct sn_config *take_config), void *owner,
                          struct sn_config_file **ret_file, struct sn_error *error) SN_MUST_USE;

/* No callback after this. Accepts NULL. */
void sn_config_file_destroy(struct sn_config_file *file);

#endif
