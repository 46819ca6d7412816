/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a description, bare and as it travels, and as a candidate. What can be answered is,
 * and our answer reads as it was meant.
 */
#include "wire/ice/sdp.h"
#include "fuzz.h"
#include "wire/ice/description.h"

static void check_candidate(struct sn_str text)
{
    struct sn_candidate candidate, again;
    char written[SN_CANDIDATE_TEXT_MAX];

    if (sn_candidate_parse(text, &candidate) || candidate.name.len)
        return;
    size_t len = sn_candidate_format(&candidate, written);
    FUZZ_REQUIRE(len < sizeof(written));
    FUZZ_REQUIRE(sn_candidate_parse((struct sn_str){written, len}, &again) == 0);
    FUZZ_REQUIRE(sn_ip_eq(&again.address, &candidate.address) && again.kind == candidate.kind &&
                 again.priority == candidate.priority);
}

static void check_answer(const struct sn_sdp *offer)
{
    static const uint8_t fingerprint[SN_SDP_FINGERPRINT_LEN];
    static char text[2 * SN_SDP_MAX + 4096];
    static struct sn_sdp answer;
    struct sn_error error;
    struct sn_sdp_local local = {
        .offer = offer,
        .ufrag = "abcd",
        .password = "0123456789012345678901",
        .fingerprint = fingerprint,
        .setup = SN_SDP_PASSIVE,
    };

    int len = sn_sdp_write(&local, text, sizeof(text));
    FUZZ_REQUIRE(len > 0);
    if (len > SN_SDP_MAX) /* longer lines than they were */
        return;
    FUZZ_REQUIRE(sn_sdp_parse((struct sn_str){text, (size_t)len}, &answer, &error) == 0);
    FUZZ_REQUIRE(sn_sdp_check(&answer, false, &error) == 0);
    FUZZ_REQUIRE(answer.media_count == offer->media_count && answer.data == offer->data);
    for (size_t i = 0; i < offer->media_count; i++)
        FUZZ_REQUIRE(sn_str_eq(answer.media[i].mid, offer->media[i].mid));
}

static void check_travel(struct sn_str text)
{
    struct sn_description description, again;
    struct fuzz_memory memory;
    struct sn_error error;
    struct sn_arena *arena = fuzz_memory_init(&memory, 1 << 20);

    if (!sn_description_read(text, arena, &description, &error)) {
        struct sn_str written = sn_description_write(&description, arena);

        FUZZ_REQUIRE(written.ptr);
        FUZZ_REQUIRE(written.len > SN_DESCRIPTION_MAX ||
                     sn_description_read(written, arena, &again, &error) == 0);
        FUZZ_REQUIRE(written.len > SN_DESCRIPTION_MAX || (again.is_offer == description.is_offer &&
                                                          sn_str_eq(again.sdp, description.sdp)));
    }
    fuzz_memory_fini(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sn_sdp sdp;
    struct sn_str text = {(const char *)data, size};
    struct sn_error error;

    check_candidate(text);
    check_travel(text);
    if (sn_sdp_parse(text, &sdp, &error))
        return 0;
    FUZZ_REQUIRE(sdp.media_count <= SN_SDP_MEDIA_MAX && sdp.data < (int)sdp.media_count);
    for (size_t i = 0; i < sdp.candidate_count; i++)
        check_candidate(sdp.candidates[i]);
    if (!sn_sdp_check(&sdp, true, &error))
        check_answer(&sdp);
    return 0;
}
