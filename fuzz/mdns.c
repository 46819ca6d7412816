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
    struct sn_mdns_machine machine;
    FUZZ_REQUIRE(!sn_mdns_machine_init(&machine, SN_STR("a.b")));
    if (sn_mdns_machine_read(&machine, data, size))
        FUZZ_REQUIRE(machine.address.family == 4 && *machine.host);
    sn_mdns_asks_for(data, size, SN_STR("a.b"));
    static const uint8_t address[4] = {127, 0, 0, 1};
    uint8_t answer[SN_MDNS_ANSWER_MAX];
    int answer_len =
        sn_mdns_answer((struct sn_str){(const char *)data, size}, 1, address, 1, answer);
    FUZZ_REQUIRE(answer_len <= SN_MDNS_ANSWER_MAX);
    if (answer_len > 0)
        FUZZ_REQUIRE(!sn_mdns_machine_init(&machine, (struct sn_str){(const char *)data, size}));
    int len = sn_mdns_query((struct sn_str){(const char *)data, size}, query);
    FUZZ_REQUIRE(len <= SN_MDNS_QUERY_MAX);
    return 0;
}
