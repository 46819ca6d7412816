/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of a machine. Loop thread.
 */
#include "robot/pages.h"

/* Supervisors look for this word. Source: upstream. */
static void write_root(struct sn_page *page, void *owner)
{
    sn_page_text(page,
                 SN_STR("I am a viam-server, navigate to https://app.viam.com to manage me."));
}

int sn_robot_add_pages(struct sn_robot *robot, struct sn_web *web)
{
    return sn_web_page(web, "/", write_root, robot);
}
