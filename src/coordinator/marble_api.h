/* SPDX-License-Identifier: Apache-2.0 */
/* Marble API: rpc.Marble/Activate (30 §2) between the gRPC server and the activation: decoding, threads, logs. */
#ifndef MR_COORDINATOR_MARBLE_API_H
#define MR_COORDINATOR_MARBLE_API_H

#include "coordinator/core.h"
#include "net/grpc.h"

/* Handles one call; on the loop, without blocking. */
void mr_marble_api_activate(struct mr_core *core, struct mr_grpc_call *call);
/* Any call of the port has been answered (30 §2.7). */
void mr_marble_api_finished(struct mr_core *core, struct mr_str method, enum mr_grpc_status status);

#endif
