/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which system calls are left to whom: one filter over the whole process once
 * all is open, and a narrower one over each thread that does one thing only.
 * What nobody here has a use for, to run a program above all, ends the
 * process; a call that is merely not in the list fails as if the kernel didn't
 * know it. Helper programs have filters of their own.
 */
#ifndef BNS_BASE_SECCOMP_H
#define BNS_BASE_SECCOMP_H

#include <stdbool.h>

#include "base/error.h"

/* The words of server.seccomp, in this order. */
enum bns_seccomp_mode {
	BNS_SECCOMP_NO,
	BNS_SECCOMP_YES,
	BNS_SECCOMP_LOG, /* nothing is refused; the kernel's log tells what would have been */
};

extern const char *const bns_seccomp_modes[]; /* ends with NULL */

enum bns_seccomp_kind {
	BNS_SECCOMP_DAEMON, /* the main loop, and all that others below don't narrow: a plugin's threads too */
	BNS_SECCOMP_WORKER, /* packets: no file, no new socket */
	BNS_SECCOMP_STORE,  /* files, no network */
	BNS_SECCOMP_POOL,   /* the same */
	BNS_SECCOMP_RCU,    /* frees memory */
	BNS_SECCOMP_PROBE,  /* a helper that connects, reads files, has threads, and runs nothing */
	BNS_SECCOMP_HELPER, /* a helper that runs programs: all but what administers a system */
};

/* False where the build has no libseccomp: the calls below do nothing then. */
bool bns_seccomp_is_built(void);

/*
 * Over every thread there is and all they start, for good. To be called once,
 * with no_new_privs set. On failure nothing is filtered and `diag` says why.
 */
enum bns_error bns_seccomp_process(enum bns_seccomp_kind kind, enum bns_seccomp_mode mode,
				   struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * Narrows the calling thread to what its kind does. Any thread, any number of
 * times; only the first after bns_seccomp_process does something.
 */
void bns_seccomp_thread(enum bns_seccomp_kind kind);

/* For main() of a helper program, whose first argument is a word of server.seccomp; none: no filter. */
void bns_seccomp_program(enum bns_seccomp_kind kind, int argc, char *const *argv);

#endif
