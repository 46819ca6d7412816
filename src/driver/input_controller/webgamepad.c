/* SPDX-License-Identifier: Apache-2.0
 *
 * Gamepad at a browser: events happen when a client says so. Any control may have one, as with the
 * reference; the list is of those that a page for a gamepad knows.
 */
#include "driver/input_controller/hub.h"
#include "sinew/driver.h"

struct web_gamepad {
    struct sn_input_controller base;
    struct sn_input_hub hub;
};

static struct web_gamepad *web_of(struct sn_input_controller *controller)
{
    return (struct web_gamepad *)controller;
}

static int web_controls(struct sn_call *call, struct sn_input_controller *controller,
                        const struct pb_google_struct *extra,
                        struct pb_inputcontroller_get_controls_response *ret_controls)
{
    static const char *const names[] = {
        "AbsoluteX",    "AbsoluteY",     "AbsoluteRX",    "AbsoluteRY",  "AbsoluteZ",
        "AbsoluteRZ",   "AbsoluteHat0X", "AbsoluteHat0Y", "ButtonSouth", "ButtonEast",
        "ButtonWest",   "ButtonNorth",   "ButtonLT",      "ButtonRT",    "ButtonLThumb",
        "ButtonRThumb", "ButtonSelect",  "ButtonStart",   "ButtonMenu",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct sn_str name = sn_str_of(names[i]);

        if (sn_input_add_controls(call->arena, &name, 1, ret_controls))
            return SN_ERR_RESOURCE_EXHAUSTED;
    }
    return 0;
}

static int web_events(struct sn_call *call, struct sn_input_controller *controller,
                      const struct pb_google_struct *extra,
                      struct pb_inputcontroller_get_events_response *ret_events)
{
    return sn_input_hub_events(&web_of(controller)->hub, call, ret_events);
}

static int web_stream(struct sn_call *call, struct sn_input_controller *controller,
                      const struct sn_input_trigger *triggers, size_t count,
                      const struct pb_google_struct *extra, const struct sn_input_sink *sink)
{
    return sn_input_hub_stream(&web_of(controller)->hub, call, triggers, count, sink);
}

static int web_trigger(struct sn_call *call, struct sn_input_controller *controller,
                       const struct sn_input_event *event, const struct pb_google_struct *extra)
{
    int code = sn_input_hub_tell(&web_of(controller)->hub, event);

    if (code == SN_ERR_INVALID_ARGUMENT)
        return sn_call_fail(call, code, "names of controls and events have %d bytes at most",
                            SN_INPUT_NAME_MAX);
    if (code)
        return sn_call_fail(call, code, "no room for another control");
    return 0;
}

static int web_open(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    sn_input_hub_init(&((struct web_gamepad *)resource)->hub, resource->env);
    return 0;
}

static int web_close(struct sn_call *call, struct sn_resource *resource)
{
    sn_input_hub_close(&((struct web_gamepad *)resource)->hub);
    return 0;
}

static void web_fini(struct sn_resource *resource)
{
    sn_input_hub_fini(&((struct web_gamepad *)resource)->hub);
}

static const struct sn_input_controller_ops web_ops = {
    .controls = web_controls,
    .events = web_events,
    .stream = web_stream,
    .trigger = web_trigger,
};

const struct sn_driver sn_driver_input_controller_webgamepad = {
    .api = SN_API_INPUT_CONTROLLER,
    .model = "rdk:builtin:webgamepad",
    .help = "a gamepad at a browser; pages expect the name WebGamepad",
    .size = sizeof(struct web_gamepad),
    .ops = &web_ops,
    .open = web_open,
    .close = web_close,
    .fini = web_fini,
};
