/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments and environment of a module. Pure.
 */
#include "sdk/args.h"

#include "base/log.h"

#include <stdio.h>

#define LEVEL "--log-level="

/* "127.0.0.1:4711" is a port, "/tmp/x.sock" a file. */
static bool ends_in_port(struct sn_str text)
{
    size_t digits = 0;

    while (digits < text.len && text.ptr[text.len - 1 - digits] >= '0' &&
           text.ptr[text.len - 1 - digits] <= '9')
        digits++;
    return digits > 0 && digits < text.len && text.ptr[text.len - 1 - digits] == ':';
}

int sn_sdk_address(struct sn_str given, bool tcp, char (*ret_address)[SN_ADDRESS_MAX])
{
    bool has_scheme = sn_str_has_prefix(given, SN_STR("unix:"));
    const char *scheme = tcp || has_scheme || ends_in_port(given) ? "" : "unix:";

    if (has_scheme && sn_str_has_prefix(given, SN_STR("unix://")))
        given = (struct sn_str){given.ptr + 7, given.len - 7}, scheme = "unix:";
    int len = snprintf(*ret_address, sizeof(*ret_address), "%s%.*s", scheme, SN_STR_ARGS(given));
    return given.len == 0 || len < 0 || (size_t)len >= sizeof(*ret_address)
               ? SN_ERR_INVALID_ARGUMENT
               : 0;
}

/* Levels that aren't ours ("trace", a Python name) leave the preset: no reason not to start. */
static void take_option(const char *arg, struct sn_sdk_args *args, bool *tcp)
{
    enum sn_log_level level;

    if (strcmp(arg, "--tcp-mode") == 0)
        *tcp = true;
    else if (strncmp(arg, LEVEL, strlen(LEVEL)) == 0 &&
             sn_log_parse_level(arg + strlen(LEVEL), &level) == 0)
        args->level = level;
}

static bool is_set(const char *value)
{
    return value && *value;
}

int sn_sdk_args_parse(int argc, const char *const *argv, char *(*get)(const char *key),
                      struct sn_sdk_args *args, struct sn_error *error)
{
    const char *address = get("VIAM_MODULE_ADDRESS"), *alone = get("VIAM_NO_MODULE_PARENT");
    const char *name = get("VIAM_MODULE_NAME");
    bool tcp = false;

    *args = (struct sn_sdk_args){.level = SN_LOG_INFO, .name = name ? name : ""};
    args->alone = alone && strcmp(alone, "true") == 0;
    for (int i = 1; i < argc; i++)
        take_option(argv[i], args, &tcp);
    if (!is_set(address))
        address = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    if (!address)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "this is a module, which a machine's server starts with the address to "
                            "listen at: %s SOCKET [--log-level=LEVEL] [--tcp-mode]",
                            argc > 0 ? argv[0] : "module");
    if (sn_sdk_address(sn_str_of(address), tcp, &args->address))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "\"%.200s\" is no address to listen at",
                            address);
    args->socket = strncmp(args->address, "unix:", 5) == 0 ? args->address + 5 : NULL;
    return 0;
}
