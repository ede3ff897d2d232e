/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * May code be taken from there? Who can write a plugin, or into the folder it
 * lies in, can do what the daemon can. Thread: any.
 */
#ifndef BNS_BASE_TRUSTED_H
#define BNS_BASE_TRUSTED_H

#include "base/error.h"

/*
 * The file and its folder belong to root, to the user we run as, or to whoever
 * owns the running program, and nobody else can write there. `diag` names what
 * isn't so, and the way out. BNS_ENOENT, without a word in `diag`, where there
 * is no such file.
 */
enum bns_error bns_trusted_file(const char *path, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
