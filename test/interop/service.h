/* SPDX-License-Identifier: Apache-2.0
 *
 * grpc.testing.TestService, so that the gRPC project's own interop client can judge rpc/core and
 * its transports; and the load reports that some of its cases look for. Loop thread.
 */
#ifndef SN_TEST_INTEROP_SERVICE_H
#define SN_TEST_INTEROP_SERVICE_H

#include "rpc/core/server.h"

struct pb_grpc_testing_test_orca_report; /* "pb/grpc/testing/test.h" */

extern const struct sn_service sn_interop_service;

/* Puts a load report into the call's trailers; `report` may be NULL. */
int interop_report_call(struct sn_rpc *rpc, const struct pb_grpc_testing_test_orca_report *report)
    SN_MUST_USE;

/* Makes it what is reported outside of calls from now on; `report` may be NULL: no change. */
int interop_report_load(struct sn_call *call, const struct pb_grpc_testing_test_orca_report *report)
    SN_MUST_USE;

extern const struct sn_service sn_interop_orca_service;

#endif
