/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoder: counts how far something has turned. Source: viam.component.encoder.v1.
 */
#ifndef SINEW_API_ENCODER_H
#define SINEW_API_ENCODER_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_ENCODER "rdk:component:encoder"

/* What a position is measured in. The values are the wire's. */
enum sn_encoder_unit {
    SN_ENCODER_ANY = 0, /* in a question: the encoder's own unit */
    SN_ENCODER_TICKS = 1,
    SN_ENCODER_DEGREES = 2,
};

struct sn_encoder_position {
    double value;
    enum sn_encoder_unit unit;
};

struct sn_encoder {
    struct sn_resource base;
};

/* All slots but `common`'s are mandatory; `extra` may be NULL everywhere. None moves anything, so
 * all are reads. */
struct sn_encoder_ops {
    struct sn_common_ops common;

    /* `unit` comes from the peer, so it may be none of the enum: count that as SN_ENCODER_ANY. A
     * unit that the encoder doesn't have: sn_encoder_refuse(). */
    int (*position)(struct sn_call *call, struct sn_encoder *encoder, enum sn_encoder_unit unit,
                    const struct pb_google_struct *extra, struct sn_encoder_position *ret_position);

    /* Where it is now becomes 0. */
    int (*reset_position)(struct sn_call *call, struct sn_encoder *encoder,
                          const struct pb_google_struct *extra);

    /* Which units it has. */
    int (*properties)(struct sn_call *call, struct sn_encoder *encoder,
                      const struct pb_google_struct *extra, bool *ret_ticks, bool *ret_degrees);
};

int sn_encoder_position(struct sn_call *call, struct sn_encoder *encoder, enum sn_encoder_unit unit,
                        const struct pb_google_struct *extra,
                        struct sn_encoder_position *ret_position);
int sn_encoder_reset_position(struct sn_call *call, struct sn_encoder *encoder,
                              const struct pb_google_struct *extra);
int sn_encoder_properties(struct sn_call *call, struct sn_encoder *encoder,
                          const struct pb_google_struct *extra, bool *ret_ticks, bool *ret_degrees);

/* For drivers: UNKNOWN with upstream's text for a unit that the encoder doesn't have. */
int sn_encoder_refuse(struct sn_call *call, enum sn_encoder_unit unit);

#ifdef __cplusplus
}
#endif

#endif
