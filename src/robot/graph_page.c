/* SPDX-License-Identifier: Apache-2.0
 *
 * The page "/debug/graph": resources and what they depend on, drawn; "?layout=text" gives the same
 * for Graphviz. Each column holds what depends on nothing but the columns to its right, as arrows
 * go from left to right. Source of colours and texts: upstream's page.
 */
#include "robot/pages_private.h"

#include <stdlib.h>

enum { WIDTH = 260, HEIGHT = 40, GAP_X = 90, GAP_Y = 24, MARGIN = 20 };

/* Columns, one less. */
enum { DEPTH_MAX = 64 };

struct place {
    const struct sn_node *node;
    uint32_t depth; /* longest way to a node that depends on nothing */
    uint32_t x, y;
};

struct drawing {
    const struct sn_graph *graph;
    struct place *places; /* of all nodes, by their addresses */
    uint32_t depth;       /* of the deepest */
    uint32_t rows;        /* of the longest column */
};

/* ---- texts ---- */

static const char *colour_of(const struct sn_node *node)
{
    switch (node->state) {
    case SN_NODE_READY:
        return "bisque";
    case SN_NODE_UNHEALTHY:
        return "lightcoral";
    case SN_NODE_REMOVING:
        return "lightgray";
    default:
        return "lightyellow";
    }
}

static void write_tooltip(struct sn_page *page, const struct sn_node *node)
{
    sn_page_printf(page, "Model: ");
    sn_page_escaped(page, sn_page_model(node));
    if (node->reason) {
        sn_page_printf(page, "&#10;Reason: ");
        sn_page_escaped(page, node->reason);
    }
}

/* ---- for Graphviz ---- */

static void write_name(struct sn_page *page, const struct sn_node *node)
{
    sn_page_printf(page, "%s/", node->api);
    sn_page_escaped(page, node->name);
}

static void write_text(struct sn_page *page, const struct sn_graph *graph)
{
    sn_page_text(page, SN_STR("digraph {\n    rankdir=LR;\n    bgcolor=azure;\n"
                              "    node [style=filled];\n"));
    for (size_t i = 0; i < graph->count; i++) {
        const struct sn_node *node = graph->nodes[i];

        sn_page_printf(page, "    \"");
        write_name(page, node);
        sn_page_printf(page, "\" [color=%s,tooltip=\"", colour_of(node));
        write_tooltip(page, node);
        sn_page_printf(page, "\",label=\"");
        sn_page_escaped(page, node->name);
        sn_page_printf(page, "\\n%s\"];\n", node->api);
    }
    for (size_t i = 0; i < graph->count; i++)
        for (size_t e = 0; e < graph->nodes[i]->edge_count; e++) {
            if (!graph->nodes[i]->edges[e].node) /* optional, and not there */
                continue;
            sn_page_printf(page, "    \"");
            write_name(page, graph->nodes[i]);
            sn_page_printf(page, "\" -> \"");
            write_name(page, graph->nodes[i]->edges[e].node);
            sn_page_printf(page, "\";\n");
        }
    sn_page_text(page, SN_STR("}\n"));
}

/* ---- the drawing ---- */

static int compare_places(const void *a, const void *b)
{
    const struct place *first = a, *second = b;

    return first->node < second->node ? -1 : first->node > second->node;
}

/* NULL where there is no such node: a dependency that is optional. */
static struct place *place_of(const struct drawing *drawing, const struct sn_node *node)
{
    const struct place key = {.node = node};

    return bsearch(&key, drawing->places, drawing->graph->count, sizeof(key), compare_places);
}

static void list_places(struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->graph->count; i++)
        drawing->places[i].node = drawing->graph->nodes[i];
    qsort(drawing->places, drawing->graph->count, sizeof(*drawing->places), compare_places);
}

/* Nobody is built before what it depends on, so each depth is known when it is asked for. */
static void find_depths(struct drawing *drawing)
{
    struct sn_list *link;

    sn_list_for_each (link, &drawing->graph->built) {
        const struct sn_node *node = sn_container_of(link, struct sn_node, in_order);
        struct place *place = place_of(drawing, node);

        for (size_t e = 0; e < node->edge_count; e++) {
            const struct place *to = place_of(drawing, node->edges[e].node);

            if (to && to->depth >= place->depth && to->depth < DEPTH_MAX)
                place->depth = to->depth + 1;
        }
        if (place->depth > drawing->depth)
            drawing->depth = place->depth;
    }
}

static void place_nodes(struct drawing *drawing)
{
    uint32_t rows[DEPTH_MAX + 1] = {0};

    list_places(drawing);
    find_depths(drawing);
    for (size_t i = 0; i < drawing->graph->count; i++) {
        struct place *place = place_of(drawing, drawing->graph->nodes[i]);
        uint32_t row = rows[place->depth]++;

        place->x = MARGIN + (drawing->depth - place->depth) * (WIDTH + GAP_X);
        place->y = MARGIN + row * (HEIGHT + GAP_Y);
        if (row >= drawing->rows)
            drawing->rows = row + 1;
    }
}

static void draw_node(struct sn_page *page, const struct sn_node *node, const struct place *place)
{
    uint32_t x = place->x + WIDTH / 2, y = place->y + HEIGHT / 2;

    sn_page_printf(page, "<g class=\"node\"><title>");
    write_tooltip(page, node);
    sn_page_printf(page,
                   "</title><ellipse fill=\"%s\" stroke=\"%s\" cx=\"%u\" cy=\"%u\" rx=\"%d\" "
                   "ry=\"%d\"/>",
                   colour_of(node), colour_of(node), x, y, WIDTH / 2, HEIGHT / 2);
    sn_page_printf(page, "<text text-anchor=\"middle\" x=\"%u\" y=\"%u\">", x, y - 3);
    sn_page_escaped(page, node->name);
    sn_page_printf(page, "</text><text text-anchor=\"middle\" x=\"%u\" y=\"%u\">%s</text></g>\n", x,
                   y + 12, node->api);
}

static void draw_edges(struct sn_page *page, const struct drawing *drawing,
                       const struct place *from)
{
    for (size_t e = 0; e < from->node->edge_count; e++) {
        const struct place *to = place_of(drawing, from->node->edges[e].node);

        if (!to)
            continue;
        sn_page_printf(page,
                       "<path class=\"edge\" marker-end=\"url(#arrow)\" fill=\"none\" "
                       "stroke=\"black\" d=\"M%u,%uC%u,%u %u,%u %u,%u\"/>\n",
                       from->x + WIDTH, from->y + HEIGHT / 2, from->x + WIDTH + GAP_X / 2,
                       from->y + HEIGHT / 2, to->x - GAP_X / 2, to->y + HEIGHT / 2, to->x - 8,
                       to->y + HEIGHT / 2);
    }
}

static void draw(struct sn_page *page, const struct drawing *drawing)
{
    uint32_t width = 2 * MARGIN + (drawing->depth + 1) * (WIDTH + GAP_X) - GAP_X;
    uint32_t height = 2 * MARGIN + drawing->rows * (HEIGHT + GAP_Y);

    sn_page_printf(page,
                   "<html><svg width=\"%u\" height=\"%u\" xmlns=\"http://www.w3.org/2000/svg\" "
                   "font-family=\"Times,serif\" font-size=\"14\" style=\"background:azure\">\n",
                   width, height);
    sn_page_text(page, SN_STR("<defs><marker id=\"arrow\" markerWidth=\"10\" markerHeight=\"8\" "
                              "refX=\"2\" refY=\"4\" orient=\"auto\"><path d=\"M0,0L10,4L0,8z\"/>"
                              "</marker></defs>\n"));
    for (size_t i = 0; i < drawing->graph->count; i++)
        draw_node(page, drawing->places[i].node, &drawing->places[i]);
    for (size_t i = 0; i < drawing->graph->count; i++)
        draw_edges(page, drawing, &drawing->places[i]);
    sn_page_text(page, SN_STR("</svg>\n</html>\n"));
}

void sn_write_graph(struct sn_page *page, void *owner)
{
    const struct sn_pages *pages = owner;
    struct drawing drawing = {.graph = &pages->robot->graph};

    if (sn_str_is(sn_page_parameter(page, "layout"), "text")) {
        write_text(page, drawing.graph);
        return;
    }
    page->content_type = "text/html; charset=utf-8";
    drawing.places =
        sn_arena_zalloc(page->arena, (drawing.graph->count + 1) * sizeof(*drawing.places));
    page->failed |= !drawing.places;
    if (!drawing.places)
        return;
    place_nodes(&drawing);
    draw(page, &drawing);
}
