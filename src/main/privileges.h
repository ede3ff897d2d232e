/* SPDX-License-Identifier: BSD-3-Clause */
/* Root is for binding only. Thread: main, before any other is started. */
#ifndef BNS_MAIN_PRIVILEGES_H
#define BNS_MAIN_PRIVILEGES_H

#include "base/error.h"

/*
 * Becomes `user` with its groups, without capabilities, for good. Nothing to
 * do where `user` is NULL or that is who we are; who isn't root only gives up capabilities.
 */
enum bns_error bns_privileges_drop(const char *user, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
