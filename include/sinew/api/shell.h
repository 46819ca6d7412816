/* SPDX-License-Identifier: Apache-2.0
 *
 * Shell: a terminal on the machine, and files to and from it. Whoever may call it may do all that
 * the server may. Source: viam.service.shell.v1.
 */
#ifndef SINEW_API_SHELL_H
#define SINEW_API_SHELL_H

#include "sinew/api/common.h"
#include "sinew/duplex.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_SHELL "rdk:service:shell"

struct sn_shell {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory. All are reads to the lane: any number run side by side.
 * Requests, the first included, and responses are the structs of "pb/service/shell/v1/shell.h";
 * they are lent. Cancelling a call ends all that it started. */
struct sn_shell_ops {
    struct sn_common_ops common;

    /* ShellRequest, ShellResponse. A shell on a terminal; each request's `data_in` is typed, its
     * `extra` may be {"message": "window-change", "cols": n, "rows": n} (not the first one's). What
     * it prints comes as `data_out`, UTF-8 whatever the program prints; `eof` says that it has
     * ended. The end of requests is typed as Ctrl-D. Completes when the shell has ended and the
     * requests too. */
    int (*shell)(struct sn_call *call, struct sn_shell *shell, const void *request,
                 struct sn_duplex *duplex);

    /* CopyFilesToMachineRequest, -Response. The first is metadata; then files, each as data in
     * pieces (its name with the first) and a request with `eof`; folders as one request with `eof`.
     * Each is acknowledged. A file appears when it is whole. UNKNOWN, with the system's reason. */
    int (*copy_to)(struct sn_call *call, struct sn_shell *shell, const void *request,
                   struct sn_duplex *duplex);

    /* CopyFilesFromMachineRequest, -Response. The same the other way; folders come behind what is
     * in them. The next file comes when the last is acknowledged. */
    int (*copy_from)(struct sn_call *call, struct sn_shell *shell, const void *request,
                     struct sn_duplex *duplex);
};

int sn_shell_shell(struct sn_call *call, struct sn_shell *shell, const void *request,
                   struct sn_duplex *duplex);
int sn_shell_copy_to(struct sn_call *call, struct sn_shell *shell, const void *request,
                     struct sn_duplex *duplex);
int sn_shell_copy_from(struct sn_call *call, struct sn_shell *shell, const void *request,
                       struct sn_duplex *duplex);

#ifdef __cplusplus
}
#endif

#endif
