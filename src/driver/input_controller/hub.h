/* SPDX-License-Identifier: Apache-2.0
 *
 * What controllers with events of their own share: the last event of each control, and the streams
 * that are told of the next ones. Loop thread; nothing blocks.
 */
#ifndef SN_DRIVER_INPUT_CONTROLLER_HUB_H
#define SN_DRIVER_INPUT_CONTROLLER_HUB_H

#include "sinew/api/input_controller.h"
#include "sinew/list.h"

/* What all names of controls and events may take, in bytes: peers make them up. */
enum { SN_INPUT_MEMORY_MAX = 128 << 10 };

struct sn_input_hub {
    struct sn_arena arena;
    struct sn_list latest;  /* of each control: hub.c's struct latest */
    struct sn_list streams; /* hub.c's struct stream */
    struct sn_list *next;   /* the stream to be told next, while one is told */
};

void sn_input_hub_init(struct sn_input_hub *hub, struct sn_env *env);

/* Ends the streams. */
void sn_input_hub_close(struct sn_input_hub *hub);

/* Accepts a zeroed one. */
void sn_input_hub_fini(struct sn_input_hub *hub);

/* Keeps the event and tells the streams of it. INVALID_ARGUMENT: a name is too long;
 * RESOURCE_EXHAUSTED: no room for another control. Nobody hears of it then. */
int sn_input_hub_tell(struct sn_input_hub *hub, const struct sn_input_event *event);

/* The slots. */
int sn_input_hub_events(const struct sn_input_hub *hub, struct sn_call *call,
                        struct pb_inputcontroller_get_events_response *ret_events);
int sn_input_hub_stream(struct sn_input_hub *hub, struct sn_call *call,
                        const struct sn_input_trigger *triggers, size_t count,
                        const struct sn_input_sink *sink);

/* For the controls slot: adds `count` names, which live as long as the call. RESOURCE_EXHAUSTED. */
int sn_input_add_controls(struct sn_arena *arena, const struct sn_str *names, size_t count,
                          struct pb_inputcontroller_get_controls_response *controls);

#endif
