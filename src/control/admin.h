/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is at the other end of a Unix socket, and may they change something? Thread: main loop. */
#ifndef BNS_CONTROL_ADMIN_H
#define BNS_CONTROL_ADMIN_H

#include "control/call.h"

/* The option control.admin: users, or @groups; root always. The texts are copied. */
struct bns_admins {
	char **names;
	size_t count;
};

enum bns_error bns_admins_set(struct bns_admins *a, const char *const *names, size_t count) BNS_MUST_CHECK;
void bns_admins_free(struct bns_admins *a);

/* Fills `peer` for the process at the other end of `fd` (SO_PEERCRED). */
enum bns_error bns_peer_of(int fd, const struct bns_admins *a, struct bns_peer *peer) BNS_MUST_CHECK;

/* The same for a uid and gid that are known already. */
void bns_peer_set(struct bns_peer *peer, const struct bns_admins *a, uid_t uid, gid_t gid);

#endif
