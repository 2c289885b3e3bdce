/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/http_server_internal.h"

/* Of all connections: what one peer may take, many may not take together. */
static atomic_size_t total;

/* So much each connection has room for, whatever others hold: an ordinary request. */
#define SMALL ((size_t)4 << 10)

/* Strangers have half of it, so that however many they are there is room for those who are known. */
static bool has_room(const struct mr_http_conn *h, size_t all)
{
	const struct mr_http_server_config *config = h->config;
	size_t max = config->max_total ? config->max_total : (size_t)256 << 20;

	if (all <= max / 2 || !config->knows)
		return all <= max;
	return all <= max && config->knows(config->context, mr_bytes_of(h->peer, h->peer_len));
}

bool mr_http_charge(const struct mr_http_conn *h, size_t *charged, size_t size)
{
	if (size <= *charged) {
		atomic_fetch_sub(&total, *charged - size);
	} else {
		size_t more = size - *charged;
		size_t all = atomic_fetch_add(&total, more) + more;
		if (size > SMALL && !has_room(h, all)) {
			atomic_fetch_sub(&total, more);
			return false;
		}
	}
	*charged = size;
	return true;
}

void mr_http_discharge(size_t *charged)
{
	atomic_fetch_sub(&total, *charged);
	*charged = 0;
}

void mr_http_conn_unref(struct mr_http_conn *h)
{
	if (--h->refs > 0)
		return;
	mr_http_discharge(&h->charged);
	mr_buf_done(&h->in);
	free(h->peer);
	free(h);
}

/* A view of the same text in a copy. */
static struct mr_str moved(struct mr_str s, const char *from, const char *to)
{
	return (struct mr_str){ to + (s.ptr - from), s.len };
}

static size_t max_body(const struct mr_http_server_config *config)
{
	return config->max_body ? config->max_body : (size_t)16 << 20;
}

struct mr_http_exchange *mr_http_exchange_new(struct mr_http_conn *h,
	const struct mr_http_head *head, struct mr_str text, int *ret_status)
{
	size_t table = head->header_count * sizeof(struct mr_http_header);
	size_t size = sizeof(struct mr_http_exchange) + table + text.len;
	size_t charged = 0;
	struct mr_str query;

	*ret_status = 503;
	if (!mr_http_charge(h, &charged, size))
		return NULL;
	struct mr_http_exchange *e = malloc(size);
	*ret_status = 500;
	if (!e) {
		mr_http_discharge(&charged);
		return NULL;
	}
	memset(e, 0, sizeof(*e));
	e->size = e->charged = size;
	e->http = h;
	h->refs++;
	e->loop = mr_conn_loop(h->conn);
	mr_buf_init_secret(&e->body, max_body(h->config));
	mr_buf_init(&e->path, text.len + 1);

	struct mr_http_header *fields = (struct mr_http_header *)(void *)e->data;
	char *copy = (char *)e->data + table;
	memcpy(copy, text.ptr, text.len);
	for (size_t i = 0; i < head->header_count; i++) {
		fields[i].name = moved(head->headers[i].name, text.ptr, copy);
		fields[i].value = moved(head->headers[i].value, text.ptr, copy);
	}
	e->request.headers = fields;
	e->request.header_count = head->header_count;
	e->request.method = moved(head->method, text.ptr, copy);
	struct mr_str target = moved(head->target, text.ptr, copy);
	bool good = mr_http_split_target(e->request.method, target, &e->path, &query);
	if (!good || e->path.failure != MR_CODE_OK) {
		*ret_status = good ? 500 : 400;
		mr_http_exchange_free(e);
		return NULL;
	}
	e->request.path = mr_buf_str(&e->path);
	e->request.query = query;
	e->request.body_error = MR_STR("");
	e->request.peer_certificate = mr_bytes_of(h->peer, h->peer_len);
	e->request.remote = h->remote;
	e->is_head = mr_str_eq(e->request.method, MR_STR("HEAD"));
	e->is_old = head->minor == 0;
	return e;
}

void mr_http_exchange_free(struct mr_http_exchange *e)
{
	if (!e)
		return;
	mr_http_discharge(&e->charged);
	mr_buf_done(&e->body);
	mr_buf_done(&e->path);
	mr_buf_done(&e->response.body);
	mr_http_conn_unref(e->http);
	free(e);
}

int mr_http_exchange_add(struct mr_http_exchange *e, struct mr_bytes piece)
{
	if (!mr_http_charge(e->http, &e->charged, e->charged + piece.len))
		return 503;
	mr_buf_put_bytes(&e->body, piece);
	if (e->body.failure != MR_CODE_OK)
		return e->body.failure == MR_CODE_LIMIT ? 413 : 503;
	e->request.body = mr_buf_bytes(&e->body);
	return 0;
}

const struct mr_http_request *mr_http_request_of(const struct mr_http_exchange *exchange)
{
	return &exchange->request;
}

/* --- answers --- */

/* A head under construction; what does not fit is a fault of ours and cut. */
struct text {
	char at[512];
	size_t len;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	n = n < sizeof(t->at) - t->len ? n : sizeof(t->at) - t->len;
	memcpy(t->at + t->len, s, n);
	t->len += n;
}

static void put_number(struct text *t, size_t n, size_t digits)
{
	char text[24];
	size_t at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0 || sizeof(text) - 1 - at < digits);
	put(t, text + at);
}

/* `Date: Mon, 02 Jan 2006 15:04:05 GMT`, made once a second and thread. */
static void put_date(struct text *t)
{
	static const char days[] = "Thu\0Fri\0Sat\0Sun\0Mon\0Tue\0Wed";
	static const char months[] = "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec";
	static _Thread_local struct text date;
	static _Thread_local int64_t made;
	int64_t now = mr_clock_wall();

	if (now != made) {
		struct mr_civil_time c = mr_clock_civil(now);
		made = now;
		date.len = 0;
		put(&date, "Date: ");
		put(&date, days + 4 * (size_t)(now / 86400 % 7));
		put(&date, ", ");
		put_number(&date, (size_t)c.day, 2);
		put(&date, " ");
		put(&date, months + 4 * (size_t)(c.month - 1));
		put(&date, " ");
		put_number(&date, (size_t)c.year, 4);
		put(&date, " ");
		put_number(&date, (size_t)c.hour, 2);
		put(&date, ":");
		put_number(&date, (size_t)c.minute, 2);
		put(&date, ":");
		put_number(&date, (size_t)c.second, 2);
		put(&date, " GMT\r\n");
		date.at[date.len] = '\0';
	}
	put(t, date.at);
}

void mr_http_put_head(struct mr_http_conn *h, int status, const char *content_type, bool nosniff,
	size_t length, bool to_old)
{
	struct text t = { .len = 0 };

	put(&t, "HTTP/1.1 ");
	put_number(&t, (size_t)status, 3);
	put(&t, " ");
	put(&t, mr_http_reason(status));
	put(&t, "\r\n");
	if (content_type) {
		put(&t, "Content-Type: ");
		put(&t, content_type);
		put(&t, "\r\n");
	}
	if (nosniff)
		put(&t, "X-Content-Type-Options: nosniff\r\n");
	put_date(&t);
	put(&t, "Content-Length: ");
	put_number(&t, length, 1);
	put(&t, h->close_after ? "\r\nConnection: close\r\n\r\n"
		: to_old       ? "\r\nConnection: keep-alive\r\n\r\n"
			       : "\r\n\r\n");
	mr_conn_write(h->conn, mr_bytes_of(t.at, t.len));
}

/* On the loop: the exchange goes back to its connection, or away if that is gone. */
static void give_back(struct mr_http_exchange *e)
{
	if (e->http->conn)
		mr_http_answer(e->http);
	else
		mr_http_exchange_free(e);
}

static void on_answered(struct mr_loop_task *task)
{
	give_back(MR_CONTAINER_OF(task, struct mr_http_exchange, task));
}

void mr_http_respond(struct mr_http_exchange *e, struct mr_http_response *take_response)
{
	e->response = *take_response;
	*take_response = (struct mr_http_response){ .status = 0 };
	if (!e->loop || mr_loop_is_current(e->loop)) {
		give_back(e);
		return;
	}
	e->task.run = on_answered;
	mr_loop_post(e->loop, &e->task);
}
