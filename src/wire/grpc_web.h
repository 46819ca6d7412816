/* SPDX-License-Identifier: Apache-2.0
 *
 * What gRPC-Web adds to gRPC's frames: the trailers as a last frame, and the text form, where all
 * is base64. Pure. Source: gRPC "PROTOCOL-WEB".
 */
#ifndef SN_WIRE_GRPC_WEB_H
#define SN_WIRE_GRPC_WEB_H

#include "sinew/err.h"
#include "sinew/str.h"

#include <stdint.h>

/* The flag of a frame that holds trailers, as lines of "name: value\r\n". */
enum { SN_WEB_TRAILERS = 0x80 };

/* Takes a text apart: base64 in any pieces, of one or several padded runs. Zeroed is ready. */
struct sn_web_text {
    uint32_t bits;
    uint8_t count, padding; /* characters of the four being read */
};

/* Decodes from the front of `text` until it is used up or `size` bytes (3 at least) may be full.
 * Returns how many, or INVALID_ARGUMENT. */
int sn_web_text_decode(struct sn_web_text *decoder, struct sn_str *text, uint8_t *out, size_t size)
    SN_MUST_USE;

/* Whether the text may end here. */
static inline bool sn_web_text_is_whole(const struct sn_web_text *decoder)
{
    return decoder->count == 0;
}

/* Base64 with padding. `out` holds SN_WEB_TEXT_LEN(bytes.len). Returns the length. */
#define SN_WEB_TEXT_LEN(len) (((len) + 2) / 3 * 4)
size_t sn_web_text_encode(char *out, struct sn_str bytes);

#endif
