/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are part of the program (cmake/embed.cmake). Each set is sorted by name and ends with
 * a row whose name is NULL.
 */
#ifndef SN_DRIVER_EMBEDDED_H
#define SN_DRIVER_EMBEDDED_H

#include "sinew/str.h"

struct sn_embedded {
    const char *name; /* of the file, without folder and ending */
    struct sn_str bytes;
};

/* Kinematics of the fake arm's models: src/driver/arm/models/. */
extern const struct sn_embedded sn_embedded_arm_models[];

/* Those that upstream's simulated arm has with other bodies: src/driver/arm/models/simulated/. */
extern const struct sn_embedded sn_embedded_arm_simulated_models[];

/* NULL when there is none. */
static inline const struct sn_embedded *sn_embedded_find(const struct sn_embedded *set,
                                                         struct sn_str name)
{
    while (set->name && !sn_str_is(name, set->name))
        set++;
    return set->name ? set : NULL;
}

#endif
