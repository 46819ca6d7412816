/* SPDX-License-Identifier: Apache-2.0
 *
 * The drivers there are, by API and model, and what can be said about a config's entries with their
 * help. Filled once at start; afterwards read from any thread.
 */
#ifndef SN_RESOURCE_REGISTRY_H
#define SN_RESOURCE_REGISTRY_H

#include "resource/attr.h"
#include "resource/config.h"
#include "sinew/driver.h"

struct sn_registry {
    const struct sn_driver **drivers; /* sorted by API, then model */
    size_t count;
};

/* Adds to a registry that is zeroed or has others already. `drivers` are static. A driver that
 * breaks the rules of driver.h ends the process: it is our own mistake. So do two for one model. */
void sn_registry_add(struct sn_registry *registry, const struct sn_driver *const *drivers,
                     size_t count);
void sn_registry_fini(struct sn_registry *registry);

/* What is wrong with a driver, or NULL. Static text. */
const char *sn_driver_problem(const struct sn_driver *driver);

/* NULL when there is none. */
const struct sn_driver *sn_registry_find(const struct sn_registry *registry, const char *api,
                                         const char *model);

/* Attributes (a JSON object, or NULL) as the driver wants them, on `arena`, checked by its table
 * and by `validate`. INVALID_ARGUMENT with a text in upstream's words, in which `path` is the
 * entry; RESOURCE_EXHAUSTED. */
int sn_driver_attrs(const struct sn_driver *driver, const json_t *json, const char *path,
                    struct sn_arena *arena, void **ret_attrs, struct sn_error *error) SN_MUST_USE;

struct sn_depends {
    struct sn_arena *arena;
    struct sn_attr_names required, optional;
};

/* Names of what an entry depends on: those its driver's table marks, then those `depends` says.
 * `json` and `attrs` have passed sn_driver_attrs(). On `arena`. RESOURCE_EXHAUSTED. */
int sn_driver_depends(const struct sn_driver *driver, const json_t *json, const void *attrs,
                      struct sn_arena *arena, struct sn_depends *ret_depends) SN_MUST_USE;

/* Converts the attributes of every entry with a driver here, as a test: one of a wrong type makes
 * the whole config unusable. INVALID_ARGUMENT, upstream's text: "failed to process Config: error
 * converting attributes for (<api>, <model>): ...". */
int sn_registry_check(const struct sn_registry *registry, const struct sn_config *config,
                      struct sn_error *error) SN_MUST_USE;

/* The driver for an entry whose attributes it accepts, converted onto `arena` (which the resource
 * keeps as long as it lives). Texts, upstream's, say why the entry can't be built:
 * INVALID_ARGUMENT: what is wrong with the entry ("resource config validation error: ...");
 * NOT_FOUND: no such model here ("resource build error: unknown resource type: ..."), with ours
 * behind it: which models that API has. */
int sn_registry_resolve(const struct sn_registry *registry, const struct sn_config_resource *entry,
                        struct sn_arena *arena, const struct sn_driver **ret_driver,
                        void **ret_attrs, struct sn_error *error) SN_MUST_USE;

/* Writes all models as a JSON array of {api, model, attribute_schema}, tab-indented, to a file of
 * mode 0600; blocks. UNAVAILABLE. */
int sn_registry_dump(const struct sn_registry *registry, const char *path, struct sn_error *error)
    SN_MUST_USE;

#endif
