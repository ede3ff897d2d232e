/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket in the file system. Thread: main, before others start (the umask is touched). */
#ifndef BNS_CONTROL_SOCKET_H
#define BNS_CONTROL_SOCKET_H

#include <sys/stat.h>

#include "base/error.h"

/* Where a socket was bound, to know it again. */
struct bns_socket_place {
	char path[108]; /* sockaddr_un's room */
	dev_t dev;
	ino_t ino;
};

/*
 * Binds and listens at `path`, mode 0666. A socket nobody listens at is
 * replaced; one that answers, a symbolic link and anything else is an error. A
 * missing folder is created when its parent exists. `*fd` doesn't block.
 */
enum bns_error bns_socket_listen(const char *path, int *fd, struct bns_socket_place *place,
				 struct bns_diag *diag) BNS_MUST_CHECK;

/* Removes it from the file system, if it is still the one. */
void bns_socket_remove(const struct bns_socket_place *place);

/* A connected, blocking socket for a client. BNS_ENOENT: nobody is there; `diag` says what to do. */
enum bns_error bns_socket_connect(const char *path, int *fd, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
