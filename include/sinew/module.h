/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules: drivers in a program of their own, which a machine's server starts and talks to; ours
 * and the reference's viam-server alike. A module is a table of drivers, and a driver is the same
 * as inside the server (sinew/driver.h): one file of source serves both.
 *
 *     static const struct sn_driver *const drivers[] = {&thermometer, NULL};
 *     static const struct sn_module module = {.drivers = drivers};
 *
 *     int main(int argc, char **argv)
 *     {
 *         return sn_module_main(argc, argv, &module);
 *     }
 *
 * What drivers have of the machine, besides what they have anywhere: sn_dependency() gives another
 * resource of the machine, in this module or not, to be called by its API's functions; records of
 * resource->log become the machine's; sn_find() and sn_machine_pose() ask the machine.
 *
 * One thread, the loop's, runs all slots of all drivers: they never wait. What must uses
 * sn_call_block(), which runs it on a pool thread.
 */
#ifndef SINEW_MODULE_H
#define SINEW_MODULE_H

#include "sinew/custom.h"
#include "sinew/driver.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pb_app_frame; /* "pb/app/v1/robot.h" */
struct pb_google_struct;

struct sn_module {
    const struct sn_driver *const *drivers; /* ends with NULL; static, as the drivers are */
    /* Custom APIs that drivers here have or call; ends with NULL. NULL: there are none. */
    const struct sn_custom_api *const *apis;
};

/* Serves the machine that started this process until it says SIGTERM (or SIGINT), or is gone: then
 * all resources are closed. Returns what main() should. The arguments and the environment are as
 * the server gave them:
 *   module SOCKET [--log-level=debug|info|warn|error] [--tcp-mode]
 * VIAM_MODULE_ADDRESS counts more than SOCKET. Ignores SIGPIPE. */
int sn_module_main(int argc, char **argv, const struct sn_module *module);

/* The folder in which the module may keep files, and the one it was installed in; "" when the
 * server gave none. Any thread. */
const char *sn_module_data_folder(void);
const char *sn_module_folder(void);

/* A resource's frame as it is in the config; NULL: it has none. As below. */
const struct pb_app_frame *sn_module_frame(const struct sn_resource *resource);

/* A resource's attributes as they are in the config, for what its driver's table can't say. In a
 * module only; live until the resource is closed or reconfigured. */
const struct pb_google_struct *sn_module_attributes(const struct sn_resource *resource);

#ifdef __cplusplus
}
#endif

#endif
