/* SPDX-License-Identifier: Apache-2.0
 *
 * Strings in texts that clients know: quoted as the reference's language quotes them.
 */
#ifndef SN_SPATIAL_QUOTE_H
#define SN_SPATIAL_QUOTE_H

#include "sinew/str.h"

/* Room for a name of any sensible length; longer ones are cut. */
enum { SN_QUOTE_MAX = 512 };

/* UTF-8 in double quotes, with escapes for quotes, backslashes and control characters. Returns
 * `text`. */
const char *sn_quote(struct sn_str s, char text[SN_QUOTE_MAX]);

#endif
