/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions as webrtc-rs, pion and browsers write them, ours, and bad ones.
 */
#include "wire/ice/sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HEX_16 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define FINGERPRINT "a=fingerprint:sha-256 " HEX_16 ":" HEX_16 "\r\n"

/* webrtc-rs (the Python and C++ SDKs) and pion alike */
static const char pion_offer[] =
    "v=0\r\no=- 5142372391203894537 1766000000 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" FINGERPRINT
    "a=extmap-allow-mixed\r\na=group:BUNDLE 0\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=sctp-port:5000\r\n"
    "a=ice-ufrag:cIMWiSJxRwQKvZkv\r\na=ice-pwd:NHDpzdiCgqBYOsiJdTQLpoxYynmMuWlM\r\n"
    "a=candidate:167090039 1 udp 2130706431 127.0.0.1 51823 typ host\r\n"
    "a=candidate:167090039 2 udp 2130706431 127.0.0.1 51823 typ host\r\n"
    "a=end-of-candidates\r\na=x-priority:1\r\n";

/* Chrome, with a video section */
static const char chrome_offer[] =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 1 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle "
    "renomination\r\n" FINGERPRINT "a=setup:actpass\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
    "a=candidate:1 1 udp 2113937151 0b8cf1a1.local 55000 typ host generation 0\r\n"
    "a=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";

static void test_pion(void **state)
{
    struct sn_sdp sdp;
    struct sn_error error;

    assert_int_equal(sn_sdp_parse(sn_str_of(pion_offer), &sdp, &error), 0);
    assert_int_equal(sn_sdp_check(&sdp, true, &error), 0);
    assert_true(sdp.session_id == 5142372391203894537 && sdp.version == 1766000000);
    assert_true(sn_str_is(sdp.transport.ufrag, "cIMWiSJxRwQKvZkv"));
    assert_true(sn_str_is(sdp.transport.password, "NHDpzdiCgqBYOsiJdTQLpoxYynmMuWlM"));
    assert_int_equal(sdp.transport.setup, SN_SDP_ACTPASS);
    assert_int_equal(sdp.transport.fingerprint[17], 0x11);
    assert_int_equal(sdp.data, 0);
    assert_int_equal(sdp.candidate_count, 2);
    assert_true(sn_str_is(sdp.candidates[0],
                          "candidate:167090039 1 udp 2130706431 127.0.0.1 51823 typ host"));
    assert_true(sdp.end_of_candidates && sdp.extmap_mixed && !sdp.trickle);
    assert_int_equal(sdp.max_message_size, 65536);
}

static void test_chrome(void **state)
{
    struct sn_sdp sdp;
    struct sn_error error;

    assert_int_equal(sn_sdp_parse(sn_str_of(chrome_offer), &sdp, &error), 0);
    assert_int_equal(sn_sdp_check(&sdp, true, &error), 0);
    assert_int_equal(sdp.media_count, 2);
    assert_int_equal(sdp.data, 1);
    assert_true(sn_str_is(sdp.media[0].kind, "video"));
    assert_true(sn_str_is(sdp.media[0].mid, "1"));
    assert_int_equal(sdp.media[0].direction, SN_SDP_RECVONLY);
    assert_true(sn_str_has_prefix(sdp.media[0].text, SN_STR("c=IN")));
    assert_true(
        sn_str_is(sdp.transport.ufrag, "EsAw")); /* said by the section it is bundled with */
    assert_true(sdp.trickle && !sdp.end_of_candidates);
    assert_int_equal(sdp.max_message_size, 262144);
}

/* Lines may end in LF alone, and the old way of naming SCTP is understood. */
static void test_old_form(void **state)
{
    struct sn_sdp sdp;
    struct sn_error error;

    assert_int_equal(sn_sdp_parse(SN_STR("v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n"
                                         "m=application 9 DTLS/SCTP 5000\na=setup:active\n"
                                         "a=sctpmap:5000 webrtc-datachannel 1024\n\n"),
                                  &sdp, &error),
                     0);
    assert_int_equal(sdp.data, 0);
    assert_int_equal(sdp.sctp_port, 5000);
    assert_int_equal(sdp.transport.setup, SN_SDP_ACTIVE);
}

static const uint8_t fingerprint[SN_SDP_FINGERPRINT_LEN] = {1, 2, 3, 254};
static const struct sn_candidate candidates[] = {
    {SN_CANDIDATE_HOST, 2130706431, {4, 5000, 0, {127, 0, 0, 1}}, {NULL, 0}, "1"},
    {SN_CANDIDATE_HOST, 2130706175, {6, 5001, 0, {0x20, 1, [15] = 1}}, {NULL, 0}, "2"},
};

static struct sn_sdp_local local_of(const struct sn_sdp *offer)
{
    return (struct sn_sdp_local){
        .offer = offer,
        .session_id = 77,
        .version = 3,
        .ufrag = "abcdefgh",
        .password = "0123456789012345678901",
        .fingerprint = fingerprint,
        .setup = offer ? SN_SDP_ACTIVE : SN_SDP_ACTPASS,
        .max_message_size = 65535,
        .candidates = candidates,
        .candidate_count = 2,
        .end_of_candidates = true,
    };
}

static void assert_ours(const struct sn_sdp *sdp)
{
    assert_true(sdp->session_id == 77 && sdp->version == 3);
    assert_true(sn_str_is(sdp->transport.ufrag, "abcdefgh"));
    assert_true(sn_str_is(sdp->transport.password, "0123456789012345678901"));
    assert_memory_equal(sdp->transport.fingerprint, fingerprint, sizeof(fingerprint));
    assert_int_equal(sdp->max_message_size, 65535);
    assert_int_equal(sdp->candidate_count, 2);
    assert_true(sdp->end_of_candidates && sdp->trickle);
}

static void test_our_offer(void **state)
{
    struct sn_sdp_local local = local_of(NULL);
    struct sn_sdp sdp;
    struct sn_error error;
    char text[2000];

    int len = sn_sdp_write(&local, text, sizeof(text));
    assert_true(len > 0);
    assert_int_equal(sn_sdp_parse((struct sn_str){text, (size_t)len}, &sdp, &error), 0);
    assert_int_equal(sn_sdp_check(&sdp, true, &error), 0);
    assert_ours(&sdp);
    assert_true(sn_str_is(sdp.media[0].mid, "0"));
    for (size_t size = 0; size < (size_t)len; size++)
        assert_int_equal(sn_sdp_write(&local, text, size), SN_ERR_RESOURCE_EXHAUSTED);
}

/* Sections keep their places and mids; those of video are refused. */
static void test_our_answer(void **state)
{
    struct sn_sdp offer, sdp;
    struct sn_error error;
    char text[2000];

    assert_int_equal(sn_sdp_parse(sn_str_of(chrome_offer), &offer, &error), 0);
    struct sn_sdp_local local = local_of(&offer);
    int len = sn_sdp_write(&local, text, sizeof(text));
    assert_true(len > 0);
    assert_int_equal(sn_sdp_parse((struct sn_str){text, (size_t)len}, &sdp, &error), 0);
    assert_int_equal(sn_sdp_check(&sdp, false, &error), 0);
    assert_ours(&sdp);
    assert_int_equal(sdp.media_count, 2);
    assert_int_equal(sdp.media[0].port, 0);
    assert_true(sn_str_is(sdp.media[0].protocol, "UDP/TLS/RTP/SAVPF"));
    assert_true(sn_str_is(sdp.media[0].mid, "1"));
    assert_int_equal(sdp.data, 1);
    assert_true(sn_str_is(sdp.media[1].mid, "0"));
    assert_non_null(strstr(text, "a=group:BUNDLE 0\r\n"));
}

static void test_malformed(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "sdp: empty"},
        {"v=1\r\n", "sdp line 1: v=0 must come first"},
        {"o=- 1 1 IN IP4 0.0.0.0\r\n", "sdp line 1: v=0 must come first"},
        {"v=0\r\nhello\r\n", "sdp line 2: not of the form x=: \"hello\""},
        {"v=0\r\no=- x 1 IN IP4 0.0.0.0\r\n", "sdp line 2: o= needs"},
        {"v=0\r\nm=application\r\n", "sdp line 2: m= needs"},
        {"v=0\r\nm=application 70000 UDP/DTLS/SCTP webrtc-datachannel\r\n", "sdp line 2: m= needs"},
        {"v=0\r\na=setup:odd\r\n", "sdp line 2: setup must be"},
        {"v=0\r\na=fingerprint:sha-256 00:11\r\n", "sdp line 2: fingerprint must be"},
        {"v=0\r\na=sctp-port:99999\r\n", "sdp line 2: sctp-port must be"},
        {"v=0\r\na=mid:\r\n", "sdp line 2: mid must be"},
        {"v=0\r\ns=a\x01z\r\n", "sdp line 2: a control character"},
    };
    struct sn_sdp sdp;
    struct sn_error error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(sn_sdp_parse(sn_str_of(cases[i].text), &sdp, &error),
                         SN_ERR_INVALID_ARGUMENT);
        if (strncmp(error.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s", error.text);
    }
}

static void test_too_much(void **state)
{
    static char text[SN_SDP_MAX + 2] = "v=0\r\n";
    struct sn_sdp sdp;
    struct sn_error error;

    for (int i = 0; i < 2 * SN_SDP_CANDIDATES_MAX; i++)
        strcat(text, "a=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n");
    assert_int_equal(sn_sdp_parse(sn_str_of(text), &sdp, &error), 0);
    assert_int_equal(sdp.candidate_count, SN_SDP_CANDIDATES_MAX);
    strcpy(text, "v=0\r\n");
    for (int i = 0; i <= SN_SDP_MEDIA_MAX; i++)
        strcat(text, "m=audio 9 RTP/AVP 0\r\n");
    assert_int_equal(sn_sdp_parse(sn_str_of(text), &sdp, &error), SN_ERR_INVALID_ARGUMENT);
    memset(text, 'x', sizeof(text) - 1);
    assert_int_equal(sn_sdp_parse(sn_str_of(text), &sdp, &error), SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, "sdp: 65537 bytes; 65536 at most");
}

/* What is missing is named. */
static void test_missing(void **state)
{
    static const struct {
        const char *rest, *says;
        int code;
    } cases[] = {
        {"", "a section of data channels", SN_ERR_INVALID_ARGUMENT},
        {"m=audio 9 RTP/AVP 0\r\n", "a section of data channels", SN_ERR_INVALID_ARGUMENT},
        {"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n", "refused",
         SN_ERR_INVALID_ARGUMENT},
        {"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", "ice-ufrag",
         SN_ERR_INVALID_ARGUMENT},
        {"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:abcd\r\na=ice-pwd:x\r\n",
         "a fingerprint", SN_ERR_INVALID_ARGUMENT},
        {"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:abcd\r\na=ice-pwd:x\r\n"
         "a=fingerprint:sha-1 00\r\n",
         "fingerprint by sha-1", SN_ERR_UNIMPLEMENTED},
        {"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=ice-ufrag:abcd\r\na=ice-pwd:x\r\n"
         "a=sctp-port:5001\r\n" FINGERPRINT,
         "sctp-port 5001", SN_ERR_UNIMPLEMENTED},
    };
    struct sn_sdp sdp;
    struct sn_error error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[500];

        snprintf(text, sizeof(text), "v=0\r\n%s", cases[i].rest);
        assert_int_equal(sn_sdp_parse(sn_str_of(text), &sdp, &error), 0);
        assert_int_equal(sn_sdp_check(&sdp, true, &error), cases[i].code);
        assert_non_null(strstr(error.text, cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pion),       cmocka_unit_test(test_chrome),
        cmocka_unit_test(test_old_form),   cmocka_unit_test(test_our_offer),
        cmocka_unit_test(test_our_answer), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_too_much),   cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests_name("wire/sdp", tests, NULL, NULL);
}
