/* SPDX-License-Identifier: Apache-2.0
 *
 * Two keys of an object; others are passed over.
 */
#include "wire/ice/description.h"

#include "wire/pb/json_text.h"

enum { DEPTH_MAX = 8 }; /* of what is passed over */

static int read_json(struct sn_pb_json_in *in, struct sn_str *ret_type, struct sn_str *ret_sdp)
{
    struct sn_str key;
    bool first = true;

    while (sn_pb_json_next_key(in, &first, &key)) {
        if (sn_str_is(key, "type"))
            sn_pb_json_string(in, ret_type);
        else if (sn_str_is(key, "sdp"))
            sn_pb_json_string(in, ret_sdp);
        else
            sn_pb_json_skip(in);
    }
    sn_pb_json_peek(in);
    if (!in->rc && in->p != in->end)
        sn_pb_json_fail(in, "something behind the description");
    return in->rc;
}

int sn_description_read(struct sn_str text, struct sn_arena *arena,
                        struct sn_description *ret_description, struct sn_error *error)
{
    struct sn_str json = text, type = SN_STR_NULL, sdp = SN_STR_NULL;

    if (text.len > SN_DESCRIPTION_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "description of %zu bytes; %d at most",
                            text.len, SN_DESCRIPTION_MAX);
    if (!text.len || text.ptr[0] != '{') {
        if (!sn_pb_base64_read(text, arena, &json))
            return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "description is not base64");
        if (!json.ptr)
            return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "out of memory");
    }
    struct sn_pb_json_in in = {
        .start = json.ptr,
        .p = json.ptr,
        .end = json.ptr + json.len,
        .arena = arena,
        .error = error,
        .depth = DEPTH_MAX,
    };
    int code = read_json(&in, &type, &sdp);
    if (code)
        return code;
    bool is_offer = sn_str_is(type, "offer");
    if (!is_offer && !sn_str_is(type, "answer"))
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "description of type \"%.*s\"; must be offer or answer",
                            (int)(type.len < 40 ? type.len : 40), type.ptr ? type.ptr : "");
    *ret_description = (struct sn_description){is_offer, sdp};
    return 0;
}

struct sn_str sn_description_write(const struct sn_description *description, struct sn_arena *arena)
{
    struct sn_pb_json_out json = {.arena = arena, .scratch = arena, .depth = DEPTH_MAX};
    struct sn_pb_json_out text = {.arena = arena, .scratch = arena, .depth = DEPTH_MAX};
    struct sn_str head = description->is_offer ? SN_STR("{\"type\":\"offer\",\"sdp\":")
                                               : SN_STR("{\"type\":\"answer\",\"sdp\":");

    sn_pb_json_put(&json, head.ptr, head.len);
    sn_pb_json_put_string(&json, description->sdp);
    sn_pb_json_put_char(&json, '}');
    if (json.rc)
        return SN_STR_NULL;
    sn_pb_json_put_base64(&text, (struct sn_str){json.text, json.len});
    if (text.rc)
        return SN_STR_NULL;
    return (struct sn_str){text.text + 1, text.len - 2}; /* without quotes */
}
