/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of RFC 9113 for a request's headers.
 */
#include "rpc/transport/http2/check.h"

#include "wire/http.h"

enum { METHOD = 1, SCHEME = 2, PATH = 4, AUTHORITY = 8 };

static uint8_t pseudo_of(struct sn_str name)
{
    return sn_str_is(name, ":method")      ? METHOD
           : sn_str_is(name, ":scheme")    ? SCHEME
           : sn_str_is(name, ":path")      ? PATH
           : sn_str_is(name, ":authority") ? AUTHORITY
                                           : 0;
}

/* Section 8.3.1. */
static bool pseudo_is_right(struct h2_check *check, uint8_t pseudo, struct sn_str value)
{
    if (!pseudo || check->regular || check->trailers || (check->pseudo & pseudo))
        return false;
    check->pseudo |= pseudo;
    if (pseudo == METHOD) {
        check->connect = sn_str_is(value, "CONNECT");
        check->options = sn_str_is(value, "OPTIONS");
        return sn_http_is_token(value);
    }
    if (pseudo == PATH) {
        check->asterisk = sn_str_is(value, "*");
        return check->asterisk || (value.len && value.ptr[0] == '/');
    }
    return pseudo == AUTHORITY || value.len;
}

/* Section 8.2.2: headers that speak of a connection, which HTTP/2 has other ways for. */
static bool is_of_connection(struct sn_str name, struct sn_str value)
{
    switch (name.len) {
    case 2:
        return sn_str_is(name, "te") && !sn_http_is(value, "trailers");
    case 7:
        return sn_str_is(name, "upgrade");
    case 10:
        return sn_str_is(name, "connection") || sn_str_is(name, "keep-alive");
    case 16:
        return sn_str_is(name, "proxy-connection");
    case 17:
        return sn_str_is(name, "transfer-encoding");
    default:
        return false;
    }
}

static bool length_is_right(struct h2_check *check, struct sn_str value)
{
    uint64_t length;

    if (!sn_http_parse_length(value, &length) ||
        (check->has_length && length != check->content_length))
        return false;
    check->has_length = true;
    check->content_length = length;
    return true;
}

static bool header_is_right(struct h2_check *check, struct sn_str name, struct sn_str value)
{
    if (!sn_http_is_value(value))
        return false;
    if (name.len && name.ptr[0] == ':')
        return pseudo_is_right(check, pseudo_of(name), value);
    check->regular = true;
    if (!sn_http_is_token(name) || sn_http_has_upper(name) || is_of_connection(name, value))
        return false;
    return check->trailers || !sn_str_is(name, "content-length") || length_is_right(check, value);
}

void h2_check_header(struct h2_check *check, struct sn_str name, struct sn_str value)
{
    if (!check->malformed)
        check->malformed = !header_is_right(check, name, value);
}

void h2_check_headers_end(struct h2_check *check, bool end_stream)
{
    if (check->trailers) {
        check->malformed |= !end_stream;
        return;
    }
    check->trailers = true;
    check->regular = false;
    /* CONNECT is refused later, as any method that isn't POST. */
    if (check->connect)
        check->malformed |= (check->pseudo & (SCHEME | PATH)) || !(check->pseudo & AUTHORITY);
    else
        check->malformed |= (check->pseudo & (METHOD | SCHEME | PATH)) != (METHOD | SCHEME | PATH);
    check->malformed |= check->asterisk && !check->options;
}

void h2_check_end(struct h2_check *check, uint64_t data_len)
{
    check->malformed |= check->has_length && check->content_length != data_len;
}
