/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that is there whole or not at all.
 */
#ifndef SN_HELPER_PLACE_H
#define SN_HELPER_PLACE_H

#include "helper/unpack.h"

/* Unpacks the file `archive` into the folder `target`, whose parent exists: first beside it into
 * "<random>.tmp", then, when all is on disk, under its name; what was there before is removed. On
 * an error nothing is left but what was there. Shuts this process in (helper/sandbox.h), so it can
 * be called once. Blocks. Errors as sn_unpack(); INVALID_ARGUMENT too for paths that can't be
 * used. The text is one line without `archive`. */
int sn_place(const char *archive, const char *target, const struct sn_unpack_limits *limits,
             struct sn_error *error) SN_MUST_USE;

#endif
