/* SPDX-License-Identifier: Apache-2.0
 *
 * The motion service that every machine has. It knows where things are; it does not plan yet: what
 * needs a plan is checked as far as that goes and then answered with UNIMPLEMENTED. Moves on maps
 * and on the globe are refused in the reference's words, oddities included.
 */
#include "pb/service/motion/v1/motion.h"
#include "sinew/api/motion.h"
#include "sinew/driver.h"
#include "sinew/struct.h"
#include "spatial/number.h"

#include <math.h>

struct builtin_attrs {
    struct sn_str log_file_path, plan_file_path, input_range_override;
    int64_t num_threads, log_slow_plan_threshold_ms;
    bool plan_directory_include_trace_id, log_planner_errors, teleop_interpolate_override;
    double teleop_smooth_alpha;
};

static int no_planner(struct sn_call *call)
{
    return sn_call_fail(call, SN_ERR_UNIMPLEMENTED, "motion planning is not built yet");
}

/* ---- Move ---- */

/* Which frame is asked for: the component's, then the destination's. */
enum { COMPONENT, DESTINATION };

struct builtin_move {
    struct sn_call look; /* first; for the frame under way */
    struct sn_call *call;
    struct sn_motion *motion;
    const struct pb_service_motion_move_request *request;
    struct pb_common_pose_in_frame *place;
    int step;
};

static int begin_look(struct sn_call *call)
{
    static const struct pb_common_world_state none;
    struct builtin_move *m = (struct builtin_move *)call;
    const struct pb_common_world_state *world =
        m->request->world_state ? m->request->world_state : &none;
    struct sn_str frame = m->step == COMPONENT ? m->request->component_name
                                               : m->request->destination->reference_frame;

    return sn_machine_pose(call, &m->motion->base, frame, SN_STR_NULL, world->transforms.v,
                           world->transforms.n, &m->place);
}

static void look_ended(struct sn_call *call, int code);

static void look(struct builtin_move *m, int step)
{
    m->step = step;
    sn_call_init(&m->look, m->call->env, m->call->arena, m->call);
    m->look.start = begin_look;
    m->look.end = look_ended;
    sn_call_start(&m->look);
}

static bool names_goal(const struct pb_service_motion_move_request *request)
{
    return sn_pb_struct_get(request->extra, "goal_state") ||
           sn_pb_struct_get(request->extra, "waypoints");
}

/* Upstream has words of its own for a component without a frame. */
static int not_found(struct builtin_move *m, int code)
{
    struct sn_str text = sn_call_text(&m->look, code), name = m->request->component_name;
    struct sn_str no_frame = sn_arena_printf(
        m->call->arena, "frame with name \"%.*s\" not in frame system", SN_STR_ARGS(name));

    if (m->step == COMPONENT && sn_str_eq(text, no_frame))
        return sn_call_fail(m->call, code, "component named %.*s not found in robot frame system",
                            SN_STR_ARGS(name));
    return sn_call_fail(m->call, code, "%.*s", SN_STR_ARGS(text));
}

static void look_ended(struct sn_call *call, int code)
{
    struct builtin_move *m = (struct builtin_move *)call;

    if (code)
        code = not_found(m, code);
    else if (m->step == DESTINATION || names_goal(m->request))
        code = no_planner(m->call);
    else if (!m->request->destination)
        code = sn_call_fail(m->call, SN_ERR_UNKNOWN,
                            "could not find any waypoints to plan for in MoveRequest. Fill in "
                            "Destination or goal_state");
    else if (!m->request->destination->reference_frame.len)
        code = sn_call_fail(m->call, SN_ERR_UNKNOWN, "frame with name \"\" not in frame system");
    if (code)
        sn_call_done(m->call, code);
    else
        look(m, DESTINATION);
}

static int builtin_move(struct sn_call *call, struct sn_motion *motion,
                        const struct pb_service_motion_move_request *request,
                        struct pb_service_motion_move_response *ret)
{
    struct builtin_move *m = sn_arena_zalloc(call->arena, sizeof(*m));

    if (!m)
        return SN_ERR_RESOURCE_EXHAUSTED;
    if (!request->component_name.len)
        return sn_call_fail(call, SN_ERR_UNKNOWN,
                            "component named  not found in robot frame system");
    m->call = call;
    m->motion = motion;
    m->request = request;
    look(m, COMPONENT);
    return SN_PENDING;
}

/* ---- the rest of the API ---- */

static int builtin_move_on_map(struct sn_call *call, struct sn_motion *motion,
                               const struct pb_service_motion_move_on_map_request *request,
                               struct pb_service_motion_move_on_map_response *ret)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "MoveOnMap not supported by builtin");
}

static int builtin_move_on_globe(struct sn_call *call, struct sn_motion *motion,
                                 const struct pb_service_motion_move_on_globe_request *request,
                                 struct pb_service_motion_move_on_globe_response *ret)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "MoveOnGlobeReqe not supported by builtin");
}

static int builtin_pose(struct sn_call *call, struct sn_motion *motion,
                        const struct pb_service_motion_get_pose_request *request,
                        struct pb_service_motion_get_pose_response *ret)
{
    return sn_machine_pose(call, &motion->base, request->component_name, request->destination_frame,
                           request->supplemental_transforms.v, request->supplemental_transforms.n,
                           &ret->pose);
}

static int builtin_stop_plan(struct sn_call *call, struct sn_motion *motion,
                             const struct pb_service_motion_stop_plan_request *request)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "StopPlan not supported by builtin");
}

static int
builtin_list_plan_statuses(struct sn_call *call, struct sn_motion *motion,
                           const struct pb_service_motion_list_plan_statuses_request *request,
                           struct pb_service_motion_list_plan_statuses_response *ret)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "ListPlanStatuses not supported by builtin");
}

static int builtin_plan(struct sn_call *call, struct sn_motion *motion,
                        const struct pb_service_motion_get_plan_request *request,
                        struct pb_service_motion_get_plan_response *ret)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "PlanHistory not supported by builtin");
}

/* ---- DoCommand ---- */

/* A kind of value in the words of the reference's language. */
static const char *kind_name(const struct pb_google_value *value)
{
    switch (value->which_kind) {
    case PB_GOOGLE_VALUE_KIND_NUMBER_VALUE:
        return "float64";
    case PB_GOOGLE_VALUE_KIND_STRING_VALUE:
        return "string";
    case PB_GOOGLE_VALUE_KIND_BOOL_VALUE:
        return "bool";
    case PB_GOOGLE_VALUE_KIND_STRUCT_VALUE:
        return "map[string]interface {}";
    case PB_GOOGLE_VALUE_KIND_LIST_VALUE:
        return "[]interface {}";
    default:
        return "<nil>";
    }
}

/* "plan", "teleop_start": a request as JSON text. */
static int command_plan(struct sn_call *call, const struct pb_google_value *value,
                        struct pb_google_value *ret)
{
    if (value->which_kind != PB_GOOGLE_VALUE_KIND_STRING_VALUE)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "expected string but got %s", kind_name(value));
    return no_planner(call);
}

/* A plan of no steps is carried out easily. */
static int command_execute(struct sn_call *call, const struct pb_google_value *value,
                           struct pb_google_value *ret)
{
    const struct pb_google_list_value *steps = sn_pb_value_list(value);

    if (!steps && !sn_pb_value_is_null(value))
        return sn_call_fail(
            call, SN_ERR_UNKNOWN, "'' source data must be an array or slice, got %s",
            value->which_kind == PB_GOOGLE_VALUE_KIND_STRUCT_VALUE ? "map" : kind_name(value));
    if (steps && steps->values.n)
        return no_planner(call);
    *ret = sn_pb_bool(true);
    return 0;
}

static int command_teleop_move(struct sn_call *call, const struct pb_google_value *value,
                               struct pb_google_value *ret)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN,
                        "teleop pipeline is not running; call teleop_start first");
}

static int command_teleop_stop(struct sn_call *call, const struct pb_google_value *value,
                               struct pb_google_value *ret)
{
    *ret = sn_pb_bool(true);
    return 0;
}

static int command_teleop_status(struct sn_call *call, const struct pb_google_value *value,
                                 struct pb_google_value *ret)
{
    struct pb_google_struct *status = sn_arena_zalloc(call->arena, sizeof(*status));

    if (!status)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret = sn_pb_struct(status);
    return sn_pb_struct_add(status, SN_STR("running"), sn_pb_bool(false), call->arena);
}

/* The first that is there counts. */
static const struct {
    const char *key;
    int (*run)(struct sn_call *call, const struct pb_google_value *value,
               struct pb_google_value *ret);
} commands[] = {
    {"teleop_start", command_plan},
    {"teleop_move", command_teleop_move},
    {"teleop_stop", command_teleop_stop},
    {"teleop_status", command_teleop_status},
    {"plan", command_plan},
    {"execute", command_execute},
};

static int builtin_do_command(struct sn_call *call, struct sn_resource *resource,
                              const struct pb_google_struct *command,
                              struct pb_google_struct **ret_result)
{
    struct pb_google_struct *result = sn_arena_zalloc(call->arena, sizeof(*result));

    if (!result)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *ret_result = result;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct pb_google_value *value = sn_pb_struct_get(command, commands[i].key);
        struct pb_google_value answer;

        if (!value)
            continue;
        int code = commands[i].run(call, value, &answer);
        return code ? code
                    : sn_pb_struct_add(result, sn_str_of(commands[i].key), answer, call->arena);
    }
    return 0;
}

/* ---- its life ---- */

static int builtin_validate(const void *attrs, struct sn_error *error)
{
    const struct builtin_attrs *a = attrs;
    char number[SN_NUMBER_MAX];

    if (a->num_threads < 0)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "cannot configure with %lld number of threads, number must be positive",
                            (long long)a->num_threads);
    if (a->log_planner_errors && !a->plan_file_path.len)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "need a plan_file_path if you sent log_planner_errors to true");
    if (a->log_slow_plan_threshold_ms && !a->plan_file_path.len)
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "need a plan_file_path if you sent LogSlowPlanThresholdMS to %lld",
                            (long long)a->log_slow_plan_threshold_ms);
    if (!(a->teleop_smooth_alpha >= 0 && a->teleop_smooth_alpha <= 1))
        return sn_error_set(error, SN_ERR_UNKNOWN,
                            "teleop_smooth_alpha must be in [0, 1] (0 selects the default), got %s",
                            sn_number_print(a->teleop_smooth_alpha, number));
    return 0;
}

#define AT(member) offsetof(struct builtin_attrs, member)

static const struct sn_attr builtin_attrs[] = {
    {"log_file_path", SN_ATTR_STRING, AT(log_file_path), .help = "unused until there are plans"},
    {"num_threads", SN_ATTR_INT, AT(num_threads), .help = "of the planner; 0: as many as it likes"},
    {"plan_file_path", SN_ATTR_STRING, AT(plan_file_path), .help = "folder to write plans to"},
    {"plan_directory_include_trace_id", SN_ATTR_BOOL, AT(plan_directory_include_trace_id),
     .help = "a folder per trace in it"},
    {"log_planner_errors", SN_ATTR_BOOL, AT(log_planner_errors),
     .help = "write plans that failed; needs plan_file_path"},
    {"log_slow_plan_threshold_ms", SN_ATTR_INT, AT(log_slow_plan_threshold_ms),
     .help = "write plans that took longer, ms; needs plan_file_path"},
    {"input_range_override", SN_ATTR_JSON, AT(input_range_override),
     .help = "{arm: {joint name or index: {min, max}}}, radians or mm"},
    {"teleop_interpolate_override", SN_ATTR_BOOL, AT(teleop_interpolate_override),
     .help = "arms interpolate by themselves while teleoperated"},
    {"teleop_smooth_alpha", SN_ATTR_NUMBER, AT(teleop_smooth_alpha),
     .help = "0..1, how much of a new target counts; 0: 0.5"},
    {0},
};

static const struct sn_motion_ops builtin_ops = {
    .common = {.do_command = builtin_do_command},
    .move = builtin_move,
    .move_on_map = builtin_move_on_map,
    .move_on_globe = builtin_move_on_globe,
    .pose = builtin_pose,
    .stop_plan = builtin_stop_plan,
    .list_plan_statuses = builtin_list_plan_statuses,
    .plan = builtin_plan,
};

const struct sn_driver sn_service_motion_builtin = {
    .api = SN_API_MOTION,
    .model = "rdk:builtin:builtin",
    .help = "knows where every frame is; does not plan yet",
    .size = sizeof(struct sn_motion),
    .attrs_size = sizeof(struct builtin_attrs),
    .attrs = builtin_attrs,
    .ops = &builtin_ops,
    .validate = builtin_validate,
};
