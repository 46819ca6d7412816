/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fake motor must know of the fake encoder: nothing else turns that.
 */
#ifndef SN_DRIVER_ENCODER_FAKE_H
#define SN_DRIVER_ENCODER_FAKE_H

#include "sinew/api/encoder.h"
#include "sinew/driver.h"

struct sn_fake_encoder {
    struct sn_encoder base;
    double ticks;
};

extern const struct sn_driver sn_driver_encoder_fake;

#endif
