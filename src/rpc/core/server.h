/* SPDX-License-Identifier: Apache-2.0
 *
 * The server side of calls, the same for every transport: method tables, interceptors, routing to
 * resources, decoding and encoding. Transports drive it by the sn_server_* functions of
 * rpc/core/transport.h. Loop thread.
 *
 * The way of a call: headers arrive -> method row -> interceptors `at_headers`; first message
 * arrives -> the resource's name is read out of the raw bytes and routed -> interceptors
 * `at_message` -> decoded into the call's arena -> handler; its end -> response, trailers,
 * interceptors `at_end`.
 */
#ifndef SN_RPC_SERVER_H
#define SN_RPC_SERVER_H

#include "rpc/core/transport.h"
#include "sinew/duplex.h"
#include "sinew/list.h"
#include "sinew/pb.h"
#include "sinew/resource.h"
#include "sinew/timers.h"

struct sn_pb_schema; /* "wire/pb/schema.h" */
struct sn_rpc;

enum sn_handler_flag {
    SN_HANDLER_RESERVED = 1, /* past limits: what stops a machine must always get through */
};

/* A row of a service's method table. `self` is the resource the message named, or the service's own
 * `self`.
 *
 * Unary: fills `response` (zeroed, of the method's type) and completes like any operation.
 * Server stream: `response` is NULL; sn_rpc_send() for each message, then completes.
 * Client and bidi streams: called at the first message; it sets rpc->on_message and on_half_close
 * for what follows, at once or when its turn in the lane has come: what arrives earlier waits
 * within the transport's window. sn_rpc_duplex() does all that. */
typedef int (*sn_handle_fn)(struct sn_rpc *rpc, void *self, const void *request, void *response);

struct sn_handler {
    const char *method;
    sn_handle_fn handle;
    uint8_t flags;
    uint32_t name_path[2]; /* field numbers to the resource's name; {0}: field 1 */
    /* When there is no such resource: put before the text, or, with a "%s" for the name asked for,
     * the text itself. May be NULL. */
    const char *unrouted;
};

struct sn_service {
    const char *api; /* "rdk:component:motor"; NULL: not of a resource */
    const struct sn_pb_service *pb;
    const struct sn_handler *handlers; /* ends with a row whose method is NULL */
};

/* A method as registered. */
struct sn_method {
    struct sn_str path; /* "/viam.component.motor.v1.MotorService/SetPower" */
    const struct sn_service *service;
    const struct sn_pb_method *pb;
    const struct sn_handler *handler; /* NULL: not implemented */
    void *self;
    struct sn_foreign *foreign; /* whose it is, pinned by each call (rpc/core/foreign.h); or NULL */
};

struct sn_rpc {
    struct sn_call call; /* first */
    struct sn_arena arena;
    struct sn_server *server;
    struct sn_server_stream *stream; /* NULL when the peer is gone */
    struct sn_peer *peer;
    const struct sn_method *method;
    struct sn_metadata metadata;          /* the peer's */
    struct sn_str entity;                 /* who calls, as the gate found */
    struct sn_metadata headers, trailers; /* ours; fill before the first send and the end */
    struct sn_resource *resource;         /* the one named, pinned; NULL for other services */
    const void *request;                  /* first message, decoded */
    const char *complaint;                /* put before the text of an UNKNOWN end, or NULL */
    struct sn_operation *operation;       /* robot/operation.h's; NULL for calls that aren't one */
    uint32_t *limit;                      /* robot/limit.h's: the count it is part of */
    uint64_t begun_ns;                    /* robot/metrics.h's: when it came */

    /* Set by the handler of a client or bidi stream; each may end the call. The message lives
     * during the callback. */
    void (*on_message)(struct sn_rpc *rpc, const void *request);
    void (*on_half_close)(struct sn_rpc *rpc);
    void (*on_writable)(struct sn_rpc *rpc); /* the queue of responses fell below low water */

    /* Private to server.c */
    struct sn_list link; /* sn_server.rpcs */
    struct sn_timer deadline, ready;
    void *response;
    struct sn_duplex *duplex;            /* sn_rpc_duplex() */
    struct sn_relay *relay;              /* of a call that is passed on */
    struct sn_str first;                 /* its first message, while it begins */
    struct sn_message *held, **held_end; /* messages whose turn has not come */
    int forced;                          /* code to end with, whatever the operation says */
    uint8_t passed;                      /* interceptors that saw the headers */
    uint8_t state;                       /* enum rpc_state */
    bool headers_sent;                   /* or not to be sent any more */
    bool half_closed, told_half_close;
    bool delivering; /* held messages: the memory is in use */
};

/* Sends one message of a stream, headers before the first. RESOURCE_EXHAUSTED when the peer reads
 * too slowly and SN_RPC_QUEUE_MAX bytes wait (the handler should end the call with it); UNAVAILABLE
 * when the peer is gone. */
int sn_rpc_send(struct sn_rpc *rpc, const void *response) SN_MUST_USE;
enum { SN_RPC_QUEUE_MAX = 4 << 20 };

/* Carries out a client or bidi stream by an op with a duplex: the body of its handler. */
typedef int (*sn_duplex_fn)(struct sn_call *call, void *self, const void *request, void *response,
                            struct sn_duplex *duplex);
int sn_rpc_duplex(struct sn_rpc *rpc, void *self, const void *request, void *response,
                  sn_duplex_fn op) SN_MUST_USE;

static inline struct sn_rpc *sn_rpc_of(struct sn_call *call)
{
    return (struct sn_rpc *)call;
}

/* What every call passes, in the order of their table. A function that returns an error ends the
 * call with it. All slots are optional. */
struct sn_interceptor {
    const char *name;
    int (*at_headers)(void *owner, struct sn_rpc *rpc);
    int (*at_message)(void *owner, struct sn_rpc *rpc); /* the resource is known by now */
    /* For each call whose headers it let pass; before the response is sent. */
    void (*at_end)(void *owner, struct sn_rpc *rpc, int code);
    void *owner;
};

struct sn_router {
    /* Finds the resource and takes a reference for the caller; or fails with a text (rpc->call). */
    int (*find)(struct sn_router *router, struct sn_rpc *rpc, const char *api, struct sn_str name,
                struct sn_resource **ret_resource);
    /* Whether there is anything of that foreign API: to clients it isn't served before. Optional.
     */
    bool (*has)(struct sn_router *router, const char *api);
    /* What a relayed unary call with an empty response ends with: the text of an UNKNOWN, "%s" in
     * it being the resource's name; NULL: with that response. Optional. */
    const char *(*hollow)(const struct sn_method *method);
};

/* Who may call at all: asked first of every call, of methods that don't exist too. */
struct sn_gate {
    /* Lets a call in and tells who calls ("": nobody in particular; borrowed until the gate is
     * asked again), or refuses it with a code and text. `peer` may be NULL. */
    int (*admit)(struct sn_gate *gate, const struct sn_peer *peer, struct sn_str path,
                 const struct sn_metadata *metadata, struct sn_str *ret_entity,
                 struct sn_error *error);
};

struct sn_server_config {
    struct sn_env *env;
    struct sn_gate *gate; /* NULL: everybody may */
    struct sn_router *router;
    const struct sn_interceptor *interceptors;
    size_t interceptor_count;
    uint64_t unary_timeout_ns; /* for unary calls without a deadline */
};

/* The config is copied, what it points to must outlive the server. NULL without memory. */
struct sn_server *sn_server_create(const struct sn_server_config *config) SN_MUST_USE;

/* No call may be left. Accepts NULL. */
void sn_server_destroy(struct sn_server *server);

/* Registers a service, while calls run too. `self` goes to handlers of services that aren't of a
 * resource. Asserts that every handler names a method. */
int sn_server_add(struct sn_server *server, const struct sn_service *service, void *self)
    SN_MUST_USE;

/* Says where services are declared that aren't in this program's schema, for reflection. `schema`
 * must outlive the server. RESOURCE_EXHAUSTED. */
int sn_server_describe(struct sn_server *server, const struct sn_pb_schema *schema) SN_MUST_USE;

/* Those, then those of foreign services; NULL past the last. */
const struct sn_pb_schema *sn_server_schema(const struct sn_server *server, size_t index);

/* NULL when there is none. One of a foreign service is gone with that. */
const struct sn_method *sn_server_find(const struct sn_server *server, struct sn_str path);

/* What is registered, in that order; foreign services come last. */
size_t sn_server_service_count(const struct sn_server *server);
const struct sn_service *sn_server_service(const struct sn_server *server, size_t index);

/* Running calls: sn_rpc.link */
struct sn_list *sn_server_rpcs(struct sn_server *server);

/* Cancels what clients asked of a resource, which is closing: its driver must not see an op after
 * its close. */
void sn_server_cancel_resource(struct sn_server *server, const struct sn_resource *resource);

/* Cancels all running calls. */
void sn_server_cancel_all(struct sn_server *server);

#endif
