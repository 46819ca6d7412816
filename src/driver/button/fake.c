/* SPDX-License-Identifier: Apache-2.0
 *
 * Button without hardware: says in the log that it was pushed, as the reference's.
 */
#include "sinew/api/button.h"
#include "sinew/driver.h"
#include "sinew/log.h"

static int fake_push(struct sn_call *call, struct sn_button *button,
                     const struct pb_google_struct *extra)
{
    sn_log_info(button->base.log, "Button pushed");
    return 0;
}

static const struct sn_button_ops fake_ops = {
    .push = fake_push,
};

const struct sn_driver sn_driver_button_fake = {
    .api = SN_API_BUTTON,
    .model = "rdk:builtin:fake",
    .help = "a push is a line in the log",
    .size = sizeof(struct sn_button),
    .ops = &fake_ops,
};
