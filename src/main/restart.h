/* SPDX-License-Identifier: BSD-3-Clause */
/* What of a configuration a reload can't take up. Thread: main. */
#ifndef BNS_MAIN_RESTART_H
#define BNS_MAIN_RESTART_H

#include "conf/conf.h"

/* "server.listen, plugin branding": what differs and waits for the next start, or ""; returns `out`. */
char *bns_restart_needs(const struct bns_conf *was, const struct bns_conf *now, char *out, size_t cap);

#endif
