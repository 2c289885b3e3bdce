/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/pem.h"
#include "coordinator/set_manifest.h"
#include "crypto/cert_write.h"

enum { PEOPLE = 8, TEXT_MAX = 1 << 20 };

static struct mr_arena arena;
static struct person people[PEOPLE];
static struct mr_key *rsa_keys[PEOPLE];
static const char *rsa_pems[PEOPLE];
static struct mr_key_pool *pool;

static void clean(void)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		mr_key_unref(people[i].key);
		mr_key_unref(rsa_keys[i]);
	}
	mr_key_pool_free(pool);
	mr_arena_done(&arena);
}

static struct mr_arena *memory(void)
{
	if (arena.limit == 0) {
		mr_arena_init(&arena, (size_t)1 << 30);
		assert_int_equal(atexit(clean), 0);
	}
	return &arena;
}

void assert_starts(const char *text, const char *start)
{
	if (!mr_str_starts(mr_str_of(text), mr_str_of(start)))
		fail_msg("`%s` does not begin `%s`", text, start);
}

void assert_text(struct mr_str got, const char *want)
{
	if (!mr_str_eq(got, mr_str_of(want)))
		fail_msg("got  %.*s\nwant %s", MR_STR_ARGS(got), want);
}

bool contains(struct mr_str text, const char *part)
{
	return text.len && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static MR_PRINTF(1, 0) char *vtextf(const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert_true(size >= 0 && size < TEXT_MAX);
	char *text = mr_arena_alloc(memory(), (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(vsnprintf(text, (size_t)size + 1, format, args), size);
	return text;
}

const char *textf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = vtextf(format, args);
	va_end(args);
	return text;
}

struct mr_bytes jsonf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = vtextf(format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return mr_bytes_of(text, strlen(text));
}

/* --- people --- */

/* PEM with its line ends as JSON writes them. */
static const char *json_pem(const char *label, struct mr_bytes der)
{
	MR_AUTO(buf) struct mr_buf pem = { .max = TEXT_MAX };
	MR_AUTO(buf) struct mr_buf out = { .max = TEXT_MAX };

	mr_pem_encode(&pem, label, der);
	for (size_t i = 0; i < pem.len; i++) {
		if (pem.data[i] == '\n')
			mr_buf_put_cstr(&out, "\\n");
		else
			mr_buf_put_u8(&out, pem.data[i]);
	}
	return textf("%.*s", (int)out.len, (const char *)out.data);
}

struct mr_bytes kept(const struct mr_buf *b)
{
	struct mr_bytes copy;
	struct mr_error err;

	OK(mr_buf_status(b, &err));
	OK(mr_arena_bytes(memory(), mr_buf_bytes(b), &copy, &err));
	return copy;
}

static void make_person(struct person *p, unsigned number)
{
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	const struct mr_alt_name names[] = { { 2, mr_str_bytes(MR_STR("localhost")) },
		{ 7, mr_bytes_of(loopback, sizeof loopback) } };
	MR_AUTO(buf) struct mr_buf name = { .max = 1024 };
	MR_AUTO(buf) struct mr_buf der = { .max = TEXT_MAX };
	MR_AUTO(buf) struct mr_buf csr = { .max = TEXT_MAX };
	struct mr_error err;

	OK(mr_key_generate(MR_KEY_EC_P256, 0, &p->key, &err));
	mr_name_put_common_name(&name, mr_str_of(textf("person %u", number)));
	const struct mr_cert_profile profile = {
		.issuer = mr_buf_bytes(&name),
		.subject = mr_buf_bytes(&name),
		.not_before = NOW - 3600,
		.not_after = NOW + 3600,
		.spki = mr_key_spki(p->key),
	};
	OK(mr_cert_issue(&profile, p->key, &der, &err));
	OK(mr_csr_write(names, MR_COUNT(names), p->key, &csr, &err));
	p->certificate = kept(&der);
	p->csr = kept(&csr);
	p->pem = json_pem("CERTIFICATE", p->certificate);
}

const struct person *person(unsigned number)
{
	assert_true(number < PEOPLE);
	(void)memory();
	if (!people[number].key)
		make_person(&people[number], number);
	return &people[number];
}

struct mr_key *rsa_key(unsigned number)
{
	struct mr_error err;

	assert_true(number < PEOPLE);
	(void)memory();
	if (!rsa_keys[number])
		OK(mr_key_generate(MR_KEY_RSA, 1024, &rsa_keys[number], &err));
	return rsa_keys[number];
}

const char *rsa_pem(unsigned number)
{
	struct mr_key *key = rsa_key(number);

	if (!rsa_pems[number])
		rsa_pems[number] = json_pem("PUBLIC KEY", mr_key_spki(key));
	return rsa_pems[number];
}

struct mr_key_pool *no_keys(void)
{
	struct mr_error err;

	(void)memory();
	if (!pool)
		OK(mr_key_pool_new(0, &pool, &err));
	return pool;
}

struct mr_core *bare_core(void)
{
	static struct mr_config config = { .dns_names = "localhost", .simulation = true };
	static struct mr_core core = { .config = &config, .simulation = true };

	core.keys = no_keys();
	return &core;
}

/* --- states and snapshots --- */

struct mr_state *fresh_state(enum mr_coordinator_state number)
{
	MR_AUTO(state) struct mr_state *empty = NULL;
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	MR_AUTO(authority) struct mr_authority *authority = NULL;
	struct mr_state *state;
	uint8_t root_secret[32];
	struct mr_error err;

	for (unsigned i = 0; i < sizeof root_secret; i++)
		root_secret[i] = (uint8_t)i;
	OK(mr_state_new(&empty, &err));
	OK(mr_tx_new(empty, &tx, &err));
	OK(mr_authority_new(MR_STR("localhost"), NOW, &authority, &err));
	OK(mr_authority_store(authority, tx, &err));
	OK(mr_tx_put(tx, MR_STR("rootSecret"), mr_bytes_of(root_secret, sizeof root_secret), &err));
	OK(mr_view_put_state(tx, number, &err));
	OK(mr_tx_build(tx, &state, &err));
	return state;
}

struct mr_state *state_with(struct mr_state *base, const char *key, const char *value)
{
	MR_AUTO(tx) struct mr_tx *tx = NULL;
	struct mr_state *state;
	struct mr_error err;

	OK(mr_tx_new(base, &tx, &err));
	if (value)
		OK(mr_tx_put(tx, mr_str_of(key), mr_str_bytes(mr_str_of(value)), &err));
	else
		OK(mr_tx_delete(tx, mr_str_of(key), &err));
	OK(mr_tx_build(tx, &state, &err));
	return state;
}

bool state_has(const struct mr_state *state, const char *key)
{
	struct mr_bytes value;

	return mr_state_get(state, mr_str_of(key), &value);
}

struct mr_bytes state_value(const struct mr_state *state, const char *key)
{
	struct mr_bytes value = { NULL, 0 };

	if (!mr_state_get(state, mr_str_of(key), &value))
		fail_msg("the state has no %s", key);
	return value;
}

static void destroy_snapshot(struct mr_shared *shared)
{
	struct mr_snapshot *s = MR_CONTAINER_OF(shared, struct mr_snapshot, shared);

	mr_state_unref(s->state);
	mr_view_unref(s->view);
	free(s);
}

static struct mr_snapshot *new_snapshot(struct mr_state *take_state, struct mr_view *take_view)
{
	struct mr_snapshot *s = calloc(1, sizeof *s);

	assert_non_null(s);
	mr_shared_init(&s->shared, destroy_snapshot);
	s->state = take_state;
	s->view = take_view;
	return s;
}

struct mr_snapshot *snapshot_of(struct mr_state *take_state)
{
	struct mr_view *view;
	struct mr_error err;

	OK(mr_view_build(take_state, &view, &err));
	return new_snapshot(take_state, view);
}

mr_result try_view(struct mr_state *take_state, struct mr_error *err)
{
	MR_AUTO(state) struct mr_state *state = take_state;
	MR_AUTO(view) struct mr_view *view = NULL;

	return mr_view_build(state, &view, err);
}

struct mr_snapshot *snapshot_after(const struct mr_change *change)
{
	struct mr_state *state;
	struct mr_error err;

	OK(mr_tx_build(change->tx, &state, &err));
	return snapshot_of(state);
}

struct mr_snapshot *snapshot_with(struct mr_bytes manifest)
{
	MR_AUTO(snapshot)
	struct mr_snapshot *fresh = snapshot_of(fresh_state(MR_STATE_ACCEPTING_MANIFEST));
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
	struct mr_error err;

	OK(mr_set_manifest_prepare(bare_core(), fresh, manifest, NOW_NS, &new, &err));
	return snapshot_after(&new.change);
}

struct mr_snapshot *snapshot_but(const struct mr_snapshot *base, const char *key, const char *value)
{
	return snapshot_of(state_with(base->state, key, value));
}

/* --- a whole core --- */

static mr_result issue_played(const struct mr_issuer *issuer,
	const uint8_t report_data[static MR_REPORT_DATA_SIZE], struct mr_buf *out,
	struct mr_error *err)
{
	(void)issuer;
	mr_buf_put(out, report_data, MR_REPORT_DATA_SIZE);
	return mr_buf_status(out, err);
}

/* Evidence that proves nothing: for cores outside simulation. */
static const struct mr_issuer played_issuer = { .issue = issue_played };

void rig_new(struct rig *r)
{
	*r = (struct rig){ 0 };
	scratch_new(&r->scratch);
	r->config = (struct mr_config){
		.dns_names = "localhost", .simulation = true, .issuer = &played_issuer
	};
	(void)snprintf(r->config.seal_dir, sizeof r->config.seal_dir, "%s", r->scratch.seal);
}

void rig_start(struct rig *r)
{
	struct mr_error err;

	assert_null(r->core);
	OK(mr_core_new(&r->config, r->log, &r->core, &err));
}

void rig_stop(struct rig *r)
{
	mr_core_free(r->core);
	r->core = NULL;
}

void rig_done(struct rig *r)
{
	rig_stop(r);
	scratch_done(&r->scratch);
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) != 0)
		continue;
}

struct waiting {
	struct mr_update update;
	struct mr_core *core;
	const struct mr_change *change;
	struct mr_update *inner; /* used instead of `change` */
	sem_t is_done;
	mr_result result;
	struct mr_error error;
};

static mr_result apply(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct waiting *w = MR_CONTAINER_OF(update, struct waiting, update);

	MR_TRY(mr_core_prepare_publish(w->core, err));
	if (w->inner)
		return w->inner->apply(w->inner, context, err);
	MR_TRY(mr_tx_replay(w->change->tx, context->tx, err));
	if (w->change->view)
		context->new_attachment = mr_view_ref(w->change->view);
	if (w->change->protects)
		context->new_protection = &w->change->protection;
	return MR_OK;
}

static void done(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct waiting *w = MR_CONTAINER_OF(update, struct waiting, update);

	(void)committing;
	w->result = result;
	if (mr_failed(result))
		w->error = *err;
	assert_int_equal(sem_post(&w->is_done), 0);
}

static mr_result commit(struct waiting *w, struct mr_error *err)
{
	w->update = (struct mr_update){ .apply = apply, .done = done };
	assert_int_equal(sem_init(&w->is_done, 0, 0), 0);
	assert_true(mr_commit_queue_submit(w->core->commits, &w->update));
	wait_for(&w->is_done);
	(void)sem_destroy(&w->is_done);
	if (mr_failed(w->result))
		*err = w->error;
	return w->result;
}

mr_result commit_change(struct mr_core *core, const struct mr_change *change, struct mr_error *err)
{
	struct waiting w = { .core = core, .change = change };

	return commit(&w, err);
}

mr_result commit_update(struct mr_core *core, struct mr_update *update, struct mr_error *err)
{
	struct waiting w = { .core = core, .inner = update };

	return commit(&w, err);
}

static mr_result apply_key(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	const struct key_change *c = MR_CONTAINER_OF(update, struct key_change, update);
	MR_AUTO(state) struct mr_state *next = NULL;
	struct mr_view *view;

	if (c->value)
		MR_TRY(mr_tx_put(
			context->tx, mr_str_of(c->key), mr_str_bytes(mr_str_of(c->value)), err));
	else
		MR_TRY(mr_tx_delete(context->tx, mr_str_of(c->key), err));
	if (c->keeps_view)
		return MR_OK;
	MR_TRY(mr_tx_build(context->tx, &next, err));
	MR_TRY(mr_view_build(next, &view, err));
	context->new_attachment = view;
	return MR_OK;
}

struct key_change key_change_of(const char *key, const char *value, bool keeps_view)
{
	return (struct key_change){ .update = { .apply = apply_key },
		.key = key,
		.value = value,
		.keeps_view = keeps_view };
}

static mr_result apply_at_gate(
	struct mr_update *update, struct mr_update_context *context, struct mr_error *err)
{
	struct gate *g = MR_CONTAINER_OF(update, struct gate, self);

	assert_int_equal(sem_post(&g->reached), 0);
	wait_for(&g->open);
	MR_TRY(mr_core_prepare_publish(g->core, err));
	return g->update->apply(g->update, context, err);
}

static void gate_passed(
	struct mr_update *update, mr_result result, bool committing, const struct mr_error *err)
{
	struct gate *g = MR_CONTAINER_OF(update, struct gate, self);

	(void)result, (void)committing, (void)err;
	assert_int_equal(sem_post(&g->done), 0);
}

void gate_close(struct gate *g, struct mr_core *core, struct mr_update *update)
{
	*g = (struct gate){ .self = { .apply = apply_at_gate, .done = gate_passed },
		.core = core,
		.update = update };
	assert_int_equal(
		sem_init(&g->reached, 0, 0) | sem_init(&g->open, 0, 0) | sem_init(&g->done, 0, 0),
		0);
	assert_true(mr_commit_queue_submit(core->commits, &g->self));
	wait_for(&g->reached);
}

void gate_release(struct gate *g)
{
	assert_int_equal(sem_post(&g->open), 0);
}

void gate_wait(struct gate *g)
{
	wait_for(&g->done);
}

void gate_open(struct gate *g)
{
	gate_release(g);
	gate_wait(g);
}

void rig_set_manifest(struct rig *r, struct mr_bytes manifest)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r->core);
	MR_AUTO(new_manifest) struct mr_new_manifest new = { 0 };
	struct mr_error err;

	OK(mr_set_manifest_prepare(r->core, s, manifest, NOW_NS, &new, &err));
	OK(commit_change(r->core, &new.change, &err));
}

enum mr_coordinator_state rig_state(const struct rig *r)
{
	MR_AUTO(snapshot) struct mr_snapshot *s = mr_core_snapshot(r->core);

	return s->view->state;
}
