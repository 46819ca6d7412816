/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as text: what reading and writing messages is made of. For src/wire only.
 * Source: RFC 8259; strings must be UTF-8 without lone surrogates, as ProtoJSON demands.
 */
#ifndef SINEW_WIRE_PB_JSON_TEXT_H
#define SINEW_WIRE_PB_JSON_TEXT_H

#include "wire/pb/json.h"

/* A text being read. After a failure rc is set and nothing is read any more. */
struct sn_pb_json_in {
    const char *start, *p, *end;
    struct sn_arena *arena;
    struct sn_error *error;
    const struct sn_pb_schema *schema; /* where an Any's types are */
    struct sn_str field;               /* the last one entered, for the error's text */
    unsigned flags;                    /* enum sn_pb_json_flag */
    int depth;                         /* levels that may still be entered */
    int rc;
};

/* Sets the error, with line and column of p; the first one stays. Returns false. */
bool sn_pb_json_fail(struct sn_pb_json_in *in, const char *what);
bool sn_pb_json_exhausted(struct sn_pb_json_in *in);

/* The next character that is not white space, '\0' at the end. */
char sn_pb_json_peek(struct sn_pb_json_in *in);

/* Takes `c` behind white space, when it comes next. */
bool sn_pb_json_take(struct sn_pb_json_in *in, char c);

/* The same, and an error when it does not. */
bool sn_pb_json_expect(struct sn_pb_json_in *in, char c);

/* Takes a literal such as null, when it comes next. */
bool sn_pb_json_literal(struct sn_pb_json_in *in, const char *word);

/* Takes a string, decoded. It is borrowed from the text, or in the arena when it has escapes. */
bool sn_pb_json_string(struct sn_pb_json_in *in, struct sn_str *ret_value);

/* Takes a number's text. */
bool sn_pb_json_number(struct sn_pb_json_in *in, struct sn_str *ret_text);

/* Passes over any value. */
bool sn_pb_json_skip(struct sn_pb_json_in *in);

/* Walks an object: `while (sn_pb_json_next_key(in, &first, &key)) …read the value…`, with `first`
 * set before. Takes the closing brace. Likewise an array's elements. Then rc tells whether it
 * ended well. */
bool sn_pb_json_next_key(struct sn_pb_json_in *in, bool *first, struct sn_str *ret_key);
bool sn_pb_json_next_element(struct sn_pb_json_in *in, bool *first);

/* A text being written. After a failure rc is set and nothing is written any more. */
struct sn_pb_json_out {
    char *text;
    size_t len, cap;
    struct sn_arena *arena;   /* the text's */
    struct sn_arena *scratch; /* for all else */
    struct sn_error *error;
    unsigned flags; /* enum sn_pb_json_flag */
    int depth;      /* levels that may still be entered */
    int rc;
};

bool sn_pb_json_out_fail(struct sn_pb_json_out *out, int rc, const char *what);
void sn_pb_json_put(struct sn_pb_json_out *out, const char *text, size_t len);
void sn_pb_json_put_char(struct sn_pb_json_out *out, char c);

/* In quotes, with escapes where needed. Error: INVALID_ARGUMENT when it is not UTF-8. */
void sn_pb_json_put_string(struct sn_pb_json_out *out, struct sn_str s);

/* In quotes, as base64 with padding. */
void sn_pb_json_put_base64(struct sn_pb_json_out *out, struct sn_str bytes);

/* The bytes of a base64 text, of either alphabet, with or without padding, in the arena. False when
 * it is none; ptr is NULL when the arena is exhausted. */
bool sn_pb_base64_read(struct sn_str text, struct sn_arena *arena, struct sn_str *ret_bytes);

#endif
