/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A service manager may have given us the capability to bind; it has done its work. */
static enum bns_error drop_given(struct bns_diag *diag)
{
	if (capng_get_caps_process() != 0 || capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return BNS_OK;
	capng_clear(CAPNG_SELECT_CAPS);
	int failed = capng_apply(CAPNG_SELECT_CAPS);
	if (failed) {
		bns_diag_set(diag, NULL, 0, 0, "capabilities can't be given up (libcap-ng says %d)", failed);
		return BNS_EDENIED;
	}
	return BNS_OK;
}

enum bns_error bns_privileges_drop(const char *user, struct bns_diag *diag)
{
	/* Whatever runs later, a set-uid program among it, gains nothing. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		bns_diag_set(diag, NULL, 0, 0, "no_new_privs can't be set: %s", strerror(errno));
		return BNS_EDENIED;
	}
	if (geteuid() != 0)
		return drop_given(diag);
	if (!user)
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
