/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificate a port shows: read from the files its config names, and again when these change,
 * so that a renewed certificate needs no restart. Connections that are there keep the old one. Loop
 * thread.
 */
#ifndef SN_MAIN_IDENTITY_H
#define SN_MAIN_IDENTITY_H

#include "base/log.h"
#include "loop/watch.h"
#include "net/tls.h"
#include "resource/config.h"

/* Bytes of a certificate's or key's file. */
enum { SN_IDENTITY_FILE_MAX = 1 << 20, SN_IDENTITY_PATH_MAX = 4096 };

struct sn_identity_files {
    char certificate[SN_IDENTITY_PATH_MAX], key[SN_IDENTITY_PATH_MAX]; /* "": none */
};

/* In the caller's memory, zeroed; the members above the line filled, it is ready. */
struct sn_identity {
    struct sn_loop *loop;
    struct sn_logger *log;
    bool no_tls; /* whatever the config says */
    /* A new identity; NULL: none from now on. The reference is the caller's. */
    void (*changed)(void *owner, struct sn_tls *tls);
    void *owner;
    /* ---- */
    struct sn_identity_files files; /* as the config says */
    struct sn_watch *watches[2];
    struct sn_timer quiet;
    struct sn_identity_read *reading; /* NULL: none under way */
    bool again;
};

/* Reads the files of a first config, if it names some; blocks. `changed` is called from inside.
 * INVALID_ARGUMENT with a text naming the file and what is wrong. */
int sn_identity_open(struct sn_identity *identity, const struct sn_config_network *network,
                     struct sn_error *error) SN_MUST_USE;

/* The config has changed. Files that can't be used are logged, and the identity stays. */
void sn_identity_move(struct sn_identity *identity, const struct sn_config_network *network);

/* No callback after this. */
void sn_identity_close(struct sn_identity *identity);

#endif
