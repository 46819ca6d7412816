/* SPDX-License-Identifier: Apache-2.0
 *
 * The host of modules, in a lab.
 */
#include "module/host_testing.h"

#include <signal.h>

/* ---- starting ---- */

/* Whole, however long it is. */
static void a_modules_level_is_handed_on(void **state)
{
    struct lab lab;
    char level[200], text[PATH_MAX + 512], path[64], args[1024];
    struct sn_error error;

    set_up(&lab, SN_SECONDS(20));
    memset(level, 'x', sizeof(level) - 1);
    level[sizeof(level) - 1] = '\0';
    snprintf(text, sizeof(text),
             "{\"modules\":[{\"name\":\"a\",\"executable_path\":\"%s\",\"log_level\":\"%s\"}]}",
             lab.self, level);
    assert_int_equal(sn_config_parse(text, strlen(text), &lab.config, &error), 0);
    assert_int_equal(sn_host_configure(lab.host, lab.config), 0);
    await(&lab, is_ready(&lab, 0));
    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)info(&lab, 0).pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, args, sizeof(args) - 1);
    close(fd);
    assert_true(len > (ssize_t)sizeof(level));
    args[len] = '\0';
    const char *at = args + strlen(args) + 1; /* past the program */
    at += strlen(at) + 1;                     /* ... and the address */
    snprintf(text, sizeof(text), "--log-level=%s", level);
    assert_string_equal(at, text);
    tear_down(&lab);
}

static void a_module_is_started_and_says_what_it_has(void **state)
{
    struct lab lab;
    const char *api, *model;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s", "x=t:a:other"));
    assert_true(sn_host_starting(lab.host));
    assert_true(offer(&lab, "s")->waiting);
    assert_true(offer(&lab, "x")->waiting);
    await(&lab, is_ready(&lab, 0));
    assert_false(sn_host_starting(lab.host));
    assert_true(info(&lab, 0).pid > 0 && info(&lab, 0).local && info(&lab, 0).failures == 0);
    assert_true(sn_host_model(lab.host, 0, 1, &api, &model));
    assert_string_equal(api, "rdk:component:sensor");
    assert_string_equal(model, "t:a:m1");
    assert_false(sn_host_model(lab.host, 0, 2, &api, &model));
    assert_false(sn_host_model(lab.host, 1, 0, &api, &model));
    assert_string_equal(offer(&lab, "x")->error,
                        "resource build error: unknown resource type: API rdk:component:sensor "
                        "with model t:a:other not registered; There may be no module in config "
                        "that provides this model");
    assert_int_equal(open_one(&lab, "s"), 0);
    expect_log(&lab, "a", "validate s;add s;");
    tear_down(&lab);
}

static void what_a_slow_module_may_have_is_waited_for_and_nothing_else(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("slow:deaf", "a:"), NAMES("s", "x=t:slow:m0"));
    await(&lab, is_ready(&lab, 1));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_true(offer(&lab, "x")->waiting);
    assert_true(sn_host_starting(lab.host));
    assert_int_equal(info(&lab, 0).state, SN_MODULE_STARTING);
    tear_down(&lab);
}

static void one_that_never_listens_has_failed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_MS(200));
    configure(&lab, NAMES("a:deaf"), NAMES("s"));
    await(&lab, info(&lab, 0).state == SN_MODULE_UNHEALTHY);
    assert_non_null(strstr(info(&lab, 0).error, "it doesn't listen on its socket"));
    assert_false(sn_host_starting(lab.host));
    assert_non_null(strstr(offer(&lab, "s")->error, "May be in failing module: [a]"));
    tear_down(&lab);
}

static void one_that_is_not_ready_is_asked_again(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:false=3"), NAMES());
    await(&lab, is_ready(&lab, 0));
    tear_down(&lab);
}

static void one_that_is_never_ready_has_failed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(3));
    configure(&lab, NAMES("a:false=1000000"), NAMES());
    await(&lab, info(&lab, 0).failures == 1);
    assert_non_null(strstr(info(&lab, 0).error, "it says that it isn't ready"));
    tear_down(&lab);
}

static void expect_failure(const char *module, const char *text)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, (const char *const[]){module, NULL}, NAMES());
    await(&lab, info(&lab, 0).state == SN_MODULE_UNHEALTHY);
    if (!strstr(info(&lab, 0).error, text))
        fail_msg("%s", info(&lab, 0).error);
    assert_int_equal(info(&lab, 0).failures, 1);
    assert_true(module_at(&lab, 0)->timer.armed);
    /* again, later and later */
    hurry(&lab, &module_at(&lab, 0)->timer);
    await(&lab, info(&lab, 0).failures == 2);
    tear_down(&lab);
}

static void what_fails_to_start_is_tried_again_after_a_pause(void **state)
{
    expect_failure("a:exit", "exited too quickly");
    expect_failure("a:die-ready", "exited too quickly");
}

static void what_it_may_say_has_limits(void **state)
{
    expect_failure("a:models=1001", "has 1001 models of 1 APIs; the limits are 1000 and 256");
    expect_failure("a:handlers=257", "has 514 models of 257 APIs");
    expect_failure("a:bad-model", "which is no \"namespace:family:name\"");
    expect_failure("a:bad-api", "which is no \"namespace:component:name\"");
}

static void the_order_of_the_config_decides_between_two_that_have_a_model(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:", "b:"), NAMES());
    await(&lab, is_ready(&lab, 0) && is_ready(&lab, 1));
    pid_t a = info(&lab, 0).pid;
    configure(&lab, NAMES("b:", "a:"), NAMES());
    assert_string_equal(info(&lab, 0).name, "b");
    assert_int_equal(info(&lab, 1).pid, a);
    tear_down(&lab);
}

/* ---- what it says about entries ---- */

static void verdicts_are_kept_until_the_entry_changes(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("needs-x", "likes-y", "bad"));
    await(&lab, can_open(&lab, "needs-x") && can_open(&lab, "likes-y"));
    assert_string_equal(offer(&lab, "needs-x")->depends.v[0], "x");
    assert_string_equal(offer(&lab, "likes-y")->optional.v[0], "y");
    await(&lab, offer(&lab, "bad")->error);
    assert_string_equal(offer(&lab, "bad")->error,
                        "modular resource config validation error: it is bad");
    expect_log(&lab, "a", "validate needs-x;validate likes-y;validate bad;");
    configure(&lab, NAMES("a:"), NAMES("needs-x", "likes-y!"));
    assert_true(can_open(&lab, "needs-x"));
    assert_true(offer(&lab, "likes-y")->waiting);
    await(&lab, can_open(&lab, "likes-y"));
    expect_log(&lab, "a", "validate likes-y;");
    tear_down(&lab);
}

static bool can_open_all(struct lab *lab)
{
    make_pass(lab);
    for (size_t i = 0; i < lab->passes->count; i++)
        if (lab->passes->offers[i].waiting || lab->passes->offers[i].error)
            return false;
    return true;
}

static void verdicts_are_asked_for_a_few_at_a_time(void **state)
{
    static char names[ENTRIES_MAX][16];
    const char *entries[ENTRIES_MAX + 1] = {NULL};
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    for (int i = 0; i < ENTRIES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "s%d", i);
        entries[i] = names[i];
    }
    configure(&lab, NAMES("a:mute"), entries);
    await(&lab, is_ready(&lab, 0));
    make_pass(&lab);
    struct sn_run *run = run_ref(module_at(&lab, 0)->run);
    assert_in_range(run->asking, 1, ENTRIES_MAX / 2);
    for (int i = 0; i < 5; i++)
        turn(&lab);
    kill(info(&lab, 0).pid, SIGKILL); /* those that were asked for end, the others with them */
    await(&lab, run->state == RUN_ENDED && run->asking == 0);
    sn_run_unref(run);
    configure(&lab, NAMES("a:"), entries);
    await(&lab, can_open_all(&lab));
    assert_int_equal(module_at(&lab, 0)->run->asking, 0);
    configure(&lab, NAMES("a:mute"), entries);
    await(&lab, is_ready(&lab, 0) && module_at(&lab, 0)->run->state == RUN_READY);
    make_pass(&lab);
    configure(&lab, NAMES("a:mute"), NAMES("s1")); /* most of what waits isn't wanted any more */
    make_pass(&lab);
    tear_down(&lab);
}

static void an_entry_may_change_while_it_is_asked_about(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    await(&lab, is_ready(&lab, 0));
    make_pass(&lab); /* asks */
    configure(&lab, NAMES("a:"), NAMES("s!"));
    make_pass(&lab); /* asks about the other; the first answer is of no use */
    configure(&lab, NAMES("a:"), NAMES());
    make_pass(&lab);
    turn(&lab);
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    tear_down(&lab);
}

static void one_that_validates_nothing_takes_anything(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:no-validation"), NAMES("bad"));
    assert_int_equal(open_one(&lab, "bad"), 0);
    tear_down(&lab);
}

/* ---- resources ---- */

static void what_changes_is_reconfigured_and_what_goes_is_removed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s", "needs-s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_int_equal(open_one(&lab, "needs-s"), 0);
    expect_log(&lab, "a",
               "validate s;validate needs-s;add s;add needs-s;"
               "with rdk:component:sensor/s;");
    configure(&lab, NAMES("a:"), NAMES("s!"));
    make_pass(&lab);
    assert_int_equal(close_one(&lab, "needs-s"), 0);
    assert_int_equal(close_one(&lab, "s"), 0);
    assert_int_equal(open_one(&lab, "s"), 0);
    expect_log(&lab, "a", "validate s;remove needs-s;change s;");
    tear_down(&lab);
}

static void what_was_closed_to_be_changed_and_then_goes_is_removed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_int_equal(close_one(&lab, "s"), 0); /* the module keeps it */
    configure(&lab, NAMES("a:"), NAMES());
    make_pass(&lab);
    log_of(&lab, "a");
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_non_null(strstr(log_of(&lab, "a"), "add s;"));
    tear_down(&lab);
}

static void one_whose_change_failed_is_made_anew(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("stiff", "fail"));
    assert_int_equal(open_one(&lab, "stiff"), 0);
    assert_int_equal(close_one(&lab, "stiff"), 0);
    assert_int_equal(open_one(&lab, "stiff"), SN_ERR_UNKNOWN);
    assert_int_equal(open_one(&lab, "stiff"), 0);
    expect_log(&lab, "a",
               "validate stiff;validate fail;add stiff;change stiff;remove stiff;"
               "add stiff;");
    assert_int_equal(open_one(&lab, "fail"), SN_ERR_UNKNOWN);
    tear_down(&lab);
}

/* ---- ends ---- */

static void one_that_ends_is_started_again_with_models_of_its_own(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    const struct sn_driver *driver = offer(&lab, "s")->driver;
    pid_t pid = info(&lab, 0).pid;
    kill(pid, SIGKILL);
    await(&lab, info(&lab, 0).state != SN_MODULE_READY);
    assert_true(offer(&lab, "s")->down);
    assert_true(find_held(&lab, "s")->resource->closed);
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, is_ready(&lab, 0));
    assert_int_not_equal(info(&lab, 0).pid, pid);
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_ptr_not_equal(offer(&lab, "s")->driver, driver);
    tear_down(&lab);
}

static void one_that_a_constructor_ends_is_not_started_again_at_once(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s", "die"));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_int_equal(open_one(&lab, "die"), SN_ERR_UNAVAILABLE);
    await(&lab, info(&lab, 0).pid == 0);
    assert_int_equal(info(&lab, 0).state, SN_MODULE_UNHEALTHY);
    assert_int_equal(info(&lab, 0).failures, 1);
    assert_true(module_at(&lab, 0)->timer.armed);
    tear_down(&lab);
}

static void one_that_ends_again_and_again_is_not_started_for_ever(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    module_at(&lab, 0)->quick_ends = 250;
    pid_t pid = info(&lab, 0).pid;
    kill(pid, SIGKILL);
    await(&lab, info(&lab, 0).pid != pid);
    assert_int_equal(close_one(&lab, "s"), 0);
    assert_int_equal(info(&lab, 0).failures, 1);
    assert_true(module_at(&lab, 0)->timer.armed);
    tear_down(&lab);
}

static void a_restart_waits_for_resources_to_be_closed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    log_of(&lab, "a");
    pid_t pid = info(&lab, 0).pid;
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("b")), SN_ERR_NOT_FOUND);
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("a")), 0);
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("a")), 0);
    await(&lab, info(&lab, 0).state == SN_MODULE_CLOSING);
    assert_true(offer(&lab, "s")->down);
    assert_int_equal(info(&lab, 0).pid, pid);
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, is_ready(&lab, 0));
    assert_int_not_equal(info(&lab, 0).pid, pid);
    expect_log(&lab, "a", "remove s;");
    assert_int_equal(info(&lab, 0).failures, 0);
    tear_down(&lab);
}

static void one_that_is_starting_can_be_restarted(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:false=20"), NAMES());
    await(&lab, info(&lab, 0).pid);
    pid_t pid = info(&lab, 0).pid;
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("a")), 0);
    await(&lab, info(&lab, 0).pid && info(&lab, 0).pid != pid);
    configure(&lab, NAMES("a:models=1"), NAMES());
    await(&lab, is_ready(&lab, 0));
    tear_down(&lab);
}

static void one_that_was_removed_may_come_back_before_it_has_ended(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    pid_t pid = info(&lab, 0).pid;
    configure(&lab, NAMES(), NAMES("s"));
    await(&lab, info(&lab, 0).state == SN_MODULE_CLOSING);
    assert_non_null(strstr(offer(&lab, "s")->error, "not registered"));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, is_ready(&lab, 0) && info(&lab, 0).pid != pid);
    assert_int_equal(open_one(&lab, "s"), 0);
    tear_down(&lab);
}

/* Keeps all threads of the pool until its pipe is shut. */
struct plug {
    struct sn_work work; /* first */
    int fd;
};

static void plug_waits(struct sn_work *work)
{
    char byte;

    assert_int_equal(read(((struct plug *)work)->fd, &byte, 1), 0);
}

static void plug_done(struct sn_work *work)
{
}

/* What is removed of it must not be what it has just made. */
static void one_that_comes_back_waits_until_its_folder_is_gone(void **state)
{
    enum { PLUGS = 64 };
    struct plug plugs[PLUGS];
    struct lab lab;
    int ends[2];

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:", "b:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, is_ready(&lab, 1));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    for (int i = 0; i < PLUGS; i++) {
        plugs[i] = (struct plug){{.work = plug_waits, .done = plug_done}, ends[0]};
        assert_int_equal(sn_loop_submit(lab.loop, &plugs[i].work), 0);
    }
    configure(&lab, NAMES("b:"), NAMES());
    make_pass(&lab);
    await(&lab, sn_host_count(lab.host) == 1);
    pid_t pid = info(&lab, 0).pid;
    configure(&lab, NAMES("a:", "b:"), NAMES("s"));
    for (int i = 0; i < 5; i++)
        turn(&lab);
    assert_int_equal(info(&lab, 0).state, SN_MODULE_PENDING);
    assert_int_equal(info(&lab, 1).pid, pid);
    close(ends[1]);
    assert_int_equal(open_one(&lab, "s"), 0);
    await(&lab, !lab.host->cleaning);
    expect_log(&lab, "a", "validate s;add s;");
    configure(&lab, NAMES("b:"), NAMES()); /* and the host waits for the cleaning, too */
    make_pass(&lab);
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, sn_host_count(lab.host) == 1);
    tear_down(&lab);
    close(ends[0]);
}

static void a_removed_one_is_gone_when_its_resources_are_closed(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:", "b:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    configure(&lab, NAMES("b:"), NAMES());
    make_pass(&lab);
    assert_int_equal(close_one(&lab, "s"), 0);
    await(&lab, sn_host_count(lab.host) == 1);
    assert_string_equal(info(&lab, 0).name, "b");
    tear_down(&lab);
}

/* It was told to end although not all has been closed; then the rest is closed, then it ends. */
static void resources_may_be_closed_while_the_process_ends(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:stays"), NAMES("stuck", "s"));
    assert_int_equal(open_one(&lab, "stuck"), 0);
    assert_int_equal(open_one(&lab, "s"), 0);
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("a")), 0);
    await(&lab, info(&lab, 0).state == SN_MODULE_CLOSING);
    begin_close(&lab, "stuck");
    hurry(&lab, &module_at(&lab, 0)->run->timer);
    assert_int_not_equal(end_close(&lab, "stuck"), 0); /* it hung up */
    assert_int_equal(close_one(&lab, "s"), 0);
    pid_t pid = info(&lab, 0).pid;
    kill(pid, SIGKILL);
    await(&lab, is_ready(&lab, 0) && info(&lab, 0).pid != pid);
    sn_host_kill(lab.host);
    await(&lab, info(&lab, 0).pid == 0);
    tear_down(&lab);
}

/* Its end is known before that of its connection: what it was asked ends with it. */
static void what_an_ended_one_was_asked_ends_too(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:heir"), NAMES("stuck", "hang"));
    assert_int_equal(open_one(&lab, "stuck"), 0);
    pid_t pid = info(&lab, 0).pid;
    struct held *hang = begin_open(&lab, "hang");
    await(&lab, strstr(log_of(&lab, "a"), "add hang"));
    kill(pid, SIGKILL);
    assert_int_equal(end_open(&lab, hang), SN_ERR_UNAVAILABLE);
    assert_int_equal(close_one(&lab, "stuck"), 0);
    await(&lab, is_ready(&lab, 0) && info(&lab, 0).pid != pid);
    assert_int_equal(open_one(&lab, "stuck"), 0);
    pid = info(&lab, 0).pid;
    assert_int_equal(sn_host_restart(lab.host, SN_STR(""), SN_STR("a")), 0);
    await(&lab, info(&lab, 0).state == SN_MODULE_CLOSING);
    begin_close(&lab, "stuck");
    await(&lab, strstr(log_of(&lab, "a"), "remove stuck"));
    kill(pid, SIGKILL); /* when it was about to end, and for this alone did not */
    assert_int_not_equal(end_close(&lab, "stuck"), 0);
    await(&lab, is_ready(&lab, 0) && info(&lab, 0).pid != pid);
    tear_down(&lab);
}

/* ... also of the first question. */
static void one_may_end_while_it_is_asked_whether_it_is_ready(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:heir,silent"), NAMES());
    await(&lab, strstr(log_of(&lab, "a"), "ready"));
    kill(info(&lab, 0).pid, SIGKILL);
    await(&lab, info(&lab, 0).failures == 1);
    assert_non_null(strstr(info(&lab, 0).error, "exited too quickly"));
    tear_down(&lab);
}

static void one_that_answers_nothing_is_ended(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    pid_t pid = info(&lab, 0).pid;
    hurry(&lab, &module_at(&lab, 0)->run->timer); /* it does answer */
    await(&lab, module_at(&lab, 0)->run->timer.armed);
    lab.host->options.hang_timeout_ns = SN_MS(100);
    kill(pid, SIGSTOP);
    while (info(&lab, 0).pid == pid) {
        if (module_at(&lab, 0)->run->timer.armed)
            hurry(&lab, &module_at(&lab, 0)->run->timer);
        turn(&lab);
    }
    await(&lab, is_ready(&lab, 0));
    tear_down(&lab);
}

static void what_is_being_made_is_given_up_at_the_end(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:", "b:deaf", "c:exit"), NAMES("hang", "hang2", "s"));
    struct held *first = begin_open(&lab, "hang"), *second = begin_open(&lab, "hang2");
    assert_int_equal(open_one(&lab, "s"), 0);
    await(&lab, strstr(log_of(&lab, "a"), "add"));
    sn_host_begin_pass(lab.host); /* nothing is wanted */
    sn_host_cancel_opening(lab.host);
    assert_int_equal(end_open(&lab, first), SN_ERR_CANCELLED);
    assert_int_equal(end_open(&lab, second), SN_ERR_CANCELLED);
    assert_int_equal(close_one(&lab, "s"), 0);
    tear_down(&lab);
}

static void the_host_can_close_while_modules_are_prepared_and_resources_open(void **state)
{
    struct lab lab;

    set_up(&lab, SN_SECONDS(20));
    configure(&lab, NAMES("a:"), NAMES("s"));
    assert_int_equal(open_one(&lab, "s"), 0);
    configure(&lab, NAMES("a:", "b:"), NAMES("s"));
    sn_host_close(lab.host, host_closed, &lab);
    await(&lab, sn_host_count(lab.host) == 1);
    hurry(&lab, &module_at(&lab, 0)->run->timer); /* nobody closes it: it ends all the same */
    await(&lab, lab.closed);
    assert_true(find_held(&lab, "s")->resource->closed);
    lab.closed = false;
    sn_host_destroy(lab.host);
    struct sn_host_options options = {.loop = lab.loop,
                                      .home = lab.home,
                                      .server = lab.server,
                                      .changed = changed,
                                      .owner = &lab};
    struct sn_error error;
    assert_int_equal(sn_host_create(&options, &lab.host, &error), 0);
    tear_down(&lab);
}

int main(int argc, char **argv)
{
    if (argc > 1 && getenv("VIAM_MODULE_NAME"))
        return scripted_main(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_modules_level_is_handed_on),
        cmocka_unit_test(a_module_is_started_and_says_what_it_has),
        cmocka_unit_test(what_a_slow_module_may_have_is_waited_for_and_nothing_else),
        cmocka_unit_test(one_that_never_listens_has_failed),
        cmocka_unit_test(one_that_is_not_ready_is_asked_again),
        cmocka_unit_test(one_that_is_never_ready_has_failed),
        cmocka_unit_test(what_fails_to_start_is_tried_again_after_a_pause),
        cmocka_unit_test(what_it_may_say_has_limits),
        cmocka_unit_test(the_order_of_the_config_decides_between_two_that_have_a_model),
        cmocka_unit_test(verdicts_are_kept_until_the_entry_changes),
        cmocka_unit_test(verdicts_are_asked_for_a_few_at_a_time),
        cmocka_unit_test(an_entry_may_change_while_it_is_asked_about),
        cmocka_unit_test(one_that_validates_nothing_takes_anything),
        cmocka_unit_test(what_changes_is_reconfigured_and_what_goes_is_removed),
        cmocka_unit_test(what_was_closed_to_be_changed_and_then_goes_is_removed),
        cmocka_unit_test(one_whose_change_failed_is_made_anew),
        cmocka_unit_test(one_that_ends_is_started_again_with_models_of_its_own),
        cmocka_unit_test(one_that_a_constructor_ends_is_not_started_again_at_once),
        cmocka_unit_test(one_that_ends_again_and_again_is_not_started_for_ever),
        cmocka_unit_test(a_restart_waits_for_resources_to_be_closed),
        cmocka_unit_test(one_that_is_starting_can_be_restarted),
        cmocka_unit_test(one_that_was_removed_may_come_back_before_it_has_ended),
        cmocka_unit_test(one_that_comes_back_waits_until_its_folder_is_gone),
        cmocka_unit_test(a_removed_one_is_gone_when_its_resources_are_closed),
        cmocka_unit_test(resources_may_be_closed_while_the_process_ends),
        cmocka_unit_test(what_an_ended_one_was_asked_ends_too),
        cmocka_unit_test(one_may_end_while_it_is_asked_whether_it_is_ready),
        cmocka_unit_test(one_that_answers_nothing_is_ended),
        cmocka_unit_test(what_is_being_made_is_given_up_at_the_end),
        cmocka_unit_test(the_host_can_close_while_modules_are_prepared_and_resources_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
