/* SPDX-License-Identifier: Apache-2.0
 *
 * The environments of modules' and other processes.
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
    const struct sn_config
        *machine; /* who the machine is, for modules that dial it; NULL: nobody */
};

/* The server's own environment, then VIAM_HOME, VIAM_MODULE_DATA, VIAM_MODULE_NAME, VIAM_MODULE_ID
 * (`type` registry) and VIAM_MODULE_ROOT, an API key of the machine (VIAM_API_KEY_ID and
 * VIAM_API_KEY: the first by id) and its cloud identity (VIAM_PRIMARY_ORG_ID, VIAM_LOCATION_ID,
 * VIAM_MACHINE_ID, VIAM_MACHINE_PART_ID, VIAM_MACHINE_FQDN), then the config's `env`, then
 * VIAM_MODULE_ADDRESS: each name once, the later wins. "K=V", NULL-ended, on `arena`, whole.
 * Entries of the config's `env` whose name is empty or holds "=" or whose value is neither string
 * nor null, which is "", are left out. RESOURCE_EXHAUSTED. Loop thread (it reads the process's
 * environment). */
int sn_module_env_make(const struct sn_config_module *module, const struct sn_module_env *env,
                       struct sn_arena *arena, const char *const **ret_env) SN_MUST_USE;

/* The API key that modules get; NULL: the machine has none. */
const struct sn_config_api_key *sn_module_env_key(const struct sn_config *config);

/* The host that they get; "": none. */
const char *sn_module_env_fqdn(const struct sn_config *config);

/* The server's own environment, then that of the config (an object, or NULL), as above. */
int sn_process_env_make(json_t *env, struct sn_arena *arena, const char *const **ret_env)
    SN_MUST_USE;

#endif
