/* SPDX-License-Identifier: Apache-2.0
 *
 * Being told when a file changes: written, replaced by another (as editors and fsync-rename do),
 * removed or made anew, also through links. Folders are watched, not the file, which may come and
 * go. Loop thread.
 */
#ifndef SN_LOOP_WATCH_H
#define SN_LOOP_WATCH_H

#include "loop/loop.h"

struct sn_watch;

/* Calls `changed` for every event that may concern the file; several per change are usual. Does not
 * keep the loop running. UNAVAILABLE with a text (no such folder, no watches left). */
int sn_watch_create(struct sn_loop *loop, const char *path, void (*changed)(void *owner),
                    void *owner, struct sn_watch **ret_watch, struct sn_error *error) SN_MUST_USE;

/* No callback after this. Accepts NULL. */
void sn_watch_destroy(struct sn_watch *watch);

#endif
