/* SPDX-License-Identifier: Apache-2.0
 *
 * All models of services of this program: the rows of table.def. A service is a driver without
 * hardware; it may look at the machine it belongs to.
 */
#ifndef SN_SERVICE_SERVICES_H
#define SN_SERVICE_SERVICES_H

#include "sinew/driver.h"

extern const struct sn_driver *const sn_services[];
extern const size_t sn_service_count;

#endif
