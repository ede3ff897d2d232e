/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Queries and responses as they were on the wire, in the format dnstap. Packet
 * threads copy into a ring, and never wait: what doesn't fit is counted.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"
#include "writer.h"

#define QUEUE_MIN 16
#define QUEUE_MAX 65536

struct options {
	const char *socket;
	const char *file;
	const char *identity;
	bool queries;
	bool responses;
	int64_t queue;
};

struct dnstap {
	const struct bns_host *host;
	struct dt_ring ring;
	struct dt_writer *writer; /* NULL: offline */
	struct dt_writer_counts counts;
	bool was_open, was_told; /* at the last tick; before the first nothing was told */
	/* Packet threads write below. */
	_Alignas(64) _Atomic uint64_t dropped;
};

/* ---- packet threads ---- */

static void dnstap_answered(struct bns_plugin *p, const struct bns_exchange *exchange)
{
	struct dnstap *dt = bns_host_of(p)->state(p);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!dt_ring_put(&dt->ring, exchange, &now))
		atomic_fetch_add_explicit(&dt->dropped, 1, memory_order_relaxed);
}

/* ---- main loop ---- */

static enum bns_error check_options(const struct bns_plugin *p, const struct options *o, struct bns_diag *diag)
{
	const char *option = NULL, *wrong = NULL;

	if ((o->socket[0] != '\0') == (o->file[0] != '\0'))
		wrong = "needs one of 'socket' and 'file'";
	else if (!o->queries && !o->responses)
		wrong = "has nothing to tell with neither 'queries' nor 'responses'";
	else if (o->queue < QUEUE_MIN || o->queue > QUEUE_MAX || (o->queue & (o->queue - 1)) != 0)
		option = "queue", wrong = "is a power of two from 16 to 65536";
	if (!wrong)
		return BNS_OK;
	bns_host_of(p)->wrong_option(p, diag, option, "%s", wrong);
	return BNS_EINVAL;
}

static struct dt_writer_conf *conf_of(const struct options *o)
{
	struct dt_writer_conf *conf = dt_writer_conf_new(o->socket, o->file, o->identity);

	if (conf) {
		conf->queries = o->queries;
		conf->responses = o->responses;
	}
	return conf;
}

static enum bns_error start(struct dnstap *dt, const struct options *o)
{
	struct dt_writer_conf *conf = conf_of(o);
	enum bns_error err = conf ? dt_writer_start(conf, &dt->ring, &dt->counts, &dt->writer) : BNS_ENOMEM;

	if (err != BNS_OK)
		dt_writer_conf_free(conf);
	return err;
}

static enum bns_error dnstap_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct options *o = host->options(p);
	enum bns_error err = check_options(p, o, diag);

	if (err != BNS_OK)
		return err;
	struct dnstap *dt = aligned_alloc(_Alignof(struct dnstap), sizeof(*dt));
	if (!dt)
		return BNS_ENOMEM;
	memset(dt, 0, sizeof(*dt));
	dt->host = host;
	if (!dt_ring_init(&dt->ring, (size_t)o->queue))
		err = BNS_ENOMEM;
	if (err == BNS_OK && host->is_online(p))
		err = start(dt, o);
	if (err != BNS_OK) {
		dt_ring_free(&dt->ring);
		free(dt);
		return err;
	}
	host->set_state(p, dt);
	return BNS_OK;
}

static enum bns_error dnstap_prepare(struct bns_plugin *p, const void *options, void **prepared, struct bns_diag *diag)
{
	enum bns_error err = check_options(p, options, diag);

	if (err == BNS_OK && !(*prepared = conf_of(options)))
		err = BNS_ENOMEM;
	return err;
}

static void dnstap_apply(struct bns_plugin *p, void *prepared)
{
	struct dnstap *dt = bns_host_of(p)->state(p);

	if (dt->writer)
		dt_writer_change(dt->writer, prepared);
	else
		dt_writer_conf_free(prepared);
}

static void dnstap_drop(struct bns_plugin *p, void *prepared)
{
	(void)p;
	dt_writer_conf_free(prepared);
}

/* Packet threads write into it. */
static const char *const start_options[] = {"queue", NULL};

static void dnstap_close(struct bns_plugin *p)
{
	struct dnstap *dt = bns_host_of(p)->state(p);

	if (dt->writer && !dt_writer_stop(dt->writer)) {
		dt->host->log(p, BNS_LOG_WARN, "the reader hangs: what it hasn't read is lost");
		return;
	}
	dt_ring_free(&dt->ring);
	free(dt);
}

static void dnstap_tick(struct bns_plugin *p, int64_t now_s)
{
	struct dnstap *dt = bns_host_of(p)->state(p);
	bool is_open = atomic_load(&dt->counts.is_open);

	(void)now_s;
	if (!dt->was_told || is_open != dt->was_open)
		dt->host->log(p, is_open ? BNS_LOG_INFO : BNS_LOG_WARN, "%s",
			      is_open ? "frames are written"
				      : "frames are lost: nobody listens at the socket (it is tried again), or the "
					"file can't be written to (a reload begins it anew)");
	dt->was_open = is_open;
	dt->was_told = true;
}

static enum bns_error run_status(struct bns_plugin *p, const char *const *args, size_t count, char **json,
				 struct bns_diag *diag)
{
	struct dnstap *dt = bns_host_of(p)->state(p);
	json_t *root =
		json_pack("{s:i, s:b, s:I, s:I, s:I}", "schema", 1, "open", (int)atomic_load(&dt->counts.is_open),
			  "written", (json_int_t)atomic_load(&dt->counts.written), "lost",
			  (json_int_t)atomic_load(&dt->counts.lost), "dropped", (json_int_t)atomic_load(&dt->dropped));

	(void)args;
	(void)count;
	(void)diag;
	*json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return *json ? BNS_OK : BNS_ENOMEM;
}

static void tell_frames(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	struct dnstap *dt = bns_host_of(p)->state(p);

	bns_metric_tell_of(out, "result", "written", (double)atomic_load(&dt->counts.written));
	bns_metric_tell_of(out, "result", "lost", (double)atomic_load(&dt->counts.lost));
}

static void tell_dropped(struct bns_plugin *p, const struct bns_metric_sink *out)
{
	struct dnstap *dt = bns_host_of(p)->state(p);

	bns_metric_tell(out, (double)atomic_load(&dt->dropped));
}

static const struct bns_metric metrics[] = {
	{"brandns_dnstap_frames_total", BNS_METRIC_COUNTER, "Frames: written, or lost since nobody listened.",
	 tell_frames},
	{"brandns_dnstap_dropped_total", BNS_METRIC_COUNTER,
	 "Exchanges that weren't taken: the queue was full, or they were too long.", tell_dropped},
	{0},
};

static const struct bns_plugin_command commands[] = {
	{"dnstap status", "", "What was written, and what wasn't.", false, run_status, NULL},
	{0},
};

static const struct bns_option option_table[] = {
	{"socket", BNS_OPTION_PATH, offsetof(struct options, socket), "", "The Unix socket at which a reader listens."},
	{"file", BNS_OPTION_PATH, offsetof(struct options, file), "", "The file to write to instead."},
	{"identity", BNS_OPTION_STRING, offsetof(struct options, identity), "", "This server's name in each frame."},
	{"queries", BNS_OPTION_BOOL, offsetof(struct options, queries), "true", "Tell AUTH_QUERY."},
	{"responses", BNS_OPTION_BOOL, offsetof(struct options, responses), "true", "Tell AUTH_RESPONSE."},
	{"queue", BNS_OPTION_INTEGER, offsetof(struct options, queue), "2048",
	 "Exchanges that may wait to be written, 4.2 KB each; a power of two."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "dnstap",
	.summary = "Tells queries and responses in the format dnstap.",
	.options = option_table,
	.options_size = sizeof(struct options),
	.commands = commands,
	.metrics = metrics,
	.open = dnstap_open,
	.close = dnstap_close,
	.answered = dnstap_answered,
	.tick = dnstap_tick,
	.prepare = dnstap_prepare,
	.apply = dnstap_apply,
	.drop = dnstap_drop,
	.start_options = start_options,
};
