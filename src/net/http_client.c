/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "net/http_client_internal.h"
#include "net/stream_client.h"
#include "net/tls_client.h"

#define DEFAULT_MAX_BODY ((size_t)64 << 20)
#define DEFAULT_CONNECT_MS 20000
#define DEFAULT_REQUEST_MS 120000
#define READ_SIZE ((size_t)16 << 10)
#define HEAD_MAX ((size_t)64 << 10)
#define FIELDS_MAX 64

struct mr_http_client {
	char *endpoint;
	char host[256], port[8];
	struct mr_tls_client_config tls;
	bool plain;
	size_t max_body;
	int64_t connect_ms, request_ms;
	struct mr_stream_client *kept; /* NULL: none */
	uint8_t buffer[READ_SIZE];
};

mr_result mr_http_client_new(const struct mr_http_client_config *config,
	struct mr_http_client **ret, struct mr_error *err)
{
	struct mr_http_client *c = calloc(1, sizeof *c);
	mr_result r;

	if (!c)
		return mr_fail_nomem(err);
	c->tls = config->tls;
	c->tls.host = c->host;
	c->plain = config->plain;
	c->max_body = config->max_body ? config->max_body : DEFAULT_MAX_BODY;
	c->connect_ms = config->connect_ms ? config->connect_ms : DEFAULT_CONNECT_MS;
	c->request_ms = config->request_ms ? config->request_ms : DEFAULT_REQUEST_MS;
	r = mr_split_host_port(
		config->endpoint, config->plain ? "80" : "443", c->host, c->port, err);
	if (!mr_failed(r)) {
		c->endpoint = strdup(config->endpoint);
		r = c->endpoint ? MR_OK : mr_fail_nomem(err);
	}
	if (mr_failed(r)) {
		mr_http_client_free(c);
		return r;
	}
	*ret = c;
	return MR_OK;
}

static void drop_connection(struct mr_http_client *c)
{
	mr_stream_client_free(c->kept);
	c->kept = NULL;
}

void mr_http_client_free(struct mr_http_client *c)
{
	if (!c)
		return;
	drop_connection(c);
	free(c->endpoint);
	mr_wipe(c->buffer, sizeof c->buffer);
	free(c);
}

void mr_http_answer_done(struct mr_http_answer *answer)
{
	mr_buf_done(&answer->head);
	mr_buf_done(&answer->body);
}

bool mr_http_answer_field(
	const struct mr_http_answer *answer, struct mr_str name, struct mr_str *ret)
{
	struct mr_http_header fields[MR_HTTP_FIELDS_MAX];
	const struct mr_http_header *found;
	struct mr_http_head head;
	struct mr_error err;

	if (mr_failed(mr_http_parse_response(
		    mr_buf_str(&answer->head), true, fields, MR_COUNT(fields), &head, &err)))
		return false;
	found = mr_http_field(head.headers, head.header_count, name);
	if (found)
		*ret = found->value;
	return found != NULL;
}

/* --- the request --- */

/* Nothing that could end a line or a part of it may come from a caller's text. */
static bool is_visible(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7F)
			return false;
	}
	return true;
}

static bool is_field(const struct mr_http_header *field)
{
	for (size_t i = 0; i < field->name.len; i++) {
		if (!mr_http_is_token(field->name.ptr[i]))
			return false;
	}
	for (size_t i = 0; i < field->value.len; i++) {
		if (!mr_http_is_value(field->value.ptr[i]))
			return false;
	}
	return field->name.len > 0;
}

static mr_result put_request(struct mr_buf *out, const struct mr_http_client *c,
	const struct mr_http_sending *s, struct mr_error *err)
{
	if (!is_visible(s->method) || !is_visible(s->target) || s->target[0] != '/' ||
		!is_visible(c->endpoint))
		return mr_fail(err, MR_CODE_INVALID, "invalid request target");
	mr_buf_printf(out,
		"%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: marblerun-c/" MR_VERSION "\r\n",
		s->method, s->target, c->endpoint);
	for (size_t i = 0; i < s->count; i++) {
		if (s->count > FIELDS_MAX || !is_field(&s->fields[i]))
			return mr_fail(err, MR_CODE_INVALID, "invalid request header field");
		mr_buf_put_str(out, s->fields[i].name);
		mr_buf_put_cstr(out, ": ");
		mr_buf_put_str(out, s->fields[i].value);
		mr_buf_put_cstr(out, "\r\n");
	}
	if (s->body.len > 0 || strcmp(s->method, "GET") != 0)
		mr_buf_printf(out, "Content-Length: %zu\r\n", s->body.len);
	mr_buf_put_cstr(out, "\r\n");
	return mr_buf_status(out, err);
}

static mr_result send_request(struct mr_http_client *c, const struct mr_http_sending *s,
	int64_t deadline_ms, struct mr_error *err)
{
	MR_AUTO(buf) struct mr_buf head = { 0 };

	/* it may carry a token */
	mr_buf_init_secret(&head, HEAD_MAX);
	MR_TRY(put_request(&head, c, s, err));
	MR_TRY(mr_stream_client_write(c->kept, mr_buf_bytes(&head), deadline_ms, err));
	return mr_stream_client_write(c->kept, s->body, deadline_ms, err);
}

/* --- the answer --- */

static mr_result read_answer(struct mr_http_client *c, struct mr_http_reading *reading,
	int64_t deadline_ms, struct mr_error *err)
{
	while (!reading->complete) {
		size_t n = 0;

		MR_TRY(mr_stream_client_read(
			c->kept, c->buffer, sizeof c->buffer, deadline_ms, &n, err));
		if (n == 0)
			MR_TRY(mr_http_reading_close(reading, err));
		else
			MR_TRY(mr_http_reading_take(reading, mr_bytes_of(c->buffer, n), err));
	}
	return MR_OK;
}

/* Is the kept connection of use? A server that has closed it, or says something unasked, is not. */
static bool is_idle(struct mr_http_client *c)
{
	struct mr_error err;
	size_t n;

	return mr_stream_client_read(c->kept, c->buffer, 1, 0, &n, &err).code == MR_CODE_DEADLINE;
}

static mr_result connect_if_needed(
	struct mr_http_client *c, int64_t deadline_ms, struct mr_error *err)
{
	int64_t connect_ms = mr_clock_monotonic_ms() + c->connect_ms;

	if (c->kept && !is_idle(c))
		drop_connection(c);
	if (c->kept)
		return MR_OK;
	return mr_stream_client_connect(c->host, c->port, c->plain ? NULL : &c->tls,
		connect_ms < deadline_ms ? connect_ms : deadline_ms, &c->kept, err);
}

static mr_result exchange(struct mr_http_client *c, const struct mr_http_sending *s,
	struct mr_http_answer *answer, int64_t deadline_ms, bool *ret_again, struct mr_error *err)
{
	bool old = c->kept != NULL;
	struct mr_http_reading reading;
	mr_result r;

	MR_TRY(connect_if_needed(c, deadline_ms, err));
	old = old && c->kept;
	mr_http_reading_init(&reading, answer, strcmp(s->method, "HEAD") == 0, c->max_body);
	r = send_request(c, s, deadline_ms, err);
	if (!mr_failed(r))
		r = read_answer(c, &reading, deadline_ms, err);
	if (mr_failed(r) || !reading.reusable)
		drop_connection(c);
	*ret_again = mr_failed(r) && old && !reading.started && r.code != MR_CODE_DEADLINE;
	mr_wipe(c->buffer, sizeof c->buffer);
	return r;
}

static mr_result run(struct mr_http_client *c, const struct mr_http_sending *s,
	struct mr_http_answer *ret, struct mr_error *err)
{
	MR_AUTO(http_answer) struct mr_http_answer answer = { 0 };
	int64_t deadline_ms = mr_clock_monotonic_ms() + c->request_ms;
	bool again = false;
	mr_result r = exchange(c, s, &answer, deadline_ms, &again, err);

	/* the server may have closed the kept connection just then */
	if (mr_failed(r) && again && strcmp(s->method, "GET") == 0) {
		mr_http_answer_done(&answer);
		r = exchange(c, s, &answer, deadline_ms, &again, err);
	}
	if (mr_failed(r))
		return r;
	*ret = answer;
	answer = (struct mr_http_answer){ 0 };
	return MR_OK;
}

mr_result mr_http_client_request_with(struct mr_http_client *c, const char *method,
	const char *target, const struct mr_http_header *fields, size_t count, struct mr_bytes body,
	struct mr_http_answer *ret, struct mr_error *err)
{
	const struct mr_http_sending sending = { method, target, fields, count, body };
	char word[16];
	mr_result r = run(c, &sending, ret, err);

	if (!mr_failed(r))
		return r;
	(void)snprintf(word, sizeof word, "%s", method);
	for (size_t i = 1; i < sizeof word && word[0] && word[i]; i++) {
		if (word[i] >= 'A' && word[i] <= 'Z')
			word[i] = (char)(word[i] - 'A' + 'a');
	}
	return mr_wrap(err, r, "%s \"%s://%s%.1024s\"", word, c->plain ? "http" : "https",
		c->endpoint, target);
}

mr_result mr_http_client_request(struct mr_http_client *c, const char *method, const char *target,
	const char *content_type, struct mr_bytes body, struct mr_http_answer *ret,
	struct mr_error *err)
{
	const struct mr_http_header field = { MR_STR("Content-Type"), mr_str_of(content_type) };

	return mr_http_client_request_with(
		c, method, target, &field, content_type ? 1 : 0, body, ret, err);
}
