/* SPDX-License-Identifier: BSD-3-Clause */
#include "listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static bool is_path(const struct mt *mt)
{
	return mt->options->listen[0] == '/';
}

static enum bns_error read_address(const struct mt *mt, union bns_addr *addr, struct bns_diag *diag)
{
	if (mt->host->addr_from_text(mt->options->listen, MT_PORT, addr) == BNS_OK)
		return BNS_OK;
	mt->host->wrong_option(mt->plugin, diag, "listen",
			       "is '%s', neither an address such as 127.0.0.1@%d nor the path of a Unix socket",
			       mt->options->listen, MT_PORT);
	return BNS_EINVAL;
}

bool mt_listener_is_open(const struct mt *mt)
{
	union bns_addr addr;
	struct bns_prefix loopback4, loopback6;

	if (is_path(mt) || read_address(mt, &addr, NULL) != BNS_OK)
		return false;
	return mt->host->prefix_from_text("127.0.0.0/8", &loopback4) != BNS_OK ||
	       mt->host->prefix_from_text("::1/128", &loopback6) != BNS_OK ||
	       !(mt->host->prefix_covers(&loopback4, &addr) || mt->host->prefix_covers(&loopback6, &addr));
}

/* A socket that nobody listens at was left behind by a daemon that was killed. */
static void remove_dead(const struct sockaddr_un *un)
{
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && lstat(un->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 && errno == ECONNREFUSED)
		unlink(un->sun_path);
	if (fd >= 0)
		close(fd);
}

static int open_path(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(un.sun_path, path);
	remove_dead(&un);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 &&
	    (bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 || chmod(path, 0660) != 0 || listen(fd, BACKLOG) != 0)) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int open_address(const union bns_addr *addr)
{
	int on = 1;
	bool v6 = addr->sa.sa_family == AF_INET6;
	int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &addr->sa, v6 ? sizeof(addr->in6) : sizeof(addr->in4)) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

enum bns_error mt_listener_open(const struct mt *mt, int *fd, struct bns_diag *diag)
{
	union bns_addr addr;
	enum bns_error err = is_path(mt) ? BNS_OK : read_address(mt, &addr, diag);

	*fd = -1;
	if (err != BNS_OK || !mt->host->is_online(mt->plugin))
		return err;
	*fd = is_path(mt) ? open_path(mt->options->listen) : open_address(&addr);
	if (*fd >= 0)
		return BNS_OK;
	mt->host->wrong_option(mt->plugin, diag, NULL, "can't listen at %s: %s", mt->options->listen, strerror(errno));
	return BNS_EIO;
}

void mt_listener_remove(const struct mt *mt)
{
	if (is_path(mt))
		unlink(mt->options->listen);
}
