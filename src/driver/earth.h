/* SPDX-License-Identifier: Apache-2.0
 *
 * The earth as drivers see it: a sphere.
 */
#ifndef SN_DRIVER_EARTH_H
#define SN_DRIVER_EARTH_H

#define SN_EARTH_RADIUS_M 6371e3 /* as upstream's library has it */

#endif
