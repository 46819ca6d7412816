/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a cron expression; the first says how it is read and from when on it is searched.
 */
#include "base/cron.h"
#include "fuzz.h"

#include <string.h>

enum { INPUT_MAX = 300, DAY = 86400 };

/* Clocks that change every hundred days. */
static int32_t offset(const struct sn_zone *zone, int64_t unix_s)
{
    return unix_s / (100 * DAY) % 2 ? 7200 : 5400;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sn_zone zone = {offset};
    char text[INPUT_MAX + 1];
    struct sn_error error = {0};
    struct sn_cron cron;
    int64_t next;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    int64_t after = (int64_t)(data[0] >> 1) * 12345678;
    if (sn_cron_parse(text, data[0] & 1, &cron, &error)) {
        FUZZ_REQUIRE(*error.text);
        return 0;
    }
    if (sn_cron_next(&cron, &zone, after, &next))
        FUZZ_REQUIRE(next > after);
    return 0;
}
