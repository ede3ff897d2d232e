/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/admin.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define GROUPS_MAX 256

enum bns_error bns_admins_set(struct bns_admins *a, const char *const *names, size_t count)
{
	struct bns_admins fresh = {.names = calloc(count + 1, sizeof(char *))};
	if (!fresh.names)
		return BNS_ENOMEM;
	for (; fresh.count < count; fresh.count++) {
		fresh.names[fresh.count] = strdup(names[fresh.count]);
		if (!fresh.names[fresh.count]) {
			bns_admins_free(&fresh);
			return BNS_ENOMEM;
		}
	}
	bns_admins_free(a);
	*a = fresh;
	return BNS_OK;
}

void bns_admins_free(struct bns_admins *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->names[i]);
	free(a->names);
	*a = (struct bns_admins){.names = NULL};
}

/* `user` is NULL for a uid without a name: its primary group is all that is known. */
static bool in_group(const char *name, const char *user, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	const struct group *group = getgrnam(name);
	if (!group)
		return false;
	gid_t wanted = group->gr_gid;
	if (gid == wanted)
		return true;
	if (!user || getgrouplist(user, gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++) {
		if (groups[i] == wanted)
			return true;
	}
	return false;
}

static bool is_user(const char *name, uid_t uid)
{
	char *end;
	const struct passwd *user = getpwnam(name);
	if (user)
		return user->pw_uid == uid;
	unsigned long number = strtoul(name, &end, 10);
	return *name >= '0' && *name <= '9' && *end == '\0' && number == uid;
}

void bns_peer_set(struct bns_peer *peer, const struct bns_admins *a, uid_t uid, gid_t gid)
{
	char name[64] = "";
	const struct passwd *user = getpwuid(uid);
	if (user)
		snprintf(name, sizeof(name), "%s", user->pw_name);
	peer->uid = uid;
	peer->gid = gid;
	peer->admin = uid == 0;
	snprintf(peer->by, sizeof(peer->by), "%s(%u)", user ? name : "uid", (unsigned)uid);
	for (size_t i = 0; i < a->count && !peer->admin; i++) {
		if (a->names[i][0] == '@')
			peer->admin = in_group(a->names[i] + 1, user ? name : NULL, gid);
		else
			peer->admin = is_user(a->names[i], uid);
	}
}

enum bns_error bns_peer_of(int fd, const struct bns_admins *a, struct bns_peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return BNS_EIO;
	bns_peer_set(peer, a, cred.uid, cred.gid);
	return BNS_OK;
}
