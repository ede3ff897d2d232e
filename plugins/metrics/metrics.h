/* SPDX-License-Identifier: BSD-3-Clause */
/* One instance of the plugin `metrics`. Thread: main loop. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "history.h"
#include "plugin/plugin.h"

struct mt_http;

struct mt_options {
	const char *listen;
	struct bns_option_list names;
	int64_t series_max;
	bool status_page;
};

struct mt {
	struct bns_plugin *plugin;
	const struct bns_host *host;
	const struct mt_options *options;
	struct mt_http *http; /* NULL: offline */
	struct mt_history history;
	char nonce[33]; /* of the status page's style */
};

#endif
