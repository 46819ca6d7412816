/* SPDX-License-Identifier: Apache-2.0
 *
 * A driver: the code behind one model of one API. It is one file with one global symbol, a
 * `struct sn_driver` at its end, and one row in src/driver/table.def.
 *
 * The framework checks the attributes against `attrs`, allocates `size` zeroed bytes, fills the
 * resource's base and calls `open`. All slots run on the loop thread and never wait; what must wait
 * uses sn_call_block().
 */
#ifndef SINEW_DRIVER_H
#define SINEW_DRIVER_H

#include "sinew/resource.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Type of an attribute and of the member it is stored in. */
enum sn_attr_type {
    SN_ATTR_BOOL,    /* bool */
    SN_ATTR_INT,     /* int64_t; a JSON real is truncated, as upstream does */
    SN_ATTR_UINT,    /* uint32_t; as above, what is too large counts as the largest */
    SN_ATTR_NUMBER,  /* double */
    SN_ATTR_STRING,  /* struct sn_str, NUL behind it */
    SN_ATTR_STRINGS, /* struct sn_attr_list of struct sn_str */
    SN_ATTR_OBJECT,  /* a nested struct, described by `sub` */
    SN_ATTR_OBJECTS, /* struct sn_attr_list of nested structs */
    SN_ATTR_MAP,     /* the same from an object's members: each begins with its key, a sn_str */
    SN_ATTR_STRUCT,  /* struct pb_google_struct *: a free-form object, for what a table can't say */
    SN_ATTR_JSON,    /* struct sn_str: the value's JSON text */
};

struct sn_attr_list {
    void *v;
    size_t count;
};

/* One row per attribute; the array ends with a row whose key is NULL. Everything a user can be told
 * about an attribute comes from here: parsing, error texts, `--dump-resources`, docs. */
struct sn_attr {
    const char *key;
    enum sn_attr_type type;
    size_t offset;             /* of the member */
    const char *preset;        /* JSON text of the default; NULL: zero */
    const char *help;          /* one line, with the unit */
    bool required;             /* present and not empty */
    bool dependency;           /* a STRING(S) that names resources this one needs */
    bool optional;             /* of a dependency: this one does without where it isn't there */
    const struct sn_attr *sub; /* of OBJECT, OBJECTS and MAP */
    size_t sub_size;           /* bytes of one nested struct */
    size_t given; /* of a bool, not the first member, that says whether it was there; 0: none */
    const char *label; /* what the text for a missing one calls it; NULL: the key */
};

struct sn_depends; /* resource/registry.h */

/* One more name, which is copied; "" is none. RESOURCE_EXHAUSTED. */
int sn_depend_on(struct sn_depends *depends, struct sn_str name, bool optional) SN_MUST_USE;

struct sn_driver {
    const char *api;             /* "rdk:component:motor" */
    const char *model;           /* "rdk:builtin:fake" */
    const char *help;            /* one line */
    size_t size;                 /* bytes of the object */
    size_t attrs_size;           /* bytes of the attributes' struct */
    const struct sn_attr *attrs; /* NULL: takes none */
    const void *ops;

    /* Checks what the table can't say. Texts as upstream's: they end up in machine status.
     * INVALID_ARGUMENT: what is wrong, which gets the entry's path put before it. UNKNOWN: the
     * same with the text left alone, as some of upstream's are. NOT_FOUND: the text is the key of
     * a required attribute that is missing. Optional. */
    int (*validate)(const void *attrs, struct sn_error *error);

    /* Says by sn_depend_on() what the resource depends on besides what the table marks: names that
     * are inside of free-form attributes. `attrs` are valid. Optional. RESOURCE_EXHAUSTED. */
    int (*depends)(const void *attrs, struct sn_depends *depends);

    /* Starts the resource. `attrs` lives until `fini`. May be NULL: nothing to start. */
    int (*open)(struct sn_call *call, struct sn_resource *resource, const void *attrs);

    /* Takes over a changed config without being closed: new attributes, and the dependencies, which
     * have to be asked for again. The old ones live on, attributes until the next such change, for
     * operations that run. An error leaves the resource as it was. Optional: without it the
     * resource is closed and opened anew, and so are those that depend on it. For modules; a
     * machine's own resources are always built anew. */
    int (*reconfigure)(struct sn_call *call, struct sn_resource *resource, const void *attrs);

    /* Stops everything the resource moves and releases what it opened; called once if `open`
     * succeeded, no op is called after it. May be NULL. */
    int (*close)(struct sn_call *call, struct sn_resource *resource);

    /* Frees what the object owns besides itself, with the last reference. Must accept an object
     * whose `open` failed half-way. May be NULL. */
    void (*fini)(struct sn_resource *resource);
};

#ifdef __cplusplus
}
#endif

#endif
