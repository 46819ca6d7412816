/* SPDX-License-Identifier: Apache-2.0
 *
 * All drivers of this program: the rows of table.def.
 */
#ifndef SN_DRIVER_DRIVERS_H
#define SN_DRIVER_DRIVERS_H

#include "sinew/driver.h"

extern const struct sn_driver *const sn_drivers[];
extern const size_t sn_driver_count;

#endif
