/* SPDX-License-Identifier: Apache-2.0
 *
 * Run-time tables of everything the program knows, built from the descriptors in it: for JSON.
 */
#ifndef SN_RPC_REFLECTION_SCHEMA_H
#define SN_RPC_REFLECTION_SCHEMA_H

#include "wire/pb/schema.h"

/* Memory that it takes, about; an arena's limit should be above. */
enum { SN_PROTO_SCHEMA_MEMORY_MAX = 32 << 20 };

/* The tables lie on the arena. Takes some milliseconds. INTERNAL, RESOURCE_EXHAUSTED. */
int sn_proto_schema_build(struct sn_pb_schema *schema, struct sn_arena *arena) SN_MUST_USE;

#endif
