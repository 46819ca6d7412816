/* SPDX-License-Identifier: Apache-2.0
 *
 * Audio out: a speaker. Source: viam.component.audioout.v1.
 */
#ifndef SINEW_API_AUDIO_OUT_H
#define SINEW_API_AUDIO_OUT_H

#include "sinew/api/common.h"
#include "sinew/duplex.h"
#include "sinew/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_AUDIO_OUT "rdk:component:audio_out"

struct pb_common_audio_info; /* "pb/common/v1/common.h" */
struct pb_common_get_properties_response;

struct sn_audio_out {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory; `extra` and `info` may be NULL. */
struct sn_audio_out_ops {
    struct sn_common_ops common;

    /* Actuation; completes when all has been played. */
    int (*play)(struct sn_call *call, struct sn_audio_out *out, struct sn_str data,
                const struct pb_common_audio_info *info, const struct pb_google_struct *extra);

    /* Actuation. The sound comes as the duplex's requests, struct pb_audioout_play_stream_request
     * with `audio_chunk`; completes when they have ended and all has been played. */
    int (*play_stream)(struct sn_call *call, struct sn_audio_out *out,
                       const struct pb_common_audio_info *info,
                       const struct pb_google_struct *extra, struct sn_duplex *duplex);

    /* Read. Codecs, Hz, channels, as of audio_in. */
    int (*properties)(struct sn_call *call, struct sn_audio_out *out,
                      const struct pb_google_struct *extra,
                      struct pb_common_get_properties_response *ret);
};

int sn_audio_out_play(struct sn_call *call, struct sn_audio_out *out, struct sn_str data,
                      const struct pb_common_audio_info *info,
                      const struct pb_google_struct *extra);
int sn_audio_out_play_stream(struct sn_call *call, struct sn_audio_out *out,
                             const struct pb_common_audio_info *info,
                             const struct pb_google_struct *extra, struct sn_duplex *duplex);
int sn_audio_out_properties(struct sn_call *call, struct sn_audio_out *out,
                            const struct pb_google_struct *extra,
                            struct pb_common_get_properties_response *ret);

#ifdef __cplusplus
}
#endif

#endif
