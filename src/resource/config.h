/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine's configuration: JSON text in, plain structs out. Everything a config holds lives in
 * one object and goes with it; it isn't changed after parsing, so it may be read from any thread.
 *
 * Two kinds of errors, as upstream has them. What makes the text unusable as a whole (bad JSON, a
 * wrong type, a malformed API or model, bad network, auth or cloud sections) fails the parse. What
 * is wrong with one entry alone is kept with it in `invalid`, so that the machine starts without it
 * and can say why.
 *
 * Keys are matched without regard to case, unknown ones are ignored, null means "not given".
 * Strings are never NULL: what isn't given is "" or the preset named here.
 */
#ifndef SN_RESOURCE_CONFIG_H
#define SN_RESOURCE_CONFIG_H

#include "base/log.h"
#include "sinew/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SN_CONFIG_SIZE_MAX = 64 << 20, /* bytes of text */
    SN_CONFIG_DEPTH_MAX = 100,     /* objects and arrays within each other */
    SN_CONFIG_COUNT_MAX = 16384,   /* entries of one list */
};

struct sn_config_strings {
    const char **v;
    size_t count;
};

/* What a component asks of a service, e.g. of the data manager what to capture. */
struct sn_config_service {
    const char *type;
    json_t *attributes; /* object, or NULL */
    const char *api;    /* "rdk:service:data_manager" */
};

/* A component or a service. */
struct sn_config_resource {
    const char *path;   /* "components.3": for error texts */
    const char *name;   /* "" only when `invalid` */
    const char *api;    /* "rdk:component:motor" */
    const char *model;  /* "rdk:builtin:fake" */
    json_t *attributes; /* object, or NULL */
    struct sn_config_strings depends_on;
    json_t *frame; /* object, or NULL */
    struct {
        struct sn_config_service *v;
        size_t count;
    } services;
    struct {
        const char *level; /* "" or a valid level */
    } log;
    json_t *json;        /* the whole entry */
    const char *invalid; /* why it can't be built, in upstream's words; NULL: nothing found */

    /* As written, for the parser */
    const char *space, *type;
    json_t *api_json, *model_json;
};

/* What a module or a process is kept from; our own (docs/isolation.md). */
struct sn_config_isolation {
    const char *user;                  /* "": the server's */
    int64_t memory_mb;                 /* MiB; 0: no limit */
    int64_t cpu_percent;               /* of one core; 0: no limit */
    int64_t max_processes;             /* 0: no limit */
    bool no_network;                   /* "network" is false */
    bool read_only;                    /* writes nothing but its data, `writable` and devices */
    struct sn_config_strings writable; /* absolute folders */

    /* As written, for the parser */
    json_t *network, *json;
};

enum {
    SN_CONFIG_MEMORY_MB_MAX = 1 << 24,
    SN_CONFIG_CPU_PERCENT_MAX = 100000,
    SN_CONFIG_PROCESSES_MAX = 1 << 22,
    SN_CONFIG_WRITABLE_MAX = 64,
    SN_CONFIG_PROCESS_ID_MAX = 200,
};

struct sn_config_module {
    const char *name, *executable_path;
    const char *type; /* "local" or "registry" */
    const char *module_id, *log_level;
    json_t *env; /* object of strings, or NULL */
    bool tcp_mode;
    int64_t first_run_timeout_ns; /* 1 h */
    struct {
        const char *error; /* what the cloud found wrong with it */
    } status;
    struct sn_config_isolation isolation;
    json_t *json;
    const char *invalid;
};

/* A program that the server runs and watches. */
struct sn_config_process {
    const char *id;
    const char *name; /* of the program: a path, or to be found in PATH */
    struct sn_config_strings args;
    const char *cwd, *username; /* "": the server's */
    json_t *env;                /* object of strings, or NULL: added to the server's */
    bool one_shot;              /* runs once, before resources are built; else always */
    bool log;                   /* what it prints */
    int stop_signal;            /* SIGTERM */
    int64_t stop_timeout_ns;    /* 100 ms at least; 10 s */
    struct sn_config_isolation isolation;
    json_t *json;
    const char *invalid;

    /* As written, for the parser */
    const char *stop_signal_name;
};

struct sn_config_remote {
    const char *name, *address, *prefix, *secret;
    json_t *auth; /* object, or NULL */
    bool insecure;
    json_t *frame;                                               /* object, or NULL */
    int64_t connection_check_interval_ns, reconnect_interval_ns; /* 10 s, 1 s */
    json_t *json;
    const char *invalid;
};

struct sn_config_package {
    const char *name, *package, *version, *type;
    json_t *json;
    const char *invalid;
};

struct sn_config_job {
    const char *name, *schedule, *resource, *method;
    json_t *command; /* object, or NULL */
    struct {
        const char *level; /* "" or a valid level */
    } log;
    json_t *json;
    const char *invalid;
};

struct sn_config_tunnel {
    int64_t port;                  /* as written: one that is none never matches */
    int64_t connection_timeout_ns; /* 10 s */
};

struct sn_config_network {
    const char *bind_address; /* "localhost:8080" */
    bool bind_address_given;
    const char *fqdn;
    const char *tls_cert_file, *tls_key_file; /* both or neither */
    bool no_tls;
    struct {
        int64_t heartbeat_window_ns; /* 30 ms to 1 min; 2 s */
    } sessions;
    struct {
        struct sn_config_tunnel *v;
        size_t count;
    } tunnels;
};

struct sn_config_api_key {
    const char *id, *key; /* secret: never logged */
};

struct sn_config_auth {
    /* Whoever calls must show one of `api_keys` (at least one) or a token of `jwks`. */
    bool required;
    struct {
        struct sn_config_api_key *v;
        size_t count;
    } api_keys;
    struct sn_config_strings tls_entities;
    json_t *jwks; /* object with at least one key, or NULL */

    /* As written, for the parser */
    struct {
        struct sn_config_handler {
            const char *type;
            json_t *config;
        } * v;
        size_t count;
    } handlers;
    struct {
        json_t *jwks;
    } * external;
};

struct sn_config_cloud {
    const char *id;
    const char *secret; /* of the part; the API key is preferred */
    struct {
        const char *id, *key;
    } api_key;
    const char *app_address; /* "": no connection */
    const char *fqdn, *local_fqdn;
    const char *primary_org_id, *location_id, *machine_id;
    struct {
        struct sn_config_location_secret {
            const char *id, *secret;
        } * v;
        size_t count;
    } location_secrets;          /* any of these lets in who names one of the two hosts */
    const char *location_secret; /* one more; "": none */
    int64_t refresh_interval_ns; /* 10 s */
    json_t *json;                /* NULL: there is no cloud section */
};

struct sn_config_log {
    const char *pattern, *level; /* not checked: a bad one only warns */
};

struct sn_config_maintenance {
    const char *sensor_name, *allowed_key;
};

struct sn_config {
    json_t *json; /* the whole; NULL or null for an empty one */
    struct {
        struct sn_config_resource *v;
        size_t count;
    } components, services;
    struct {
        struct sn_config_module *v;
        size_t count;
    } modules;
    struct {
        struct sn_config_remote *v;
        size_t count;
    } remotes;
    struct {
        struct sn_config_package *v;
        size_t count;
    } packages;
    struct {
        struct sn_config_job *v;
        size_t count;
    } jobs;
    struct {
        struct sn_config_log *v;
        size_t count;
    } log;
    struct {
        struct sn_config_process *v;
        size_t count;
    } processes;
    struct sn_config_cloud cloud;
    struct sn_config_network network;
    struct sn_config_auth auth;
    struct sn_config_maintenance maintenance;
    json_t *tracing; /* object, or NULL */
    bool debug, enable_web_profile, disable_log_deduplication;
    const char *revision;
};

/* Parses one JSON value; what follows it is ignored. INVALID_ARGUMENT; the text begins as
 * upstream's ("failed to decode Config from json: ", "failed to process Config: ") and names line
 * and column, or the key, what was wanted and what was got. */
int sn_config_parse(const char *text, size_t len, struct sn_config **ret_config,
                    struct sn_error *error) SN_MUST_USE;

/* Reads a file; blocks. With `substitute`, $VAR and ${VAR} are replaced first (upstream does it for
 * the first read after start only). NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE, or as above. */
int sn_config_read(const char *path, bool substitute, struct sn_config **ret_config,
                   struct sn_error *error) SN_MUST_USE;

/* Another holder of it; each ends its hold with sn_config_destroy(). Loop thread. */
struct sn_config *sn_config_ref(struct sn_config *config);

/* Gone with the last holder. Accepts NULL. */
void sn_config_destroy(struct sn_config *config);

/* Replaces $VAR, ${VAR}, ${VAR-text}, ${VAR:-text}, ${VAR=text}, ${VAR:=text}, ${VAR+text} and
 * ${VAR:+text}; $$ gives $. Placeholders that other parts resolve (`${packages.x}`,
 * `${environment.x}`: any name with a dot) stay. `lookup` returns a variable's value or NULL.
 * Returns a text for free(), its length in `ret_len`, or NULL when it would be larger than
 * SN_CONFIG_SIZE_MAX. */
char *sn_config_substitute(const char *text, size_t len, const char *(*lookup)(const char *name),
                           size_t *ret_len) SN_MUST_USE;

/* Puts the levels of a config in force: debug (`debug` here or there), patterns, those of the
 * resources' own loggers, repeats. Patterns that are malformed are warned about. */
void sn_config_apply_log(const struct sn_config *config, bool debug);

#endif
