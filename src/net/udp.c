/* SPDX-License-Identifier: Apache-2.0
 *
 * Datagrams wait in an arena until the turn's end; then one sendmmsg() takes them, each message a
 * datagram or a run of equal ones.
 */
#include "net/udp.h"

#include "sinew/list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <uv.h>

enum {
    BATCH = 64,        /* messages of one call to the system */
    PIECES_MAX = 128,  /* datagrams of one call */
    SEGMENTS_MAX = 44, /* of one run: 64 KiB of full ones; the system allows 64 */
    RECEIVE_BATCH = SN_LOOP_READ_SIZE / SN_UDP_RECEIVE_MAX,
    RECEIVES_MAX = 4,       /* batches in a row, then other events have their turn */
    BUFFER_BYTES = 4 << 20, /* wished for each way; the system may give less */
    ARENA_MAX = 2 * SN_UDP_QUEUE_MAX * SN_UDP_SEND_MAX,
};

struct piece {
    struct piece *next;
    struct sn_ip local, remote; /* local.family 0: any */
    size_t len;
    uint8_t bytes[];
};

struct sn_udp {
    struct sn_loop *loop;
    int fd;
    uint8_t family;
    uint16_t port;
    sn_udp_fn receive;
    void *owner;
    uv_poll_t poll;
    struct sn_task flush;
    bool deferred, closed, writable_wanted;
    bool no_segments;      /* the system can't cut up runs */
    size_t singly;         /* datagrams of a run that failed: to be tried one by one */
    struct sn_arena arena; /* of what waits */
    struct piece *first, **end;
    size_t waiting;
    struct sn_udp_counts counts;
};

/* ---- addresses ---- */

static socklen_t to_socket(const struct sn_ip *ip, struct sockaddr_storage *socket)
{
    memset(socket, 0, sizeof(*socket));
    if (ip->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)socket;

        in->sin_family = AF_INET;
        in->sin_port = htons(ip->port);
        memcpy(&in->sin_addr, ip->bytes, 4);
        return sizeof(*in);
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)socket;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(ip->port);
    in6->sin6_scope_id = ip->scope;
    memcpy(&in6->sin6_addr, ip->bytes, 16);
    return sizeof(*in6);
}

static void from_socket(const struct sockaddr *socket, struct sn_ip *ret_ip)
{
    struct sn_ip ip = {0};

    if (socket->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)socket;

        ip.family = 4;
        ip.port = ntohs(in->sin_port);
        memcpy(ip.bytes, &in->sin_addr, 4);
    } else if (socket->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)socket;

        ip.family = 6;
        ip.port = ntohs(in6->sin6_port);
        memcpy(ip.bytes, &in6->sin6_addr, 16);
        if (sn_ip_is_link_local(&ip))
            ip.scope = in6->sin6_scope_id;
    }
    *ret_ip = ip;
}

/* ---- receiving ---- */

/* Room for the one control message that is asked for. */
union control {
    struct cmsghdr align;
    char in4[CMSG_SPACE(sizeof(struct in_pktinfo))];
    char in6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Which of our addresses a datagram came to. */
static void read_local(const struct sn_udp *udp, struct msghdr *message, struct sn_ip *ret_local)
{
    struct sn_ip local = {.family = udp->family, .port = udp->port};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof(info));
            memcpy(local.bytes, &info.ipi_addr, 4);
            if (sn_ip_is_multicast(&local))
                local.scope = (uint32_t)info.ipi_ifindex;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof(info));
            memcpy(local.bytes, &info.ipi6_addr, 16);
            if (sn_ip_is_link_local(&local))
                local.scope = info.ipi6_ifindex;
        }
    }
    *ret_local = local;
}

static void deliver(struct sn_udp *udp, struct mmsghdr *got)
{
    struct msghdr *message = &got->msg_hdr;
    struct sn_ip local, remote;

    if (message->msg_flags & MSG_TRUNC) {
        udp->counts.dropped++;
        return;
    }
    read_local(udp, message, &local);
    from_socket(message->msg_name, &remote);
    udp->counts.received++;
    udp->receive(udp->owner, &local, &remote, message->msg_iov->iov_base, got->msg_len);
}

/* One batch; false when there was no full one. */
static bool receive_batch(struct sn_udp *udp)
{
    uint8_t *buffer = sn_loop_read_buffer(udp->loop);
    struct mmsghdr messages[RECEIVE_BATCH];
    struct sockaddr_storage names[RECEIVE_BATCH];
    union control controls[RECEIVE_BATCH];
    struct iovec parts[RECEIVE_BATCH];

    for (int i = 0; i < RECEIVE_BATCH; i++) {
        parts[i] = (struct iovec){buffer + (size_t)i * SN_UDP_RECEIVE_MAX, SN_UDP_RECEIVE_MAX};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &names[i],
            .msg_namelen = sizeof(names[i]),
            .msg_iov = &parts[i],
            .msg_iovlen = 1,
            .msg_control = &controls[i],
            .msg_controllen = sizeof(controls[i]),
        };
    }
    int count = recvmmsg(udp->fd, messages, RECEIVE_BATCH, 0, NULL);
    for (int i = 0; i < count && !udp->closed; i++)
        deliver(udp, &messages[i]);
    return count == RECEIVE_BATCH && !udp->closed;
}

/* ---- sending ---- */

/* One call to the system: its messages, and the datagrams they are made of. */
struct batch {
    struct mmsghdr messages[BATCH];
    struct sockaddr_storage names[BATCH];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
    } controls[BATCH];
    struct iovec parts[PIECES_MAX];
    size_t message_count, part_count;
    struct piece *rest; /* those that have no place in it */
};

static void *add_control(struct msghdr *message, size_t *used, int level, int type, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((char *)message->msg_control + *used);

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    *used += CMSG_SPACE(len);
    return CMSG_DATA(c);
}

static void add_local(struct msghdr *message, size_t *used, const struct sn_ip *local)
{
    if (local->family == 4) {
        struct in_pktinfo info = {0};

        memcpy(&info.ipi_spec_dst, local->bytes, 4);
        memcpy(add_control(message, used, IPPROTO_IP, IP_PKTINFO, sizeof(info)), &info,
               sizeof(info));
    } else if (local->family == 6) {
        struct in6_pktinfo info = {.ipi6_ifindex = local->scope};

        memcpy(&info.ipi6_addr, local->bytes, 16);
        memcpy(add_control(message, used, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(info)), &info,
               sizeof(info));
    }
}

static bool same_way(const struct piece *a, const struct piece *b)
{
    return sn_ip_eq(&a->remote, &b->remote) && a->local.family == b->local.family &&
           sn_ip_same_host(&a->local, &b->local);
}

/* Puts a run of datagrams that can go as one message into the batch: to one place, all as long as
 * the first but the last, which may be shorter. What comes behind it. */
static struct piece *add_run(struct sn_udp *udp, struct batch *batch, struct piece *first)
{
    struct msghdr *message = &batch->messages[batch->message_count].msg_hdr;
    struct piece *piece = first;
    size_t count = 0, used = 0;

    *message = (struct msghdr){
        .msg_name = &batch->names[batch->message_count],
        .msg_iov = &batch->parts[batch->part_count],
        .msg_control = &batch->controls[batch->message_count],
    };
    message->msg_namelen = to_socket(&first->remote, message->msg_name);
    do {
        batch->parts[batch->part_count++] = (struct iovec){piece->bytes, piece->len};
        count++;
        bool shorter = piece->len < first->len;
        piece = piece->next;
        if (shorter || udp->no_segments || udp->singly)
            break;
    } while (piece && piece->len <= first->len && same_way(piece, first) && count < SEGMENTS_MAX &&
             batch->part_count < PIECES_MAX);
    message->msg_iovlen = count;
    add_local(message, &used, &first->local);
    if (count > 1) {
        uint16_t size = (uint16_t)first->len;

        memcpy(add_control(message, &used, IPPROTO_UDP, UDP_SEGMENT, sizeof(size)), &size,
               sizeof(size));
    }
    message->msg_controllen = used;
    if (!used)
        message->msg_control = NULL;
    batch->message_count++;
    return piece;
}

static void on_event(uv_poll_t *poll, int status, int events);

static void want_writable(struct sn_udp *udp, bool wanted)
{
    if (udp->writable_wanted == wanted)
        return;
    udp->writable_wanted = wanted;
    uv_poll_start(&udp->poll, wanted ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_event);
}

/* Takes the datagrams of a message off the queue. */
static void take_off(struct sn_udp *udp, size_t count)
{
    udp->waiting -= count;
    while (count--)
        udp->first = udp->first->next;
}

/* What to do about a message that wasn't taken: true when the rest may go on. A run may fail for
 * what ails its datagrams (no route, no such address of ours) or because it is one. */
static bool failed(struct sn_udp *udp, const struct msghdr *message, int cause)
{
    if (cause == EAGAIN || cause == EWOULDBLOCK || cause == ENOBUFS) {
        want_writable(udp, true);
        return false;
    }
    if (message->msg_iovlen > 1) {
        udp->singly = message->msg_iovlen;
        return true;
    }
    udp->singly -= udp->singly > 0;
    udp->counts.dropped++;
    take_off(udp, 1);
    return true;
}

/* Sends a batch; false when the system takes no more now. */
static bool send_batch(struct sn_udp *udp)
{
    struct batch batch;
    struct piece *piece = udp->first;

    batch.message_count = batch.part_count = 0;
    while (piece && batch.message_count < BATCH && batch.part_count < PIECES_MAX)
        piece = add_run(udp, &batch, piece);
    int sent = sendmmsg(udp->fd, batch.messages, (unsigned)batch.message_count, 0);
    int cause = errno;
    udp->counts.calls++;
    for (int i = 0; i < sent; i++) {
        udp->counts.sent += batch.messages[i].msg_hdr.msg_iovlen;
        take_off(udp, batch.messages[i].msg_hdr.msg_iovlen);
    }
    if (sent > 0) { /* a failure of the next one shows when it comes first */
        udp->no_segments |= udp->singly > 0;
        udp->singly = 0;
        return true;
    }
    return failed(udp, &batch.messages[0].msg_hdr, cause);
}

void sn_udp_flush(struct sn_udp *udp)
{
    while (udp->first)
        if (!send_batch(udp))
            return;
    udp->end = &udp->first;
    sn_arena_fini(&udp->arena);
    sn_arena_init(&udp->arena, sn_loop_blocks(udp->loop), ARENA_MAX);
    want_writable(udp, false);
}

static void destroy(struct sn_udp *udp)
{
    sn_arena_fini(&udp->arena);
    free(udp);
}

static void on_turn(struct sn_task *task)
{
    struct sn_udp *udp = sn_container_of(task, struct sn_udp, flush);

    udp->deferred = false;
    if (udp->closed) /* its handle is gone, or this task would have been */
        return;
    sn_udp_flush(udp);
}

void sn_udp_send(struct sn_udp *udp, const struct sn_ip *local, const struct sn_ip *remote,
                 const void *bytes, size_t len)
{
    struct piece *piece = NULL;

    if (len <= SN_UDP_SEND_MAX && udp->waiting < SN_UDP_QUEUE_MAX && !udp->closed &&
        remote->family == udp->family)
        piece = sn_arena_alloc(&udp->arena, sizeof(*piece) + len);
    if (!piece) {
        udp->counts.dropped++;
        return;
    }
    *piece = (struct piece){.remote = *remote, .len = len};
    if (local)
        piece->local = *local;
    memcpy(piece->bytes, bytes, len);
    if (!udp->first)
        udp->end = &udp->first;
    *udp->end = piece;
    udp->end = &piece->next;
    udp->waiting++;
    if (!udp->deferred) {
        udp->deferred = true;
        sn_loop_defer(udp->loop, &udp->flush);
    }
}

/* ---- opening and closing ---- */

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct sn_udp *udp = poll->data;

    sn_loop_enter(udp->loop);
    if (events & UV_WRITABLE)
        sn_udp_flush(udp);
    for (int i = 0; i < RECEIVES_MAX && !udp->closed; i++)
        if (!receive_batch(udp))
            break;
}

static int open_socket(const struct sn_ip *address)
{
    int family = address->family == 4 ? AF_INET : AF_INET6, on = 1, bytes = BUFFER_BYTES;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_storage name;
    socklen_t len = to_socket(address, &name);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    if (address->family == 4) {
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    } else {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
    }
    if (sn_ip_is_unspecified(address) && address->port) { /* a well-known one is shared */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (bind(fd, (struct sockaddr *)&name, len)) {
        int cause = errno;

        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

static int refuse(const struct sn_ip *address, int cause, struct sn_error *error)
{
    char text[SN_IP_TEXT_MAX];

    sn_ip_format(address, text);
    return sn_error_set(error, SN_ERR_UNAVAILABLE, "open udp port %u at %s: %s", address->port,
                        text, uv_strerror(uv_translate_sys_error(cause)));
}

int sn_udp_open(struct sn_loop *loop, const struct sn_ip *address, sn_udp_fn receive, void *owner,
                struct sn_udp **ret_udp, struct sn_error *error)
{
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof(name);
    struct sn_ip bound;
    struct sn_udp *udp = calloc(1, sizeof(*udp));

    if (!udp)
        return refuse(address, ENOMEM, error);
    *udp = (struct sn_udp){
        .loop = loop,
        .fd = open_socket(address),
        .family = address->family,
        .receive = receive,
        .owner = owner,
        .flush.run = on_turn,
    };
    if (udp->fd < 0) {
        int cause = errno;

        free(udp);
        return refuse(address, cause, error);
    }
    getsockname(udp->fd, (struct sockaddr *)&name, &len);
    from_socket((struct sockaddr *)&name, &bound);
    udp->port = bound.port;
    sn_arena_init(&udp->arena, sn_loop_blocks(loop), ARENA_MAX);
    uv_poll_init(sn_loop_backend(loop), &udp->poll, udp->fd);
    udp->poll.data = udp;
    uv_poll_start(&udp->poll, UV_READABLE, on_event);
    *ret_udp = udp;
    return 0;
}

uint16_t sn_udp_port(const struct sn_udp *udp)
{
    return udp->port;
}

static void free_later(struct sn_task *task)
{
    destroy(sn_container_of(task, struct sn_udp, flush));
}

/* A flush that is still to come uses the memory: it comes before the loop closes handles. */
static void on_closed(uv_handle_t *handle)
{
    struct sn_udp *udp = handle->data;

    if (!udp->deferred) {
        destroy(udp);
        return;
    }
    udp->flush.run = free_later;
}

void sn_udp_close(struct sn_udp *udp)
{
    if (!udp || udp->closed)
        return;
    sn_udp_flush(udp);
    udp->closed = true;
    uv_poll_stop(&udp->poll);
    close(udp->fd);
    uv_close((uv_handle_t *)&udp->poll, on_closed);
}

int sn_udp_join(struct sn_udp *udp, const uint8_t group[4])
{
    struct sn_interface interfaces[64];
    size_t count = sn_interfaces(interfaces, 64);
    int joined = 0;

    for (size_t i = 0; i < count; i++) {
        struct ip_mreqn request = {.imr_ifindex = (int)interfaces[i].index};

        if (interfaces[i].address.family != 4)
            continue;
        memcpy(&request.imr_multiaddr, group, 4);
        memcpy(&request.imr_address, interfaces[i].address.bytes, 4);
        joined +=
            setsockopt(udp->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) == 0;
    }
    return joined;
}

const struct sn_udp_counts *sn_udp_count(const struct sn_udp *udp)
{
    return &udp->counts;
}

/* ---- this machine's addresses ---- */

static bool is_useful(const struct ifaddrs *one)
{
    return one->ifa_addr && (one->ifa_flags & IFF_UP) &&
           (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6);
}

size_t sn_interfaces(struct sn_interface *ret_interfaces, size_t max)
{
    struct ifaddrs *all;
    size_t count = 0;

    if (getifaddrs(&all))
        return 0;
    for (const struct ifaddrs *one = all; one && count < max; one = one->ifa_next) {
        if (!is_useful(one))
            continue;
        struct sn_interface *found = &ret_interfaces[count];
        *found = (struct sn_interface){.index = if_nametoindex(one->ifa_name)};
        strncpy(found->name, one->ifa_name, sizeof(found->name) - 1);
        from_socket(one->ifa_addr, &found->address);
        found->address.port = 0;
        if (!sn_ip_is_multicast(&found->address) && !sn_ip_is_unspecified(&found->address))
            count++;
    }
    freeifaddrs(all);
    return count;
}
