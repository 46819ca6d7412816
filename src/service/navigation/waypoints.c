/* SPDX-License-Identifier: Apache-2.0
 *
 * Waypoints and their ids.
 */
#include "service/navigation/waypoints.h"
#include "base/random.h"

#include <stdlib.h>

enum { ID_BYTES = SN_WAYPOINT_ID_LEN / 2 };

void sn_waypoints_fini(struct sn_waypoints *waypoints)
{
    free(waypoints->v);
    *waypoints = (struct sn_waypoints){0};
}

/* ---- ids ---- */

static void write_id(uint8_t bytes[ID_BYTES], char id[SN_WAYPOINT_ID_LEN])
{
    for (size_t i = 0; i < ID_BYTES; i++) {
        id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
}

static void make_id(struct sn_waypoints *w, struct sn_env *env, char id[SN_WAYPOINT_ID_LEN])
{
    uint32_t now = (uint32_t)(env->unix_ns() / 1000000000);
    uint8_t bytes[ID_BYTES];

    if (!w->begun) {
        uint64_t chance = sn_random_next(env->random);

        memcpy(w->maker, &chance, sizeof(w->maker));
        w->counter = (uint32_t)(chance >> 40);
        w->begun = true;
    }
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(now >> (24 - 8 * i));
    memcpy(bytes + 4, w->maker, sizeof(w->maker));
    for (size_t i = 0; i < 3; i++)
        bytes[9 + i] = (uint8_t)(w->counter >> (16 - 8 * i));
    w->counter++;
    write_id(bytes, id);
}

/* Go's %#U of a byte that isn't a hex digit: U+005A 'Z'; no character where none can be seen. */
static int refuse_digit(struct sn_call *call, uint8_t byte)
{
    bool seen = (byte >= 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
    char utf8[] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f)), 0};
    char ascii[] = {(char)byte, 0};

    if (!seen)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "encoding/hex: invalid byte: U+%04X", byte);
    return sn_call_fail(call, SN_ERR_UNKNOWN, "encoding/hex: invalid byte: U+%04X '%s'", byte,
                        byte < 0x80 ? ascii : utf8);
}

/* As it is kept: digits may come in upper case. */
static int read_id(struct sn_call *call, struct sn_str text, char id[SN_WAYPOINT_ID_LEN])
{
    if (text.len != SN_WAYPOINT_ID_LEN)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "the provided hex string is not a valid ObjectID");
    for (size_t i = 0; i < SN_WAYPOINT_ID_LEN; i++) {
        char c = text.ptr[i];

        id[i] = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        if (!(id[i] >= '0' && id[i] <= '9') && !(id[i] >= 'a' && id[i] <= 'f'))
            return refuse_digit(call, (uint8_t)c);
    }
    return 0;
}

/* ---- the list ---- */

static int reserve(struct sn_call *call, struct sn_waypoints *w)
{
    if (w->count == SN_WAYPOINTS_MAX)
        return sn_call_fail(call, SN_ERR_RESOURCE_EXHAUSTED, "no more than %d waypoints are kept",
                            SN_WAYPOINTS_MAX);
    if (w->count < w->capacity)
        return 0;
    size_t capacity = w->capacity ? 2 * w->capacity : 16;
    struct sn_waypoint *v = realloc(w->v, capacity * sizeof(*v));
    if (!v)
        return SN_ERR_RESOURCE_EXHAUSTED;
    w->v = v;
    w->capacity = capacity;
    return 0;
}

int sn_waypoints_add(struct sn_call *call, struct sn_waypoints *waypoints, double latitude,
                     double longitude)
{
    int code = reserve(call, waypoints);

    if (code)
        return code;
    struct sn_waypoint *waypoint = &waypoints->v[waypoints->count++];
    waypoint->latitude = latitude;
    waypoint->longitude = longitude;
    make_id(waypoints, call->env, waypoint->id);
    return 0;
}

int sn_waypoints_remove(struct sn_call *call, struct sn_waypoints *waypoints, struct sn_str id)
{
    char wanted[SN_WAYPOINT_ID_LEN];
    int code = read_id(call, id, wanted);
    size_t i = 0;

    if (code)
        return code;
    while (i < waypoints->count && memcmp(waypoints->v[i].id, wanted, SN_WAYPOINT_ID_LEN) != 0)
        i++;
    if (i == waypoints->count)
        return 0;
    waypoints->count--;
    memmove(&waypoints->v[i], &waypoints->v[i + 1], (waypoints->count - i) * sizeof(*waypoints->v));
    return 0;
}
