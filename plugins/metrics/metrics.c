/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon and its plugins can tell in numbers, for Prometheus. Nothing
 * is counted here: packet threads count in cells of their own, and who is asked
 * adds them up.
 */
#include "metrics.h"

#include <stdlib.h>

#include "http.h"
#include "listener.h"

static void mt_free(struct mt *mt)
{
	if (mt->http) {
		mt_http_close(mt->http);
		mt_listener_remove(mt);
	}
	free(mt);
}

static enum bns_error check_options(const struct mt *mt, struct bns_diag *diag)
{
	if (mt->options->series_max > 0)
		return BNS_OK;
	mt->host->diag(diag, NULL, 0, 0, "option 'series-max' of plugin 'metrics' must be at least 1");
	return BNS_ERANGE;
}

static enum bns_error metrics_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct mt *mt = calloc(1, sizeof(*mt));
	int fd = -1;

	if (!mt)
		return BNS_ENOMEM;
	*mt = (struct mt){.plugin = p, .host = host, .options = host->options(p)};
	host->set_state(p, mt);
	enum bns_error err = check_options(mt, diag);
	if (err == BNS_OK)
		err = mt_listener_open(mt, &fd, diag);
	if (err == BNS_OK && fd >= 0)
		err = mt_http_open(mt, fd, &mt->http, diag);
	if (err != BNS_OK) {
		mt_free(mt);
		return err;
	}
	if (fd >= 0 && mt_listener_is_open(mt))
		host->log(p, BNS_LOG_WARN, "anybody who reaches %s may read names of zones and of brandings there",
			  mt->options->listen);
	return BNS_OK;
}

static void metrics_close(struct bns_plugin *p)
{
	mt_free(bns_host_of(p)->state(p));
}

static void metrics_tick(struct bns_plugin *p, int64_t now_s)
{
	struct mt *mt = bns_host_of(p)->state(p);

	if (mt->http)
		mt_http_tick(mt->http, now_s);
}

static const struct bns_option option_table[] = {
	{"listen", BNS_OPTION_STRING, offsetof(struct mt_options, listen), "127.0.0.1@9953",
	 "Where HTTP is answered: an address with its port, or the absolute path of a Unix socket."},
	{"names", BNS_OPTION_LIST, offsetof(struct mt_options, names), "",
	 "Names under which browsers and scrapers may ask, beside localhost and addresses."},
	{"series-max", BNS_OPTION_INTEGER, offsetof(struct mt_options, series_max), "20000",
	 "Values of one metric that are told at most; brandns_metrics_left_out counts the others."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "metrics",
	.summary = "Tells numbers of the daemon and its plugins to Prometheus.",
	.options = option_table,
	.options_size = sizeof(struct mt_options),
	.open = metrics_open,
	.close = metrics_close,
	.tick = metrics_tick,
};
