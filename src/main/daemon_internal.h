/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon's files share; nobody else includes it. Thread: main. */
#ifndef BNS_MAIN_DAEMON_INTERNAL_H
#define BNS_MAIN_DAEMON_INTERNAL_H

#include <uv.h>

#include "base/log.h"
#include "control/control.h"
#include "gate/members.h"
#include "main/daemon.h"
#include "main/loader.h"
#include "main/orphans.h"
#include "main/tls.h"
#include "store/images.h"
#include "transfer/catalogs.h"

struct bns_daemon {
	const struct bns_daemon_options *options;
	uv_loop_t loop;
	struct bns_conf *conf;
	struct bns_table *table;
	struct bns_store *store;
	struct bns_images *images;
	struct bns_gate *gate;
	struct bns_newcomers *newcomers; /* until the gate has them */
	struct bns_members *members;
	struct bns_catalogs *catalogs;
	struct bns_plugins *plugins;
	struct bns_server *server;
	struct bns_transfer *transfer;
	struct bns_daemon_tls tls; /* of the start, until it is given to those who use it */
	struct bns_control *control;
	struct bns_loader loader;
	struct bns_answer_env env;
	const struct bns_answer_conf *answer_conf; /* in force */
	struct bns_cookie_secrets random_cookies;  /* of this run, once they were needed */
	uv_timer_t tick;
	uv_timer_t watchdog;
	uv_timer_t drain;
	uint64_t drain_until_ms;
	uv_signal_t signals[4];
	unsigned signal_count;
	bool conf_is_bad; /* why the start failed */
	bool store_lost;  /* its folder went away; said once */
	bool starting;    /* zones come back from the store */
	bool stopping;
};

void bns_daemon_log_diag(enum bns_log_level level, const struct bns_diag *diag);

void bns_daemon_open_log(const struct bns_daemon_options *options);

/* Signals, tick and watchdog begin. */
void bns_daemon_start_events(struct bns_daemon *d);

/* What plugins may ask for. */
struct bns_host_services bns_daemon_services(struct bns_daemon *d);

/* For bns_control_env.stop and signals; `arg` is the daemon. Also after a start that failed half-way. */
void bns_daemon_stop(void *arg);

/* A zone comes under the gate's care; a secondary's timers begin. */
enum bns_error bns_daemon_add_zone(struct bns_daemon *d, const struct bns_conf_zone *conf,
				   struct bns_diag *diag) BNS_MUST_CHECK;

/* The zone's settings are new: timers begin, follow or end, a file is read. */
void bns_daemon_follow_zone(struct bns_daemon *d, struct bns_zone *zone);

/* Answer to a zone's removal: gone, or served on. */
void bns_daemon_removed(void *arg, struct bns_zone *zone, const struct bns_result *result);

/* What the packet path tells of the server, as `conf` says; free() it where it doesn't come into force. */
enum bns_error bns_daemon_answer_conf(struct bns_daemon *d, const struct bns_conf *conf,
				      struct bns_answer_conf **out) BNS_MUST_CHECK;

/* For bns_control_env.reload and SIGHUP; `arg` is the daemon. On success `diag` says what waits for the next start. */
enum bns_error bns_daemon_reload(void *arg, struct bns_diag *diag) BNS_MUST_CHECK;

#endif
