/* SPDX-License-Identifier: Apache-2.0
 *
 * Being told when a descriptor can be read or written, for what is no socket of src/net: terminals,
 * devices. Loop thread.
 */
#ifndef SN_LOOP_READY_H
#define SN_LOOP_READY_H

#include "loop/loop.h"

struct sn_ready;

enum sn_ready_event { SN_READABLE = 1, SN_WRITABLE = 2 };

/* `handle` is called with what has become possible of what is wanted: at first nothing. A
 * descriptor whose other end is gone counts as whatever is wanted. `fd` must not wait, and stays
 * the caller's. Keeps the loop running. UNAVAILABLE when the system refuses. */
int sn_ready_create(struct sn_loop *loop, int fd, void (*handle)(void *owner, unsigned events),
                    void *owner, struct sn_ready **ret_ready) SN_MUST_USE;

/* From now on only `events`; cheap when nothing changes. */
void sn_ready_want(struct sn_ready *ready, unsigned events);

/* No callback after this; the descriptor may be closed at once. Accepts NULL. */
void sn_ready_destroy(struct sn_ready *ready);

#endif
