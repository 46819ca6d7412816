/* SPDX-License-Identifier: Apache-2.0
 *
 * What every shell service does. The tests and the machine share their files.
 */
#include "sinew/api/shell.h"
#include "conform.h"
#include "pb/service/shell/v1/shell.h"
#include "sinew/struct.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct ask_shell {
    struct ask ask;
    struct sn_duplex duplex;
    const void *first; /* request */
    char printed[8192];
    size_t printed_len;
    int eofs; /* of the terminal, or of files */
    int acks, source_type;
};

static struct ask_shell *shell_of(struct sn_call *call)
{
    return (struct ask_shell *)call;
}

static void keep(struct ask_shell *a, struct sn_str bytes)
{
    size_t room = sizeof(a->printed) - 1 - a->printed_len;
    size_t len = bytes.len < room ? bytes.len : room;

    if (len)
        memcpy(a->printed + a->printed_len, bytes.ptr, len);
    a->printed_len += len;
    a->printed[a->printed_len] = '\0';
}

struct awaited {
    struct ask_shell *a;
    const char *text;
    int count;
};

static bool has_come(const struct awaited *wanted)
{
    const struct ask_shell *a = wanted->a;

    return wanted->text ? strstr(a->printed, wanted->text) != NULL
                        : a->eofs + a->acks >= wanted->count;
}

static bool has_come_or_ended(void *owner)
{
    const struct awaited *wanted = owner;

    return has_come(wanted) || wanted->a->ask.ended;
}

/* Runs the loop until that has been printed, or so many files have been acknowledged or ended. */
static void await(struct ask_shell *a, const char *text, int count)
{
    struct awaited wanted = {a, text, count};

    subject_until(a->ask.subject, has_come_or_ended, &wanted);
    if (!has_come(&wanted))
        print_message("printed: %s\n", a->printed);
    assert_true(has_come(&wanted));
}

static void begin(struct ask_shell *a, struct subject *subject, int (*start)(struct sn_call *call),
                  const void *first, int (*respond)(struct sn_duplex *duplex, const void *response))
{
    ask_init(&a->ask, subject, start);
    a->first = first;
    a->duplex = (struct sn_duplex){.call = &a->ask.call, .respond = respond, .asker = a};
    ask_start(&a->ask);
}

/* ---- terminal ---- */

static int on_printed(struct sn_duplex *duplex, const void *response)
{
    const struct pb_service_shell_shell_response *resp = response;
    struct ask_shell *a = duplex->asker;

    keep(a, resp->data_out);
    a->eofs += resp->eof;
    return 0;
}

static int start_terminal(struct sn_call *call)
{
    struct ask_shell *a = shell_of(call);

    return sn_shell_shell(call, (struct sn_shell *)a->ask.subject->resource, a->first, &a->duplex);
}

static void type(struct ask_shell *a, const char *text)
{
    struct pb_service_shell_shell_request request = {.data_in = sn_str_of(text)};

    assert_int_equal(sn_duplex_request(&a->duplex, &request), 0);
}

static void a_terminal_answers_and_ends(void **state)
{
    struct pb_service_shell_shell_request first = {.data_in = SN_STR("echo $((40+2))x\n")};
    struct ask_shell a = {0};

    begin(&a, *state, start_terminal, &first, on_printed);
    await(&a, "42x", 0);
    type(&a, "stty size; exit\n");
    await(&a, "24 80", 0);
    await(&a, NULL, 1);
    assert_int_equal(sn_duplex_end(&a.duplex), 0);
    assert_int_equal(ask_await(&a.ask), 0);
    assert_int_equal(a.eofs, 1);
}

static void a_window_can_change(void **state)
{
    struct subject *subject = *state;
    struct pb_google_struct change = {0};
    struct pb_service_shell_shell_request first = {0}, request = {.extra = &change};
    struct ask_shell a = {0};

    assert_int_equal(sn_pb_struct_add(&change, SN_STR("message"),
                                      sn_pb_string(SN_STR("window-change")), &subject->arena),
                     0);
    assert_int_equal(sn_pb_struct_add(&change, SN_STR("cols"), sn_pb_number(101), &subject->arena),
                     0);
    assert_int_equal(sn_pb_struct_add(&change, SN_STR("rows"), sn_pb_number(51), &subject->arena),
                     0);
    begin(&a, subject, start_terminal, &first, on_printed);
    assert_int_equal(sn_duplex_request(&a.duplex, &request), 0);
    type(&a, "stty size\n");
    await(&a, "51 101", 0);
    type(&a, "exit\n");
    await(&a, NULL, 1);
    assert_int_equal(sn_duplex_end(&a.duplex), 0);
    assert_int_equal(ask_await(&a.ask), 0);
}

static void a_terminal_can_be_left(void **state)
{
    struct pb_service_shell_shell_request first = {.data_in = SN_STR("sleep 1000\n")};
    struct ask_shell a = {0};

    begin(&a, *state, start_terminal, &first, on_printed);
    await(&a, "sleep", 0);
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
}

/* ---- files ---- */

static int on_ack(struct sn_duplex *duplex, const void *response)
{
    const struct pb_service_shell_copy_files_to_machine_response *resp = response;

    ((struct ask_shell *)duplex->asker)->acks += resp->ack_last_file;
    return 0;
}

static int start_copy_to(struct sn_call *call)
{
    struct ask_shell *a = shell_of(call);

    return sn_shell_copy_to(call, (struct sn_shell *)a->ask.subject->resource, a->first,
                            &a->duplex);
}

static int on_file(struct sn_duplex *duplex, const void *response)
{
    const struct pb_service_shell_copy_files_from_machine_response *resp = response;
    struct ask_shell *a = duplex->asker;

    if (resp->which_response ==
        PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_RESPONSE_RESPONSE_METADATA) {
        a->source_type = resp->metadata->source_type;
        return 0;
    }
    keep(a, resp->file_data->name);
    keep(a, resp->file_data->data);
    a->eofs += resp->file_data->eof;
    return 0;
}

static int start_copy_from(struct sn_call *call)
{
    struct ask_shell *a = shell_of(call);

    return sn_shell_copy_from(call, (struct sn_shell *)a->ask.subject->resource, a->first,
                              &a->duplex);
}

/* One at a time. */
static bool may_send(void *owner)
{
    struct ask_shell *a = owner;

    return !a->duplex.hold || a->ask.ended;
}

static int send_file(struct ask_shell *a, struct pb_service_shell_file_data file)
{
    struct pb_service_shell_copy_files_to_machine_request request = {
        .which_request = PB_SERVICE_SHELL_COPY_FILES_TO_MACHINE_REQUEST_REQUEST_FILE_DATA,
        .file_data = &file};

    assert_true(subject_until(a->ask.subject, may_send, a));
    return a->ask.ended ? a->ask.code : sn_duplex_request(&a->duplex, &request);
}

static void copy_there(struct ask_shell *a, struct subject *subject, const char *path)
{
    struct pb_service_shell_copy_files_to_machine_request_metadata metadata = {
        .source_type = PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_FILE,
        .destination = sn_str_of(path)};
    struct pb_service_shell_copy_files_to_machine_request first = {
        .which_request = PB_SERVICE_SHELL_COPY_FILES_TO_MACHINE_REQUEST_REQUEST_METADATA,
        .metadata = &metadata};

    begin(a, subject, start_copy_to, &first, on_ack);
}

static void a_file_goes_there_and_back(void **state)
{
    char folder[] = "/tmp/sinew-conform-shell-XXXXXX", path[64];
    struct ask_shell there = {0}, back = {0};

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/f", folder);
    copy_there(&there, *state, path);
    assert_int_equal(send_file(&there, (struct pb_service_shell_file_data){.name = SN_STR("x"),
                                                                           .size = 5,
                                                                           .data = SN_STR("one")}),
                     0);
    assert_int_equal(send_file(&there, (struct pb_service_shell_file_data){.data = SN_STR("-two")}),
                     0);
    assert_int_equal(send_file(&there, (struct pb_service_shell_file_data){.eof = true}), 0);
    await(&there, NULL, 1);
    assert_int_equal(sn_duplex_end(&there.duplex), 0);
    assert_int_equal(ask_await(&there.ask), 0);

    struct sn_str paths = sn_str_of(path);
    struct pb_service_shell_copy_files_from_machine_request_metadata metadata = {
        .paths = {&paths, 1, 1}};
    struct pb_service_shell_copy_files_from_machine_request
        first = {.which_request = PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_REQUEST_REQUEST_METADATA,
                 .metadata = &metadata},
        ack = {.which_request =
                   PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_REQUEST_REQUEST_ACK_LAST_FILE,
               .ack_last_file = true};
    begin(&back, *state, start_copy_from, &first, on_file);
    await(&back, NULL, 1);
    assert_int_equal(back.source_type, PB_SERVICE_SHELL_COPY_FILES_SOURCE_TYPE_SINGLE_FILE);
    assert_string_equal(back.printed, "fone-two");
    assert_int_equal(sn_duplex_request(&back.duplex, &ack), 0);
    assert_int_equal(ask_await(&back.ask), 0);
    unlink(path);
    rmdir(folder);
}

static bool is_empty(void *owner)
{
    const char *folder = owner;
    DIR *dir = opendir(folder);
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count == 2; /* itself and its parent */
}

static bool is_filled(void *owner)
{
    return !is_empty(owner);
}

static void a_copy_that_breaks_off_leaves_nothing(void **state)
{
    char folder[] = "/tmp/sinew-conform-shell-XXXXXX", path[64];
    struct ask_shell a = {0};

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/f", folder);
    copy_there(&a, *state, path);
    assert_int_equal(send_file(&a, (struct pb_service_shell_file_data){.name = SN_STR("x"),
                                                                       .data = SN_STR("half")}),
                     0);
    assert_true(subject_until(*state, is_filled, folder));
    sn_call_cancel(&a.ask.call, SN_ERR_CANCELLED);
    assert_int_equal(ask_await(&a.ask), SN_ERR_CANCELLED);
    assert_true(subject_until(*state, is_empty, folder));
    assert_int_equal(rmdir(folder), 0);
}

static void what_is_not_there_is_not_copied(void **state)
{
    struct subject *subject = *state;
    struct sn_str path = SN_STR("/nowhere/at/all");
    struct pb_service_shell_copy_files_from_machine_request_metadata metadata = {
        .paths = {&path, 1, 1}};
    struct pb_service_shell_copy_files_from_machine_request first = {
        .which_request = PB_SERVICE_SHELL_COPY_FILES_FROM_MACHINE_REQUEST_REQUEST_METADATA,
        .metadata = &metadata};
    struct ask_shell a = {0};

    begin(&a, subject, start_copy_from, &first, on_file);
    assert_int_equal(ask_await(&a.ask), SN_ERR_UNKNOWN);
    assert_string_equal(subject->text, "open /nowhere/at/all: no such file or directory");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_terminal_answers_and_ends),
    cmocka_unit_test(a_window_can_change),
    cmocka_unit_test(a_terminal_can_be_left),
    cmocka_unit_test(a_file_goes_there_and_back),
    cmocka_unit_test(a_copy_that_breaks_off_leaves_nothing),
    cmocka_unit_test(what_is_not_there_is_not_copied),
    cmocka_unit_test(do_command_answers),
    cmocka_unit_test(status_answers),
};

const struct suite suite_shell = {SN_API_SHELL, tests, sizeof(tests) / sizeof(tests[0])};
