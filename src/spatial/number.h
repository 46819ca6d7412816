/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in texts that clients know: written as the reference's language writes them.
 */
#ifndef SN_SPATIAL_NUMBER_H
#define SN_SPATIAL_NUMBER_H

enum { SN_NUMBER_MAX = 32 };

/* The fewest digits that read back as the same double: "181", "360.99999999999994", "1e+06",
 * "+Inf", "NaN". With an exponent from 1e6 up and below 1e-4. Returns `text`. */
const char *sn_number_print(double number, char text[SN_NUMBER_MAX]);

#endif
