/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loop and the pool are asked to do. The memory is the asker's; nothing is allocated.
 */
#ifndef SN_BASE_WORK_H
#define SN_BASE_WORK_H

/* To be done on the loop thread. Untouched by the asker until it ran. */
struct sn_task {
    void (*run)(struct sn_task *task);
    struct sn_task *next; /* the queue's */
};

/* To be done on a pool thread, with a sequel on the loop thread. Untouched by the asker until
 * `done` was called. */
struct sn_work {
    void (*work)(struct sn_work *work); /* pool thread; may block */
    void (*done)(struct sn_work *work); /* loop thread */
    void *backend;                      /* the pool's */
};

#endif
