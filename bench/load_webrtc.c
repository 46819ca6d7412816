/* SPDX-License-Identifier: Apache-2.0
 *
 * The same load over WebRTC, by our own client: connections dialled one after another, each by the
 * server's signaling, then calls on their data channels. One thread.
 */
#include "load.h"

#include "rpc/signaling/dial.h"
#include "sinew/list.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_S = 5, LOOKS_PER_S = 50 };

struct webrtc_stream {
    struct load *load;
    struct sn_channel *channel;
    uint64_t start_ns;
};

struct load_webrtc {
    struct sn_loop *loop;
    struct sn_channel **channels;
    struct webrtc_stream *streams; /* connections x streams */
    struct sn_timer timer;
    bool waiting; /* for a channel, or for one to close */
};

/* ---- calls ---- */

static void start_call(struct webrtc_stream *stream);

static void on_headers(struct sn_client_stream *call, const struct sn_metadata *headers)
{
}

static void on_message(struct sn_client_stream *call, const void *bytes, size_t len)
{
    call->ops->credit(call, len);
}

static void on_trailers(struct sn_client_stream *call, const struct sn_status *status,
                        const struct sn_metadata *trailers)
{
    struct webrtc_stream *stream = call->owner;
    struct load *load = stream->load;
    char text[128];

    load->running--;
    if (status->code == 0) {
        load_keep_sample(load, load_now_ns() - stream->start_ns);
    } else {
        snprintf(text, sizeof(text), "%.*s", SN_STR_ARGS(status->text));
        load_keep_error(load, text);
    }
    if (load_wants_more(load))
        start_call(stream);
    else if (load->running == 0)
        sn_loop_stop(load->webrtc->loop);
}

static void start_call(struct webrtc_stream *stream)
{
    static const struct sn_client_events events = {on_headers, on_message, NULL, on_trailers};
    static const struct sn_metadata none;
    struct load *load = stream->load;
    struct sn_message *message = sn_message_copy(sn_loop_blocks(load->webrtc->loop),
                                                 load->options.message, load->options.message_len);

    stream->start_ns = load_now_ns();
    struct sn_client_stream *call = stream->channel->ops->open(
        stream->channel, &events, stream, sn_str_of(load->options.path), &none, SN_NEVER);
    if (!call || !message)
        load_die("no memory for a call");
    load->started++;
    load->running++;
    call->ops->message(call, message, true);
}

/* ---- connections ---- */

static void on_dialled(void *owner, struct sn_channel *channel, const struct sn_error *error)
{
    struct load *load = owner;

    if (!channel)
        load_die("connection %u: %s", load->connected, error->text);
    load->webrtc->channels[load->connected] = channel;
    load->webrtc->waiting = false;
    sn_loop_stop(load->webrtc->loop);
}

static void dial(struct load *load)
{
    struct sn_machine_options options = {.address = load->options.authority,
                                         .way = SN_MACHINE_WEBRTC};
    struct load_webrtc *webrtc = load->webrtc;
    struct sn_machine_dial *machine;
    struct sn_error error;
    uint64_t start = load_now_ns();

    webrtc->waiting = true;
    if (sn_machine_dial(webrtc->loop, &options, on_dialled, load, &machine, &error))
        load_die("%s", error.text);
    while (webrtc->waiting)
        sn_loop_run(webrtc->loop);
    load->connects[load->connected] = (uint32_t)(load_now_ns() - start);
    for (unsigned i = 0; i < load->options.streams; i++)
        webrtc->streams[load->connected * load->options.streams + i] =
            (struct webrtc_stream){load, webrtc->channels[load->connected], 0};
    load->connected++;
}

void load_webrtc_open(struct load *load)
{
    unsigned count = load->options.connections;
    struct load_webrtc *webrtc = calloc(1, sizeof(*webrtc));

    load->webrtc = webrtc;
    load->connects = calloc(count, sizeof(*load->connects));
    if (!webrtc || !load->connects)
        load_die("no memory for connections");
    webrtc->loop = sn_loop_create();
    webrtc->channels = calloc(count, sizeof(struct sn_channel *));
    webrtc->streams = calloc((size_t)count * load->options.streams, sizeof(*webrtc->streams));
    if (!webrtc->loop || !webrtc->channels || !webrtc->streams)
        load_die("no memory for connections");
    while (load->connected < count)
        dial(load);
}

/* ---- the whole ---- */

static void on_give_up(struct sn_timer *timer)
{
    struct load_webrtc *webrtc = sn_container_of(timer, struct load_webrtc, timer);

    sn_loop_stop(webrtc->loop);
}

static void on_time(struct sn_timer *timer)
{
    struct load_webrtc *webrtc = sn_container_of(timer, struct load_webrtc, timer);

    webrtc->streams->load->stopping = true;
    sn_timer_start(sn_loop_timers(webrtc->loop), timer, SN_SECONDS(DRAIN_S), on_give_up);
}

void load_webrtc_run(struct load *load)
{
    struct load_webrtc *webrtc = load->webrtc;
    uint64_t start = load_now_ns();

    sn_timer_start(sn_loop_timers(webrtc->loop), &webrtc->timer,
                   (uint64_t)(load->options.seconds * 1e9), on_time);
    for (unsigned i = 0; i < load->options.connections * load->options.streams; i++)
        if (load->options.once || load_wants_more(load))
            start_call(&webrtc->streams[i]);
    sn_loop_run(webrtc->loop);
    sn_timer_stop(sn_loop_timers(webrtc->loop), &webrtc->timer);
    load->elapsed = (double)(load_now_ns() - start) / 1e9;
    if (load->running)
        load_keep_error(load, "calls left without an answer");
}

static void on_look(struct sn_timer *timer)
{
    struct load_webrtc *webrtc = sn_container_of(timer, struct load_webrtc, timer);
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char rest[256];

    if (poll(&input, 1, 0) > 0 && read(STDIN_FILENO, rest, sizeof(rest)) <= 0)
        sn_loop_stop(webrtc->loop);
    else
        sn_timer_start(sn_loop_timers(webrtc->loop), timer, SN_SECONDS(1) / LOOKS_PER_S, on_look);
}

void load_webrtc_hold(struct load *load)
{
    struct load_webrtc *webrtc = load->webrtc;

    on_look(&webrtc->timer);
    sn_loop_run(webrtc->loop);
}

static void on_closed(void *owner)
{
    struct load_webrtc *webrtc = owner;

    webrtc->waiting = false;
    sn_loop_stop(webrtc->loop);
}

void load_webrtc_close(struct load *load)
{
    struct load_webrtc *webrtc = load->webrtc;

    for (unsigned i = 0; i < load->connected; i++) {
        webrtc->waiting = true;
        webrtc->channels[i]->ops->close(webrtc->channels[i], on_closed, webrtc);
        while (webrtc->waiting)
            sn_loop_run(webrtc->loop);
    }
    sn_loop_destroy(webrtc->loop);
    free(webrtc->channels);
    free(webrtc->streams);
    free(webrtc);
    free(load->connects);
    free(load->samples);
}
