/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin's parts: what it does (xdp.c) where (addresses.c), and what it tells of it (told.c). Thread: main loop. */
#ifndef XDP_XDP_H
#define XDP_XDP_H

#include "compile.h"
#include "kernel.h"
#include "plugin/plugin.h"
#include "tables.h"

struct xdp_options {
	struct bns_option_list interface;
	const char *mode;
	int64_t names;
	int64_t zone_names;
	uint64_t watch_s;
	int64_t rate;
	int64_t sample;
};

struct xdp {
	const struct bns_host *host;
	const struct xdp_options *options;
	struct xdp_kernel kernel;
	struct xdp_tables tables;
	struct xdp_set set;            /* the zone that is being compiled */
	uint8_t an_apex[BNS_NAME_MAX]; /* of some zone that is served, to ask for an OPT */
	bool has_apex;
	bool is_full; /* said once */
};

/* False where the configuration is only looked at. */
static inline bool xdp_is_open(const struct xdp *x)
{
	return x && x->kernel.control;
}

/* addresses.c. More than there is room for are left to the daemon. */
void xdp_take_addresses(struct bns_plugin *p, struct xdp *x);

/* told.c, for the descriptor. */
extern const struct bns_plugin_command xdp_commands[];
extern const struct bns_metric xdp_metrics[];
void xdp_count(struct bns_plugin *p, struct bns_answer_counts *sum);

#endif
