/* SPDX-License-Identifier: BSD-3-Clause */
/* What of a configuration a reload can't take up. Thread: main. */
#ifndef BNS_MAIN_RESTART_H
#define BNS_MAIN_RESTART_H

#include "conf/conf.h"

/* "server.listen, plugin branding": what differs and waits for the next start, or ""; returns `out`. */
char *bns_restart_needs(const struct bns_conf *was, const struct bns_conf *now, char *out, size_t cap);

/* The text above, and the room there is. */
struct bns_restart_list {
	char *out;
	size_t cap;
};

/* For bns_plugins_apply, `arg` is a list: adds "plugin metrics.listen". */
void bns_restart_add(void *arg, const char *id, const char *option);

#endif
