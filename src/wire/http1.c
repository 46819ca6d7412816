/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.x requests. Pure functions.
 */
#include "wire/http1.h"

#include "wire/http.h"

/* ---- the head ---- */

size_t sn_http1_head_len(struct sn_str bytes, size_t from)
{
    for (size_t i = from < 3 ? 0 : from - 3; i + 4 <= bytes.len; i++) {
        const char *cr = memchr(bytes.ptr + i, '\r', bytes.len - i);

        if (!cr)
            return 0;
        i = (size_t)(cr - bytes.ptr);
        if (i + 4 <= bytes.len && memcmp(cr, "\r\n\r\n", 4) == 0)
            return i + 4;
    }
    return 0;
}

/* A line without its end; false when there is none, or a bare CR or LF in it. */
static bool take_line(struct sn_str *head, struct sn_str *ret_line)
{
    const char *cr = memchr(head->ptr, '\r', head->len);
    size_t len = cr ? (size_t)(cr - head->ptr) : 0;

    if (!cr || len + 1 == head->len || cr[1] != '\n' || memchr(head->ptr, '\n', len))
        return false;
    *ret_line = (struct sn_str){head->ptr, len};
    head->ptr += len + 2;
    head->len -= len + 2;
    return true;
}

static bool take_word(struct sn_str *line, struct sn_str *ret_word)
{
    const char *space = memchr(line->ptr, ' ', line->len);

    if (!space)
        return false;
    *ret_word = (struct sn_str){line->ptr, (size_t)(space - line->ptr)};
    line->ptr = space + 1;
    line->len -= ret_word->len + 1;
    return true;
}

/* "http://host/path" to "/path". */
static void cut_authority(struct sn_str *target)
{
    const char *colon = memchr(target->ptr, ':', target->len);
    size_t left = colon ? target->len - (size_t)(colon - target->ptr) : 0;

    if (target->ptr[0] == '/' || left < 3 || memcmp(colon, "://", 3) != 0)
        return;
    const char *path = memchr(colon + 3, '/', left - 3);
    *target = path ? (struct sn_str){path, target->len - (size_t)(path - target->ptr)}
                   : (struct sn_str){"/", 1};
}

static bool target_is_right(struct sn_str target)
{
    for (size_t i = 0; i < target.len; i++)
        if ((uint8_t)target.ptr[i] <= ' ' || target.ptr[i] == 0x7f)
            return false;
    return target.len > 0;
}

int sn_http1_start_line(struct sn_str *head, struct sn_http1_start *ret_start)
{
    struct sn_http1_start *start = ret_start;
    struct sn_str line;

    *start = (struct sn_http1_start){0};
    if (!take_line(head, &line) || !take_word(&line, &start->method) ||
        !take_word(&line, &start->target) || !sn_str_has_prefix(line, SN_STR("HTTP/")))
        return SN_ERR_UNAVAILABLE;
    if (line.len != 8 || line.ptr[6] != '.' || line.ptr[7] < '0' || line.ptr[7] > '9')
        return SN_ERR_INVALID_ARGUMENT;
    if (line.ptr[5] != '1')
        return SN_ERR_UNIMPLEMENTED;
    start->minor = (uint8_t)(line.ptr[7] - '0');
    if (!sn_http_is_token(start->method) || !target_is_right(start->target))
        return SN_ERR_INVALID_ARGUMENT;
    cut_authority(&start->target);
    return start->target.ptr[0] == '/' || sn_str_is(start->target, "*") ? 0
                                                                        : SN_ERR_INVALID_ARGUMENT;
}

static void trim(struct sn_str *text)
{
    while (text->len && (text->ptr[0] == ' ' || text->ptr[0] == '\t')) {
        text->ptr++;
        text->len--;
    }
    while (text->len && (text->ptr[text->len - 1] == ' ' || text->ptr[text->len - 1] == '\t'))
        text->len--;
}

int sn_http1_header(struct sn_str *head, struct sn_str *ret_name, struct sn_str *ret_value)
{
    struct sn_str line;

    if (!take_line(head, &line))
        return SN_ERR_INVALID_ARGUMENT;
    if (!line.len)
        return 0;
    const char *colon = memchr(line.ptr, ':', line.len);
    if (!colon)
        return SN_ERR_INVALID_ARGUMENT;
    *ret_name = (struct sn_str){line.ptr, (size_t)(colon - line.ptr)};
    *ret_value = (struct sn_str){colon + 1, line.len - ret_name->len - 1};
    trim(ret_value);
    return sn_http_is_token(*ret_name) && sn_http_is_value(*ret_value) ? 1
                                                                       : SN_ERR_INVALID_ARGUMENT;
}

/* ---- framing ---- */

static int frame_length(struct sn_http1_framing *framing, struct sn_str value)
{
    uint64_t length;

    if (!sn_http_parse_length(value, &length) || framing->chunked ||
        (framing->has_length && length != framing->length))
        return SN_ERR_INVALID_ARGUMENT;
    framing->has_length = true;
    framing->length = length;
    return 0;
}

static int frame_coding(struct sn_http1_framing *framing, struct sn_str value)
{
    if (framing->chunked || framing->has_length)
        return SN_ERR_INVALID_ARGUMENT;
    framing->chunked = sn_http_is(value, "chunked");
    return framing->chunked ? 0 : SN_ERR_UNIMPLEMENTED;
}

int sn_http1_frame(struct sn_http1_framing *framing, struct sn_str name, struct sn_str value)
{
    if (sn_http_is(name, "content-length"))
        return frame_length(framing, value);
    if (sn_http_is(name, "transfer-encoding"))
        return frame_coding(framing, value);
    if (sn_http_is(name, "host"))
        return ++framing->hosts > 1 ? SN_ERR_INVALID_ARGUMENT : 0;
    if (sn_http_is(name, "connection")) {
        framing->close |= sn_http_has_token(value, "close");
        framing->keep_alive |= sn_http_has_token(value, "keep-alive");
    } else if (sn_http_is(name, "expect")) {
        framing->expects = sn_http_is(value, "100-continue");
        framing->expects_unknown = !framing->expects;
    }
    return 0;
}

/* ---- the body ---- */

enum body_state {
    BODY_LENGTH,     /* `left` bytes, then the end */
    BODY_SIZE,       /* a chunk's size */
    BODY_SIZE_DIGIT, /* ... at least a digit of it was there */
    BODY_EXTENSION,  /* what follows the size on its line */
    BODY_SIZE_LF,
    BODY_CHUNK,
    BODY_CHUNK_CR,
    BODY_CHUNK_LF,
    BODY_TRAILER, /* a line of it */
    BODY_TRAILER_LF,
    BODY_ENDED,
    BODY_BROKEN,
};

/* Bytes of a size line or of all trailers. */
enum { LINE_MAX = 4096 };

void sn_http1_body_init(struct sn_http1_body *body, const struct sn_http1_framing *framing)
{
    *body = (struct sn_http1_body){
        .state = framing->chunked ? BODY_SIZE : BODY_LENGTH,
        .left = framing->chunked ? 0 : framing->length,
    };
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* One byte of a chunk's size line. */
static enum body_state size_byte(struct sn_http1_body *body, char c)
{
    int digit = digit_of(c);

    if (body->state == BODY_EXTENSION)
        return c == '\r'                       ? BODY_SIZE_LF
               : (uint8_t)c < ' ' && c != '\t' ? BODY_BROKEN
                                               : BODY_EXTENSION;
    if (digit >= 0 && body->left < UINT64_C(1) << 56) {
        body->left = body->left << 4 | (uint64_t)digit;
        return BODY_SIZE_DIGIT;
    }
    if (body->state == BODY_SIZE || digit >= 0)
        return BODY_BROKEN;
    return c == '\r'                           ? BODY_SIZE_LF
           : c == ';' || c == ' ' || c == '\t' ? BODY_EXTENSION
                                               : BODY_BROKEN;
}

/* One byte of framing. */
static enum body_state framing_byte(struct sn_http1_body *body, char c)
{
    switch (body->state) {
    case BODY_SIZE:
    case BODY_SIZE_DIGIT:
    case BODY_EXTENSION:
        return ++body->line > LINE_MAX ? BODY_BROKEN : size_byte(body, c);
    case BODY_SIZE_LF:
        body->line = 0;
        return c != '\n' ? BODY_BROKEN : body->left ? BODY_CHUNK : BODY_TRAILER;
    case BODY_CHUNK_CR:
        return c == '\r' ? BODY_CHUNK_LF : BODY_BROKEN;
    case BODY_CHUNK_LF:
        return c == '\n' ? BODY_SIZE : BODY_BROKEN;
    case BODY_TRAILER:
        if (c == '\r')
            return BODY_TRAILER_LF;
        body->left++; /* bytes of this line */
        return ++body->line > LINE_MAX || c == '\n' ? BODY_BROKEN : BODY_TRAILER;
    case BODY_TRAILER_LF:
        if (c != '\n')
            return BODY_BROKEN;
        bool last = body->left == 0;
        body->left = 0;
        return last ? BODY_ENDED : BODY_TRAILER;
    default:
        return BODY_BROKEN;
    }
}

static enum sn_http1_event take_bytes(struct sn_http1_body *body, struct sn_str *input,
                                      struct sn_str *ret_bytes)
{
    size_t len = body->left < input->len ? (size_t)body->left : input->len;

    *ret_bytes = (struct sn_str){input->ptr, len};
    input->ptr += len;
    input->len -= len;
    body->left -= len;
    if (!body->left && body->state == BODY_CHUNK)
        body->state = BODY_CHUNK_CR;
    return SN_HTTP1_BYTES;
}

enum sn_http1_event sn_http1_body_next(struct sn_http1_body *body, struct sn_str *input,
                                       struct sn_str *ret_bytes)
{
    for (;;) {
        if (body->state == BODY_ENDED || (body->state == BODY_LENGTH && !body->left))
            return SN_HTTP1_END;
        if (body->state == BODY_BROKEN)
            return SN_HTTP1_MALFORMED;
        if (!input->len)
            return SN_HTTP1_MORE;
        if (body->state == BODY_LENGTH || body->state == BODY_CHUNK)
            return take_bytes(body, input, ret_bytes);
        body->state = (uint8_t)framing_byte(body, *input->ptr);
        input->ptr++;
        input->len--;
    }
}
