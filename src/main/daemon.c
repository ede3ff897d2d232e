/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/daemon_internal.h"
#include "main/passed.h"
#include "main/privileges.h"

void bns_daemon_log_diag(enum bns_log_level level, const struct bns_diag *diag)
{
	char text[sizeof(diag->file) + sizeof(diag->text) + 32];
	bns_log(level, "%s", bns_diag_format(diag, text, sizeof(text)));
}

void bns_daemon_open_log(const struct bns_daemon_options *o)
{
	bns_log_open(o->use_syslog ? BNS_LOG_SYSLOG : BNS_LOG_STDERR, "brandnsd");
	bns_log_set_level(o->verbose ? BNS_LOG_DEBUG : BNS_LOG_INFO);
}

/* ---- plugins ---- */

static const char *plugin_dir(const struct bns_conf *conf, char *buf, size_t cap)
{
	return conf->plugin_dir ? conf->plugin_dir : bns_plugins_default_dir(buf, cap);
}

static enum bns_error new_plugins(const struct bns_conf *conf, const struct bns_host_services *services,
				  struct bns_plugins **out)
{
	char dir[4096];
	*out = bns_plugins_new(plugin_dir(conf, dir, sizeof(dir)), services);
	return *out ? BNS_OK : BNS_ENOMEM;
}

static enum bns_error bind_plugins(struct bns_daemon *d, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < d->conf->plugin_count && !err; i++)
		err = bns_plugins_bind(d->plugins, d->conf->plugins[i].id, d->conf->plugins[i].options, diag);
	if (err)
		d->conf_is_bad = true;
	return err;
}

static enum bns_error load_plugins(const struct bns_conf *conf, struct bns_plugins *ps, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < conf->plugin_count && !err; i++)
		err = bns_plugins_load(ps, conf->plugins[i].id, conf->plugins[i].options, diag);
	return err;
}

int bns_daemon_check(const struct bns_daemon_options *options)
{
	struct bns_diag diag = {0};
	struct bns_conf *conf;
	struct bns_plugins *plugins = NULL;
	struct bns_daemon_tls tls;
	bns_daemon_open_log(options);
	if (bns_conf_load(options->conf_path, &conf, &diag)) {
		bns_daemon_log_diag(BNS_LOG_ERR, &diag);
		return BNS_EXIT_CONF;
	}
	for (size_t i = 0; i < conf->warning_count; i++)
		bns_daemon_log_diag(BNS_LOG_WARN, &conf->warnings[i]);
	enum bns_error err = bns_daemon_load_tls(conf, &tls, &diag);
	if (!err)
		err = new_plugins(conf, NULL, &plugins);
	if (!err)
		err = load_plugins(conf, plugins, &diag);
	if (err)
		bns_daemon_log_diag(BNS_LOG_ERR, &diag);
	bns_plugins_free(plugins);
	bns_daemon_drop_tls(&tls);
	bns_rcu_barrier();
	bns_conf_free(conf);
	return err ? BNS_EXIT_CONF : BNS_EXIT_CLEAN;
}

/* ---- zones ---- */

static void published(void *arg, struct bns_zone *zone)
{
	struct bns_daemon *d = arg;
	if (d->transfer && zone->conf->set->notify_count > 0)
		bns_transfer_notify(d->transfer, zone);
	bns_catalogs_published(d->catalogs, zone);
}

static void removed(void *arg, struct bns_zone *zone)
{
	struct bns_daemon *d = arg;
	if (d->transfer && !d->stopping)
		bns_transfer_zone_stop(d->transfer, zone);
	if (!d->stopping)
		bns_catalogs_changed(d->catalogs, zone, true);
}

/* NOTIFY that is on its way for a zone served from a file goes on. */
static void follow_timers(struct bns_daemon *d, struct bns_zone *zone)
{
	if (bns_zone_is_secondary(zone))
		bns_transfer_zone_start(d->transfer, zone);
	else if (zone->refresh)
		bns_transfer_zone_stop(d->transfer, zone);
}

static void follow_member(void *arg, struct bns_zone *zone, bool load)
{
	struct bns_daemon *d = arg;
	/* What was on its way to the disk is there with the next start; at this one, all zones are followed at its end.
	 */
	if (d->stopping || d->starting)
		return;
	follow_timers(d, zone);
	if (load)
		bns_loader_add(&d->loader, zone);
	bns_catalogs_changed(d->catalogs, zone, false);
}

static void event(void *arg, const struct bns_event *e)
{
	struct bns_daemon *d = arg;
	if (d->control)
		bns_control_event(d->control, e);
}

void bns_daemon_follow_zone(struct bns_daemon *d, struct bns_zone *zone)
{
	follow_timers(d, zone);
	bns_loader_add(&d->loader, zone);
}

enum bns_error bns_daemon_add_zone(struct bns_daemon *d, const struct bns_conf_zone *conf, struct bns_diag *diag)
{
	struct bns_zone *zone;
	enum bns_error err = bns_gate_zone_add(d->gate, conf, &zone, diag);
	if (err)
		return err;
	bns_gate_zone_keep(d->gate, zone);
	bns_daemon_follow_zone(d, zone);
	return BNS_OK;
}

/* The configuration has it whatever its store says: a removal that is held is withdrawn. */
static void follow_first(struct bns_daemon *d, struct bns_zone *zone)
{
	if (!zone->member || zone->member->shadowed)
		bns_gate_zone_keep(d->gate, zone);
	bns_daemon_follow_zone(d, zone);
}

static enum bns_error bring_back(struct bns_daemon *d, struct bns_diag *diag)
{
	d->starting = true;
	enum bns_error err = bns_gate_start(d->gate, d->newcomers, diag);
	bns_newcomers_free(d->newcomers);
	d->newcomers = NULL;
	if (!err)
		err = bns_members_recall(d->members, diag);
	if (!err)
		err = bns_gate_started(d->gate, diag);
	return err;
}

/* What need not be done before the first answer: a million zones take a while. */
static enum bns_error follow_all(struct bns_daemon *d)
{
	enum bns_error err = BNS_OK;
	d->starting = false;
	for (struct bns_zone *zone = bns_gate_zone_first(d->gate); zone; zone = zone->next)
		follow_first(d, zone);
	bns_gate_tell_plugins(d->gate);
	if (bns_gate_strays(d->gate) > 0)
		err = bns_orphans_remove(d->gate, d->store, bns_daemon_removed, d);
	if (!err)
		bns_catalogs_refresh(d->catalogs);
	return err;
}

/* ---- start ---- */

/* Keys must be readable by who we become: what root alone can read would be missing on the next reload. */
static enum bns_error become_user(struct bns_daemon *d, struct bns_diag *diag)
{
	struct bns_conf *again;
	uid_t was = geteuid();
	enum bns_error err = bns_privileges_drop(d->conf->user, diag);
	if (err || geteuid() == was)
		return err;
	err = bns_conf_load(d->options->conf_path, &again, diag);
	if (err) {
		d->conf_is_bad = true;
		return err;
	}
	bns_conf_free(d->conf);
	d->conf = again;
	return BNS_OK;
}

static enum bns_error open_server(struct bns_daemon *d, struct bns_diag *diag)
{
	const struct bns_conf *c = d->conf;
	struct bns_server_conf conf = {
		.listen = c->listen,
		.listen_count = c->listen_count,
		.listen_tls = c->listen_tls,
		.listen_tls_count = c->listen_tls_count,
		.workers = c->workers,
		.udp_max_payload = c->udp_max_payload,
		.tcp_max_clients = c->tcp_max_clients,
		.tcp_idle_timeout_ms = c->tcp_idle_timeout_s * 1000,
		.answer_conf = &d->answer_conf,
	};
	struct bns_passed_list passed;
	enum bns_error err = bns_passed_take(&passed);
	conf.passed = &passed;
	if (!err)
		err = bns_server_open(&conf, &d->server, diag);
	if (!err)
		bns_passed_settle(&passed, d->server);
	bns_passed_free(&passed);
	return err;
}

/* Like all keys, read as who we have become. */
static enum bns_error open_tls(struct bns_daemon *d, struct bns_diag *diag)
{
	enum bns_error err = bns_daemon_load_tls(d->conf, &d->tls, diag);
	if (err)
		d->conf_is_bad = true;
	else if (d->tls.server)
		bns_server_set_tls(d->server, d->tls.server);
	d->tls.server = NULL;
	return err;
}

static enum bns_error open_gate(struct bns_daemon *d, struct bns_diag *diag)
{
	struct bns_gate_callbacks callbacks = {.arg = d, .published = published, .event = event, .removed = removed};
	d->gate = bns_gate_new(&d->loop, d->table, d->store, NULL, &callbacks);
	if (!d->gate)
		return BNS_ENOMEM;
	bns_gate_set_images(d->gate, d->images);
	struct bns_members_callbacks of_members = {.arg = d, .follow = follow_member};
	d->members = bns_members_new(d->gate, d->store, d->conf, &of_members);
	if (!d->members)
		return BNS_ENOMEM;
	d->catalogs = bns_catalogs_new(d->gate, d->members);
	if (!d->catalogs)
		return BNS_ENOMEM;
	bns_loader_init(&d->loader, d->gate);
	bns_gate_set_journal_depth(d->gate, d->conf->journal_depth);
	enum bns_error err = load_plugins(d->conf, d->plugins, diag);
	if (err)
		d->conf_is_bad = true;
	else
		bns_gate_set_plugins(d->gate, d->plugins);
	return err;
}

static enum bns_error open_transfer(struct bns_daemon *d)
{
	d->env = (struct bns_answer_env){
		.table = d->table,
		.plugins = d->plugins,
		.is_overheard = bns_plugins_have_answered(d->plugins),
		.conf = &d->answer_conf,
		.udp_max_payload = d->conf->udp_max_payload,
		.keepalive_ds = bns_answer_keepalive(d->conf->tcp_idle_timeout_s * 1000),
	};
	d->transfer = bns_transfer_new(&d->loop, d->gate, &d->env);
	if (!d->transfer)
		return BNS_ENOMEM;
	bns_transfer_set_conf(d->transfer, d->conf);
	bns_transfer_set_tls(d->transfer, d->tls.peers);
	d->tls.peers = NULL;
	return BNS_OK;
}

static enum bns_error introduce(struct bns_daemon *d)
{
	struct bns_answer_conf *answer;
	enum bns_error err = bns_daemon_answer_conf(d, d->conf, &answer);
	if (!err)
		bns_answer_conf_set(&d->answer_conf, answer);
	return err;
}

static enum bns_error open_control(struct bns_daemon *d, struct bns_diag *diag)
{
	struct bns_control_env env = {
		.loop = &d->loop,
		.gate = d->gate,
		.members = d->members,
		.conf = (const struct bns_conf *const *)&d->conf,
		.transfer = d->transfer,
		.server = d->server,
		.store = d->store,
		.plugins = d->plugins,
		.started_s = bns_clock_wall_s(),
		.arg = d,
		.reload = bns_daemon_reload,
		.stop = bns_daemon_stop,
	};
	return bns_control_open(&env, d->conf->control_listen, d->conf->control_admin, d->conf->control_admin_count,
				&d->control, diag);
}

static enum bns_error start(struct bns_daemon *d, struct bns_diag *diag)
{
	const struct bns_host_services services = bns_daemon_services(d);
	enum bns_error err = open_server(d, diag);
	if (!err)
		err = new_plugins(d->conf, &services, &d->plugins);
	if (!err)
		err = bind_plugins(d, diag);
	if (!err)
		err = become_user(d, diag);
	if (!err)
		err = (d->newcomers = bns_newcomers_make(d->conf->zones, d->conf->zone_count)) ? BNS_OK : BNS_ENOMEM;
	if (!err)
		err = introduce(d);
	if (!err)
		err = open_tls(d, diag);
	if (!err)
		err = bns_store_open(d->conf->storage, d->conf->max_size_bytes, &d->loop, &d->store, diag);
	if (!err)
		err = (d->images = bns_images_open(d->conf->storage, bns_image_layout())) ? BNS_OK : BNS_ENOMEM;
	if (!err)
		err = (d->table = bns_table_new()) ? BNS_OK : BNS_ENOMEM;
	if (!err)
		err = open_gate(d, diag);
	if (!err)
		err = open_transfer(d);
	if (!err)
		err = bring_back(d, diag);
	if (!err)
		err = open_control(d, diag);
	if (!err)
		bns_privileges_filter(d->conf->seccomp);
	if (!err)
		err = bns_server_start(d->server, &d->loop, d->table, d->plugins, bns_transfer_on_datagram,
				       bns_transfer_on_connection, d->transfer);
	return err ? err : follow_all(d);
}

static void end(struct bns_daemon *d)
{
	bns_newcomers_free(d->newcomers);
	d->newcomers = NULL;
	bns_daemon_stop(d);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
	bns_control_free(d->control);
	d->control = NULL;
	bns_transfer_free(d->transfer);
	bns_server_free(d->server);
	bns_daemon_drop_tls(&d->tls);
	bns_gate_free(d->gate);
	bns_catalogs_free(d->catalogs);
	bns_members_free(d->members);
	bns_loader_free(&d->loader);
	bns_plugins_free(d->plugins);
	bns_answer_conf_set(&d->answer_conf, NULL);
	bns_rcu_barrier();
	if (d->table)
		bns_table_free(d->table);
	bns_images_close(d->images);
	bns_conf_free(d->conf);
}

static int run(struct bns_daemon *d)
{
	struct bns_diag diag = {0};
	enum bns_error err = start(d, &diag);
	if (err) {
		if (diag.text[0] == '\0')
			bns_diag_set(&diag, NULL, 0, 0, "%s", bns_strerror(err));
		bns_daemon_log_diag(BNS_LOG_CRIT, &diag);
		return d->conf_is_bad ? BNS_EXIT_CONF : BNS_EXIT_FAILURE;
	}
	bns_daemon_start_events(d);
	bns_loader_start(&d->loader);
	sd_notify(0, "READY=1");
	bns_log(BNS_LOG_NOTICE, "started version=" PACKAGE_VERSION " zones=%zu workers=%u",
		bns_gate_zone_count(d->gate), bns_server_workers(d->server));
	uv_run(&d->loop, UV_RUN_DEFAULT);
	bns_log(BNS_LOG_NOTICE, "stopped");
	return BNS_EXIT_CLEAN;
}

int bns_daemon_run(const struct bns_daemon_options *options)
{
	struct bns_daemon d = {.options = options};
	struct bns_diag diag = {0};
	bns_daemon_open_log(options);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* until there is something to read again */
	if (bns_conf_load(options->conf_path, &d.conf, &diag)) {
		bns_daemon_log_diag(BNS_LOG_ERR, &diag);
		return BNS_EXIT_CONF;
	}
	bns_log_set_format(d.conf->log_format);
	for (size_t i = 0; i < d.conf->warning_count; i++)
		bns_daemon_log_diag(BNS_LOG_WARN, &d.conf->warnings[i]);
	if (geteuid() == 0 && !d.conf->user)
		bns_log(BNS_LOG_WARN, "there is no user 'brandnsd': going on as root; create it, or set server.user");
	if (uv_loop_init(&d.loop))
		return BNS_EXIT_FAILURE;
	/* Registered, since signed questions are answered on this loop; online only while that happens. */
	bns_rcu_register();
	bns_rcu_offline();
	int code = run(&d);
	end(&d);
	bns_rcu_unregister();
	return code;
}
