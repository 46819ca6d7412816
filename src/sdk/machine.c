/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine this module belongs to: met in Ready, watched from then on. A module whose machine is
 * gone has nobody to serve and must not keep the hardware. Loop thread.
 */
#include "pb/robot/v1/robot.h"
#include "sdk/private.h"

/* How often it is asked, how long it may take, and how many times in a row that is silently
 * forgiven: a busy machine isn't a dead one. One that refuses the connection is. Source of the
 * first two: the reference's SDKs. */
static const uint64_t check_interval_ns = SN_SECONDS(10), check_timeout_ns = SN_SECONDS(1);
enum { MISSED_MAX = 3, REPLY_MEMORY_MAX = 4 << 20 };

/* Ready has 3 s; its answer must be there before. */
static const uint64_t meet_timeout_ns = SN_MS(2000);

struct sdk_probe {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_sdk *sdk;
    struct sn_call *asker; /* NULL: a check */
};

static void check_later(struct sn_sdk *sdk, uint64_t delay_ns);

static int start_probe(struct sn_call *call)
{
    struct sn_sdk *sdk = ((struct sdk_probe *)call)->sdk;
    struct pb_robot_resource_names_request request = {0};

    return sn_client_unary(call, sdk->machine.channel, &pb_robot_robot_service, "ResourceNames",
                           &request, NULL, NULL);
}

static void release(struct sdk_probe *probe)
{
    struct sn_arena arena = probe->arena;

    sn_arena_fini(&arena);
}

static struct sdk_probe *create(struct sn_sdk *sdk, struct sn_call *asker, uint64_t timeout_ns,
                                void (*end)(struct sn_call *call, int code))
{
    struct sn_env *env = sdk->options.env;
    struct sn_arena arena;

    sn_arena_init(&arena, env->blocks, REPLY_MEMORY_MAX);
    struct sdk_probe *probe = sn_arena_zalloc(&arena, sizeof(*probe));
    if (!probe)
        return NULL;
    probe->arena = arena;
    probe->sdk = sdk;
    probe->asker = asker;
    sn_call_init(&probe->call, env, &probe->arena, asker);
    probe->call.deadline_ns = env->timers->now_ns + timeout_ns;
    probe->call.start = start_probe;
    probe->call.end = end;
    return probe;
}

/* ---- meeting ---- */

static void met(struct sn_call *call, int code)
{
    struct sdk_probe *probe = (struct sdk_probe *)call;
    struct sn_call *asker = probe->asker;
    struct sn_sdk *sdk = probe->sdk;

    if (code) {
        struct sn_str text = sn_call_text(call, code);

        /* A code that makes the machine try again. */
        code = SN_ERR_UNAVAILABLE;
        sn_call_fail(asker, code, "the machine can't be reached at \"%s\": %.*s",
                     sdk->machine.address, SN_STR_ARGS(text));
    } else if (!sdk->machine.answered) {
        sdk->machine.answered = true;
        sdk_logs_open(&sdk->logs, sdk->machine.channel);
        check_later(sdk, check_interval_ns);
    }
    release(probe);
    sn_call_done(asker, code);
}

static int dial(struct sn_sdk *sdk, struct sn_call *call, struct sn_str given)
{
    char address[SN_ADDRESS_MAX];
    struct sn_error error;

    if (sn_sdk_address(given, sdk->options.tcp, &address))
        return sn_call_fail(call, SN_ERR_INVALID_ARGUMENT, "\"%.*s\" is no address of a machine",
                            (int)(given.len < 200 ? given.len : 200), given.ptr ? given.ptr : "");
    if (sdk->machine.channel && strcmp(sdk->machine.address, address) == 0)
        return 0;
    if (sdk->machine.channel)
        return sn_call_fail(call, SN_ERR_FAILED_PRECONDITION,
                            "this module belongs to the machine at \"%s\" already",
                            sdk->machine.address);
    memcpy(sdk->machine.address, address, sizeof(address));
    sdk->machine.channel = sdk->options.dial(sdk->options.owner, address, &error);
    return sdk->machine.channel ? 0 : sn_call_fail(call, SN_ERR_UNAVAILABLE, "%s", error.text);
}

int sdk_machine_meet(struct sn_sdk *sdk, struct sn_call *call, struct sn_str address)
{
    int code = dial(sdk, call, address);

    if (code || sdk->machine.answered)
        return code;
    struct sdk_probe *probe = create(sdk, call, meet_timeout_ns, met);
    if (!probe)
        return SN_ERR_RESOURCE_EXHAUSTED;
    sn_call_start(&probe->call);
    return SN_PENDING;
}

/* ---- watching ---- */

static void checked(struct sn_call *call, int code)
{
    struct sdk_probe *probe = (struct sdk_probe *)call;
    struct sn_sdk *sdk = probe->sdk;

    sdk->machine.probe = NULL;
    release(probe);
    if (sdk->closing)
        return;
    /* Whatever it says, somebody said it. */
    bool silent = code == SN_ERR_DEADLINE_EXCEEDED, refused = code == SN_ERR_UNAVAILABLE;
    sdk->machine.missed = silent || refused ? sdk->machine.missed + 1 : 0;
    if (sdk->machine.missed >= MISSED_MAX) {
        sdk_logs_close(&sdk->logs);
        sn_log_warn(sdk->log, "the machine at \"%s\" is gone; the module ends",
                    sdk->machine.address);
        sdk->options.orphaned(sdk->options.owner);
        return;
    }
    check_later(sdk, refused ? SN_MS(200) : check_interval_ns);
}

static void check(struct sn_timer *timer)
{
    struct sn_sdk *sdk = sn_container_of(timer, struct sn_sdk, machine.check);

    if (sdk->machine.probe)
        return;
    sdk->machine.probe = create(sdk, NULL, check_timeout_ns, checked);
    if (sdk->machine.probe)
        sn_call_start(&sdk->machine.probe->call);
    else
        check_later(sdk, check_interval_ns);
}

static void check_later(struct sn_sdk *sdk, uint64_t delay_ns)
{
    sn_timer_start(sdk->options.env->timers, &sdk->machine.check, delay_ns, check);
}

void sn_sdk_suspect(struct sn_sdk *sdk)
{
    if (sdk->machine.answered && !sdk->closing)
        check_later(sdk, 0);
}

static void channel_closed(void *owner)
{
    struct sn_sdk *sdk = owner;

    sdk->machine.channel = NULL;
    sdk_settled(sdk);
}

void sdk_machine_close(struct sn_sdk *sdk)
{
    sn_timer_stop(sdk->options.env->timers, &sdk->machine.check);
    sdk_logs_close(&sdk->logs);
    if (sdk->machine.channel)
        sdk->machine.channel->ops->close(sdk->machine.channel, channel_closed, sdk);
    else
        channel_closed(sdk);
}
