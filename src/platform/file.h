/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and folders as a whole. Blocks for as long as the disk does; any thread.
 */
#ifndef SN_PLATFORM_FILE_H
#define SN_PLATFORM_FILE_H

#include "sinew/arena.h"

#include <sys/types.h>

/* Its bytes, on the arena. INVALID_ARGUMENT with the system's words: "open <path>: no such file or
 * directory", or what is no file of at most `max` bytes; RESOURCE_EXHAUSTED. */
int sn_file_read(const char *path, size_t max, struct sn_arena *arena, struct sn_str *ret_bytes,
                 struct sn_error *error) SN_MUST_USE;

/* Replaces a file at once and for good: written beside it, on disk before it takes its name. Its
 * folder exists. UNAVAILABLE with the system's words. */
int sn_file_write(const char *path, struct sn_str bytes, struct sn_error *error) SN_MUST_USE;

/* Makes a folder and those above it that aren't there, with `mode`. UNAVAILABLE with the system's
 * words. */
int sn_file_make_folder(const char *path, mode_t mode, struct sn_error *error) SN_MUST_USE;

/* Removes a folder in the folder `parent` (a descriptor) with all that is in it; follows no links.
 * What can't be removed stays. */
void sn_file_remove_folder(int parent, const char *name);

#endif
