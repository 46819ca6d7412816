/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to be done before a module's process can be started: its executable found, its archive
 * unpacked, its first-run script run. Loop thread; nothing blocks it.
 *
 * An archive (`type` local, a path that ends in .tar.gz or .tgz) is unpacked by sinew-fetch into
 * <viam home>/packages-local/data/module/synthetic-<module>-0_0_<n>, beside which lie
 * ….status.json and, once its first-run script has succeeded, ….first_run_succeeded. An archive
 * that isn't the one that was unpacked, or has changed since, is unpacked as version n + 1; then
 * the older ones go. Sources: modules.md 1 and 7, the reference server's behaviour.
 */
#ifndef SN_MODULE_PACKAGE_H
#define SN_MODULE_PACKAGE_H

#include "loop/loop.h"
#include "resource/config.h"

/* Read only during sn_package_prepare(). */
struct sn_package_request {
    const struct sn_config_module *module; /* without `invalid` */
    const char *viam_home;                 /* absolute */
    const char *data_dir;                  /* VIAM_MODULE_DATA of the first-run script, or NULL */
    const struct sn_config *machine;       /* whose module it is, for that script; or NULL */
};

/* Valid inside `done`. Absolute paths. */
struct sn_package_result {
    const char *executable; /* to be run; whether it can be, its start will tell */
    const char *root;       /* VIAM_MODULE_ROOT; NULL: as the config's env has it, or none */
    const char *cwd;        /* the working directory: the root, else the executable's folder */
};

/* Where archives are unpacked, below the viam home. */
#define SN_PACKAGE_FOLDER "packages-local/data/module"

/* Whether a module comes as an archive. */
bool sn_package_is_archive(const char *type, const char *path);

/* Whether that name, in the folder above, is or belongs to what was unpacked of that module. */
bool sn_package_owns(const char *module, const char *name);

struct sn_package;

/* Begins. `done` is called once, never from inside: with 0 and a result, or with an error and its
 * text, which names the module and the cause:
 *   INVALID_ARGUMENT     path, archive, meta.json
 *   FAILED_PRECONDITION  the first-run script failed, or took longer than it may
 *   UNAVAILABLE, RESOURCE_EXHAUSTED  the system refuses; it may go another time
 * `ret_package` is valid until `done` or sn_package_cancel(). RESOURCE_EXHAUSTED: nothing begins.
 */
int sn_package_prepare(struct sn_loop *loop, const struct sn_package_request *request,
                       void (*done)(void *owner, int code, const struct sn_package_result *result,
                                    const char *text),
                       void *owner, struct sn_package **ret_package) SN_MUST_USE;

/* `done` won't be called; what runs is killed. Accepts NULL. */
void sn_package_cancel(struct sn_package *package);

#endif
