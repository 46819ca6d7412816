/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may call the machine, by its configs. Loop thread.
 */
#ifndef SN_MAIN_ACCESS_H
#define SN_MAIN_ACCESS_H

#include "base/random.h"
#include "resource/config.h"
#include "rpc/auth/auth.h"

/* In the caller's memory, zeroed, with `auth` set. */
struct sn_access {
    struct sn_auth *auth;
    char name[SN_UUID_LEN + 1]; /* of a machine whose configs give it none; made when needed */
};

/* The name the machine goes by: its config's, the cloud's, or one of its own. */
const char *sn_access_name(struct sn_access *access, const struct sn_config *config);

/* Puts what the config says in force, as sn_auth_configure(). */
int sn_access_configure(struct sn_access *access, const struct sn_config *config, bool *ret_changed,
                        struct sn_error *error) SN_MUST_USE;

#endif
