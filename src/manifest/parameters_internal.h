/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of parameters.h share: the data model of templates, their functions, one value.
 * Private to this room. */
#ifndef MR_MANIFEST_PARAMETERS_INTERNAL_H
#define MR_MANIFEST_PARAMETERS_INTERNAL_H

#include "manifest/parameters.h"
#include "template/template.h"

/* Go's names of the types, which functions and messages tell apart. */
extern const char mr_type_private_key[], mr_type_public_key[], mr_type_secret[],
	mr_type_certificate[];

/* Classes of objects whose `self` is a struct mr_secret_value. */
extern const struct mr_object_class mr_secret_class, mr_certificate_class;

/* The functions of 10 §6.2 for Files and for Env. */
extern const struct mr_template_functions mr_files_functions, mr_env_functions;

/* One of the two maps of secrets, as the self of its object. */
struct mr_secrets_map {
	const struct mr_parameters_source *source;
	enum mr_secret_epoch epoch;
};

enum { MR_RESERVED_SECRETS = 4 };

/* The data of one rendering; the root object's self. */
struct mr_template_data {
	struct mr_secrets_map current;
	struct mr_secrets_map previous;
	struct mr_secret_value reserved[MR_RESERVED_SECRETS];
};

void mr_template_data_init(
	struct mr_template_data *data, const struct mr_parameters_source *source);
struct mr_value mr_template_data_root(struct mr_template_data *data);

/* The template of an entry of Files or Env; *ret is NULL when it is to be delivered as it is. For
 * Env the data must be free of NUL bytes. Errors as mr_parameters_compile. */
MR_MUST_USE mr_result mr_content_compile(
	const struct mr_content *c, bool env, struct mr_template **ret, struct mr_error *err);

#endif
