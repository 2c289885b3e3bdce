/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of this room share: JSON that is easy to read in C, people with certificates, snapshots
 * without a disk, and a core in a directory of its own. Memory of the first two lives as long as the program.
 */
#ifndef MR_TEST_COORDINATOR_TEST_H
#define MR_TEST_COORDINATOR_TEST_H

#include <semaphore.h>

#include "coordinator/core.h"
#include "coordinator/manifest_state.h"
#include "store_test.h"

#define NOW INT64_C(1700000000)
#define NOW_NS (NOW * 1000000000)

/* The call has to fail with a message that begins so. */
#define FAILS_WITH(call, start)                                                                    \
	do {                                                                                       \
		mr_result fails_with_ = (call);                                                    \
		assert_true(mr_failed(fails_with_));                                               \
		assert_starts(err.message, start);                                                 \
	} while (0)
void assert_starts(const char *text, const char *start);
void assert_text(struct mr_str got, const char *want);
/* Somewhere in it. */
bool contains(struct mr_str text, const char *part);

/* Text; the same with ' for ". */
MR_PRINTF(1, 2) const char *textf(const char *format, ...);
MR_PRINTF(1, 2) struct mr_bytes jsonf(const char *format, ...);
/* A copy of what is in the buffer. */
struct mr_bytes kept(const struct mr_buf *b);

/* Somebody with a key and a self-signed certificate, a new one for each number below 8. */
struct person {
	struct mr_key *key;
	struct mr_bytes certificate; /* DER */
	const char *pem;             /* line ends written \n, for JSON */
	struct mr_bytes csr;         /* with the names localhost and 127.0.0.1 */
};
const struct person *person(unsigned number);
/* PEM of the RSA key of that number (below 8), for JSON; the key itself. */
const char *rsa_pem(unsigned number);
struct mr_key *rsa_key(unsigned number);

/* Keys are made when they are asked for: nothing happens in the background. */
struct mr_key_pool *no_keys(void);
/* A core for what looks at its log, keys and configuration alone. */
struct mr_core *bare_core(void);

/* A state such as a first start makes, with the root secret 00…1f; number as in `enum mr_coordinator_state`. */
struct mr_state *fresh_state(enum mr_coordinator_state number);
/* The same with one key put, or deleted if the value is NULL. */
struct mr_state *state_with(struct mr_state *base, const char *key, const char *value);
bool state_has(const struct mr_state *state, const char *key);
struct mr_bytes state_value(const struct mr_state *state, const char *key);

/* Takes the reference of the state. The first fails the test if the view cannot be built. */
struct mr_snapshot *snapshot_of(struct mr_state *take_state);
mr_result try_view(struct mr_state *take_state, struct mr_error *err);
/* What setting this manifest in a fresh state gives. */
struct mr_snapshot *snapshot_with(struct mr_bytes manifest);
/* The next one, after a change. */
struct mr_snapshot *snapshot_after(const struct mr_change *change);
/* With one key put or deleted. */
struct mr_snapshot *snapshot_but(
	const struct mr_snapshot *base, const char *key, const char *value);

/* A core in simulation on a seal directory of its own. */
struct rig {
	struct scratch scratch;
	struct mr_config config;
	struct mr_logger *log; /* NULL unless the test sets one */
	struct mr_core *core;
};
void rig_new(struct rig *r); /* not started */
void rig_start(struct rig *r);
void rig_stop(struct rig *r);
void rig_done(struct rig *r);
MR_DEFINE_AUTO(rig, struct rig, rig_done)
/* Commits a change, or whatever the update does, and waits. */
mr_result commit_change(struct mr_core *core, const struct mr_change *change, struct mr_error *err);
mr_result commit_update(struct mr_core *core, struct mr_update *update, struct mr_error *err);
/* Puts one key, or deletes it if the value is NULL; makes a new view unless told otherwise. */
struct key_change {
	struct mr_update update;
	const char *key, *value;
	bool keeps_view;
};
struct key_change key_change_of(const char *key, const char *value, bool keeps_view);

/* Holds the commit queue: what is submitted between closing and opening waits behind `update`, which is applied when the
 * gate is opened. */
struct gate {
	struct mr_update self;
	struct mr_core *core;
	struct mr_update *update;
	sem_t reached, open, done;
};
void gate_close(struct gate *g, struct mr_core *core, struct mr_update *update);
void gate_open(struct gate *g);
/* The two halves of opening, for who cannot wait between. */
void gate_release(struct gate *g);
void gate_wait(struct gate *g);

/* Sets a manifest in the core. */
void rig_set_manifest(struct rig *r, struct mr_bytes manifest);
enum mr_coordinator_state rig_state(const struct rig *r);

#endif
