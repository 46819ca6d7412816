/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an HTTP/1 request: the head and the body come out the same however they are cut;
 * the first byte chooses the pieces. The rest is read as gRPC-Web's text, too.
 */
#include "wire/http1.h"
#include "fuzz.h"
#include "wire/grpc_web.h"

static uint32_t add(uint32_t hash, struct sn_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ (uint8_t)bytes.ptr[i]) * 16777619u;
    return hash;
}

/* A hash of the body's bytes and of how it ends. */
static uint32_t read_body(const struct sn_http1_framing *framing, struct sn_str rest, size_t step)
{
    struct sn_http1_body body;
    enum sn_http1_event event = SN_HTTP1_MORE;
    uint32_t hash = 0;

    sn_http1_body_init(&body, framing);
    for (size_t at = 0; at < rest.len && event == SN_HTTP1_MORE; at += step) {
        struct sn_str input = {rest.ptr + at, rest.len - at < step ? rest.len - at : step}, bytes;

        while ((event = sn_http1_body_next(&body, &input, &bytes)) == SN_HTTP1_BYTES)
            hash = add(hash, bytes);
    }
    return hash + event;
}

static void read_request(struct sn_str bytes, size_t step)
{
    size_t len = sn_http1_head_len(bytes, 0), found = 0, scanned = 0;
    struct sn_http1_framing framing = {0};
    struct sn_http1_start start;
    struct sn_str head = {bytes.ptr, len}, name, value;

    for (size_t have = 0; have < bytes.len && !found;) {
        have = bytes.len - have < step ? bytes.len : have + step;
        found = sn_http1_head_len((struct sn_str){bytes.ptr, have}, scanned);
        scanned = have;
    }
    FUZZ_REQUIRE(found == len);
    if (!len || sn_http1_start_line(&head, &start))
        return;
    while (sn_http1_header(&head, &name, &value) == 1) {
        FUZZ_REQUIRE(name.len && (!value.len || value.ptr[0] != ' '));
        if (sn_http1_frame(&framing, name, value))
            return;
    }
    FUZZ_REQUIRE(!framing.chunked || !framing.has_length);
    struct sn_str rest = {bytes.ptr + len, bytes.len - len};
    FUZZ_REQUIRE(read_body(&framing, rest, step) == read_body(&framing, rest, rest.len + 1));
}

static uint32_t read_text(struct sn_str text, size_t step)
{
    struct sn_web_text decoder = {0};
    uint32_t hash = 0;
    uint8_t out[6];

    for (size_t at = 0; at < text.len; at += step) {
        struct sn_str piece = {text.ptr + at, text.len - at < step ? text.len - at : step};

        while (piece.len) {
            int len = sn_web_text_decode(&decoder, &piece, out, sizeof(out));

            if (len < 0)
                return 1; /* what came before in this piece is lost */
            hash = add(hash, (struct sn_str){(char *)out, (size_t)len});
        }
    }
    return hash + sn_web_text_is_whole(&decoder) * 2U;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 8192)
        return 0;
    struct sn_str bytes = {(const char *)data + 1, size - 1};
    size_t step = 1 + data[0] % 64;

    read_request(bytes, step);
    FUZZ_REQUIRE(read_text(bytes, step) == read_text(bytes, bytes.len));
    return 0;
}
