/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of a machine. Loop thread.
 */
#include "robot/pages_private.h"

const char *const sn_page_states[] = {
    [SN_NODE_UNCONFIGURED] = "unconfigured",
    [SN_NODE_CONFIGURING] = "configuring",
    [SN_NODE_READY] = "ready",
    [SN_NODE_REMOVING] = "removing",
    [SN_NODE_UNHEALTHY] = "unhealthy",
};

void sn_page_escaped(struct sn_page *page, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;

        sn_page_text(page, entity ? sn_str_of(entity) : (struct sn_str){text, 1});
    }
}

const char *sn_page_model(const struct sn_node *node)
{
    const struct sn_want *want = node->built ? node->built : node->want;
    const struct sn_robot_want *robot_want = (const struct sn_robot_want *)want;

    return robot_want ? robot_want->entry->model : "";
}

bool sn_page_admit(struct sn_page *page, const struct sn_pages *pages, const char *path)
{
    struct sn_error error;

    if (!sn_auth_admit_page(pages->auth, page->peer, sn_str_of(path), page->headers, &error))
        return true;
    page->status = sn_err_http(error.code);
    page->challenge = "Basic realm=\"machine\"";
    sn_page_printf(page, "%s\n", error.text);
    return false;
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
    int code = sn_web_page(pages->web, "/", sn_write_root, pages);

    if (!code)
        code = sn_web_page(pages->web, "/restart_status", write_restart_status, pages);
    if (!code)
        code = sn_web_page(pages->web, "/metrics", sn_write_metrics, pages);
    if (!code)
        code = sn_web_page(pages->web, "/debug/graph", sn_write_graph, pages);
    return code;
}
