/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data like those that parameter templates get (10 §6.1), for tests: a root record with maps of
 * secrets, and stand-ins of the encoding functions (10 §6.2).
 */
#ifndef MR_TESTS_TEMPLATE_MODEL_H
#define MR_TESTS_TEMPLATE_MODEL_H

#include "template/template.h"

struct model_secret {
	struct mr_str type;
	uint64_t size, valid_for;
	bool shared, user_defined;
	struct mr_bytes certificate, private_key, public_key;
};

struct model_entry {
	struct mr_str name;
	struct model_secret secret;
};

/* Sorted by name. `touched`, if not NULL, is told of each name that is asked for. */
struct model_map {
	struct model_entry *list;
	size_t count;
	void (*touched)(void *context, struct mr_str name);
	void *context;
};

struct model {
	struct model_map secrets, previous;
	struct model_secret root_ca, marble_cert, coordinator_root, coordinator_intermediate;
};

/* The root value; borrows the model. */
struct mr_value model_value(struct model *m);
/* `pem`, `hex`, `base64`, `raw` and `string`. */
extern const struct mr_template_functions model_functions;
/* A fixed model: k symmetric, p and a-b plain, crt with a certificate, empty without values.
 * Static. */
struct model *model_sample(void);

#endif
