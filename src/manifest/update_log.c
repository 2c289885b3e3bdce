/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/update_log.h"

#include "base/clock.h"
#include "codec/json.h"

static void begin(struct mr_buf *log, int64_t wall_ns, const char *update)
{
	char time[64];
	size_t len = mr_clock_format_iso8601(wall_ns, time, sizeof time);

	mr_buf_put_u8(log, '{');
	mr_json_put_name(log, "time", true);
	mr_json_put_str_plain(log, (struct mr_str){ time, len });
	mr_json_put_name(log, "update", false);
	mr_json_put_str_plain(log, mr_str_of(update));
}

static void put(struct mr_buf *log, const char *name, struct mr_str value)
{
	mr_json_put_name(log, name, false);
	mr_json_put_str_plain(log, value);
}

static void end(struct mr_buf *log)
{
	mr_buf_put_cstr(log, "}\n");
}

void mr_update_log_initial(struct mr_buf *log, int64_t wall_ns)
{
	begin(log, wall_ns, "Initial manifest set");
	end(log);
}

void mr_update_log_security_version(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	struct mr_str package, uint64_t new_version)
{
	begin(log, wall_ns, "SecurityVersion increased");
	put(log, "user", user);
	put(log, "package", package);
	mr_json_put_name(log, "new version", false);
	mr_buf_put_uint(log, new_version);
	end(log);
}

void mr_update_log_secret_set(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	struct mr_str secret, struct mr_str type)
{
	begin(log, wall_ns, "Secret set");
	put(log, "user", user);
	put(log, "secret", secret);
	put(log, "type", type);
	end(log);
}

void mr_update_log_initiated(
	struct mr_buf *log, int64_t wall_ns, struct mr_str user, struct mr_str fingerprint)
{
	begin(log, wall_ns,
		"Complete Manifest update initiated by user. No further acknowledgements required");
	put(log, "user", user);
	put(log, "manifestFingerprint", fingerprint);
	end(log);
}

static void put_waiting(struct mr_buf *log, struct mr_str user, uint64_t missing,
	const struct mr_str *missing_users, size_t count, struct mr_str fingerprint)
{
	put(log, "user", user);
	mr_json_put_name(log, "missingAcknowledgments", false);
	mr_buf_put_uint(log, missing);
	mr_json_put_name(log, "missingUsers", false);
	mr_buf_put_u8(log, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			mr_buf_put_u8(log, ',');
		mr_json_put_str_plain(log, missing_users[i]);
	}
	mr_buf_put_u8(log, ']');
	put(log, "manifestFingerprint", fingerprint);
	end(log);
}

void mr_update_log_initiated_waiting(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	uint64_t missing, const struct mr_str *missing_users, size_t count,
	struct mr_str fingerprint)
{
	begin(log, wall_ns,
		"Complete Manifest update initiated by user. Waiting for acknowledgments to apply "
		"the update");
	put_waiting(log, user, missing, missing_users, count, fingerprint);
}

void mr_update_log_acknowledged(struct mr_buf *log, int64_t wall_ns, struct mr_str user,
	uint64_t missing, const struct mr_str *missing_users, size_t count,
	struct mr_str fingerprint)
{
	begin(log, wall_ns, "Complete Manifest update acknowledged by user");
	put_waiting(log, user, missing, missing_users, count, fingerprint);
}

void mr_update_log_updated(struct mr_buf *log, int64_t wall_ns, struct mr_str fingerprint)
{
	begin(log, wall_ns, "Complete Manifest updated");
	put(log, "manifestFingerprint", fingerprint);
	end(log);
}

void mr_update_log_cancelled(
	struct mr_buf *log, int64_t wall_ns, struct mr_str user, struct mr_str fingerprint)
{
	begin(log, wall_ns, "Complete Manifest update cancelled by user");
	put(log, "user", user);
	put(log, "manifestFingerprint", fingerprint);
	end(log);
}

void mr_update_log_failed(struct mr_buf *log, int64_t wall_ns, struct mr_str fingerprint)
{
	begin(log, wall_ns, "Complete Manifest update cancelled due to error during apply");
	put(log, "manifestFingerprint", fingerprint);
	end(log);
}
