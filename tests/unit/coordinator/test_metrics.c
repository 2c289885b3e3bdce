/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics and events (20 §12, 30 §2.7): what is counted, how it is written, and its bounds. */
#include "coordinator/metrics.h"

#include <stdlib.h>

#include "coordinator/metrics_api.h"
#include "coordinator_test.h"
#include "fake_api.h"

#define HTTP "server_client_api_http_"

enum { STATUS, SECRETS, UNKNOWN_SETS = 100, EVENTS = 10000 };

static const struct mr_str paths[] = { MR_STR_INIT("/status"), MR_STR_INIT("/secrets") };
static struct mr_metrics *metrics;

static int set_up(void **unused)
{
	struct mr_error err;

	(void)unused;
	return mr_failed(mr_metrics_new(paths, MR_COUNT(paths), &metrics, &err)) ? -1 : 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	mr_metrics_free(metrics);
	return 0;
}

static void written(struct mr_buf *out)
{
	const struct mr_metrics_now now = {
		.state = 3, .simulation = true, .version = "1.2", .commit = "c"
	};

	mr_buf_init(out, 64 << 20);
	mr_metrics_write(metrics, &now, out);
	assert_int_equal(out->failure, MR_CODE_OK);
}

/* There is exactly this line. */
static void assert_line(const struct mr_buf *text, const char *line)
{
	if (!contains(mr_buf_str(text), textf("\n%s\n", line)))
		fail_msg("no line `%s` in\n%.*s", line, (int)text->len, (const char *)text->data);
}

static size_t lines_with(const struct mr_buf *text, const char *part)
{
	struct mr_str all = mr_buf_str(text);
	size_t count = 0;

	for (size_t at = 0; at < all.len;) {
		size_t end = mr_str_find(all, '\n', at);
		count += contains(mr_str_sub(all, at, end), part);
		at = end + 1;
	}
	return count;
}

static void test_nothing_yet(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;

	(void)unused;
	written(&text);
	assert_line(&text, "coordinator_state 3");
	assert_line(&text, "coordinator_simulation 1");
	assert_line(&text, "coordinator_version_info{commit=\"c\",version=\"1.2\"} 0");
	assert_line(&text, HTTP "in_flight_requests{path=\"/status\"} 0");
	assert_int_equal(lines_with(&text, "grpc_server_handled_total{"), 17);
	assert_line(&text, "promhttp_metric_handler_requests_total{code=\"503\"} 0");
	/* families without samples are not there */
	assert_int_equal(lines_with(&text, "coordinator_marble_activations"), 0);
	assert_int_equal(lines_with(&text, HTTP "request_total"), 0);
	assert_int_equal(lines_with(&text, "_histogram_"), 0);
}

static int by_name(const void *a, const void *b)
{
	return mr_str_cmp(*(const struct mr_str *)a, *(const struct mr_str *)b);
}

static void test_families_are_sorted(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;
	struct mr_str names[64];
	struct mr_str sorted[64];
	size_t count = 0;

	(void)unused;
	mr_metrics_activation(metrics, MR_STR("t"), MR_STR("u"), true, false);
	mr_metrics_activation(metrics, MR_STR("t"), MR_STR("u"), true, true);
	mr_metrics_http_begin(metrics, STATUS);
	mr_metrics_http_end(
		metrics, &(struct mr_http_sample){ STATUS, MR_STR("GET"), 200, 1, 1, 1 });
	written(&text);
	struct mr_str all = mr_buf_str(&text);
	for (size_t at = 0; at < all.len;) {
		size_t end = mr_str_find(all, '\n', at);
		struct mr_str line = mr_str_sub(all, at, end);
		static const char type[] = "# TYPE ";
		if (mr_str_starts(line, MR_STR("# TYPE ")))
			names[count++] = mr_str_sub(
				line, sizeof type - 1, mr_str_find(line, ' ', sizeof type - 1));
		at = end + 1;
	}
	assert_int_equal(count, 17);
	memcpy(sorted, names, sizeof names);
	qsort(sorted, count, sizeof *sorted, by_name);
	assert_memory_equal(sorted, names, count * sizeof *names);
}

static void end(
	size_t path, const char *method, int status, int64_t ms, size_t request, size_t response)
{
	mr_metrics_http_begin(metrics, path);
	mr_metrics_http_end(metrics, &(struct mr_http_sample){ path, mr_str_of(method), status,
					     ms * 1000000, request, response });
}

static void test_http(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;

	(void)unused;
	end(STATUS, "GET", 200, 5, 100, 101);
	end(STATUS, "get", 200, 6000, 99, 20000);
	end(SECRETS, "POST", 500, 30, 1001, 1);
	end(SECRETS, "BREW", 405, 30, 1001, 1);
	mr_metrics_http_begin(metrics, SECRETS);
	written(&text);
	assert_line(&text, HTTP "request_total{code=\"200\",method=\"get\",path=\"/status\"} 2");
	assert_line(&text, HTTP "request_total{code=\"500\",method=\"post\",path=\"/secrets\"} 1");
	assert_line(
		&text, HTTP "request_total{code=\"405\",method=\"unknown\",path=\"/secrets\"} 1");
	assert_line(&text, HTTP "in_flight_requests{path=\"/secrets\"} 1");
	assert_line(&text, HTTP "in_flight_requests{path=\"/status\"} 0");
	/* bounds belong to their bucket; buckets add up */
	assert_line(&text, HTTP
		"request_duration_histogram_seconds_bucket{method=\"get\",path=\"/status\",le=\"0.005\"} 1");
	assert_line(&text, HTTP
		"request_duration_histogram_seconds_bucket{method=\"get\",path=\"/status\",le=\"5\"} 1");
	assert_line(&text, HTTP
		"request_duration_histogram_seconds_bucket{method=\"get\",path=\"/status\",le=\"+Inf\"} 2");
	assert_line(&text, HTTP
		"request_duration_histogram_seconds_sum{method=\"get\",path=\"/status\"} 6.005");
	assert_line(&text,
		HTTP "request_duration_histogram_seconds_count{method=\"get\",path=\"/status\"} 2");
	assert_line(
		&text, HTTP "request_size_histogram_bytes_bucket{path=\"/status\",le=\"100\"} 2");
	assert_line(
		&text, HTTP "response_size_histogram_bytes_bucket{path=\"/status\",le=\"100\"} 0");
	assert_line(&text,
		HTTP "response_size_histogram_bytes_bucket{path=\"/status\",le=\"10000\"} 1");
	assert_line(&text, HTTP "response_size_histogram_bytes_sum{path=\"/status\"} 20101");
}

static void test_grpc(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;

	(void)unused;
	for (unsigned i = 0; i < 3; i++)
		mr_metrics_grpc_begin(metrics);
	mr_metrics_grpc_end(metrics, MR_GRPC_OK);
	mr_metrics_grpc_end(metrics, MR_GRPC_PERMISSION_DENIED);
	mr_metrics_grpc_end(metrics, (enum mr_grpc_status)17);
	written(&text);
	assert_line(&text,
		"grpc_server_started_total{grpc_method=\"Activate\",grpc_service=\"rpc.Marble\","
		"grpc_type=\"unary\"} 3");
	assert_line(&text,
		"grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Activate\",grpc_service=\"rpc."
		"Marble\",grpc_type=\"unary\"} 1");
	assert_line(&text,
		"grpc_server_handled_total{grpc_code=\"PermissionDenied\",grpc_method=\"Activate\",grpc_"
		"service=\"rpc.Marble\",grpc_type=\"unary\"} 1");
}

static void test_activations(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;
	MR_AUTO(buf) struct mr_buf name = { .max = 1024 };

	(void)unused;
	for (unsigned i = 0; i < 2; i++)
		mr_metrics_activation(metrics, MR_STR("b"), MR_STR("2"), true, false);
	mr_metrics_activation(metrics, MR_STR("b"), MR_STR("2"), true, true);
	mr_metrics_activation(metrics, MR_STR("a\"\\\n"), MR_STR("1\0z"), true, false);
	/* 127 bytes and a character of two: it does not fit whole */
	for (unsigned i = 0; i < 127; i++)
		mr_buf_put_u8(&name, 'x');
	mr_buf_put_cstr(&name, "\xc3\xa4yz");
	mr_metrics_activation(metrics, mr_buf_str(&name), MR_STR(""), true, false);
	written(&text);
	assert_line(&text, "coordinator_marble_activations_total{type=\"b\",uuid=\"2\"} 2");
	assert_line(&text, "coordinator_marble_activations_success_total{type=\"b\",uuid=\"2\"} 1");
	assert_line(&text,
		"coordinator_marble_activations_total{type=\"a\\\"\\\\\\n\",uuid=\"1?z\"} 1");
	assert_line(
		&text, textf("coordinator_marble_activations_total{type=\"%.127s\",uuid=\"\"} 1",
			       (const char *)name.data));
}

/* Strangers cannot make labels without end. */
static void test_bounded_labels(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;
	MR_AUTO(buf) struct mr_buf more;

	(void)unused;
	for (unsigned i = 0; i < UNKNOWN_SETS + 50; i++)
		mr_metrics_activation(
			metrics, mr_str_of(textf("stranger%u", i)), MR_STR("u"), false, false);
	mr_metrics_activation(metrics, MR_STR("stranger3"), MR_STR("u"), false, false);
	mr_metrics_activation(metrics, MR_STR("known"), MR_STR("u"), true, false);
	written(&text);
	assert_line(
		&text, "coordinator_marble_activations_total{type=\"other\",uuid=\"other\"} 50");
	assert_line(&text, "coordinator_marble_activations_total{type=\"stranger3\",uuid=\"u\"} 2");
	assert_line(&text, "coordinator_marble_activations_total{type=\"known\",uuid=\"u\"} 1");
	assert_int_equal(
		lines_with(&text, "coordinator_marble_activations_total{"), UNKNOWN_SETS + 2);
	/* nor with UUIDs of a type that is known */
	for (unsigned i = 0; i < 12000; i++)
		mr_metrics_activation(
			metrics, MR_STR("known"), mr_str_of(textf("%u", i)), true, false);
	written(&more);
	assert_true(lines_with(&more, "coordinator_marble_activations_total{") <= 10001);
}

static void test_scrapes(void **unused)
{
	MR_AUTO(buf) struct mr_buf text;

	(void)unused;
	mr_metrics_scraped(metrics);
	mr_metrics_scraped(metrics);
	written(&text);
	assert_line(&text, "promhttp_metric_handler_requests_total{code=\"200\"} 2");
}

static void test_without_metrics(void **unused)
{
	const struct mr_http_sample sample = { STATUS, MR_STR("GET"), 200, 1, 1, 1 };

	(void)unused;
	mr_metrics_http_begin(NULL, STATUS);
	mr_metrics_http_end(NULL, &sample);
	mr_metrics_grpc_begin(NULL);
	mr_metrics_grpc_end(NULL, MR_GRPC_OK);
	mr_metrics_activation(NULL, MR_STR("a"), MR_STR("b"), true, true);
	mr_metrics_free(NULL);
	mr_events_add(NULL, NOW_NS, MR_STR("a"), MR_STR("b"), mr_bytes_of(NULL, 0));
	mr_events_free(NULL);
}

/* --- events --- */

static void assert_events(struct mr_events *events, const char *want)
{
	MR_AUTO(buf) struct mr_buf out = { 0 };

	mr_buf_init(&out, 64 << 20);
	mr_events_write(events, &out);
	assert_text(mr_buf_str(&out), want);
}

static void test_events(void **unused)
{
	struct mr_events *events;
	struct mr_error err;

	(void)unused;
	OK(mr_events_new(&events, &err));
	assert_events(events, "null\n");
	mr_events_add(events, NOW_NS, MR_STR("a"), MR_STR("U"), mr_bytes_of(NULL, 0));
	mr_events_add(
		events, NOW_NS + 120000000, MR_STR("\"<"), MR_STR("v"), mr_bytes_of("\0\1", 2));
	assert_events(events,
		"[{\"time\":\"2023-11-14T22:13:20Z\",\"activation\":{\"marbleType\":\"a\",\"uuid\":\"U\",\"quote\":null}},"
		"{\"time\":\"2023-11-14T22:13:20.12Z\",\"activation\":{\"marbleType\":\"\\\"\\u003c\",\"uuid\":\"v\","
		"\"quote\":\"AAE=\"}}]\n");
	mr_events_free(events);
}

static size_t count_events(struct mr_events *events, struct mr_buf *out)
{
	size_t count = 0;

	mr_buf_clear(out);
	mr_events_write(events, out);
	for (size_t i = 0; i + 8 < out->len; i++)
		count += memcmp(out->data + i, "\"quote\":", 8) == 0;
	return count;
}

/* The oldest go, by number and by size; one that is too large is not taken. */
static void test_bounded_events(void **unused)
{
	static uint8_t quote[7 << 20];
	MR_AUTO(buf) struct mr_buf out = { .max = 64 << 20 };
	struct mr_events *events;
	struct mr_error err;

	(void)unused;
	OK(mr_events_new(&events, &err));
	for (unsigned i = 0; i < EVENTS + 5; i++)
		mr_events_add(events, NOW_NS, MR_STR("t"), mr_str_of(textf("n%u.", i)),
			mr_bytes_of(NULL, 0));
	assert_int_equal(count_events(events, &out), EVENTS);
	assert_false(contains(mr_buf_str(&out), "\"n4.\""));
	assert_true(contains(mr_buf_str(&out), "\"n5.\""));
	for (unsigned i = 0; i < 20; i++)
		mr_events_add(
			events, NOW_NS, MR_STR("t"), MR_STR("big"), mr_bytes_of(quote, 1 << 20));
	assert_true(count_events(events, &out) < 20);
	assert_true(out.len <= 17 << 20);
	size_t before = count_events(events, &out);
	mr_events_add(
		events, NOW_NS, MR_STR("t"), MR_STR("too big"), mr_bytes_of(quote, sizeof quote));
	assert_int_equal(count_events(events, &out), before);
	mr_events_free(events);
}

/* --- the port --- */

static int scrape(struct mr_core *core, const char *path, struct mr_http_exchange *e)
{
	http_prepare(e, "POST", path, mr_bytes_of(NULL, 0), mr_bytes_of(NULL, 0));
	mr_metrics_api_handle(core, e);
	return http_end(e);
}

static void test_port(void **unused)
{
	MR_AUTO(rig) struct rig r;
	MR_AUTO(exchange) struct mr_http_exchange text;
	MR_AUTO(exchange) struct mr_http_exchange events;
	MR_AUTO(exchange) struct mr_http_exchange other;
	MR_AUTO(grpc_call) struct mr_grpc_call call;
	MR_AUTO(buf) struct mr_buf message;

	(void)unused;
	rig_new(&r);
	r.config.metrics_address = "127.0.0.1:0";
	rig_start(&r);
	rig_set_manifest(
		&r, jsonf("{'Packages':{'p':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'p'}}}"));
	assert_int_equal(http_call(r.core, "GET", "/api/v2/status", mr_bytes_of(NULL, 0),
				 mr_bytes_of(NULL, 0), NULL),
		200);
	put_activation(&message, "m", "11111111222243338444555555555555", person(0)->csr);
	grpc_begin(&call, r.core, mr_buf_bytes(&message), person(0)->certificate);
	assert_int_equal(grpc_end(&call), MR_GRPC_OK);
	assert_int_equal(scrape(r.core, "/metrics", &text), 200);
	assert_string_equal(text.response.content_type, "text/plain; version=0.0.4; charset=utf-8");
	assert_line(&text.response.body,
		HTTP "request_total{code=\"200\",method=\"get\",path=\"/api/v2/status\"} 1");
	assert_line(&text.response.body,
		"coordinator_marble_activations_success_total{type=\"m\",uuid="
		"\"11111111222243338444555555555555\"} 1");
	assert_line(&text.response.body, "coordinator_state 3");
	assert_int_equal(scrape(r.core, "/events", &events), 200);
	assert_string_equal(events.response.content_type, "application/json");
	assert_true(contains(mr_buf_str(&events.response.body),
		"\"uuid\":\"11111111222243338444555555555555\""));
	assert_int_equal(scrape(r.core, "/metric", &other), 404);
	assert_text(mr_buf_str(&other.response.body), "404 page not found\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_families_are_sorted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_http, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_grpc, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_activations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounded_labels, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scrapes, set_up, tear_down),
		cmocka_unit_test(test_without_metrics),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_bounded_events),
		cmocka_unit_test(test_port),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
