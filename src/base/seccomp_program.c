/* SPDX-License-Identifier: BSD-3-Clause */
/* What both builds have: the words of the modes, and how a helper program is told. */
#include <string.h>

#include "base/log.h"
#include "base/seccomp.h"

const char *const bns_seccomp_modes[] = {"no", "yes", "log", NULL};

void bns_seccomp_program(enum bns_seccomp_kind kind, int argc, char *const *argv)
{
	struct bns_diag diag = {0};
	enum bns_seccomp_mode mode = BNS_SECCOMP_NO;
	if (argc > 1 && strcmp(argv[1], bns_seccomp_modes[BNS_SECCOMP_YES]) == 0)
		mode = BNS_SECCOMP_YES;
	else if (argc > 1 && strcmp(argv[1], bns_seccomp_modes[BNS_SECCOMP_LOG]) == 0)
		mode = BNS_SECCOMP_LOG;
	if (bns_seccomp_process(kind, mode, &diag))
		bns_log(BNS_LOG_WARN, "%s runs without a filter: %s", argv[0], diag.text);
}
