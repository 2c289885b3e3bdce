/* SPDX-License-Identifier: Apache-2.0 */
/* A service for the tests of the gRPC server: it echoes, fails, keeps calls, or answers at
 * length. */
#ifndef MR_TESTS_NET_GRPC_SERVICE_H
#define MR_TESTS_NET_GRPC_SERVICE_H

#include "grpc_pair.h"

#define SERVICE_MAX_KEPT 600

struct service {
	struct mr_grpc_server_config config;
	struct mr_grpc_call *kept[SERVICE_MAX_KEPT]; /* by the method `Keep` */
	size_t kept_count;
	size_t handled;
	size_t finished_count;
	char finished_method[32];
	enum mr_grpc_status finished_status;
	size_t answer_size; /* of the method `Large` */
	struct mr_buf seen_peer;
	char seen_remote[64];
};

/* A service and a connection to it. */
struct fixture {
	struct service service;
	struct pair pair;
};

/* `Activate` echoes, `Deny` fails with PermissionDenied and the message, `Keep`, `Large`. */
void service_init(struct service *s);
void service_reply(struct mr_grpc_call *call, struct mr_bytes content);
/* Answers all calls kept. */
void service_release(struct service *s);

int fixture_set_up(void **state);
int fixture_tear_down(void **state);
/* Ends the connection and opens another one, for a changed configuration. */
void fixture_reopen(struct fixture *f);

#define TEXT(literal) mr_str_bytes(MR_STR(literal))
#define FIELDS(...)                                                                                \
	(const struct pair_field[])                                                                \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			NULL, NULL                                                                 \
		}                                                                                  \
	}

/* Calls with a good frame around the message. */
struct pair_answer *call_with(
	struct fixture *f, const struct pair_field *changes, struct mr_bytes message);
/* An answer in one header block, without a body. */
void check_refusal(
	const struct pair_answer *a, const char *http, const char *status, const char *message);
/* The connection still serves. */
void check_echo(struct fixture *f);

#endif
