/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds things by their names, however many there are. What is in it lies in its owner's structs
 * and names; of one name there may be several. Any thread, one at a time.
 */
#ifndef SN_BASE_BY_NAME_H
#define SN_BASE_BY_NAME_H

#include "sinew/err.h"

#include <stddef.h>

struct sn_name_link {
    struct sn_name_link *next;
    const char *name;
};

/* All zero: empty. */
struct sn_by_name {
    struct sn_name_link **slots;
    size_t size, count;
};

/* `link->name` is set and stays as it is. RESOURCE_EXHAUSTED: it isn't in. */
int sn_by_name_add(struct sn_by_name *index, struct sn_name_link *link) SN_MUST_USE;

/* It is in. */
void sn_by_name_remove(struct sn_by_name *index, struct sn_name_link *link);

/* One of that name; NULL: there is none. Then the others, NULL after the last. */
struct sn_name_link *sn_by_name_find(const struct sn_by_name *index, const char *name);
struct sn_name_link *sn_by_name_next(const struct sn_name_link *link);

/* Forgets what is in it. */
void sn_by_name_fini(struct sn_by_name *index);

#endif
