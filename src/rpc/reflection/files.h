/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema's files as serialized descriptors, made at build time. Read-only data: it costs no
 * memory until somebody asks for it.
 */
#ifndef SN_RPC_REFLECTION_FILES_H
#define SN_RPC_REFLECTION_FILES_H

#include "sinew/str.h"

#include <stddef.h>
#include <stdint.h>

struct sn_proto_file {
    const char *name; /* "component/motor/v1/motor.proto" */
    const uint8_t *bytes;
    size_t len;
    const uint16_t *imports; /* indices into sn_proto_files */
    size_t import_count;
};

struct sn_proto_symbol {
    const char *name; /* "viam.component.motor.v1.MotorService" */
    uint16_t file;    /* index into sn_proto_files */
};

extern const struct sn_proto_file sn_proto_files[];
extern const size_t sn_proto_file_count;

/* Sorted by name (strcmp). */
extern const struct sn_proto_symbol sn_proto_symbols[];
extern const size_t sn_proto_symbol_count;

/* NULL when there is none. */
const struct sn_proto_file *sn_proto_file_named(struct sn_str name);

/* The one that declares a message, enum, service or method of that full name; NULL as above. */
const struct sn_proto_file *sn_proto_file_declaring(struct sn_str symbol);

#endif
