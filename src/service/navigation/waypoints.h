/* SPDX-License-Identifier: Apache-2.0
 *
 * Waypoints: places on the globe in the order they are to be driven to, each with an id. Ids are
 * MongoDB's object ids, as upstream's are: 12 bytes (seconds since 1970, five of chance that name
 * the maker, a counter that begins anywhere), written as 24 hex digits. Loop thread.
 */
#ifndef SN_SERVICE_NAVIGATION_WAYPOINTS_H
#define SN_SERVICE_NAVIGATION_WAYPOINTS_H

#include "sinew/call.h"
#include "sinew/str.h"

enum {
    SN_WAYPOINTS_MAX = 1000,
    SN_WAYPOINT_ID_LEN = 24, /* hex digits */
};

struct sn_waypoint {
    char id[SN_WAYPOINT_ID_LEN]; /* lower case, no NUL */
    double latitude, longitude;  /* degrees, as given: NaN, too */
};

struct sn_waypoints {
    struct sn_waypoint *v;
    size_t count, capacity;
    uint8_t maker[5];
    uint32_t counter; /* of the next id; 24 bits count */
    bool begun;       /* maker and counter are drawn */
};

void sn_waypoints_fini(struct sn_waypoints *waypoints);

/* RESOURCE_EXHAUSTED. */
int sn_waypoints_add(struct sn_call *call, struct sn_waypoints *waypoints, double latitude,
                     double longitude) SN_MUST_USE;

/* One that isn't there is gone already. UNKNOWN with upstream's texts: no id looks like that. */
int sn_waypoints_remove(struct sn_call *call, struct sn_waypoints *waypoints, struct sn_str id)
    SN_MUST_USE;

#endif
