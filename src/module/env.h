/* SPDX-License-Identifier: Apache-2.0
 *
 * The environment of a module's process.
 */
#ifndef SN_MODULE_ENV_H
#define SN_MODULE_ENV_H

#include "resource/config.h"
#include "sinew/arena.h"

/* Read only during the call. */
struct sn_module_env {
    const char *viam_home; /* VIAM_HOME */
    const char *data_dir;  /* VIAM_MODULE_DATA; NULL: none */
    const char *root;      /* VIAM_MODULE_ROOT; NULL: as the config's env has it */
    const char *address;   /* VIAM_MODULE_ADDRESS, which no config can change; NULL: none */
};

/* The server's own environment, then VIAM_HOME, VIAM_MODULE_DATA, VIAM_MODULE_NAME, VIAM_MODULE_ID
 * (`type` registry) and VIAM_MODULE_ROOT, then the config's `env`, then VIAM_MODULE_ADDRESS: each
 * name once, the later wins. "K=V", NULL-ended, on `arena`, whole. Entries of the config's `env`
 * whose name is empty or holds "=" or whose value is no string are left out. RESOURCE_EXHAUSTED.
 * Loop thread (it reads the process's environment). */
int sn_module_env_make(const struct sn_config_module *module, const struct sn_module_env *env,
                       struct sn_arena *arena, const char *const **ret_env) SN_MUST_USE;

#endif
