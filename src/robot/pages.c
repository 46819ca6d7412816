/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of a machine. Loop thread.
 */
#include "robot/pages_private.h"

/* Supervisors look for this word. Source: upstream. */
static void write_root(struct sn_page *page, void *owner)
{
    sn_page_text(page,
                 SN_STR("I am a viam-server, navigate to https://app.viam.com to manage me."));
}

/* A supervisor asks before it restarts the machine for an update. The address is that of the socket
 * for modules that talk TCP; "" without a host of modules. */
static void write_restart_status(struct sn_page *page, void *owner)
{
    const struct sn_pages *pages = owner;
    const struct sn_robot *robot = pages->robot;
    bool allowed = !robot->closing && (!robot->running || !robot->under_way);

    page->content_type = "application/json";
    sn_page_printf(page,
                   "{\"restart_allowed\":%s,\"does_not_handle_needs_restart\":true,"
                   "\"module_server_tcp_addr\":\"%s\"}\n",
                   allowed ? "true" : "false", robot->host ? sn_host_tcp_address(robot->host) : "");
}

int sn_pages_add(struct sn_pages *pages)
{
    int code = sn_web_page(pages->web, "/", write_root, pages);

    if (!code)
        code = sn_web_page(pages->web, "/restart_status", write_restart_status, pages);
    if (!code)
        code = sn_web_page(pages->web, "/metrics", sn_write_metrics, pages);
    if (!code)
        code = sn_web_page(pages->web, "/debug/graph", sn_write_graph, pages);
    return code;
}
