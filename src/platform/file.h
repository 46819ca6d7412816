/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as a whole. Blocks for as long as the disk does; any thread.
 */
#ifndef SN_PLATFORM_FILE_H
#define SN_PLATFORM_FILE_H

#include "sinew/arena.h"

/* Its bytes, on the arena. INVALID_ARGUMENT with the system's words: "open <path>: no such file or
 * directory", or what is no file of at most `max` bytes; RESOURCE_EXHAUSTED. */
int sn_file_read(const char *path, size_t max, struct sn_arena *arena, struct sn_str *ret_bytes,
                 struct sn_error *error) SN_MUST_USE;

#endif
