/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections of a config: the table of each and what is done after the tables were read. Only for
 * config*.c.
 */
#ifndef SN_RESOURCE_CONFIG_PARTS_H
#define SN_RESOURCE_CONFIG_PARTS_H

#include "resource/config.h"
#include "resource/config_shape.h"

extern const struct sn_shape sn_shape_config[]; /* the whole */
extern const struct sn_shape sn_shape_resource[];
extern const struct sn_shape sn_shape_module[];
extern const struct sn_shape sn_shape_remote[];
extern const struct sn_shape sn_shape_package[];
extern const struct sn_shape sn_shape_job[];
extern const struct sn_shape sn_shape_process[];
extern const struct sn_shape sn_shape_isolation[];
extern const struct sn_shape sn_shape_network[];
extern const struct sn_shape sn_shape_auth[];
extern const struct sn_shape sn_shape_cloud[];
extern const struct sn_shape sn_shape_level[]; /* an entry's log_configuration */
/* The types of a frame's members; what it means is the frame system's business. */
extern const struct sn_shape sn_shape_frame[];

/* Each fills presets and checks what the table can't. 0, or INVALID_ARGUMENT for what makes the
 * whole config unusable; what concerns one entry is kept in its `invalid`. */
int sn_config_finish_resources(struct sn_config *config, struct sn_shape_reader *reader)
    SN_MUST_USE;
int sn_config_finish_network(struct sn_config_network *network, struct sn_error *error) SN_MUST_USE;
int sn_config_finish_auth(struct sn_config_auth *auth, struct sn_shape_reader *reader) SN_MUST_USE;
int sn_config_finish_cloud(struct sn_config_cloud *cloud, struct sn_error *error) SN_MUST_USE;
int sn_config_finish_entries(struct sn_config *config, struct sn_shape_reader *reader) SN_MUST_USE;
int sn_config_finish_processes(struct sn_config *config, struct sn_shape_reader *reader)
    SN_MUST_USE;
/* `invalid`: that of the entry it belongs to. */
int sn_config_finish_isolation(struct sn_config_isolation *isolation,
                               struct sn_shape_reader *reader, const char **invalid) SN_MUST_USE;

/* Upstream's text, to be given a key. */
#define SN_CONFIG_MISSING "Error validating, missing required field. Field: \"%s\""

/* Keeps why an entry can't be used. The first reason stays. RESOURCE_EXHAUSTED. */
int sn_config_refuse(struct sn_shape_reader *reader, const char **invalid, const char *format, ...)
    SN_PRINTF(3, 4) SN_MUST_USE;

/* A section that upstream refuses as a whole. */
int sn_config_fail_section(struct sn_error *error, const char *path, const char *format, ...)
    SN_PRINTF(3, 4);

#endif
