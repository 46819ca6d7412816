/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that write pages share.
 */
#ifndef SN_ROBOT_PAGES_PRIVATE_H
#define SN_ROBOT_PAGES_PRIVATE_H

#include "robot/pages.h"
#include "robot/robot_private.h"

/* By enum sn_node_state. */
extern const char *const sn_page_states[];

/* A text of others within HTML or an attribute. */
void sn_page_escaped(struct sn_page *page, const char *text);

/* Of the resource that is there, or that is wanted. */
const char *sn_page_model(const struct sn_node *node);

/* Names of methods and resources are for who may call them. False: the page has become the refusal,
 * which asks for entity and key. */
bool sn_page_admit(struct sn_page *page, const struct sn_pages *pages, const char *path);

/* Owner of all: the sn_pages. */
void sn_write_root(struct sn_page *page, void *owner);
void sn_write_metrics(struct sn_page *page, void *owner);
void sn_write_graph(struct sn_page *page, void *owner);

#endif
