/* SPDX-License-Identifier: Apache-2.0
 *
 * APIs of one's own: a protobuf service, served by a module, that machines and clients learn of
 * from the module itself. Each request names the resource in a string field `name`.
 *
 *     static const struct sn_custom_method methods[] = {
 *         {"Add", .unary = add},
 *         {0},
 *     };
 *     static const struct sn_custom_api tally = {
 *         .api = "acme:component:tally",
 *         .service = "acme.component.tally.v1.TallyService",
 *         .descriptors = &pb_tally_descriptors,
 *         .pb = &pb_acme_tally_tally_service,
 *         .methods = methods,
 *     };
 *
 * Messages are structs and tables that sinew-pbgen writes; or, without `pb`, bytes, for whoever has
 * another library for protobuf: see sn_custom_bytes(). All functions run on the loop thread and do
 * not block; they are to drivers of that API what the server's own glue is to those of built-in
 * ones.
 */
#ifndef SINEW_CUSTOM_H
#define SINEW_CUSTOM_H

#include "sinew/duplex.h"
#include "sinew/pb.h"
#include "sinew/resource.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who gets a stream of responses. */
struct sn_custom_sink {
    /* Takes a response; SN_ERR_* when it can't (RESOURCE_EXHAUSTED: it reads too slowly): the
     * operation should end with that. */
    int (*send)(struct sn_custom_sink *sink, const void *response);
    struct sn_call *call;
};

/* One of the three, by the method's kind. The resource is of the API. Requests are lent until the
 * call ends, responses come zeroed and may be filled any time before that. */
struct sn_custom_method {
    const char *name;  /* "Add" */
    enum sn_kind kind; /* what the operation is to its resource; SN_READ unless set */
    int (*unary)(struct sn_call *call, struct sn_resource *resource, const void *request,
                 void *response);
    /* The sink lives as long as the call. */
    int (*stream)(struct sn_call *call, struct sn_resource *resource, const void *request,
                  struct sn_custom_sink *sink);
    /* Requests come as a stream. `response` is NULL where the responses are one, too: those go to
     * the duplex. */
    int (*duplex)(struct sn_call *call, struct sn_resource *resource, const void *request,
                  void *response, struct sn_duplex *duplex);
};

struct sn_custom_api {
    const char *api;     /* "acme:component:tally" */
    const char *service; /* full name */
    /* A serialized google.protobuf.FileDescriptorSet (protoc --include_imports
     * --descriptor_set_out) with the service's file and what that imports. */
    const struct sn_str *descriptors;
    const struct sn_pb_service *pb;         /* NULL: messages are bytes */
    const struct sn_custom_method *methods; /* ends with {0}; others answer UNIMPLEMENTED */
};

/* ---- messages that are bytes ---- */

/* What such a message is: all of it is unknown. */
struct sn_custom_message {
    struct sn_pb_unknown fields;
};

/* Its bytes, lent as long as the message. */
static inline struct sn_str sn_custom_bytes(const void *message)
{
    const struct sn_custom_message *m = (const struct sn_custom_message *)message;

    return m->fields.n ? m->fields.v[0] : SN_STR_NULL;
}

/* Makes `bytes` the message; they must live as long. RESOURCE_EXHAUSTED. */
int sn_custom_set(void *message, struct sn_str bytes, struct sn_arena *arena) SN_MUST_USE;

/* ---- calling ---- */

/* Gets the response; it lives as long as the call's arena. Returns what the call ends with. */
typedef int (*sn_custom_reply_fn)(struct sn_call *call, const void *response, void *arg);

/* Gets each response of a stream, lent meanwhile. May cancel the call. */
typedef void (*sn_custom_each_fn)(struct sn_call *call, const void *response, void *arg);

/* Carries `call` out as a method of a custom API, of a resource that sn_dependency() or sn_find()
 * gave: for these always through the machine, also where it is one of this module. `request` is
 * read during this function only. A request names the resource by its `name`. */
int sn_custom_unary(struct sn_call *call, struct sn_resource *resource, const char *method,
                    const void *request, sn_custom_reply_fn reply, void *arg) SN_MUST_USE;
int sn_custom_stream(struct sn_call *call, struct sn_resource *resource, const char *method,
                     const void *request, sn_custom_each_fn each, void *arg) SN_MUST_USE;
/* `request` is the first, the others come through `duplex`, which takes the responses too, or, of a
 * method with one response, `reply` does. */
int sn_custom_duplex(struct sn_call *call, struct sn_resource *resource, const char *method,
                     const void *request, struct sn_duplex *duplex, sn_custom_reply_fn reply,
                     void *arg) SN_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
