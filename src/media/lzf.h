/* SPDX-License-Identifier: Apache-2.0
 *
 * LZF, the compression in compressed PCD files: runs of literal bytes and references to what came
 * before. Pure function, any thread.
 *
 *   000LLLLL                      LLLLL + 1 bytes follow
 *   LLLooooo oooooooo             LLL + 2 bytes (LLL 1..6) from o + 1 bytes back
 *   111ooooo LLLLLLLL oooooooo    LLLLLLLL + 9 bytes from o + 1 bytes back
 *
 * Source: the format as liblzf documents it.
 */
#ifndef SN_MEDIA_LZF_H
#define SN_MEDIA_LZF_H

#include "sinew/err.h"

#include <stddef.h>
#include <stdint.h>

/* Unpacks into `out` of `capacity` bytes. OUT_OF_RANGE: it ends within a run or holds more than
 * that; INVALID_ARGUMENT: a reference to before the beginning. */
int sn_lzf_unpack(const uint8_t *in, size_t len, uint8_t *out, size_t capacity, size_t *ret_len)
    SN_MUST_USE;

#endif
