/* SPDX-License-Identifier: Apache-2.0
 *
 * Following the files of a certificate. They are read on the pool.
 */
#include "main/identity.h"

#include "base/heap.h"
#include "platform/file.h"
#include "sinew/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both files change, one after the other. */
static const uint64_t quiet_ns = SN_MS(500);

/* A read of both files; has a copy of all it needs, since it may outlive who asked. */
struct sn_identity_read {
    struct sn_work work;
    struct sn_identity *identity; /* NULL: nobody wants to know any more */
    struct sn_identity_files files;
    struct sn_tls *tls; /* NULL: see error */
    struct sn_error error;
};

static void warn_when_expired(struct sn_identity *identity, const struct sn_tls *tls)
{
    uint64_t now_s = sn_loop_env(identity->loop)->unix_ns() / SN_SECONDS(1);

    if (sn_tls_expires(tls) < (int64_t)now_s)
        sn_log_warn(identity->log, "the TLS certificate in %s has expired",
                    identity->files.certificate);
}

/* ---- reading; any thread ---- */

static int make_tls(struct sn_arena *arena, const struct sn_identity_files *files,
                    struct sn_tls **ret_tls, struct sn_error *error)
{
    struct sn_tls_identity pem;
    struct sn_error cause;
    int code =
        sn_file_read(files->certificate, SN_IDENTITY_FILE_MAX, arena, &pem.certificates, error);

    if (!code)
        code = sn_file_read(files->key, SN_IDENTITY_FILE_MAX, arena, &pem.key, error);
    if (code)
        return code;
    code = sn_tls_create_server(&pem, ret_tls, &cause);
    explicit_bzero((char *)(uintptr_t)pem.key.ptr, pem.key.len);
    if (code)
        return sn_error_set(error, code, "load TLS certificate %s with key %s: %s",
                            files->certificate, files->key, cause.text);
    return 0;
}

static void read_files(struct sn_identity_read *read)
{
    struct sn_block_pool pool;
    struct sn_arena arena;

    sn_block_pool_init(&pool, &sn_heap, 0);
    sn_arena_init(&arena, &pool, SIZE_MAX);
    if (make_tls(&arena, &read->files, &read->tls, &read->error))
        read->tls = NULL;
    sn_arena_fini(&arena);
    sn_block_pool_fini(&pool);
}

static void read_work(struct sn_work *work)
{
    read_files(sn_container_of(work, struct sn_identity_read, work));
}

/* ---- changes ---- */

static void begin_read(struct sn_identity *identity);

static void read_done(struct sn_work *work)
{
    struct sn_identity_read *read = sn_container_of(work, struct sn_identity_read, work);
    struct sn_identity *identity = read->identity;

    if (identity) {
        identity->reading = NULL;
        if (identity->again) {
            begin_read(identity);
        } else if (read->tls) {
            sn_log_info(identity->log, "TLS certificate read from %s", read->files.certificate);
            warn_when_expired(identity, read->tls);
            identity->changed(identity->owner, read->tls);
        } else {
            sn_log_error(identity->log, "%s; the one before stays", read->error.text);
        }
    }
    sn_tls_unref(read->tls);
    free(read);
}

static void begin_read(struct sn_identity *identity)
{
    identity->again = identity->reading != NULL;
    if (identity->again)
        return;
    struct sn_identity_read *read = calloc(1, sizeof(*read));
    if (!read) {
        sn_log_error(identity->log, "no memory to read the TLS certificate");
        return;
    }
    read->identity = identity;
    read->files = identity->files;
    read->work = (struct sn_work){.work = read_work, .done = read_done};
    if (sn_loop_submit(identity->loop, &read->work)) {
        sn_log_error(identity->log, "no thread to read the TLS certificate");
        free(read);
        return;
    }
    identity->reading = read;
}

static void on_quiet(struct sn_timer *timer)
{
    begin_read(sn_container_of(timer, struct sn_identity, quiet));
}

static void on_event(void *owner)
{
    struct sn_identity *identity = owner;

    sn_timer_start(sn_loop_timers(identity->loop), &identity->quiet, quiet_ns, on_quiet);
}

static void forget(struct sn_identity *identity)
{
    for (size_t i = 0; i < 2; i++) {
        sn_watch_destroy(identity->watches[i]);
        identity->watches[i] = NULL;
    }
    sn_timer_stop(sn_loop_timers(identity->loop), &identity->quiet);
    if (identity->reading)
        identity->reading->identity = NULL;
    identity->reading = NULL;
    identity->again = false;
}

static void watch(struct sn_identity *identity)
{
    const char *paths[2] = {identity->files.certificate, identity->files.key};
    struct sn_error error;

    for (size_t i = 0; i < 2; i++) {
        if (sn_watch_create(identity->loop, paths[i], on_event, identity, &identity->watches[i],
                            &error)) {
            identity->watches[i] = NULL;
            sn_log_warn(identity->log, "a renewed TLS certificate will go unnoticed: %s",
                        error.text);
        }
    }
}

static struct sn_identity_files files_of(const struct sn_identity *identity,
                                         const struct sn_config_network *network)
{
    struct sn_identity_files files = {0};

    if (network->no_tls || identity->no_tls || !*network->tls_cert_file)
        return files;
    snprintf(files.certificate, sizeof(files.certificate), "%s", network->tls_cert_file);
    snprintf(files.key, sizeof(files.key), "%s", network->tls_key_file);
    return files;
}

int sn_identity_open(struct sn_identity *identity, const struct sn_config_network *network,
                     struct sn_error *error)
{
    struct sn_identity_read read = {.files = files_of(identity, network)};

    identity->files = read.files;
    if (!*read.files.certificate)
        return 0;
    read_files(&read);
    if (!read.tls)
        return sn_error_set(error, read.error.code, "%s", read.error.text);
    warn_when_expired(identity, read.tls);
    identity->changed(identity->owner, read.tls);
    sn_tls_unref(read.tls);
    watch(identity);
    return 0;
}

void sn_identity_move(struct sn_identity *identity, const struct sn_config_network *network)
{
    struct sn_identity_files files = files_of(identity, network);

    if (strcmp(files.certificate, identity->files.certificate) == 0 &&
        strcmp(files.key, identity->files.key) == 0)
        return;
    forget(identity);
    identity->files = files;
    if (!*files.certificate) {
        identity->changed(identity->owner, NULL);
        return;
    }
    watch(identity);
    begin_read(identity);
}

void sn_identity_close(struct sn_identity *identity)
{
    forget(identity);
}
