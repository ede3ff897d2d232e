/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum bns_error bns_privileges_drop(const char *user, struct bns_diag *diag)
{
	/* Whatever runs later, a set-uid program among it, gains nothing. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		bns_diag_set(diag, NULL, 0, 0, "no_new_privs can't be set: %s", strerror(errno));
		return BNS_EDENIED;
	}
	if (!user || geteuid() != 0)
		return BNS_OK;
	errno = 0;
	const struct passwd *pw = getpwnam(user);
	if (!pw) {
		bns_diag_set(diag, NULL, 0, 0, "server.user: there is no user '%s'", user);
		return BNS_ENOENT;
	}
	if (pw->pw_uid == 0)
		return BNS_OK;
	capng_clear(CAPNG_SELECT_BOTH);
	int failed = capng_change_id((int)pw->pw_uid, (int)pw->pw_gid, CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	if (failed) {
		bns_diag_set(diag, NULL, 0, 0, "can't become user '%s' (libcap-ng says %d)", user, failed);
		return BNS_EDENIED;
	}
	return BNS_OK;
}
