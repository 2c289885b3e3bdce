/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig: which cluster, and who asks (60 §12): the current context's server, its authority, and the user's
 * certificate or token. */
#ifndef MR_KUBE_CONFIG_H
#define MR_KUBE_CONFIG_H

#include "base/arena.h"

/* Texts and bytes live in the arena that the configuration was read into. */
struct mr_kube_config {
	struct mr_str server;      /* `https://host[:port][/path]` */
	struct mr_bytes authority; /* PEM; empty: the system's */
	bool insecure;
	struct mr_bytes certificate, key; /* PEM; empty: none */
	struct mr_str token;              /* empty: none */
	struct mr_str namespace_name;     /* empty: not said */
};

/* Reads the text of a kubeconfig; relative paths in it count from `folder`. MR_CODE_NOT_FOUND: it is empty, or has no
 * current context. MR_CODE_UNSUPPORTED for users who are asked for by a program or a password. */
MR_MUST_USE mr_result mr_kube_config_parse(struct mr_bytes yaml, const char *folder,
	struct mr_arena *arena, struct mr_kube_config *ret, struct mr_error *err);
/* The file in KUBECONFIG, else ~/.kube/config; MR_CODE_NOT_FOUND if there is none. */
MR_MUST_USE mr_result mr_kube_config_load(
	struct mr_arena *arena, struct mr_kube_config *ret, struct mr_error *err);

#endif
