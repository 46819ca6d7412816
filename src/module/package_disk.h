/* SPDX-License-Identifier: Apache-2.0
 *
 * What src/module/package.c asks the disk. Blocks; pool threads.
 */
#ifndef SN_MODULE_PACKAGE_DISK_H
#define SN_MODULE_PACKAGE_DISK_H

#include "sinew/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SN_PACKAGE_META_MAX = 1 << 20, /* bytes of a meta.json */
    SN_PACKAGE_MEMORY_MAX = 8 << 20,
};

/* Texts lie on `arena`. */
struct sn_package_disk {
    struct sn_arena *arena;

    /* Given */
    const char *module;      /* name */
    const char *path;        /* of the executable or the archive, as configured */
    const char *type;        /* "local", "registry" or "" */
    const char *config_root; /* VIAM_MODULE_ROOT of the config's env, or NULL */
    const char *home;        /* for "~"; NULL: none */
    const char *viam_home;

    /* From sn_package_look() on */
    bool is_archive;
    bool must_unpack;   /* `path` into `folder` */
    const char *folder; /* what holds the module's files */
    unsigned version;   /* of `folder`, for an archive: 0.0.<version> */
    int64_t archive_ns; /* when the archive was last changed; since 1970 */

    /* From sn_package_read() on */
    const char *executable;
    const char *root;      /* VIAM_MODULE_ROOT, or NULL */
    const char *first_run; /* the script to run, or NULL */
    const char *marker;    /* the file that says it has succeeded */
    const char *warning;   /* why there is no first_run, though there should be; or NULL */
};

/* Checks the path; finds what of an archive is unpacked, makes the folder for it to lie in. */
int sn_package_look(struct sn_package_disk *disk, struct sn_error *error) SN_MUST_USE;

/* After an archive was unpacked: notes of what, and removes what was unpacked of it earlier. */
int sn_package_unpacked(struct sn_package_disk *disk, struct sn_error *error) SN_MUST_USE;

/* Reads meta.json. */
int sn_package_read(struct sn_package_disk *disk, struct sn_error *error) SN_MUST_USE;

/* Notes that the first-run script has succeeded. */
int sn_package_mark(struct sn_package_disk *disk, struct sn_error *error) SN_MUST_USE;

#endif
