/* SPDX-License-Identifier: Apache-2.0
 *
 * Contract suites: what every resource of an API does, whatever stands behind it. Each suite is a
 * table of cmocka tests on a `struct subject`; main.c runs it on drivers, on proxies to a machine
 * of ours, and on proxies to any machine that is given an address (the reference's, too).
 */
#ifndef SN_TEST_CONFORM_H
#define SN_TEST_CONFORM_H

#include "loop/loop.h"
#include "sinew/api/common.h"
#include "sinew/list.h"
#include "sinew/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct subject {
    struct sn_loop *loop;
    struct sn_env *env;
    struct sn_resource *resource;
    struct sn_arena arena; /* of the tests' calls; results live until the test ends */
    char text[512];        /* of the last error */
};

/* A call of the suite. Embed it first, arguments and results behind it. */
struct ask {
    struct sn_call call;
    struct subject *subject;
    bool ended;
    int code;
};

void ask_init(struct ask *ask, struct subject *subject, int (*start)(struct sn_call *call));
void ask_start(struct ask *ask);

/* Runs the loop until the call has ended (the test fails after 10 s); returns its code. */
int ask_await(struct ask *ask);

/* All three. */
int ask(struct ask *ask, struct subject *subject, int (*start)(struct sn_call *call));

/* Runs the loop for that long. */
void subject_run(struct subject *subject, uint64_t ns);

/* Runs the loop until is_so(owner), 10 s at most; false: it never was. */
bool subject_until(struct subject *subject, bool (*is_so)(void *owner), void *owner);

/* Slots that every API has; part of each suite. */
void do_command_answers(void **state);
void status_answers(void **state);

/* Of components that have a body. */
void geometries_answer(void **state);

struct suite {
    const char *api;
    const struct CMUnitTest *tests;
    size_t count;
};

#define SUITE(api) extern const struct suite suite_##api;
#include "suites.def"
#undef SUITE

#endif
