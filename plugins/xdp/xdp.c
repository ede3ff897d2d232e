/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers in the kernel: every served name is kept in maps that a program at
 * the network interfaces answers from, before a packet becomes a socket's. The
 * daemon's answers are asked for, never made here. Thread: main loop.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "xdp.h"

#define NAMES_MAX 100000000

/* ---- before privileges are dropped ---- */

static bool read_mode(const char *text, enum xdp_mode *mode)
{
	static const char *const words[] = {"native", "generic", "any"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], text) == 0) {
			*mode = (enum xdp_mode)i;
			return true;
		}
	}
	return false;
}

static enum bns_error check_options(const struct bns_host *host, const struct xdp_options *o, enum xdp_mode *mode,
				    struct bns_diag *diag)
{
	if (o->interface.count == 0 || o->interface.count > XDP_INTERFACES_MAX)
		host->diag(diag, NULL, 0, 0,
			   "option 'interface' of plugin 'xdp' wants one to %d interfaces, as 'ip link' names them",
			   XDP_INTERFACES_MAX);
	else if (!read_mode(o->mode, mode))
		host->diag(diag, NULL, 0, 0, "option 'mode' of plugin 'xdp' is 'native', 'generic' or 'any', not '%s'",
			   o->mode);
	else if (o->names < 1 || o->names > NAMES_MAX)
		host->diag(diag, NULL, 0, 0, "option 'names' of plugin 'xdp' must be from 1 to %d", NAMES_MAX);
	else if (o->zone_names < 1 || o->rate < 0 || o->rate > INT32_MAX || o->sample < 0 || o->sample > INT32_MAX)
		host->diag(diag, NULL, 0, 0, "option '%s' of plugin 'xdp' is out of range",
			   o->zone_names < 1                    ? "zone-names"
			   : o->rate < 0 || o->rate > INT32_MAX ? "rate"
								: "sample");
	else
		return BNS_OK;
	return BNS_EINVAL;
}

static enum bns_error attach(struct xdp *x, const struct xdp_options *o, enum xdp_mode mode, struct bns_diag *diag)
{
	char why[256];

	if (!xdp_kernel_open(&x->kernel, (uint32_t)o->names, why, sizeof(why))) {
		x->host->diag(diag, NULL, 0, 0, "plugin 'xdp': %s", why);
		return BNS_EDENIED;
	}
	for (size_t i = 0; i < o->interface.count; i++) {
		if (xdp_kernel_attach(&x->kernel, o->interface.items[i], mode, why, sizeof(why)))
			continue;
		x->host->diag(diag, NULL, 0, 0, "plugin 'xdp': %s", why);
		return BNS_EDENIED;
	}
	return BNS_OK;
}

static void tell_modes(struct bns_plugin *p, const struct xdp *x)
{
	for (size_t i = 0; i < x->kernel.attached_count; i++) {
		const struct xdp_attached *a = &x->kernel.attached[i];
		if (a->generic)
			x->host->log(p, BNS_LOG_WARN,
				     "interface=%s mode=generic answers behind the driver, at a part of the speed",
				     a->name);
		else
			x->host->log(p, BNS_LOG_NOTICE, "interface=%s mode=native", a->name);
	}
}

static void xdp_free(struct xdp *x)
{
	xdp_tables_free(&x->tables);
	xdp_set_free(&x->set);
	xdp_kernel_close(&x->kernel);
	free(x);
}

static enum bns_error xdp_bind(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	const struct xdp_options *o = host->options(p);
	struct xdp *x = calloc(1, sizeof(*x));
	enum xdp_mode mode;

	if (!x)
		return BNS_ENOMEM;
	x->host = host;
	x->options = o;
	enum bns_error err = check_options(host, o, &mode, diag);
	if (!err)
		err = attach(x, o, mode, diag);
	if (!err && getrandom(&x->kernel.control->seed, sizeof(x->kernel.control->seed), 0) < 0)
		err = BNS_ECRYPTO;
	if (!err && !xdp_tables_init(&x->tables, x->kernel.control, x->kernel.buckets, x->kernel.records,
				     x->kernel.record_count))
		err = BNS_ENOMEM;
	if (err) {
		xdp_free(x);
		return err;
	}
	tell_modes(p, x);
	host->set_state(p, x);
	return BNS_OK;
}

static enum bns_error xdp_open(struct bns_plugin *p, const struct bns_host *host, struct bns_diag *diag)
{
	struct xdp *x = host->state(p);
	enum xdp_mode mode;

	/* Only looked at: nothing was bound. */
	if (!x)
		return check_options(host, host->options(p), &mode, diag);
	struct xdp_control *c = x->kernel.control;
	c->watch_s = (uint32_t)x->options->watch_s;
	c->rate = (uint32_t)x->options->rate;
	c->sample = (uint32_t)x->options->sample;
	xdp_take_addresses(p, x);
	if (c->address_count == 0)
		host->log(p, BNS_LOG_WARN,
			  "no address of its interfaces is one of server.listen: nothing is answered by the kernel");
	return BNS_OK;
}

static void xdp_close(struct bns_plugin *p)
{
	struct xdp *x = bns_host_of(p)->state(p);

	if (x)
		xdp_free(x);
}

/* ---- zones come and go ---- */

static void replace(struct bns_plugin *p, struct xdp *x, const uint8_t *zone)
{
	__u64 apex[XDP_NAME_WORDS];
	uint8_t len;

	/* No question that is answered there can be for it or for a name below. */
	if (!xdp_name_key(zone, apex, &len))
		return;
	if (xdp_tables_replace(&x->tables, apex, x->set.records, x->set.count) || x->is_full)
		return;
	x->is_full = true;
	x->host->log(p, BNS_LOG_WARN,
		     "the table of %" PRIu32
		     " names is full: what isn't there is answered by the daemon; raise 'names'",
		     x->tables.record_count);
}

static void pass_zone(struct bns_plugin *p, const uint8_t *zone)
{
	struct xdp *x = bns_host_of(p)->state(p);

	if (!xdp_is_open(x))
		return;
	/* Without memory for a single record nothing can be told of any zone. */
	if (xdp_compile_passed(zone, &x->set) != BNS_OK)
		__atomic_store_n(&x->kernel.control->complete, 0, __ATOMIC_RELEASE);
	replace(p, x, zone);
}

static void set_opt(struct xdp *x, struct xdp_opt *to, const struct xdp_opt *from)
{
	if (memcmp(to, from, sizeof(*to)) == 0)
		return;
	xdp_tables_begin(&x->tables);
	*to = *from;
	xdp_tables_end(&x->tables);
}

static void set_opts(struct bns_plugin *p, struct xdp *x)
{
	struct xdp_opt opt, refused;

	xdp_compile_opt(p, x->an_apex, &opt, &refused);
	set_opt(x, &x->kernel.control->opt, &opt);
	set_opt(x, &x->kernel.control->opt_refused, &refused);
}

static void xdp_served(struct bns_plugin *p, const struct bns_change *change)
{
	struct xdp *x = bns_host_of(p)->state(p);

	if (!xdp_is_open(x))
		return;
	if (!change->candidate) {
		x->set.count = 0;
		replace(p, x, change->zone);
		return;
	}
	if (xdp_compile_zone(p, change->zone, (size_t)x->options->zone_names, &x->set) != BNS_OK) {
		pass_zone(p, change->zone);
		return;
	}
	if (x->set.count > 0 && x->set.records[0].kind == XDP_KIND_APEX) {
		memcpy(x->an_apex, x->set.records[0].name, XDP_NAME_MAX);
		if (!x->has_apex)
			set_opts(p, x);
		x->has_apex = true;
	}
	replace(p, x, change->zone);
}

/* What goes into an OPT may follow a reload; nothing is denied before every zone was heard of. */
static void xdp_tick(struct bns_plugin *p, int64_t now_s)
{
	struct xdp *x = bns_host_of(p)->state(p);

	(void)now_s;
	if (!xdp_is_open(x))
		return;
	struct xdp_control *c = x->kernel.control;
	if (x->has_apex)
		set_opts(p, x);
	if (!c->complete && !x->is_full && x->host->settled(p))
		__atomic_store_n(&c->complete, 1, __ATOMIC_RELEASE);
}

static const struct bns_option option_table[] = {
	{"interface", BNS_OPTION_LIST, offsetof(struct xdp_options, interface), NULL,
	 "Network interfaces to answer at."},
	{"mode", BNS_OPTION_STRING, offsetof(struct xdp_options, mode), "native",
	 "native: in the driver or not at all; generic: in the stack, slower; any: native, else generic with a "
	 "warning."},
	{"names", BNS_OPTION_INTEGER, offsetof(struct xdp_options, names), "100000",
	 "Room for so many names, about 200 octets each; two or three more than brandings per zone."},
	{"zone-names", BNS_OPTION_INTEGER, offsetof(struct xdp_options, zone_names), "1000",
	 "Zones with more names than this are left to the daemon."},
	{"watch", BNS_OPTION_DURATION, offsetof(struct xdp_options, watch_s), "10s",
	 "A name's CNAME questions are shown to the daemon once in this time, for the verify watch; 0s: never."},
	{"rate", BNS_OPTION_INTEGER, offsetof(struct xdp_options, rate), "0",
	 "Answers per second to one network (/24, /56) before its questions are passed up, to be limited there; 0: any "
	 "number."},
	{"sample", BNS_OPTION_INTEGER, offsetof(struct xdp_options, sample), "0",
	 "One question in so many is passed up, for dnstap and the like; 0: none."},
	{0},
};

const struct bns_plugin_descriptor bns_plugin = {
	.abi = BNS_PLUGIN_ABI,
	.name = "xdp",
	.summary = "Answers in the kernel, before a packet becomes a socket's.",
	.options = option_table,
	.options_size = sizeof(struct xdp_options),
	.commands = xdp_commands,
	.metrics = xdp_metrics,
	.bind = xdp_bind,
	.open = xdp_open,
	.close = xdp_close,
	.served = xdp_served,
	.count = xdp_count,
	.withheld = pass_zone,
	.tick = xdp_tick,
};
