/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop on libuv. An iteration is: wait for events, their callbacks, posted tasks, timers,
 * then (in the prepare handle, the last thing before waiting again) what was deferred.
 * Thread: the loop's; sn_loop_post() alone is for any.
 */
#include "loop/loop_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

struct signal_watch {
    uv_signal_t uv;
    void (*handle)(struct sn_loop *loop, int signal);
    struct signal_watch *next; /* sn_loop.signals */
};

/* Free blocks kept: what some hundred calls in flight use, 1 MiB. */
enum { FREE_BLOCKS_MAX = 256 };

static struct sn_loop *loop_of(const void *handle)
{
    return ((const uv_handle_t *)handle)->loop->data;
}

/* ---- time ---- */

void sn_loop_enter(struct sn_loop *loop)
{
    loop->timers.now_ns = SN_MS(uv_now(&loop->uv));
    if (!loop->turn_ms)
        loop->turn_ms = uv_now(&loop->uv);
}

static void count_turn(struct sn_loop *loop)
{
    struct sn_loop_turns *turns = &loop->turns;
    uint64_t ms = uv_hrtime() / 1000000 - loop->turn_ms, bound = 1;

    loop->turn_ms = 0;
    turns->count++;
    if ((int64_t)ms <= 0) /* the clock of events is coarse */
        return;
    turns->total_ms += ms;
    if (ms > turns->longest_ms)
        turns->longest_ms = ms;
    for (size_t i = 0; i < SN_TURN_BUCKETS; i++, bound *= 10)
        turns->over_ms[i] += ms >= bound;
}

const struct sn_loop_turns *sn_loop_turns(const struct sn_loop *loop)
{
    return &loop->turns;
}

static void arm(struct sn_loop *loop);

static void on_timer(uv_timer_t *timer)
{
    struct sn_loop *loop = loop_of(timer);

    sn_timers_advance(&loop->timers, SN_MS(uv_now(&loop->uv)));
    arm(loop);
}

/* A timer that is due too early costs one empty wake-up, so most changes need no call of libuv. */
static void arm(struct sn_loop *loop)
{
    uint64_t next_ns = sn_timers_next(&loop->timers);
    uv_handle_t *handle = (uv_handle_t *)&loop->timer;

    if (next_ns == UINT64_MAX) {
        uv_unref(handle);
        return;
    }
    uv_ref(handle);
    if (uv_is_active(handle) && loop->armed_ns <= next_ns)
        return;
    uint64_t now_ns = SN_MS(uv_now(&loop->uv));
    uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
    uv_timer_start(&loop->timer, on_timer, wait_ns / SN_MS(1) + (wait_ns % SN_MS(1) != 0), 0);
    loop->armed_ns = next_ns;
}

static void on_earlier(struct sn_timers *timers)
{
    arm(sn_container_of(timers, struct sn_loop, timers));
}

static uint64_t unix_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return SN_SECONDS(now.tv_sec) + (uint64_t)now.tv_nsec;
}

/* ---- tasks ---- */

void sn_loop_post(struct sn_loop *loop, struct sn_task *task)
{
    struct sn_task *newest = atomic_load_explicit(&loop->posted, memory_order_relaxed);

    do
        task->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&loop->posted, &newest, task,
                                                  memory_order_release, memory_order_relaxed));
    /* Whoever found the queue empty wakes the loop for all who come until it looks. */
    if (!newest)
        uv_async_send(&loop->wake);
}

static void run_tasks(struct sn_task *task)
{
    while (task) {
        struct sn_task *next = task->next; /* the task may be gone when it has run */

        task->run(task);
        task = next;
    }
}

/* Whether there were any. */
static bool run_posted(struct sn_loop *loop)
{
    struct sn_task *task = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
    struct sn_task *oldest = NULL;

    while (task) {
        struct sn_task *next = task->next;

        task->next = oldest;
        oldest = task;
        task = next;
    }
    run_tasks(oldest);
    return oldest != NULL;
}

static void on_wake(uv_async_t *wake)
{
    struct sn_loop *loop = loop_of(wake);

    sn_loop_enter(loop);
    run_posted(loop);
}

/* The handle is there to be active. */
static void on_idle(uv_idle_t *idle)
{
}

void sn_loop_defer(struct sn_loop *loop, struct sn_task *task)
{
    if (!loop->deferred)
        uv_idle_start(&loop->idle, on_idle);
    task->next = NULL;
    *loop->deferred_end = task;
    loop->deferred_end = &task->next;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct sn_loop *loop = loop_of(prepare);
    struct sn_task *task = loop->deferred;

    sn_loop_enter(loop);
    if (task) {
        loop->deferred = NULL;
        loop->deferred_end = &loop->deferred;
        uv_idle_stop(&loop->idle);
        run_tasks(task);
    }
    arm(loop);
    count_turn(loop);
}

/* ---- signals ---- */

static void on_signal(uv_signal_t *uv, int number)
{
    struct signal_watch *watch = sn_container_of(uv, struct signal_watch, uv);

    sn_loop_enter(loop_of(uv));
    watch->handle(loop_of(uv), number);
}

static struct signal_watch *find_watch(struct sn_loop *loop, int number)
{
    struct signal_watch *watch = loop->signals;

    while (watch && watch->uv.signum != number)
        watch = watch->next;
    return watch;
}

int sn_loop_on_signal(struct sn_loop *loop, int signal,
                      void (*handle)(struct sn_loop *loop, int signal))
{
    struct signal_watch *watch = find_watch(loop, signal);

    if (watch) {
        watch->handle = handle;
        return 0;
    }
    watch = calloc(1, sizeof(*watch));
    if (!watch)
        return SN_ERR_UNAVAILABLE;
    watch->handle = handle;
    uv_signal_init(&loop->uv, &watch->uv);
    uv_unref((uv_handle_t *)&watch->uv);
    watch->next = loop->signals;
    loop->signals = watch; /* from here on sn_loop_destroy() frees it */
    int code = uv_signal_start(&watch->uv, on_signal, signal);
    if (code)
        return code == UV_EINVAL ? SN_ERR_INVALID_ARGUMENT : SN_ERR_UNAVAILABLE;
    return 0;
}

/* ---- life ---- */

/* Pictures and point clouds come and go: from here on memory is the system's again at once, where
 * malloc would learn to keep it. It comes in huge pages where the system has them: faulting in a
 * cloud's thousands of small ones takes longer than to make the cloud. */
enum { MAPPED_SIZE = 4 << 20, HUGE_PAGE = 2 << 20 };

static size_t mapped_size(size_t size)
{
    return (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static void *map(size_t size)
{
    void *memory =
        mmap(NULL, mapped_size(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, mapped_size(size), MADV_HUGEPAGE); /* a wish only */
    return memory;
}

static void *source_get(struct sn_block_source *source, size_t size)
{
    return size >= MAPPED_SIZE ? map(size) : malloc(size);
}

static void source_put(struct sn_block_source *source, void *memory, size_t size)
{
    if (size >= MAPPED_SIZE)
        munmap(memory, mapped_size(size));
    else
        free(memory);
}

static void init_state(struct sn_loop *loop)
{
    uint64_t seed;

    loop->uv.data = loop;
    loop->deferred_end = &loop->deferred;
    loop->timers.earlier = on_earlier;
    loop->source = (struct sn_block_source){source_get, source_put};
    sn_block_pool_init(&loop->blocks, &loop->source, FREE_BLOCKS_MAX);
    sn_random_secret(&seed, sizeof(seed));
    sn_random_init(&loop->random, seed);
    loop->env = (struct sn_env){.timers = &loop->timers,
                                .blocks = &loop->blocks,
                                .submit = sn_loop_env_submit,
                                .loop = loop,
                                .unix_ns = unix_ns,
                                .random = &loop->random};
}

static int init_handles(struct sn_loop *loop)
{
    uv_timer_init(&loop->uv, &loop->timer);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_idle_init(&loop->uv, &loop->idle);
    if (uv_async_init(&loop->uv, &loop->wake, on_wake))
        return SN_ERR_UNAVAILABLE;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_unref((uv_handle_t *)&loop->wake);
    sn_loop_enter(loop);
    return 0;
}

struct sn_loop *sn_loop_create(void)
{
    struct sn_loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return NULL;
    if (uv_loop_init(&loop->uv)) {
        free(loop);
        return NULL;
    }
    setenv("UV_THREADPOOL_SIZE", SN_LOOP_POOL_THREADS, 0);
    signal(SIGPIPE, SIG_IGN);
    init_state(loop);
    loop->read_buffer = malloc(SN_LOOP_READ_SIZE);
    if (init_handles(loop) || !loop->read_buffer)
        goto fail;
    return loop;
fail:
    sn_loop_destroy(loop);
    return NULL;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void sn_loop_destroy(struct sn_loop *loop)
{
    if (!loop)
        return;
    while (loop->deferred || loop->jobs_running)
        uv_run(&loop->uv, UV_RUN_ONCE);
    /* Only our own are left, and those whose closing is under way. */
    uv_walk(&loop->uv, close_handle, NULL);
    while (uv_loop_alive(&loop->uv)) /* again when a stop was left over */
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    int code = uv_loop_close(&loop->uv);
    assert(code == 0);
    (void)code;
    while (loop->signals) {
        struct signal_watch *watch = loop->signals;

        loop->signals = watch->next;
        free(watch);
    }
    sn_loop_free_jobs(loop);
    sn_block_pool_fini(&loop->blocks);
    free(loop->read_buffer);
    free(loop);
}

void sn_loop_run(struct sn_loop *loop)
{
    do {
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        /* libuv doesn't count a posted task as something left to do. */
    } while (!loop->stopped && run_posted(loop));
    loop->stopped = false;
}

void sn_loop_stop(struct sn_loop *loop)
{
    loop->stopped = true;
    uv_stop(&loop->uv);
}

/* ---- what others borrow ---- */

struct sn_timers *sn_loop_timers(struct sn_loop *loop)
{
    return &loop->timers;
}

struct sn_block_pool *sn_loop_blocks(struct sn_loop *loop)
{
    return &loop->blocks;
}

struct sn_env *sn_loop_env(struct sn_loop *loop)
{
    return &loop->env;
}

void sn_loop_set_user(struct sn_loop *loop, void *user)
{
    loop->user = user;
}

void *sn_loop_user(struct sn_loop *loop)
{
    return loop->user;
}

void *sn_loop_backend(struct sn_loop *loop)
{
    return &loop->uv;
}

uint8_t *sn_loop_read_buffer(struct sn_loop *loop)
{
    return loop->read_buffer;
}
