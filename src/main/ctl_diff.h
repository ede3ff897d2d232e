/* SPDX-License-Identifier: BSD-3-Clause */
/* The two halves of `diff`. Thread: main. */
#ifndef BNS_MAIN_CTL_DIFF_H
#define BNS_MAIN_CTL_DIFF_H

#include "main/ctl.h"

/* What the daemon serves against a file or a folder. `zone` and `format` may be NULL. */
enum ctl_exit ctl_diff_online(struct ctl *ctl, const char *path, const char *zone, const char *format);

#endif
