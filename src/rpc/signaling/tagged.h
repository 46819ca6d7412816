/* SPDX-License-Identifier: Apache-2.0
 *
 * A channel whose calls all carry some metadata more: a token, the host that is meant. Loop thread.
 */
#ifndef SN_SIGNALING_TAGGED_H
#define SN_SIGNALING_TAGGED_H

#include "rpc/core/transport.h"

enum { SN_TAGS_MAX = 8 };

/* In the caller's memory, until `base` is closed and has said so. */
struct sn_tagged {
    struct sn_channel base; /* first: this is the channel to use */
    struct sn_channel *inner;
    struct sn_metadata_entry tags[SN_TAGS_MAX]; /* borrowed until then, too */
    uint32_t count;
};

/* Closing `base` closes `inner`. */
void sn_tagged_init(struct sn_tagged *tagged, struct sn_channel *inner);

/* Later calls carry it. RESOURCE_EXHAUSTED past SN_TAGS_MAX. */
int sn_tagged_add(struct sn_tagged *tagged, const char *key, const char *value) SN_MUST_USE;

#endif
