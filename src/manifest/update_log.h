/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the update log (40 §8): one JSON object each, ended by LF, appended to a buffer.
 * `wall_ns` is the wall clock in nanoseconds. Never a secret's value.
 */
#ifndef MR_MANIFEST_UPDATE_LOG_H
#define MR_MANIFEST_UPDATE_LOG_H

#include "base/bytes.h"

void mr_update_log_initial(struct mr_buf *log, int64_t wall_ns);
void mr_update_log_security_version(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	struct mr_str package, uint64_t new_version);
void mr_update_log_secret_set(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	struct mr_str secret, struct mr_str type);
/* `fingerprint` is the lower-case hex SHA-256 of the pending manifest. */
void mr_update_log_initiated(
	struct mr_buf *log, int64_t wall_ns, struct mr_str user, struct mr_str fingerprint);
void mr_update_log_initiated_waiting(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	uint64_t missing, const struct mr_str *missing_users, size_t count,
	struct mr_str fingerprint);
void mr_update_log_acknowledged(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	uint64_t missing, const struct mr_str *missing_users, size_t count,
	struct mr_str fingerprint);
void mr_update_log_updated(struct mr_buf *log, int64_t wall_ns, struct mr_str fingerprint);
void mr_update_log_cancelled(
	struct mr_buf *log, int64_t wall_ns, struct mr_str user, struct mr_str fingerprint);
void mr_update_log_failed(struct mr_buf *log, int64_t wall_ns, struct mr_str fingerprint);

#endif
