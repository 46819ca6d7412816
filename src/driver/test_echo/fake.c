/* SPDX-License-Identifier: Apache-2.0
 *
 * An echo: whole, character by character, or message by message.
 */
#include "pb/component/testecho/v1/testecho.h"
#include "sinew/api/test_echo.h"
#include "sinew/driver.h"

struct fake_test_echo {
    struct sn_test_echo base;
};

static int fake_echo(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                     struct sn_str *ret_message)
{
    *ret_message = message;
    return 0;
}

/* Bytes of the UTF-8 character at the front. */
static size_t character_len(struct sn_str text)
{
    size_t len = 1;

    while (len < text.len && (text.ptr[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static int fake_echo_multiple(struct sn_call *call, struct sn_test_echo *echo,
                              struct sn_str message, const struct sn_test_echo_sink *sink)
{
    int code = 0;

    while (message.len && !code) {
        size_t len = character_len(message);

        code = sink->part(call, sink, (struct sn_str){message.ptr, len});
        message.ptr += len;
        message.len -= len;
    }
    return code;
}

static int fake_answer(struct sn_duplex *duplex, struct sn_str message)
{
    struct pb_testecho_echo_bi_di_response response = {.message = message};

    return duplex->respond(duplex, &response);
}

static int fake_request(struct sn_duplex *duplex, const void *request)
{
    return fake_answer(duplex, ((const struct pb_testecho_echo_bi_di_request *)request)->message);
}

static int fake_end(struct sn_duplex *duplex)
{
    sn_call_done(duplex->call, 0);
    return 0;
}

static void fake_cancel(struct sn_call *call)
{
    sn_call_done(call, sn_call_cancelled(call));
}

static int fake_echo_bidi(struct sn_call *call, struct sn_test_echo *echo, struct sn_str message,
                          struct sn_duplex *duplex)
{
    int code = fake_answer(duplex, message);

    duplex->on_request = fake_request;
    duplex->on_end = fake_end;
    call->on_cancel = fake_cancel;
    return code ? code : SN_PENDING;
}

static int fake_stop(struct sn_call *call, struct sn_test_echo *echo)
{
    return 0;
}

static const struct sn_test_echo_ops fake_ops = {
    .echo = fake_echo,
    .echo_multiple = fake_echo_multiple,
    .echo_bidi = fake_echo_bidi,
    .stop = fake_stop,
};

const struct sn_driver sn_driver_test_echo_fake = {
    .api = SN_API_TEST_ECHO,
    .model = "rdk:builtin:fake",
    .help = "says what it is told",
    .size = sizeof(struct fake_test_echo),
    .ops = &fake_ops,
};
