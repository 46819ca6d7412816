/* SPDX-License-Identifier: Apache-2.0
 *
 * Making text of what programs print: the wire takes nothing but UTF-8.
 */
#ifndef SN_SERVICE_SHELL_UTF8_H
#define SN_SERVICE_SHELL_UTF8_H

#include "sinew/str.h"

#include <stdint.h>

/* A byte that belongs to no character becomes U+FFFD, three bytes. */
enum { UTF8_GROWTH = 3, UTF8_TAIL_MAX = 4 };

/* The beginning of a character whose end has not come yet. */
struct utf8_tail {
    uint8_t bytes[UTF8_TAIL_MAX];
    size_t len;
};

/* `raw` behind the tail, as text: what is no UTF-8 is replaced, an unfinished character becomes the
 * tail. `text` has room for UTF8_GROWTH bytes per byte of `raw` and the tail. */
struct sn_str utf8_repair(struct utf8_tail *tail, struct sn_str raw, char *text);

#endif
