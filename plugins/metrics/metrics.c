/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon and its plugins can tell in numbers, for Prometheus. Nothing
 * is counted here: packet threads count in cells of their own, and who is asked
 * adds them up.
 */
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "ask.h"
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

static enum bns_error check_options(const struct bns_plugin *p, const struct mt_options *o, struct bns_diag *diag)
{
	if (o->series_max > 0)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, "series-max", "must be at least 1");
	return BNS_ERANGE;
}

static enum bns_error make_nonce(struct mt *mt)
{
	uint8_t random[(sizeof(mt->nonce) - 1) / 2];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return BNS_ECRYPTO;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(mt->nonce + 2 * i, 3, "%02x", random[i]);
	return BNS_OK;
}

static enum bns_error metrics_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct mt *mt = calloc(1, sizeof(*mt));
	int fd = -1;

	if (!mt)
		return BNS_ENOMEM;
	*mt = (struct mt){.plugin = p, .host = host, .options = host->options(p)};
	host->set_state(p, mt);
	enum bns_error err = check_options(p, mt->options, diag);
	if (err == BNS_OK)
		err = make_nonce(mt);
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

static enum bns_error metrics_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	(void)prepared;
	return check_options(p, options, diag);
}

static void metrics_apply(struct bns_plugin *p, void *prepared)
{
	struct mt *mt = bns_host_of(p)->state(p);

	(void)prepared;
	mt->options = mt->host->options(p);
}

/* Another socket may need rights that are gone. */
static const char *const start_options[] = {"listen", NULL};

static void count_queries(struct mt *mt, int64_t now_s)
{
	json_t *stats = mt_ask(mt, "stats", NULL);

	if (stats)
		mt_history_add(&mt->history, now_s, (uint64_t)json_integer_value(json_object_get(stats, "queries")));
	json_decref(stats);
}

static void metrics_tick(struct bns_plugin *p, int64_t now_s)
{
	struct mt *mt = bns_host_of(p)->state(p);

	if (!mt->http)
		return;
	if (mt->options->status_page && mt_history_is_due(&mt->history, now_s))
		count_queries(mt, now_s);
	mt_http_tick(mt->http, now_s);
}

static const struct bns_option option_table[] = {
	{"listen", BNS_OPTION_STRING, offsetof(struct mt_options, listen), "127.0.0.1@9953",
	 "Where HTTP is answered: an address with its port, or the absolute path of a Unix socket."},
	{"names", BNS_OPTION_LIST, offsetof(struct mt_options, names), "",
	 "Names under which browsers and scrapers may ask, beside localhost and addresses."},
	{"series-max", BNS_OPTION_INTEGER, offsetof(struct mt_options, series_max), "20000",
	 "Values of one metric that are told at most; brandns_metrics_left_out counts the others."},
	{"status-page", BNS_OPTION_BOOL, offsetof(struct mt_options, status_page), "true",
	 "A page for people at /: brandings, held changes, findings, queries over the last hour."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "metrics",
	.summary = "Tells numbers of the daemon and its plugins to Prometheus, and shows its state on a page.",
	.options = option_table,
	.options_size = sizeof(struct mt_options),
	.open = metrics_open,
	.close = metrics_close,
	.tick = metrics_tick,
	.prepare = metrics_prepare,
	.apply = metrics_apply,
	.start_options = start_options,
};
