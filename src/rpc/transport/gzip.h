/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip of single messages, both ways. Any thread that owns the memory.
 */
#ifndef SN_TRANSPORT_GZIP_H
#define SN_TRANSPORT_GZIP_H

#include "rpc/core/message.h"

/* Inflates `message` into a block of its own, where `*message` then lies. NULL with a code:
 * RESOURCE_EXHAUSTED when it is larger than `limit` bytes or memory is out, INTERNAL when it is no
 * gzip. */
struct sn_block *sn_gzip_inflate(struct sn_block_pool *blocks, struct sn_str *message, size_t limit,
                                 int *ret_code) SN_MUST_USE;

/* Replaces the message by its compressed form and marks it so; leaves one that compression would
 * not make smaller, or for which memory is out, as it is. */
struct sn_message *sn_gzip_deflate(struct sn_message *take_message) SN_MUST_USE;

#endif
