/* SPDX-License-Identifier: Apache-2.0
 *
 * What HTTP/1.1 and HTTP/2 have in common: which bytes names and values of headers may have. Pure.
 * Source: RFC 9110, 5.5 and 5.6.2; RFC 9113, 8.2.1.
 */
#ifndef SN_WIRE_HTTP_H
#define SN_WIRE_HTTP_H

#include "sinew/str.h"

#include <stdint.h>

/* A token: not empty, none of the separators. Upper case is one too. */
bool sn_http_is_token(struct sn_str text);

/* Visible characters, bytes from 0x80, blanks and tabs inside. */
bool sn_http_is_value(struct sn_str text);

bool sn_http_has_upper(struct sn_str text);

/* Equal but for the case of ASCII letters; `lower` is in lower case. */
bool sn_http_is(struct sn_str text, const char *lower);

/* Whether a list of tokens ("keep-alive, Upgrade") has that one, in lower case; what follows a
 * token's ";" counts no more. */
bool sn_http_has_token(struct sn_str list, const char *lower);

/* Digits only, 18 at most. False: no length. */
bool sn_http_parse_length(struct sn_str text, uint64_t *ret_length);

#endif
