/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as text.
 */
#include "spatial/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *sn_number_print(double number, char text[SN_NUMBER_MAX])
{
    int decimals = 0;

    if (!isfinite(number)) {
        snprintf(text, SN_NUMBER_MAX, "%s", isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
        return text;
    }
    for (;; decimals++) {
        snprintf(text, SN_NUMBER_MAX, "%.*e", decimals, number);
        if (decimals == 16 || strtod(text, NULL) == number)
            break;
    }
    int exponent = atoi(strchr(text, 'e') + 1);
    if (exponent >= -4 && exponent < 6) {
        decimals -= exponent;
        snprintf(text, SN_NUMBER_MAX, "%.*f", decimals > 0 ? decimals : 0, number);
    }
    return text;
}
