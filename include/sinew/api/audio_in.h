/* SPDX-License-Identifier: Apache-2.0
 *
 * Audio in: a microphone. Source: viam.component.audioin.v1.
 */
#ifndef SINEW_API_AUDIO_IN_H
#define SINEW_API_AUDIO_IN_H

#include "sinew/api/common.h"
#include "sinew/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_AUDIO_IN "rdk:component:audio_in"

struct pb_audioin_audio_chunk;            /* "pb/component/audioin/v1/audioin.h" */
struct pb_common_get_properties_response; /* "pb/common/v1/common.h" */

struct sn_audio_in {
    struct sn_resource base;
};

struct sn_audio_request {
    float seconds;       /* how much; not above 0: until the call is cancelled */
    struct sn_str codec; /* "pcm16", ...; "": the driver's choice */
    int64_t after_ns;    /* Unix time where the last chunk heard ended; not above 0: now */
    const struct pb_google_struct *extra; /* may be NULL */
};

/* Who hears. SN_ERR_* ends the stream with it. The chunk is lent. */
struct sn_audio_sink {
    int (*chunk)(struct sn_call *call, const struct sn_audio_sink *sink,
                 const struct pb_audioin_audio_chunk *chunk);
};

/* All slots but `common`'s are mandatory; both are reads. */
struct sn_audio_in_ops {
    struct sn_common_ops common;

    /* Gives `sink` chunk after chunk, and completes when `seconds` of them have passed. Request and
     * sink live as long as the call. */
    int (*audio)(struct sn_call *call, struct sn_audio_in *in,
                 const struct sn_audio_request *request, const struct sn_audio_sink *sink);

    /* Codecs, Hz, channels. `*ret` comes zeroed; lists are in the call's arena, or live as long as
     * the resource. `extra` may be NULL. */
    int (*properties)(struct sn_call *call, struct sn_audio_in *in,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_properties_response *ret);
};

int sn_audio_in_audio(struct sn_call *call, struct sn_audio_in *in,
                      const struct sn_audio_request *request, const struct sn_audio_sink *sink);
int sn_audio_in_properties(struct sn_call *call, struct sn_audio_in *in,
                           const struct pb_google_struct *extra,
                           struct pb_common_get_properties_response *ret);

#ifdef __cplusplus
}
#endif

#endif
