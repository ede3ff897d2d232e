/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of seccomp.c where there is no libseccomp. */
#include "base/seccomp.h"

bool bns_seccomp_is_built(void)
{
	return false;
}

enum bns_error bns_seccomp_process(enum bns_seccomp_kind kind, enum bns_seccomp_mode mode, struct bns_diag *diag)
{
	(void)kind;
	if (mode == BNS_SECCOMP_NO)
		return BNS_OK;
	bns_diag_set(diag, NULL, 0, 0, "this build has no libseccomp");
	return BNS_EDENIED;
}

void bns_seccomp_thread(enum bns_seccomp_kind kind)
{
	(void)kind;
}
