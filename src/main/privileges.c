/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <openssl/ssl.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rcu.h"

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

/* Whatever runs later, a set-uid program among it, gains nothing. */
static enum bns_error gain_nothing(struct bns_diag *diag)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return BNS_OK;
	bns_diag_set(diag, NULL, 0, 0, "no_new_privs can't be set: %s", strerror(errno));
	return BNS_EDENIED;
}

/* A change of identity sets it anew: so it is said after that. */
static enum bns_error show_nothing(struct bns_diag *diag)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
		return BNS_OK;
	bns_diag_set(diag, NULL, 0, 0, "core dumps can't be turned off: %s", strerror(errno));
	return BNS_EDENIED;
}

static enum bns_error become(const char *user, struct bns_diag *diag)
{
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

enum bns_error bns_privileges_drop(const char *user, struct bns_diag *diag)
{
	enum bns_error err = gain_nothing(diag);
	if (!err && geteuid() != 0)
		err = drop_given(diag);
	else if (!err && user)
		err = become(user, diag);
	if (!err)
		err = show_nothing(diag);
	return err;
}

/*
 * What loads code at its first use is used now, since nothing is loaded later:
 * the modules behind users and groups, and what OpenSSL's configuration names.
 */
static void load_late_code(void)
{
	static const char nobody[] = "brandnsd-nobody-has-this-name";
	gid_t group;
	int count = 1;
	(void)getpwnam(nobody);
	(void)getgrnam(nobody);
	(void)getgrouplist(nobody, 0, &group, &count);
	(void)OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
}

static void narrow_rcu_thread(struct bns_rcu_head *head)
{
	(void)head;
	bns_seccomp_thread(BNS_SECCOMP_RCU);
}

void bns_privileges_filter(enum bns_seccomp_mode mode)
{
	static struct bns_rcu_head head; /* in use until its turn has come */
	struct bns_diag diag = {0};
	if (mode == BNS_SECCOMP_NO)
		return;
	load_late_code();
	if (bns_seccomp_process(BNS_SECCOMP_DAEMON, mode, &diag))
		bns_log(BNS_LOG_WARN, "system calls are not filtered: %s; set server.seccomp to no to be told no more",
			diag.text);
	else
		bns_rcu_defer(&head, narrow_rcu_thread);
}
