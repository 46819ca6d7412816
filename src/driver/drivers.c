/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of drivers.
 */
#include "driver/drivers.h"

#define SN_DRIVER(component, model) extern const struct sn_driver sn_driver_##component##_##model;
#include "driver/table.def"
#undef SN_DRIVER

const struct sn_driver *const sn_drivers[] = {
#define SN_DRIVER(component, model) &sn_driver_##component##_##model,
#include "driver/table.def"
#undef SN_DRIVER
};
const size_t sn_driver_count = sizeof(sn_drivers) / sizeof(sn_drivers[0]);
