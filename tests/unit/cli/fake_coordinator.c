/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cli/commands.h"
#include "cli_test.h"
#include "client/chain.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "fake_coordinator.h"

#define MESSAGE_MAX ((size_t)1 << 20)

/* --- answering; on the server's thread --- */

static void put_quote(struct fake *fake, struct mr_buf *out)
{
	MR_AUTO(buf) struct mr_buf chain = { 0 };

	mr_buf_init(&chain, MESSAGE_MAX);
	fake_put_chain(fake, &chain);
	mr_buf_put_cstr(out, "{\"cert\":");
	mr_json_put_str(out, mr_buf_str(&chain));
	mr_buf_printf(out, ",\"quote\":\"%s\"}", fake->quote ? fake->quote : "");
}

static const struct fake_route *find_route(const struct fake *fake, struct mr_str request)
{
	for (size_t i = 0; i < fake->route_count; i++) {
		if (mr_str_eq(mr_str_of(fake->routes[i].request), request))
			return &fake->routes[i];
	}
	return NULL;
}

static void answer(struct fake *fake, struct mr_str request, struct mr_buf *out)
{
	const struct fake_route *route = find_route(fake, request);
	MR_AUTO(buf) struct mr_buf body = { 0 };
	int status = route ? route->status : 404;

	mr_buf_init(&body, MESSAGE_MAX);
	if (!route && mr_str_starts(request, MR_STR("GET /api/v2/quote"))) {
		status = 200;
		mr_buf_put_cstr(&body, "{\"status\":\"success\",\"data\":");
		put_quote(fake, &body);
		mr_buf_put_u8(&body, '}');
	} else if (route && status == 200) {
		mr_buf_printf(&body, "{\"status\":\"success\",\"data\":%s}", route->body);
	} else if (route && route->body) {
		mr_buf_put_cstr(&body, route->body);
	}
	mr_buf_printf(out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n", status, body.len);
	if (route && route->location)
		mr_buf_printf(out, "Location: %s\r\n", route->location);
	mr_buf_put_cstr(out, "\r\n");
	mr_buf_put_bytes(out, mr_buf_bytes(&body));
}

static size_t announced(const struct mr_buf *head)
{
	const char *length = strstr((const char *)head->data, "Content-Length: ");
	size_t n = 0;

	for (const char *at = length ? length + 16 : ""; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (size_t)(*at - '0');
	return n;
}

static void serve(struct stub_peer *peer)
{
	struct fake *fake = peer->stub->context;

	for (;;) {
		MR_AUTO(buf) struct mr_buf head = { 0 };
		MR_AUTO(buf) struct mr_buf reply = { 0 };
		MR_AUTO(buf) struct mr_buf body = { 0 };
		uint8_t byte;

		mr_buf_init(&head, MESSAGE_MAX);
		mr_buf_init(&reply, MESSAGE_MAX);
		mr_buf_init(&body, MESSAGE_MAX);
		while (!mr_str_ends(mr_buf_str(&head), MR_STR("\r\n\r\n"))) {
			if (stub_read(peer, &byte, 1) == 0)
				return;
			mr_buf_put_u8(&head, byte);
		}
		mr_buf_put_u8(&head, 0);
		for (size_t n = announced(&head); body.len < n && stub_read(peer, &byte, 1) == 1;)
			mr_buf_put_u8(&body, byte);
		struct mr_str request = mr_buf_str(&head);
		request.len = mr_str_find(request, '\r', 0) - strlen(" HTTP/1.1");
		pthread_mutex_lock(&fake->lock);
		mr_buf_put_str(&fake->seen, request);
		if (body.len > 0)
			mr_buf_printf(&fake->seen, " %.*s", MR_STR_ARGS(mr_buf_str(&body)));
		mr_buf_put_u8(&fake->seen, '\n');
		answer(fake, request, &reply);
		pthread_mutex_unlock(&fake->lock);
		if (!stub_write(peer, mr_buf_bytes(&reply)))
			return;
	}
}

/* --- for tests --- */

void fake_put_chain(const struct fake *fake, struct mr_buf *out)
{
	mr_pem_encode(out, "CERTIFICATE", fake->intermediate.cert.der);
	mr_pem_encode(out, "CERTIFICATE", fake->root.cert.der);
}

void fake_start(struct fake *fake)
{
	*fake = (struct fake){ .stub = { .serve = serve, .context = fake } };
	test_identity_make(&fake->root, &(struct test_profile){ .name = "fake root", .ca = true });
	test_identity_make(&fake->intermediate,
		&(struct test_profile){
			.name = "fake intermediate", .ca = true, .issuer = &fake->root });
	pthread_mutex_init(&fake->lock, NULL);
	mr_buf_init(&fake->seen, MESSAGE_MAX);
	fake->stub.identity = fake->root.tls;
	stub_start(&fake->stub);
}

void fake_stop(struct fake *fake)
{
	stub_stop(&fake->stub);
	test_identity_done(&fake->root);
	test_identity_done(&fake->intermediate);
	pthread_mutex_destroy(&fake->lock);
	mr_buf_done(&fake->seen);
}

void fake_set(struct fake *fake, const struct fake_route *routes, size_t count)
{
	pthread_mutex_lock(&fake->lock);
	fake->routes = routes;
	fake->route_count = count;
	mr_buf_clear(&fake->seen);
	pthread_mutex_unlock(&fake->lock);
}

void fake_check_seen(struct fake *fake, const char *lines)
{
	pthread_mutex_lock(&fake->lock);
	bool good = mr_str_eq(mr_buf_str(&fake->seen), mr_str_of(lines));
	if (!good)
		print_error("seen: %.*s\n", MR_STR_ARGS(mr_buf_str(&fake->seen)));
	mr_buf_clear(&fake->seen);
	pthread_mutex_unlock(&fake->lock);
	assert_true(good);
}

static const char *fill_in(const struct fake *fake, const char *text, struct mr_buf *room)
{
	const char *host;

	mr_buf_init(room, MESSAGE_MAX);
	for (; (host = strstr(text, "HOST")) != NULL; text = host + 4) {
		mr_buf_put(room, text, (size_t)(host - text));
		mr_buf_put_cstr(room, fake->stub.address);
	}
	mr_buf_put_cstr(room, text);
	mr_buf_put_u8(room, 0);
	return (const char *)room->data;
}

void fake_expect(struct fake *fake, const char *line, int status, const char *out, const char *err)
{
	MR_AUTO(buf) struct mr_buf line_room = { 0 };
	MR_AUTO(buf) struct mr_buf out_room = { 0 };
	MR_AUTO(buf) struct mr_buf err_room = { 0 };

	cli_test_expect(&mr_cmd_root, fill_in(fake, line, &line_room), status,
		fill_in(fake, out, &out_room), fill_in(fake, err, &err_room));
}

void fake_trust(const struct fake *fake)
{
	MR_AUTO(arena) struct mr_arena arena = { 0 };
	struct mr_chain chain = { fake->intermediate.cert, fake->root.cert };
	struct mr_error err;

	mr_arena_init(&arena, 1 << 16);
	assert_false(mr_failed(mr_cache_write(mr_cache_default_path(&arena), &chain, &err)));
}
