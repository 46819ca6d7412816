/* SPDX-License-Identifier: Apache-2.0
 *
 * What a machine tells a module it starts: arguments and environment. Pure.
 * Source: the reference's module SDKs, which take them in different places; all of those here.
 */
#ifndef SN_SDK_ARGS_H
#define SN_SDK_ARGS_H

#include "net/address.h"
#include "sinew/log.h"

struct sn_sdk_args {
    char address[SN_ADDRESS_MAX]; /* to listen at: "unix:/path" or "127.0.0.1:4711" */
    const char *socket;           /* the path of a UNIX socket; NULL: TCP */
    const char *name;             /* of the module, as the config calls it; "" when not told */
    enum sn_log_level level;
    bool alone; /* there is no machine to call back */
};

/* `get` is getenv(). INVALID_ARGUMENT with how such a program is started. Texts of `args` are
 * borrowed from argv and the environment. */
int sn_sdk_args_parse(int argc, const char *const *argv, char *(*get)(const char *key),
                      struct sn_sdk_args *args, struct sn_error *error) SN_MUST_USE;

/* The address of a machine as its Ready call gives it ("/tmp/x/parent.sock", "127.0.0.1:4711") in
 * our form. INVALID_ARGUMENT when it doesn't fit. */
int sn_sdk_address(struct sn_str given, bool tcp, char (*ret_address)[SN_ADDRESS_MAX]) SN_MUST_USE;

#endif
