/* SPDX-License-Identifier: Apache-2.0
 *
 * The load generator's engine: connections that keep calls of one method in flight.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

enum { LOAD_BODY_MAX = 64 << 10, LOAD_HEADERS = 7 };

struct load_options {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } address;
    const char *authority; /* "127.0.0.1:8080"; "localhost" for a UNIX socket */
    const char *path;      /* "/package.Service/Method" */
    uint8_t message[LOAD_BODY_MAX - 5];
    size_t message_len;
    unsigned connections, streams;
    double seconds;
    uint64_t calls; /* ends after so many instead; 0: no limit */
    bool page;      /* any answer will do: of a server that isn't gRPC's */
    bool once;      /* each stream calls once, then its connection idles */
    bool webrtc;    /* over data channels, by Sinew's own client */
};

struct load_conn;
struct load_webrtc;

struct load_stream {
    struct load_conn *conn;
    uint64_t start_ns;
    size_t sent;    /* of the body */
    int status;     /* grpc-status, -1 until it came */
    char text[128]; /* grpc-message */
};

struct load {
    struct load_options options;
    uint8_t body[LOAD_BODY_MAX]; /* gRPC frame: flag, length, message */
    size_t body_len;
    nghttp2_nv headers[LOAD_HEADERS];
    struct load_conn *conns;
    int epoll;
    struct load_webrtc *webrtc;
    bool stopping;
    unsigned running; /* calls in flight */

    /* The result */
    uint64_t started, errors, done;
    unsigned lost; /* connections that the server ended */
    char first_error[256];
    uint32_t *samples; /* latency in ns, one per successful call */
    size_t samples_room;
    double elapsed;     /* s */
    uint32_t *connects; /* over WebRTC: ns that each of `connected` took */
    unsigned connected;
};

uint64_t load_now_ns(void);
void load_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Fills body and headers from the options. */
void load_init(struct load *load);

/* Connects all; false when the server refuses the first. Dies when it refuses a later one. */
bool load_open(struct load *load);

/* Calls until time or number is up, then waits for the calls in flight. Connections stay open. */
void load_run(struct load *load);

void load_close(struct load *load);

/* The same over WebRTC; opening dies when the server can't be reached that way. */
void load_webrtc_open(struct load *load);
void load_webrtc_run(struct load *load);
void load_webrtc_hold(struct load *load); /* keeps the connections alive until stdin ends */
void load_webrtc_close(struct load *load);

/* For both kinds: what became of a call, and whether there shall be another. */
void load_keep_sample(struct load *load, uint64_t ns);
void load_keep_error(struct load *load, const char *text);
bool load_wants_more(const struct load *load);

#endif
