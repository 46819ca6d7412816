/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages kept under their names, in the order they came: a navigation service's locations, routes
 * and zones. Kept as they look on the wire, so that one of any type is one piece of memory. Loop
 * thread.
 */
#ifndef SN_SERVICE_NAVIGATION_SHELF_H
#define SN_SERVICE_NAVIGATION_SHELF_H

#include "sinew/call.h"
#include "sinew/pb.h"

enum {
    SN_SHELF_MAX = 1000,           /* messages */
    SN_SHELF_BYTES_MAX = 64 << 10, /* of one */
};

struct sn_shelf {
    const char *what;            /* "location"; for texts */
    const struct sn_pb_msg *msg; /* begins with its name, a struct sn_str */
    struct sn_shelf_item **v;
    size_t count;
};

void sn_shelf_fini(struct sn_shelf *shelf);

/* Adds `message`. INVALID_ARGUMENT: it has no name, or is too large; ALREADY_EXISTS;
 * RESOURCE_EXHAUSTED. */
int sn_shelf_add(struct sn_call *call, struct sn_shelf *shelf, const void *message) SN_MUST_USE;

/* A copy in the call's arena. NOT_FOUND. */
int sn_shelf_get(struct sn_call *call, const struct sn_shelf *shelf, struct sn_str name,
                 void **ret_message) SN_MUST_USE;

/* The same by number, less than `count`. RESOURCE_EXHAUSTED. */
int sn_shelf_read(struct sn_call *call, const struct sn_shelf *shelf, size_t index,
                  void **ret_message) SN_MUST_USE;

/* `message`, which may have another name, takes the place of the one called `name`. As for add, and
 * NOT_FOUND. */
int sn_shelf_replace(struct sn_call *call, struct sn_shelf *shelf, struct sn_str name,
                     const void *message) SN_MUST_USE;

/* NOT_FOUND. */
int sn_shelf_delete(struct sn_call *call, struct sn_shelf *shelf, struct sn_str name) SN_MUST_USE;

#endif
