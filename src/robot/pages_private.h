/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that write pages share.
 */
#ifndef SN_ROBOT_PAGES_PRIVATE_H
#define SN_ROBOT_PAGES_PRIVATE_H

#include "robot/pages.h"
#include "robot/robot_private.h"

/* Owner of all: the sn_pages. */
void sn_write_metrics(struct sn_page *page, void *owner);
void sn_write_graph(struct sn_page *page, void *owner);

#endif
