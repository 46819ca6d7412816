/* SPDX-License-Identifier: Apache-2.0
 *
 * The C heap as a source of blocks, for programs and tests that have one. The portable folders take
 * the source they are given.
 */
#ifndef SN_BASE_HEAP_H
#define SN_BASE_HEAP_H

#include "sinew/arena.h"

/* malloc() and free(); callable from any thread. */
extern struct sn_block_source sn_heap;

#endif
