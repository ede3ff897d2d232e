/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

static enum bns_error address(const char *path, struct sockaddr_un *sun, struct bns_diag *diag)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (*path == '\0' || strlen(path) >= sizeof(sun->sun_path)) {
		bns_diag_set(diag, path, 0, 0, "a Unix socket's path has 1 to %zu octets, this one %zu",
			     sizeof(sun->sun_path) - 1, strlen(path));
		return BNS_EINVAL;
	}
	strcpy(sun->sun_path, path);
	return BNS_OK;
}

static enum bns_error connect_to(const struct sockaddr_un *sun, int *fd)
{
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return BNS_EIO;
	if (connect(*fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
		return BNS_OK;
	int why = errno;
	close(*fd);
	*fd = -1;
	errno = why;
	return why == ECONNREFUSED || why == ENOENT ? BNS_ENOENT : BNS_EIO;
}

/* What stands in the way is removed only if it is a socket at which nobody listens. */
static enum bns_error clear_way(const struct sockaddr_un *sun, struct bns_diag *diag)
{
	struct stat st;
	int fd;
	const char *path = sun->sun_path;
	if (lstat(path, &st) != 0)
		return BNS_OK;
	if (!S_ISSOCK(st.st_mode)) {
		bns_diag_set(diag, path, 0, 0,
			     "%s stands where the control socket belongs: remove it, or change control.listen",
			     S_ISLNK(st.st_mode) ? "a symbolic link" : "something that is no socket");
		return BNS_EEXIST;
	}
	enum bns_error err = connect_to(sun, &fd);
	if (err == BNS_OK) {
		close(fd);
		bns_diag_set(diag, path, 0, 0,
			     "another daemon answers at this control socket: stop it, or change control.listen");
		return BNS_EBUSY;
	}
	if (err != BNS_ENOENT || unlink(path) != 0) {
		bns_diag_set(diag, path, 0, 0, "can't replace the control socket: %s", strerror(errno));
		return BNS_EIO;
	}
	return BNS_OK;
}

static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	strcpy(folder, path);
	char *slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	if (mkdir(folder, 0755) != 0)
		return; /* there already, or bind() will tell */
}

/*
 * Everybody may connect: the peer's uid decides. Not by way of the umask, which all threads share and which would open
 * what another of them creates meanwhile; nor of the path alone, which whoever owns the folder could lead astray.
 */
static int open_to_all(const char *path, struct stat *st)
{
	char link[32];
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fstat(fd, st);
	if (rc == 0 && (!S_ISSOCK(st->st_mode) || st->st_uid != geteuid())) {
		errno = EEXIST;
		rc = -1;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (rc == 0)
		rc = chmod(link, 0666);
	int why = errno;
	close(fd);
	errno = why;
	return rc;
}

enum bns_error bns_socket_listen(const char *path, int *out, struct bns_socket_place *place, struct bns_diag *diag)
{
	struct sockaddr_un sun;
	struct stat st;
	int fd = -1;
	enum bns_error err = address(path, &sun, diag);
	if (err != BNS_OK)
		return err;
	make_folder(path);
	err = clear_way(&sun, diag);
	if (err != BNS_OK)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0 || open_to_all(path, &st) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		bns_diag_set(diag, path, 0, 0, "can't make the control socket: %s%s", strerror(errno),
			     errno == ENOENT ? "; create its folder, or change control.listen" : "");
		if (fd >= 0)
			close(fd);
		return BNS_EIO;
	}
	strcpy(place->path, path);
	place->dev = st.st_dev;
	place->ino = st.st_ino;
	*out = fd;
	return BNS_OK;
}

void bns_socket_remove(const struct bns_socket_place *place)
{
	struct stat st;
	if (lstat(place->path, &st) == 0 && st.st_dev == place->dev && st.st_ino == place->ino)
		unlink(place->path);
}

enum bns_error bns_socket_connect(const char *path, int *fd, struct bns_diag *diag)
{
	struct sockaddr_un sun;
	enum bns_error err = address(path, &sun, diag);
	if (err != BNS_OK)
		return err;
	err = connect_to(&sun, fd);
	if (err != BNS_OK)
		bns_diag_set(diag, path, 0, 0,
			     "can't reach the daemon: %s; does brandnsd run, and is this its control.listen?",
			     strerror(errno));
	return err;
}
