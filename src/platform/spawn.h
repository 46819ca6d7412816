/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server and its helper program sinew-spawn say to each other.
 *
 *   sinew-spawn key=value… -- program argument…
 *
 * The environment is the program's. Keys, in any order; `write` any number of times:
 *
 *   parent   number of the server's process: whoever has another parent is an orphan and ends
 *   cwd      working directory
 *   user     name or number
 *   data     folder that is given to the user and stays writable
 *
 * Descriptor 3 takes lines: 'W' and a warning, or 'E' and why there will be no program. It ends
 * when the program begins. Exit code of failures: 127.
 */
#ifndef SN_PLATFORM_SPAWN_H
#define SN_PLATFORM_SPAWN_H

#define SN_SPAWN_NAME "sinew-spawn"

enum { SN_SPAWN_STATUS_FD = 3, SN_SPAWN_FAILED = 127, SN_SPAWN_TEXT_MAX = 1024 };

#endif
