/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server and its helper program sinew-spawn say to each other.
 *
 *   sinew-spawn key=value… -- program argument…
 *
 * The environment is the program's. Keys, in any order; `write` up to SN_SPAWN_WRITABLE_MAX times:
 *
 *   parent      number of the server's process: whoever has another parent is an orphan and ends
 *   guarded     yes: descriptor 4 leads to the guard, which is told of this process
 *   cwd         working directory
 *   user        name or number
 *   data        folder that is given to the user and stays writable
 *   cgroup      folder of the cgroup to enter
 *   memory      bytes of data a process may have (where there is no cgroup)
 *   processes   how many the user may have (the same)
 *   network     off
 *   files       read-only, but for devices, `data` and
 *   write       a folder
 *
 * Descriptor 3 takes lines: 'W' and a warning, or 'E' and why there will be no program. It ends
 * when the program begins. Exit code of failures: 127.
 *
 *   sinew-spawn guard
 *
 * is the guard: see helper/guard.c.
 */
#ifndef SN_PLATFORM_SPAWN_H
#define SN_PLATFORM_SPAWN_H

#define SN_SPAWN_NAME "sinew-spawn"
#define SN_SPAWN_GUARD "guard"

enum {
    SN_SPAWN_STATUS_FD = 3,
    SN_SPAWN_GUARD_FD = 4,
    SN_SPAWN_FAILED = 127,
    SN_SPAWN_TEXT_MAX = 1024,
    SN_SPAWN_WRITABLE_MAX = 80,
};

#endif
