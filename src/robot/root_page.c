/* SPDX-License-Identifier: Apache-2.0
 *
 * The page "/": a word for supervisors, and for a browser what the machine consists of and how it
 * is.
 */
#include "robot/pages_private.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>sinew-server</title><link rel=\"icon\" href=\"data:,\"><style>\n"
    ":root{color-scheme:light dark}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}\n"
    "h1{font-size:1.5em;margin:0}\n"
    "table{border-collapse:collapse;width:100%;margin:1em 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.3em .8em .3em 0;"
    "border-bottom:1px solid #8884}\n"
    "td{overflow-wrap:break-word}\n"
    "small{display:block;opacity:.75;overflow-wrap:anywhere}\n"
    ".ready{color:#2a8a3e}.unhealthy{color:#d0342c}\n"
    "</style></head><body>\n";

static void write_row(struct sn_page *page, const struct sn_node *node)
{
    sn_page_printf(page, "<tr><td>");
    sn_page_escaped(page, node->name);
    sn_page_printf(page, "<td>");
    sn_page_escaped(page, node->api);
    sn_page_printf(page, "<td>");
    sn_page_escaped(page, sn_page_model(node));
    sn_page_printf(page, "<td><span class=\"%s\">%s</span>", sn_page_states[node->state],
                   sn_page_states[node->state]);
    if (node->reason) {
        sn_page_printf(page, "<small>");
        sn_page_escaped(page, node->reason);
        sn_page_printf(page, "</small>");
    }
    sn_page_printf(page, "\n");
}

static void write_machine(struct sn_page *page, const struct sn_robot *robot)
{
    const struct sn_graph *graph = &robot->graph;
    size_t ready = 0;

    for (size_t i = 0; i < graph->count; i++)
        ready += graph->nodes[i]->state == SN_NODE_READY;
    page->content_type = "text/html; charset=utf-8";
    sn_page_text(page, sn_str_of(head));
    sn_page_printf(page,
                   "<h1>sinew-server " SN_VERSION "</h1>\n<p>This machine is %s; %zu of %zu "
                   "resources are ready.</p>\n"
                   "<table><tr><th>name<th>API<th>model<th>state\n",
                   robot->running ? "running" : "starting", ready, graph->count);
    for (size_t i = 0; i < graph->count; i++)
        write_row(page, graph->nodes[i]);
    sn_page_text(page, SN_STR("</table>\n<p><a href=\"/debug/graph\">what depends on what</a> · "
                              "<a href=\"/metrics\">metrics</a></p>\n</body></html>\n"));
}

/* Browsers ask for HTML by name; who takes anything wants the word. */
static bool wants_html(const struct sn_page *page)
{
    struct sn_str accept = sn_metadata_get(page->headers, SN_STR("accept"));
    const struct sn_str html = SN_STR("text/html");

    for (size_t i = 0; i + html.len <= accept.len; i++)
        if (memcmp(accept.ptr + i, html.ptr, html.len) == 0)
            return true;
    return false;
}

/* Supervisors look for this word. Source: upstream. */
static const char word[] = "I am a viam-server, navigate to https://app.viam.com to manage me.";

void sn_write_root(struct sn_page *page, void *owner)
{
    const struct sn_pages *pages = owner;

    if (!wants_html(page))
        sn_page_text(page, sn_str_of(word));
    else if (sn_page_admit(page, pages, "/"))
        write_machine(page, pages->robot);
}
