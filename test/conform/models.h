/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of this program alone: of APIs for which the server has none.
 */
#ifndef SN_TEST_CONFORM_MODELS_H
#define SN_TEST_CONFORM_MODELS_H

#include "sinew/driver.h"

extern const struct sn_driver conform_mlmodel_echo;

#endif
