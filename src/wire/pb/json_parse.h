/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading messages from JSON, between its two files: json_parse.c for ordinary messages,
 * json_known.c for those with a form of their own. Internal to wire/pb. All return false after a
 * failure.
 */
#ifndef SINEW_WIRE_PB_JSON_PARSE_H
#define SINEW_WIRE_PB_JSON_PARSE_H

#include "wire/pb/json_text.h"

/* A message of either sort, a level deeper. */
bool sn_pb_json_message_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                              char *out);

/* The fields of an ordinary message with their braces. `in_any`: "@type" is passed over. */
bool sn_pb_json_fields_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                             char *out, bool in_any);

/* One value of a type into `slot`, where a message is in place. `*ret_skip` becomes true for an
 * enum's name that is not known and to be ignored. */
bool sn_pb_json_value_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_field *named,
                            uint8_t type, char *slot, bool *ret_skip);

/* A number's text as a finite double. */
bool sn_pb_json_double(struct sn_pb_json_in *in, struct sn_str text, double *ret_value);

/* A message with `known` set. */
bool sn_pb_json_known_parse(struct sn_pb_json_in *in, const struct sn_pb_schema_msg *msg,
                            void *out);

#endif
