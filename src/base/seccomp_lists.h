/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists behind base/seccomp.h, by names: a machine that has no call of a name goes without it. */
#ifndef BNS_BASE_SECCOMP_LISTS_H
#define BNS_BASE_SECCOMP_LISTS_H

#include "base/seccomp.h"

struct bns_seccomp_list {
	bool deny;                         /* everything but what is forbidden to all */
	const char *const *const *allowed; /* lists that end with NULL; ends with NULL itself */
	bool threads, connects;            /* may start threads; may open sockets */
};

extern const struct bns_seccomp_list bns_seccomp_lists[];

/* What ends a process of ours; ends with NULL. */
extern const char *const bns_seccomp_forbidden[];

/* What runs programs: forbidden to all but BNS_SECCOMP_HELPER. */
extern const char *const bns_seccomp_running[];

#endif
