/* SPDX-License-Identifier: Apache-2.0
 *
 * LZF, unpacked.
 */
#include "media/lzf.h"

#include <string.h>

struct unpacker {
    const uint8_t *in, *in_end;
    uint8_t *out, *begin, *out_end;
};

static int literals(struct unpacker *u, size_t len)
{
    if (len > (size_t)(u->in_end - u->in) || len > (size_t)(u->out_end - u->out))
        return SN_ERR_OUT_OF_RANGE;
    memcpy(u->out, u->in, len);
    u->in += len;
    u->out += len;
    return 0;
}

/* Byte by byte: a reference may reach into what it writes. */
static int reference(struct unpacker *u, uint8_t control)
{
    size_t len = control >> 5, back = (size_t)(control & 31) << 8;

    if (u->in_end - u->in < (len == 7 ? 2 : 1))
        return SN_ERR_OUT_OF_RANGE;
    if (len == 7)
        len += *u->in++;
    back += (size_t)*u->in++ + 1;
    len += 2;
    if (back > (size_t)(u->out - u->begin))
        return SN_ERR_INVALID_ARGUMENT;
    if (len > (size_t)(u->out_end - u->out))
        return SN_ERR_OUT_OF_RANGE;
    for (; len; len--, u->out++)
        *u->out = *(u->out - back);
    return 0;
}

int sn_lzf_unpack(const uint8_t *in, size_t len, uint8_t *out, size_t capacity, size_t *ret_len)
{
    struct unpacker u = {in, in + len, out, out, out + capacity};

    while (u.in < u.in_end) {
        uint8_t control = *u.in++;
        int error = control < 32 ? literals(&u, (size_t)control + 1) : reference(&u, control);

        if (error)
            return error;
    }
    *ret_len = (size_t)(u.out - out);
    return 0;
}
