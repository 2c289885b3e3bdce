/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server for net_load.py: HTTP over TLS on a port that it prints, until its standard input ends.
 * Every path is answered with `ok`, /connections with the number of open connections.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/cert_write.h"
#include "net/http.h"
#include "net/server.h"

static struct mr_tls_identity *identity;
static struct mr_server *server;

static struct mr_tls_identity *get_identity(void *context)
{
	(void)context;
	return mr_tls_identity_ref(identity);
}

static void handle(void *context, struct mr_http_exchange *e)
{
	struct mr_http_response r = { .status = 200, .content_type = "text/plain" };

	(void)context;
	mr_buf_init(&r.body, 100);
	if (mr_str_eq(mr_http_request_of(e)->path, MR_STR("/connections")))
		mr_buf_put_uint(&r.body, mr_server_connections(server));
	else
		mr_buf_put_cstr(&r.body, "ok");
	mr_http_respond(e, &r);
}

static mr_result make_identity(struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf name = { .max = 1000 }, der = { .max = 10000 };
	MR_AUTO(key) struct mr_key *key = NULL;

	MR_TRY(mr_key_generate(MR_KEY_EC_P256, 0, &key, err));
	mr_name_put_common_name(&name, MR_STR("service"));
	struct mr_cert_profile profile = { .issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = mr_clock_wall() - 60,
		.not_after = mr_clock_wall() + 3600,
		.spki = mr_key_spki(key) };
	MR_TRY(mr_cert_issue(&profile, key, &der, err));
	struct mr_bytes leaf = mr_buf_bytes(&der);
	return mr_tls_identity_new(&leaf, 1, key, &identity, err);
}

static mr_result run(struct mr_error *err)
{
	static const char *const alpn[] = { "http/1.1" };
	struct mr_http_server_config http = { .handle = handle };
	struct mr_tls_server_config config = {
		.alpn = alpn, .alpn_count = 1, .identity = get_identity
	};
	struct mr_server_limits limits = { .max_connections = 4000 };
	struct mr_listener listener = { .address = "127.0.0.1:0",
		.protocol = &mr_http_server_protocol };
	struct mr_tls_server *tls = NULL;
	char address[64];
	char end;

	listener.protocol_context = &http;
	(void)mr_server_raise_descriptor_limit();
	MR_TRY(make_identity(err));
	MR_TRY(mr_tls_server_new(&config, &tls, err));
	listener.tls = tls;
	mr_result r = mr_server_new(2, &limits, NULL, &server, err);
	if (!mr_failed(r))
		r = mr_server_listen(server, &listener, address, err);
	if (!mr_failed(r))
		r = mr_server_start(server, err);
	if (!mr_failed(r)) {
		(void)printf("%s\n", address);
		(void)fflush(stdout);
		while (read(STDIN_FILENO, &end, 1) > 0)
			;
	}
	mr_server_free(server);
	mr_tls_server_free(tls);
	mr_tls_identity_unref(identity);
	return r;
}

int main(void)
{
	struct mr_error err;

	if (!mr_failed(run(&err)))
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "%s\n", err.message);
	return EXIT_FAILURE;
}
