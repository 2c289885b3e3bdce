/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/notify.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/env.h"
#include "base/file.h"

/* A path, or a name of the abstract name space behind `@`. */
static bool address_of(const char *name, struct sockaddr_un *ret, socklen_t *ret_len)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof ret->sun_path)
		return false;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(ret->sun_path, name, len);
	if (name[0] == '@')
		ret->sun_path[0] = '\0';
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

bool mr_notify(const char *state)
{
	const char *name = mr_env_get("NOTIFY_SOCKET", NULL);
	struct sockaddr_un address;
	socklen_t address_len;
	ssize_t sent;

	if (!name)
		return true;
	if (!address_of(name, &address, &address_len))
		return false;
	MR_AUTO(fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	do
		sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
			(const struct sockaddr *)&address, address_len);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)strlen(state);
}
