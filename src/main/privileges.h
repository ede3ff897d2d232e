/* SPDX-License-Identifier: BSD-3-Clause */
/* Root is for binding only. Thread: main, before any other is started. */
#ifndef BNS_MAIN_PRIVILEGES_H
#define BNS_MAIN_PRIVILEGES_H

#include "base/seccomp.h"

/*
 * Has no core written, whose memory would hold keys, and lets no process of the
 * same user look into this one. Becomes `user` with its groups, without
 * capabilities, for good. Nothing of that to do where `user` is NULL or that is
 * who we are; who isn't root only gives up capabilities.
 */
enum bns_error bns_privileges_drop(const char *user, struct bns_diag *diag) BNS_MUST_CHECK;

/*
 * The filters of system calls, over all threads there are; once everything is
 * open. A kernel without them is told of in the log, and the daemon goes on.
 */
void bns_privileges_filter(enum bns_seccomp_mode mode);

#endif
