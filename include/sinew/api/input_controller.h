/* SPDX-License-Identifier: Apache-2.0
 *
 * Input controller: a gamepad, buttons on pins, or a person at a browser, as controls and their
 * events. Source: viam.component.inputcontroller.v1.
 */
#ifndef SINEW_API_INPUT_CONTROLLER_H
#define SINEW_API_INPUT_CONTROLLER_H

#include "sinew/api/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SN_API_INPUT_CONTROLLER "rdk:component:input_controller"

/* "pb/component/inputcontroller/v1/input_controller.h" */
struct pb_inputcontroller_get_controls_response;
struct pb_inputcontroller_get_events_response;

struct sn_input_controller {
    struct sn_resource base;
};

/* Longest names of controls and events of which a server tells, in bytes: peers make them up. */
enum { SN_INPUT_NAME_MAX = 100 };

/* Something happened to a control. Names are upstream's ("ButtonPress" of "ButtonSouth") or any
 * other. Lives during the callback. */
struct sn_input_event {
    int64_t time_ns; /* since 1970 */
    struct sn_str event, control;
    double value; /* buttons: 0 or 1; axes: -1..1 or 0..1 */
};

/* For all events, whatever happens; as a trigger only. */
#define SN_INPUT_ALL_EVENTS "AllEvents"

/* What a stream is to tell of: one event of one control. */
struct sn_input_trigger {
    struct sn_str control, event;
};

/* Who hears of events. What it returns ends the stream, unless it is 0; it must neither end nor
 * cancel the call itself. */
struct sn_input_sink {
    int (*event)(struct sn_call *call, const struct sn_input_sink *sink,
                 const struct sn_input_event *event);
};

/* All slots are reads; `extra` may be NULL everywhere. */
struct sn_input_controller_ops {
    struct sn_common_ops common;

    /* Mandatory. The names of what can be moved, added to `*ret_controls` (empty); they live as
     * long as the call or the resource. */
    int (*controls)(struct sn_call *call, struct sn_input_controller *controller,
                    const struct pb_google_struct *extra,
                    struct pb_inputcontroller_get_controls_response *ret_controls);

    /* Mandatory. The last event of each control that has had one, added by sn_input_add_event(). */
    int (*events)(struct sn_call *call, struct sn_input_controller *controller,
                  const struct pb_google_struct *extra,
                  struct pb_inputcontroller_get_events_response *ret_events);

    /* Mandatory. Tells `sink` of events, as often as sn_input_matches() says, until the call is
     * cancelled. Returns SN_PENDING, or why it can't. Triggers and sink live as long as the call;
     * the caller holds a reference to the controller meanwhile. */
    int (*stream)(struct sn_call *call, struct sn_input_controller *controller,
                  const struct sn_input_trigger *triggers, size_t count,
                  const struct pb_google_struct *extra, const struct sn_input_sink *sink);

    /* Makes the event happen. Optional: without it UNKNOWN with upstream's text. */
    int (*trigger)(struct sn_call *call, struct sn_input_controller *controller,
                   const struct sn_input_event *event, const struct pb_google_struct *extra);
};

int sn_input_controller_controls(struct sn_call *call, struct sn_input_controller *controller,
                                 const struct pb_google_struct *extra,
                                 struct pb_inputcontroller_get_controls_response *ret_controls);
int sn_input_controller_events(struct sn_call *call, struct sn_input_controller *controller,
                               const struct pb_google_struct *extra,
                               struct pb_inputcontroller_get_events_response *ret_events);
int sn_input_controller_stream(struct sn_call *call, struct sn_input_controller *controller,
                               const struct sn_input_trigger *triggers, size_t count,
                               const struct pb_google_struct *extra,
                               const struct sn_input_sink *sink);
int sn_input_controller_trigger(struct sn_call *call, struct sn_input_controller *controller,
                                const struct sn_input_event *event,
                                const struct pb_google_struct *extra);

/* How often upstream tells of an event: 0, 1, or 2 where a control's all and this very event are
 * both among the triggers. */
size_t sn_input_matches(const struct sn_input_trigger *triggers, size_t count,
                        const struct sn_input_event *event);

/* Appends an event to a response; its names are borrowed. RESOURCE_EXHAUSTED. */
int sn_input_add_event(struct sn_arena *arena, const struct sn_input_event *event,
                       struct pb_inputcontroller_get_events_response *events) SN_MUST_USE;

/* The event of a response. */
struct pb_inputcontroller_event;
struct sn_input_event sn_input_event_of(const struct pb_inputcontroller_event *event);

#ifdef __cplusplus
}
#endif

#endif
