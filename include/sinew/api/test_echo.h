/* SPDX-License-Identifier: Apache-2.0
 *
 * Test echo: says what it is told; for trying out clients and relays, all kinds of streams.
 * Source: viam.component.testecho.v1.
 */
#ifndef SINEW_API_TEST_ECHO_H
#define SINEW_API_TEST_ECHO_H

#include "sinew/api/common.h"
#include "sinew/duplex.h"
#include "sinew/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_TEST_ECHO "rdk:component:testecho"

struct sn_test_echo {
    struct sn_resource base;
};

/* Who hears a part. SN_ERR_* ends the stream with it. */
struct sn_test_echo_sink {
    int (*part)(struct sn_call *call, const struct sn_test_echo_sink *sink, struct sn_str part);
};

/* All slots but `common`'s are mandatory. */
struct sn_test_echo_ops {
    struct sn_common_ops common;

    /* Read. `*ret_message` is in the call's arena or lives as long as `message`. */
    int (*echo)(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                struct sn_str *ret_message);

    /* Read. The message in parts. The sink lives as long as the call. */
    int (*echo_multiple)(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                         const struct sn_test_echo_sink *sink);

    /* Read. Each request (struct pb_testecho_echo_bi_di_request; `message` is the first one's) is
     * answered by one response; completes after the last. */
    int (*echo_bidi)(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                     struct sn_duplex *duplex);

    /* Stop. */
    int (*stop)(struct sn_call *call, struct sn_test_echo *echo);
};

int sn_test_echo_echo(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                      struct sn_str *ret_message);
int sn_test_echo_multiple(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                          const struct sn_test_echo_sink *sink);
int sn_test_echo_bidi(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                      struct sn_duplex *duplex);
int sn_test_echo_stop(struct sn_call *call, struct sn_test_echo *echo);

#ifdef __cplusplus
}
#endif

#endif
