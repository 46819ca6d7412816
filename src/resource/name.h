/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of resources, as text. An API and a model are triplets ("rdk:component:motor",
 * "rdk:builtin:fake"); a resource's full name is "rdk:component:motor/left". Pure functions, any
 * thread. Error texts are upstream's: they reach machine status and start-up errors.
 */
#ifndef SN_RESOURCE_NAME_H
#define SN_RESOURCE_NAME_H

#include "sinew/err.h"
#include "sinew/resource.h"
#include "sinew/str.h"

#include <stdbool.h>

/* Module names may be longer than resource names. */
enum { SN_MODULE_NAME_MAX = 200 };

/* Namespace, type and subtype of an API; namespace, family and name of a model. Point into what was
 * parsed. */
struct sn_triplet {
    struct sn_str space, family, name;
};

/* Whether `part` may stand in a triplet: letters, digits, "_" and "-", not empty. */
bool sn_name_is_part(struct sn_str part);

/* INVALID_ARGUMENT: not three parts, or longer than SN_API_MAX. */
int sn_triplet_parse(struct sn_str text, struct sn_triplet *ret_triplet) SN_MUST_USE;

/* The rule for short names: a letter or digit, then letters, digits, "_" and "-", at most `max`
 * bytes. INVALID_ARGUMENT with upstream's text, in which `what` is "name" or "module name". */
int sn_name_check(const char *what, struct sn_str name, size_t max, struct sn_error *error)
    SN_MUST_USE;

/* Splits a full name at its slash. INVALID_ARGUMENT when the API is no triplet or the name is
 * empty; the name itself isn't checked, since remotes put prefixes before it. */
int sn_full_name_parse(struct sn_str full, struct sn_str *ret_api, struct sn_str *ret_name)
    SN_MUST_USE;

/* Writes "<api>/<name>". Names longer than the buffer are cut: only a refused entry has one. */
enum { SN_FULL_NAME_SIZE = 512 };
const char *sn_full_name(char (*buffer)[SN_FULL_NAME_SIZE], const char *api, const char *name);

#endif
