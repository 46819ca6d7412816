/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of modules that are in the config no more.
 */
#ifndef SN_MODULE_DATA_DIRS_H
#define SN_MODULE_DATA_DIRS_H

#include "loop/loop.h"
#include "resource/config.h"

/* Longest path of a module's data directory. */
enum { SN_DATA_DIR_MAX = 2048 };

/* "<home>/module-data/<part>", or with a module's name below. INVALID_ARGUMENT: it is too
 * long, or the part's id is no name of a folder. */
int sn_data_dir(const char *home, const struct sn_config *config, const char *module,
                char (*ret_path)[SN_DATA_DIR_MAX]) SN_MUST_USE;

/* Removes, on the pool, the data directories and what was unpacked of archives, but for those of
 * this config's modules; and what is left of an unpacking that was cut off, when it is an hour old.
 * `cleaned` comes once, never from inside; until then no other module may begin to use folders.
 * INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE (no thread): nothing begins. Loop thread.
 * Source: upstream does so at each change of the config. */
int sn_data_dirs_clean(struct sn_loop *loop, const char *home, const struct sn_config *config,
                       void (*cleaned)(void *owner), void *owner) SN_MUST_USE;

#endif
