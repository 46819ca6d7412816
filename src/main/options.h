/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of the machine server's program: flags and environment variables, by one table from
 * which the usage text is made too. Main thread, once at start.
 * Source: the reference server's flags; one or two dashes, -x=value or -x value, a boolean takes no
 * separate value.
 */
#ifndef SN_MAIN_OPTIONS_H
#define SN_MAIN_OPTIONS_H

#include "sinew/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What peers at the port are allowed; see rpc/transport/guard.h. */
struct sn_option_limits {
    int64_t connections, address_connections, peers, streams, calls;
    int64_t header_bytes, headers, message_bytes, gathered_bytes, unsent_bytes;
    int64_t memory_bytes;
    int64_t greeting_ns, head_ns, stall_ns, idle_ns, idle_http2_ns;
};

/* Strings are never NULL; they point into argv and the environment. */
struct sn_options {
    bool help; /* asked for; nothing else counts */
    const char *config;
    const char *log_file;       /* instead of standard output */
    const char *also_log_file;  /* besides standard output */
    const char *dump_resources; /* path; write and end */
    const char *cpuprofile;
    const char *home; /* data root; "": $HOME/.viam */
    bool debug, version, allow_insecure_creds, webrtc, no_tls, disable_mdns, untrusted_env;
    bool output_telemetry, ftdc, network_check, webprofile, reveal_sensitive_config_diffs;
    bool tcp_sockets;            /* modules by TCP */
    bool agent_handles_restart;  /* don't ask the cloud whether to restart */
    int64_t resource_timeout_ns; /* to build or reconfigure one */
    int64_t module_timeout_ns;   /* for its ready handshake */
    int64_t hang_timeout_ns;     /* for a module that answers nothing */
    int64_t config_timeout_ns;   /* to read from the cloud */
    int64_t request_limit;       /* concurrent requests per resource */
    struct sn_option_limits limits;
};

/* Reads flags, then the environment for what no flag set, then presets. A malformed variable is
 * warned about and replaced by its preset. INVALID_ARGUMENT for a bad flag: `error` holds
 * upstream's text without the usage, "" when only the usage is to be shown (-help). */
int sn_options_parse(struct sn_options *options, int argc, char **argv, struct sn_error *error)
    SN_MUST_USE;

/* The data root as an absolute path, whether or not it is there. INVALID_ARGUMENT when it is too
 * long, UNAVAILABLE where the working directory can't be told. Asks the system. */
int sn_options_home(const struct sn_options *options, char *ret_path, size_t size,
                    struct sn_error *error) SN_MUST_USE;

/* What to tell after a failure of sn_options_parse(): the error, the usage and the error again, as
 * upstream; leftover arguments get no usage. A text for free(). */
char *sn_options_complaint(const char *program, const struct sn_error *error);

#endif
