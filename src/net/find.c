/* SPDX-License-Identifier: Apache-2.0
 *
 * A socket of its own at the shared port, while the search lasts.
 */
#include "net/find.h"

#include "net/udp.h"
#include "sinew/list.h"

/* When the questions go out (again), and the end. */
static const uint64_t pauses_ns[] = {SN_MS(250), SN_MS(250), SN_MS(SN_FIND_MS - 500)};
enum { QUESTIONS = sizeof(pauses_ns) / sizeof(pauses_ns[0]), INTERFACES_MAX = 32 };

void sn_find_cancel(struct sn_find *find)
{
    if (!find->udp)
        return;
    sn_timer_stop(sn_loop_timers(find->loop), &find->timer);
    sn_udp_close(find->udp);
    find->udp = NULL;
}

static void receive(void *owner, const struct sn_ip *local, const struct sn_ip *remote,
                    const uint8_t *bytes, size_t len)
{
    struct sn_find *find = owner;

    if (remote->port != SN_MDNS_PORT)
        return;
    for (int i = 0; i < 2; i++) {
        if (!sn_mdns_machine_read(&find->machines[i], bytes, len))
            continue;
        sn_find_cancel(find);
        find->found(find, &find->machines[i]);
        return;
    }
}

static void ask(struct sn_find *find, const struct sn_mdns_machine *machine)
{
    struct sn_interface interfaces[INTERFACES_MAX];
    size_t count = sn_interfaces(interfaces, INTERFACES_MAX);
    uint8_t bytes[SN_MDNS_QUERY_MAX];
    struct sn_ip group = {.family = 4, .port = SN_MDNS_PORT};
    int len = sn_mdns_ask_for(machine, bytes);

    memcpy(group.bytes, sn_mdns_group_v4, 4);
    for (size_t i = 0; i < count && len > 0; i++)
        if (interfaces[i].address.family == 4)
            sn_udp_send(find->udp, &interfaces[i].address, &group, bytes, (size_t)len);
}

static void on_time(struct sn_timer *timer)
{
    struct sn_find *find = sn_container_of(timer, struct sn_find, timer);

    if (find->asked == QUESTIONS) {
        sn_find_cancel(find);
        find->found(find, NULL);
        return;
    }
    ask(find, &find->machines[0]);
    if (strcmp(find->machines[0].name, find->machines[1].name) != 0)
        ask(find, &find->machines[1]);
    sn_timer_start(sn_loop_timers(find->loop), timer, pauses_ns[find->asked++], on_time);
}

int sn_find_start(struct sn_loop *loop, struct sn_find *find, struct sn_str name,
                  void (*found)(struct sn_find *find, const struct sn_mdns_machine *machine))
{
    struct sn_ip any = {.family = 4, .port = SN_MDNS_PORT};
    char dashed[SN_MDNS_INSTANCE_MAX];
    struct sn_error error;

    *find = (struct sn_find){.loop = loop, .found = found};
    if (sn_mdns_machine_init(&find->machines[0], name))
        return SN_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < name.len; i++)
        dashed[i] = name.ptr[i] == '.' ? '-' : name.ptr[i];
    if (sn_mdns_machine_init(&find->machines[1], (struct sn_str){dashed, name.len}))
        find->machines[1] = find->machines[0]; /* too long a label */
    int code = sn_udp_open(loop, &any, receive, find, &find->udp, &error);
    if (code) {
        find->udp = NULL;
        return code;
    }
    sn_udp_join(find->udp, sn_mdns_group_v4);
    sn_timer_start(sn_loop_timers(loop), &find->timer, 0, on_time);
    return 0;
}
