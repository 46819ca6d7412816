/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of services.
 */
#include "service/services.h"

#define SN_SERVICE(service, model) extern const struct sn_driver sn_service_##service##_##model;
#include "service/table.def"
#undef SN_SERVICE

const struct sn_driver *const sn_services[] = {
#define SN_SERVICE(service, model) &sn_service_##service##_##model,
#include "service/table.def"
#undef SN_SERVICE
    NULL,
};
const size_t sn_service_count = sizeof(sn_services) / sizeof(sn_services[0]) - 1;
