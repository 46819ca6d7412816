/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags and environment by one table.
 */
#include "main/options.h"

#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum type {
    TYPE_BOOL,     /* bool */
    TYPE_TEXT,     /* const char * */
    TYPE_DURATION, /* int64_t, ns */
    TYPE_INT,      /* int64_t */
    TYPE_YES,      /* bool: a variable that says yes in one of upstream's words */
    TYPE_PRESENT,  /* bool: a variable that exists */
};

struct setting {
    const char *flag; /* NULL: a variable only */
    const char *variable;
    enum type type;
    size_t offset;
    const char *preset; /* as one would write it */
    int64_t min, max;   /* of DURATION (ns) and INT */
    bool inert;         /* accepted, without effect so far */
    const char *help;
};

static const struct setting settings[];

static const char unspecified[] = "unspecified arguments provided: ";

/* ---- values ---- */

/* Go's words, which scripts written for the reference may use. */
static bool parse_bool(const char *text, bool *ret)
{
    static const char *const words[] = {"1", "t", "T", "TRUE",  "true",  "True",
                                        "0", "f", "F", "FALSE", "false", "False"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = i < 6;
            return true;
        }
    }
    return false;
}

static bool parse_yes(const char *text)
{
    static const char *const words[] = {"true", "TRUE", "yes", "YES", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

static bool parse_int(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    *ret = value;
    return *text && !*end && !errno;
}

static bool in_range(const struct setting *setting, int64_t value)
{
    return value >= setting->min && value <= setting->max;
}

/* False: not a value of that type, or out of range; the member is untouched. */
static bool set_value(struct sn_options *options, const struct setting *setting, const char *text)
{
    void *member = (char *)options + setting->offset;
    int64_t number = 0;

    switch (setting->type) {
    case TYPE_BOOL:
        return parse_bool(text, member);
    case TYPE_TEXT:
        *(const char **)member = text;
        return true;
    case TYPE_YES:
        *(bool *)member = parse_yes(text);
        return true;
    case TYPE_PRESENT:
        *(bool *)member = true;
        return true;
    case TYPE_DURATION:
        if (sn_text_duration(text, &number, NULL) || !in_range(setting, number))
            return false;
        break;
    case TYPE_INT:
        if (!parse_int(text, &number) || !in_range(setting, number))
            return false;
        break;
    }
    *(int64_t *)member = number;
    return true;
}

static void set_presets(struct sn_options *options)
{
    *options = (struct sn_options){0};
    for (const struct setting *setting = settings; setting->help; setting++) {
        if (setting->preset)
            set_value(options, setting, setting->preset);
        else if (setting->type == TYPE_TEXT)
            set_value(options, setting, "");
    }
}

/* The sentence is upstream's; what was given and what could have been is in the fields. */
static void warn_value(const struct setting *setting, const char *text)
{
    char allowed[96];

    if (setting->type == TYPE_DURATION && setting->min == 1)
        snprintf(allowed, sizeof(allowed), "a duration such as 1m30s");
    else if (setting->type == TYPE_DURATION)
        snprintf(allowed, sizeof(allowed), "a duration such as 1m30s, at least %gs",
                 (double)setting->min / 1e9);
    else
        snprintf(allowed, sizeof(allowed), "a whole number from %lld to %lld",
                 (long long)setting->min, (long long)setting->max);
    sn_log_fields(sn_logger_get("rdk"), SN_LOG_WARN,
                  SN_LOG_PAIRS("value", text, "allowed", allowed),
                  "Failed to parse %s env var, falling back to default %s%s", setting->variable,
                  setting->preset, setting->type == TYPE_DURATION ? " timeout" : "");
}

static void read_environment(struct sn_options *options)
{
    for (const struct setting *setting = settings; setting->help; setting++) {
        const char *text = setting->variable ? getenv(setting->variable) : NULL;

        if (text && *text && !set_value(options, setting, text))
            warn_value(setting, text);
    }
}

/* ---- flags ---- */

static const struct setting *find_flag(const char *name, size_t len)
{
    for (const struct setting *setting = settings; setting->help; setting++) {
        if (setting->flag && strlen(setting->flag) == len && memcmp(setting->flag, name, len) == 0)
            return setting;
    }
    return NULL;
}

static int fail_value(const struct setting *setting, const char *text, struct sn_error *error)
{
    if (setting->type == TYPE_BOOL)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "invalid boolean value \"%s\" for -%s: parse error", text,
                            setting->flag);
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "invalid value \"%s\" for flag -%s: parse error", text, setting->flag);
}

static bool is_help(const char *name, size_t len)
{
    return (len == 1 && *name == 'h') || (len == 4 && memcmp(name, "help", 4) == 0);
}

/* Takes one flag and, where it needs one, the argument behind it. */
static int take_flag(struct sn_options *options, char ***arg, struct sn_error *error)
{
    const char *whole = *(*arg)++, *name = whole + (whole[1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");
    const char *text = name[len] ? name + len + 1 : NULL;

    if (len == 0 || *name == '-')
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "bad flag syntax: %s", whole);
    const struct setting *setting = find_flag(name, len);
    if (!setting && is_help(name, len)) {
        options->help = true;
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s", "");
    }
    if (!setting)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "flag provided but not defined: -%.*s",
                            (int)len, name);
    if (!text && setting->type == TYPE_BOOL)
        text = "true";
    if (!text && !**arg)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "flag needs an argument: -%s",
                            setting->flag);
    if (!text)
        text = *(*arg)++;
    return set_value(options, setting, text) ? 0 : fail_value(setting, text, error);
}

static int fail_leftover(char **arg, struct sn_error *error)
{
    char text[512] = "";
    size_t len = 0;

    for (; *arg && len < sizeof(text); arg++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", *arg);
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "%s[%s]", unspecified, text);
}

int sn_options_parse(struct sn_options *options, int argc, char **argv, struct sn_error *error)
{
    char **arg = argv + (argc > 0);
    int err = 0;

    set_presets(options);
    read_environment(options);
    while (!err && *arg && (*arg)[0] == '-' && (*arg)[1]) {
        if (strcmp(*arg, "--") == 0) {
            arg++;
            break;
        }
        err = take_flag(options, &arg, error);
    }
    if (!err && *arg)
        err = fail_leftover(arg, error);
    return err;
}

/* ---- usage ---- */

static const char *const type_names[] = {
    [TYPE_BOOL] = "",    [TYPE_TEXT] = " string", [TYPE_DURATION] = " duration",
    [TYPE_INT] = " int", [TYPE_YES] = "=yes",     [TYPE_PRESENT] = "",
};

static void print_setting(FILE *out, const struct setting *setting)
{
    if (setting->flag)
        fprintf(out, "  -%s%s\n    \t", setting->flag, type_names[setting->type]);
    else
        fprintf(out, "  %s%s\n    \t", setting->variable, type_names[setting->type]);
    fputs(setting->help, out);
    if (setting->preset)
        fprintf(out, " (default %s)", setting->preset);
    if (setting->flag && setting->variable)
        fprintf(out, " (environment: %s)", setting->variable);
    fputs(setting->inert ? " (no effect yet)\n" : "\n", out);
}

static void print_usage(FILE *out, const char *program)
{
    fprintf(out, "Usage of %s:\n", program);
    for (const struct setting *setting = settings; setting->help; setting++) {
        if (setting->flag)
            print_setting(out, setting);
    }
    fprintf(out, "Environment:\n");
    for (const struct setting *setting = settings; setting->help; setting++) {
        if (!setting->flag)
            print_setting(out, setting);
    }
}

char *sn_options_complaint(const char *program, const struct sn_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return strdup(error->text);
    fputs(error->text, out);
    if (strncmp(error->text, unspecified, sizeof(unspecified) - 1) != 0) {
        if (*error->text)
            fputc('\n', out);
        print_usage(out, program);
        fprintf(out, "\n%s", error->text);
    }
    fclose(out);
    return text;
}

#define AT(member) offsetof(struct sn_options, member)
#define SECONDS(n) (INT64_C(1000000000) * (n))
#define SWITCH(flag, member, preset, inert, help)                    \
    {                                                                \
        flag, NULL, TYPE_BOOL, AT(member), preset, 0, 0, inert, help \
    }
#define PATH(flag, member, inert, help)                            \
    {                                                              \
        flag, NULL, TYPE_TEXT, AT(member), NULL, 0, 0, inert, help \
    }
#define TIMEOUT(variable, member, preset, inert, help)                                          \
    {                                                                                           \
        NULL, variable, TYPE_DURATION, AT(member), preset, 1, SECONDS(365L * 24 * 3600), inert, \
            help                                                                                \
    }

#define LIMIT(variable, member, preset, min, max, help)                            \
    {                                                                              \
        NULL, variable, TYPE_INT, AT(limits.member), preset, min, max, false, help \
    }
#define LIMIT_TIME(variable, member, preset, help)                                 \
    {                                                                              \
        NULL, variable, TYPE_DURATION, AT(limits.member), preset, SECONDS(1) / 10, \
            SECONDS(365L * 24 * 3600), false, help                                 \
    }

/* Flags by name, then variables by name. */
static const struct setting settings[] = {
    SWITCH("allow-insecure-creds", allow_insecure_creds, NULL, true,
           "allow connections to send credentials over plaintext"),
    PATH("config", config, false, "machine configuration file"),
    PATH("cpuprofile", cpuprofile, true, "write cpu profile to file"),
    SWITCH("debug", debug, NULL, false, "log at debug level"),
    SWITCH("disable-mdns", disable_mdns, NULL, false,
           "disable server discovery through multicast DNS"),
    PATH("dump-resources", dump_resources, false,
         "dump all resource registrations as json to the provided file path"),
    SWITCH("ftdc", ftdc, "true", true, "enable fulltime data capture for diagnostics"),
    PATH("log-file", log_file, false, "write logs to a file instead of standard output"),
    SWITCH("network-check", network_check, NULL, true, "only runs normal network checks"),
    SWITCH("no-tls", no_tls, NULL, false,
           "starts an insecure http server without TLS certificates even if one exists"),
    SWITCH("output-telemetry", output_telemetry, NULL, true, "print out metrics data"),
    SWITCH("reveal-sensitive-config-diffs", reveal_sensitive_config_diffs, NULL, true,
           "show config diffs"),
    SWITCH("untrusted-env", untrusted_env, NULL, false,
           "disable processes and shell from running in a untrusted environment"),
    SWITCH("version", version, NULL, false, "print version"),
    SWITCH("webprofile", webprofile, NULL, true, "include profiler in http server"),
    SWITCH("webrtc", webrtc, "true", true, "force webrtc connections instead of direct"),
    LIMIT_TIME("SINEW_GREETING_TIMEOUT", greeting_ns, "10s",
               "until the first request of a connection begins"),
    LIMIT_TIME("SINEW_HEAD_TIMEOUT", head_ns, "10s", "until the headers of a request are whole"),
    LIMIT_TIME("SINEW_IDLE_HTTP2_TIMEOUT", idle_http2_ns, "1h0m0s",
               "HTTP/2 connections without a sign of life are closed"),
    LIMIT_TIME("SINEW_IDLE_TIMEOUT", idle_ns, "2m0s",
               "HTTP/1 connections without a request are closed"),
    LIMIT("SINEW_MAX_CALLS", calls, "500", 1, 1000000,
          "calls that run at once per connection, cancelled ones that end late too"),
    LIMIT("SINEW_MAX_CONNECTIONS", connections, "2000", 1, 1000000, "connections at once"),
    LIMIT("SINEW_MAX_CONNECTIONS_PER_ADDRESS", address_connections, "1500", 1, 1000000,
          "connections at once from one address"),
    LIMIT("SINEW_MAX_GATHERED_BYTES", gathered_bytes, "67108864", 1 << 16, 1 << 30,
          "bytes of messages that are not whole yet, per connection"),
    LIMIT("SINEW_MAX_HEADERS", headers, "256", 16, 256, "headers of a request"),
    LIMIT("SINEW_MAX_HEADER_BYTES", header_bytes, "65536", 1 << 12, 1 << 18,
          "bytes of a request's headers"),
    LIMIT("SINEW_MAX_MEMORY_BYTES", memory_bytes, "536870912", 1 << 20, SIZE_MAX / 2,
          "bytes of all requests and answers together; above it new ones are refused"),
    LIMIT("SINEW_MAX_MESSAGE_BYTES", message_bytes, "33554432", 1 << 10, 1 << 25,
          "bytes of a message, uncompressed"),
    LIMIT("SINEW_MAX_PEER_CONNECTIONS", peers, "500", 0, 65535, "WebRTC connections at once"),
    LIMIT("SINEW_MAX_STREAMS", streams, "250", 1, 100000, "open streams per HTTP/2 connection"),
    LIMIT("SINEW_MAX_UNSENT_BYTES", unsent_bytes, "67108864", 1 << 16, 1 << 30,
          "bytes that wait for a connection's client to read"),
    TIMEOUT("SINEW_MODULE_HANG_TIMEOUT", hang_timeout_ns, "2m0s", false,
            "a module that answers nothing for so long is restarted"),
    LIMIT_TIME("SINEW_STALL_TIMEOUT", stall_ns, "1m0s",
               "how long a client may stand still while it sends or reads a message"),
    {NULL, "VIAM_AGENT_HANDLES_NEEDS_RESTART_CHECKING", TYPE_PRESENT, AT(agent_handles_restart),
     NULL, 0, 0, true, "set: do not ask the cloud whether to restart"},
    TIMEOUT("VIAM_CONFIG_READ_TIMEOUT", config_timeout_ns, "15s", true,
            "longest wait for the config from the cloud"),
    {NULL, "VIAM_HOME", TYPE_TEXT, AT(home), NULL, 0, 0, false,
     "folder of all data; $HOME/.viam when not set"},
    {NULL, "VIAM_LOGFILE", TYPE_TEXT, AT(also_log_file), NULL, 0, 0, false,
     "write logs to a file and to standard output"},
    TIMEOUT("VIAM_MODULE_STARTUP_TIMEOUT", module_timeout_ns, "5m0s", false,
            "longest wait for a module to get ready"),
    TIMEOUT("VIAM_RESOURCE_CONFIGURATION_TIMEOUT", resource_timeout_ns, "2m0s", false,
            "longest wait for a resource to be built or reconfigured"),
    {NULL, "VIAM_RESOURCE_REQUESTS_LIMIT", TYPE_INT, AT(request_limit), "100", 1, 1000000, false,
     "concurrent requests per resource"},
    {NULL, "VIAM_TCP_SOCKETS", TYPE_YES, AT(tcp_sockets), NULL, 0, 0, false,
     "talk to modules over TCP: true, TRUE, yes, YES or 1"},
    {NULL, NULL, TYPE_BOOL, 0, NULL, 0, 0, false, NULL},
};

int sn_options_home(const struct sn_options *options, char *ret_path, size_t size,
                    struct sn_error *error)
{
    const char *user_home = getenv("HOME");
    char root[PATH_MAX] = "";
    int len;

    if (*options->home)
        len = snprintf(ret_path, size, "%s", options->home);
    else
        len = snprintf(ret_path, size, "%s/.viam", user_home ? user_home : "");
    if (ret_path[0] != '/') {
        char relative[PATH_MAX];

        if (!getcwd(root, sizeof(root)))
            return sn_error_set(error, SN_ERR_UNAVAILABLE, "no working directory: %s",
                                strerror(errno));
        snprintf(relative, sizeof(relative), "%s", ret_path);
        len = snprintf(ret_path, size, "%s/%s", root, relative);
    }
    return len < 0 || (size_t)len >= size
               ? sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "VIAM_HOME is too long")
               : 0;
}
