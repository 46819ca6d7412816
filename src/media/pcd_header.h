/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of a PCD file: ten lines in a fixed order, with comments between them.
 */
#ifndef SN_MEDIA_PCD_HEADER_H
#define SN_MEDIA_PCD_HEADER_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdbool.h>
#include <stdint.h>

enum sn_pcd_encoding { SN_PCD_ASCII, SN_PCD_BINARY, SN_PCD_COMPRESSED };

struct sn_pcd_header {
    bool colored;
    bool plain; /* every value is four bytes wide and there once */
    uint64_t width, height, points;
    enum sn_pcd_encoding encoding;
    struct sn_str data; /* behind the header */
};

/* Borrows from `file`. INVALID_ARGUMENT with upstream's text. */
int sn_pcd_header_parse(struct sn_str file, struct sn_pcd_header *header, struct sn_error *error)
    SN_MUST_USE;

/* The line at `*rest` without its end and the blanks around it, and `*rest` moved behind it; false
 * when no line is complete. */
bool sn_pcd_line(struct sn_str *rest, struct sn_str *ret_line);

/* The word at `*line`, which blanks end, and `*line` moved behind it; false when there is none. */
bool sn_pcd_word(struct sn_str *line, struct sn_str *ret_word);

#endif
