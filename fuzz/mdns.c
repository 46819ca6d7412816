/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an answer of mDNS, and as a name to ask for.
 */
#include "wire/ice/mdns.h"
#include "fuzz.h"

static void note(void *owner, struct sn_str name, const struct sn_ip *address)
{
    FUZZ_REQUIRE(name.len <= SN_MDNS_NAME_MAX);
    FUZZ_REQUIRE(address->family == 4 || address->family == 6);
    ++*(int *)owner;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t query[SN_MDNS_QUERY_MAX];
    int count = 0;

    if (!sn_mdns_read(data, size, note, &count))
        FUZZ_REQUIRE(count <= SN_MDNS_RECORDS_MAX);
    int len = sn_mdns_query((struct sn_str){(const char *)data, size}, query);
    FUZZ_REQUIRE(len <= SN_MDNS_QUERY_MAX);
    return 0;
}
