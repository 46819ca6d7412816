/* SPDX-License-Identifier: Apache-2.0
 *
 * gRPC-Web's text form. Pure functions.
 */
#include "wire/grpc_web.h"

#include "wire/grpc.h"

/* Takes one character; false for one that can't stand there. */
static bool take(struct sn_web_text *decoder, char c)
{
    int value = sn_base64_digit(c);

    if (c == '=' && decoder->count >= 2) {
        decoder->padding++;
        value = 0;
    } else if (value < 0 || decoder->padding) {
        return false;
    }
    decoder->bits = decoder->bits << 6 | (uint32_t)value;
    decoder->count++;
    return true;
}

int sn_web_text_decode(struct sn_web_text *decoder, struct sn_str *text, uint8_t *out, size_t size)
{
    size_t len = 0;

    while (text->len && len + 3 <= size) {
        if (!take(decoder, *text->ptr))
            return SN_ERR_INVALID_ARGUMENT;
        text->ptr++;
        text->len--;
        if (decoder->count < 4)
            continue;
        out[len] = (uint8_t)(decoder->bits >> 16);
        out[len + 1] = (uint8_t)(decoder->bits >> 8);
        out[len + 2] = (uint8_t)decoder->bits;
        len += 3U - decoder->padding;
        *decoder = (struct sn_web_text){0};
    }
    return (int)len;
}

size_t sn_web_text_encode(char *out, struct sn_str bytes)
{
    size_t len = sn_base64_encode(out, bytes);

    while (len % 4)
        out[len++] = '=';
    return len;
}
