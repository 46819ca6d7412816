/* SPDX-License-Identifier: Apache-2.0
 *
 * Reflection's two versions differ in their package's name only, so one set of structs serves both.
 * For the server's and the client's side.
 */
#ifndef SN_RPC_REFLECTION_VERSIONS_H
#define SN_RPC_REFLECTION_VERSIONS_H

#include "pb/grpc/reflection/v1/reflection.h"
#include "pb/grpc/reflection/v1alpha/reflection.h"

_Static_assert(sizeof(struct pb_grpc_reflection_server_reflection_request) ==
                       sizeof(struct pb_grpc_reflection_v1alpha_server_reflection_request) &&
                   sizeof(struct pb_grpc_reflection_server_reflection_response) ==
                       sizeof(struct pb_grpc_reflection_v1alpha_server_reflection_response),
               "v1 and v1alpha are the same");

typedef struct pb_grpc_reflection_server_reflection_request reflection_request;
typedef struct pb_grpc_reflection_server_reflection_response reflection_response;

#define REFLECTION_ASKS(field) PB_GRPC_REFLECTION_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_##field
#define REFLECTION_ANSWERS(field) \
    PB_GRPC_REFLECTION_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_##field

#endif
