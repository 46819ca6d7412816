/* SPDX-License-Identifier: Apache-2.0
 *
 * What the server and its helper program sinew-fetch say to each other.
 *
 *   sinew-fetch unpack ARCHIVE TARGET
 *
 * On standard error stands one line that names the archive, the entry and the cause, when the exit
 * code isn't 0.
 */
#ifndef SN_PLATFORM_FETCH_H
#define SN_PLATFORM_FETCH_H

#define SN_FETCH_NAME "sinew-fetch"

/* Exit codes besides 0. */
enum {
    SN_FETCH_REFUSED = 1, /* the archive is not what it should be */
    SN_FETCH_USAGE = 2,
    SN_FETCH_FAILED = 3, /* the system refuses: disk, memory, rights */
};

#endif
