/* SPDX-License-Identifier: Apache-2.0
 *
 * What the SCTP engine costs: two associations hand each other packets in memory, as fast as one
 * core goes. Messages of 16 KiB one way, then small ones to and fro.
 */
#include "wire/sctp/sctp.h"
#include "base/heap.h"
#include "base/random.h"
#include "sinew/timers.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BULK = 16 << 10, SMALL = 100, PACKETS_MAX = 64 };

struct end {
    struct sn_sctp *sctp;
    uint64_t messages, bytes;
    bool answers;
};

static struct end ends[2];
static uint64_t now_ns = 1000000000;

static void on_connected(void *owner)
{
}

static void on_message(void *owner, uint16_t stream, uint32_t ppid, struct sn_str bytes)
{
    struct end *end = owner;

    end->messages++;
    end->bytes += bytes.len;
    sn_sctp_credit(end->sctp, bytes.len);
    if (end->answers && sn_sctp_send(end->sctp, stream, ppid, false, bytes))
        abort();
}

static void on_writable(void *owner)
{
}

static void on_reset(void *owner, uint16_t stream)
{
}

static void on_closed(void *owner, const char *cause)
{
    fprintf(stderr, "closed: %s\n", cause);
    exit(1);
}

static const struct sn_sctp_events events = {
    on_connected, on_message, on_writable, on_reset, on_reset, on_closed,
};

/* A train of packets from each end to the other; a tenth of a millisecond a way. */
static void exchange(void)
{
    static uint8_t packets[PACKETS_MAX][SN_SCTP_MTU];
    size_t lens[PACKETS_MAX], count;

    for (int i = 0; i < 2; i++) {
        for (count = 0; count < PACKETS_MAX; count++)
            if (!(lens[count] = sn_sctp_output(ends[i].sctp, packets[count], now_ns)))
                break;
        now_ns += 100000;
        for (size_t j = 0; j < count; j++)
            sn_sctp_input(ends[!i].sctp, (struct sn_str){(const char *)packets[j], lens[j]},
                          now_ns);
        if (sn_sctp_next_timeout(ends[i].sctp) <= now_ns)
            sn_sctp_on_timeout(ends[i].sctp, now_ns);
    }
}

static double cpu_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t packets_out(void)
{
    struct sn_sctp_stats stats;
    uint64_t sum = 0;

    for (int i = 0; i < 2; i++) {
        sn_sctp_stats(ends[i].sctp, &stats);
        sum += stats.packets_out;
    }
    return sum;
}

static void bulk(void)
{
    static char bytes[BULK];
    double began_s = cpu_s();
    uint64_t packets = packets_out();

    while (ends[1].bytes < 2000000000) {
        while (sn_sctp_room(ends[0].sctp) &&
               sn_sctp_send(ends[0].sctp, 0, 53, false, (struct sn_str){bytes, BULK}) == 0)
            ;
        exchange();
    }
    double took_s = cpu_s() - began_s;
    printf("bulk: %.0f MB/s, %.0f ns a packet, both ends\n", (double)ends[1].bytes / took_s / 1e6,
           took_s * 1e9 / (double)(packets_out() - packets));
}

static void small(void)
{
    static char bytes[SMALL];
    enum { COUNT = 1000000 };
    double began_s = cpu_s();

    ends[1].answers = true;
    ends[0].messages = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        if (sn_sctp_send(ends[0].sctp, 0, 53, false, (struct sn_str){bytes, SMALL}))
            abort();
        while (ends[0].messages <= i)
            exchange();
    }
    printf("small: %.0f ns a question and its answer, both ends\n",
           (cpu_s() - began_s) * 1e9 / COUNT);
}

int main(void)
{
    struct sn_block_pool pool;
    struct sn_random random;

    sn_random_init(&random, 1);
    sn_block_pool_init(&pool, &sn_heap, 1024);
    struct sn_sctp_config config = {.blocks = &pool, .random = &random};
    for (int i = 0; i < 2; i++)
        ends[i].sctp = sn_sctp_create(&config, &events, &ends[i]);
    sn_sctp_start(ends[0].sctp, now_ns);
    printf("idle: %zu bytes an association\n", pool.in_use / 2);
    while (!sn_sctp_streams(ends[0].sctp) || !sn_sctp_streams(ends[1].sctp))
        exchange();
    bulk();
    small();
    for (int i = 0; i < 2; i++)
        sn_sctp_destroy(ends[i].sctp);
    sn_block_pool_fini(&pool);
    return 0;
}
