/* SPDX-License-Identifier: Apache-2.0
 *
 * The load generator's command line. Prints one line of JSON.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum mode { MEASURE, HOLD, START };

static const char usage[] =
    "usage: bench-load --address IP:PORT|unix:PATH --path /PACKAGE.SERVICE/METHOD [--message HEX]\n"
    "         [--connections N] [--streams M] [--seconds S | --calls N]\n"
    "  keeps N x M calls in flight; prints calls, errors, rate and latency\n"
    "bench-load ... --page\n"
    "  takes any answer for a success, for servers that aren't gRPC's\n"
    "bench-load ... --webrtc\n"
    "  over WebRTC; prints how long connecting took, too\n"
    "bench-load ... --hold\n"
    "  calls once on every stream, prints, keeps the idle connections until stdin ends\n"
    "bench-load ... --start SERVER [ARGUMENT]...\n"
    "  starts the server, prints when the first call succeeded, ends the server by SIGTERM\n";

void load_die(const char *format, ...)
{
    va_list args;

    fputs("bench-load: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* ---- result ---- */

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static double percentile_us(const struct load *load, double share)
{
    if (load->done == 0)
        return 0;
    return load->samples[(uint64_t)((double)(load->done - 1) * share)] / 1e3;
}

static double mean_us(const struct load *load)
{
    double sum = 0;

    for (uint64_t i = 0; i < load->done; i++)
        sum += load->samples[i];
    return load->done ? sum / (double)load->done / 1e3 : 0;
}

/* The median. */
static double connect_ms(struct load *load)
{
    unsigned middle = load->connected / 2;

    if (load->connected == 0)
        return 0;
    qsort(load->connects, load->connected, sizeof(*load->connects), compare);
    return load->connects[middle] / 1e6;
}

/* A server's text may hold anything; what would need escaping in JSON becomes a '?'. */
static const char *plain(char *text)
{
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c == '"' || *c == '\\')
            *c = '?';
    return text;
}

static void print_result(struct load *load)
{
    qsort(load->samples, load->done, sizeof(*load->samples), compare);
    printf("{\"calls\": %llu, \"errors\": %llu, \"lost\": %u, \"seconds\": %.4f, "
           "\"per_second\": %.0f, \"mean_us\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"connect_ms\": %.3f, \"first_error\": \"%s\"}\n",
           (unsigned long long)load->done, (unsigned long long)load->errors, load->lost,
           load->elapsed, (double)load->done / load->elapsed, mean_us(load),
           percentile_us(load, 0.5), percentile_us(load, 0.99), connect_ms(load),
           plain(load->first_error));
    fflush(stdout);
}

/* ---- modes ---- */

static bool has_failed(const struct load *load)
{
    return load->errors > 0 || load->done == 0;
}

static int measure_webrtc(struct load *load, bool hold)
{
    load->options.once = hold;
    load_webrtc_open(load);
    load_webrtc_run(load);
    print_result(load);
    if (hold)
        load_webrtc_hold(load);
    int failed = has_failed(load);
    load_webrtc_close(load);
    return failed;
}

static int measure(struct load *load, bool hold)
{
    char rest[256];

    load->options.once = hold;
    load_init(load);
    if (!load_open(load))
        load_die("connection refused: %s", strerror(errno));
    load_run(load);
    print_result(load);
    while (hold && read(STDIN_FILENO, rest, sizeof(rest)) > 0)
        ;
    int failed = has_failed(load);
    load_close(load);
    return failed;
}

static pid_t spawn(char **command)
{
    pid_t pid = fork();

    if (pid < 0)
        load_die("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    execv(command[0], command);
    load_die("%s: %s", command[0], strerror(errno));
}

/* One connection, one call. */
static bool answers(const struct load_options *options)
{
    struct load load = {.options = *options};

    load.options.connections = load.options.streams = 1;
    load.options.once = true;
    load.options.seconds = 5;
    load_init(&load);
    if (load_open(&load))
        load_run(&load);
    bool answered = load.done == 1;
    load_close(&load);
    return answered;
}

static int start(const struct load_options *options, char **command)
{
    struct timespec pause = {.tv_nsec = 200000};
    uint64_t begin = load_now_ns(), limit = begin + 60000000000ULL;
    pid_t pid = spawn(command);
    int status;

    while (!answers(options)) {
        if (load_now_ns() > limit || waitpid(pid, &status, WNOHANG))
            load_die("%s does not serve", command[0]);
        nanosleep(&pause, NULL);
    }
    printf("{\"start_ms\": %.3f}\n", (double)(load_now_ns() - begin) / 1e6);
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    return status != 0;
}

/* ---- options ---- */

static void parse_address(struct load_options *options, const char *text)
{
    char host[64];
    unsigned port;

    if (strncmp(text, "unix:", 5) == 0) {
        struct sockaddr_un *address = &options->address.un;

        options->authority = "localhost";
        address->sun_family = AF_UNIX;
        if (strlen(text + 5) >= sizeof(address->sun_path))
            load_die("address %s: too long", text);
        strcpy(address->sun_path, text + 5);
        return;
    }
    options->authority = text;
    options->address.in.sin_family = AF_INET;
    if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 65535 ||
        inet_pton(AF_INET, host, &options->address.in.sin_addr) != 1)
        load_die("address %s: IPv4:PORT or unix:PATH expected", text);
    options->address.in.sin_port = htons((uint16_t)port);
}

static void parse_message(struct load_options *options, const char *hex)
{
    size_t len = strlen(hex) / 2;
    unsigned byte;

    if (len > sizeof(options->message) || strlen(hex) % 2)
        load_die("message: pairs of hex digits expected, %zu bytes at most",
                 sizeof(options->message));
    for (options->message_len = 0; options->message_len < len; hex += 2) {
        if (sscanf(hex, "%2x", &byte) != 1)
            load_die("message: not hex: %.2s", hex);
        options->message[options->message_len++] = (uint8_t)byte;
    }
}

static unsigned parse_count(const char *text, unsigned max)
{
    char *end;
    unsigned long count = strtoul(text, &end, 10);

    if (*end || count == 0 || count > max)
        load_die("%s: a number from 1 to %u expected", text, max);
    return (unsigned)count;
}

static const struct option option_table[] = {
    {"address", required_argument, NULL, 'a'}, {"path", required_argument, NULL, 'p'},
    {"message", required_argument, NULL, 'm'}, {"connections", required_argument, NULL, 'c'},
    {"streams", required_argument, NULL, 's'}, {"seconds", required_argument, NULL, 't'},
    {"calls", required_argument, NULL, 'n'},   {"hold", no_argument, NULL, 'h'},
    {"page", no_argument, NULL, 'g'},          {"start", no_argument, NULL, 'b'},
    {"webrtc", no_argument, NULL, 'w'},        {0},
};

static void parse_option(struct load_options *options, enum mode *mode, int option)
{
    switch (option) {
    case 'a':
        parse_address(options, optarg);
        break;
    case 'p':
        options->path = optarg;
        break;
    case 'm':
        parse_message(options, optarg);
        break;
    case 'c':
        options->connections = parse_count(optarg, 10000);
        break;
    case 's':
        options->streams = parse_count(optarg, 1000);
        break;
    case 't':
        options->seconds = parse_count(optarg, 3600);
        break;
    case 'n':
        options->calls = parse_count(optarg, 1000000000);
        options->seconds = 3600;
        break;
    case 'g':
        options->page = true;
        break;
    case 'w':
        options->webrtc = true;
        break;
    case 'h':
        *mode = HOLD;
        break;
    case 'b':
        *mode = START;
        break;
    default:
        fputs(usage, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct load load;
    struct load_options *options = &load.options;
    enum mode mode = MEASURE;
    int option;

    options->connections = options->streams = 1;
    options->seconds = 5;
    while ((option = getopt_long(argc, argv, "+", option_table, NULL)) != -1)
        parse_option(options, &mode, option);
    if (!options->authority || !options->path || (mode == START) != (optind < argc)) {
        fputs(usage, stderr);
        return 2;
    }
    if (mode == START)
        return start(options, argv + optind);
    return options->webrtc ? measure_webrtc(&load, mode == HOLD) : measure(&load, mode == HOLD);
}
