/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration and policies read again while everything is served on. */
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "main/daemon_internal.h"
#include "main/restart.h"

void bns_daemon_removed(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	const struct bns_daemon *d = arg;
	if (zone && !zone->member && !bns_conf_zone(d->conf, zone->text))
		bns_log(BNS_LOG_WARN, "kept zone=%s it is not in the configuration any more and is served on: %s",
			zone->text, result->reason);
}

static void follow_conf(struct bns_daemon *d, struct bns_zone *zone, const struct bns_conf *conf)
{
	const struct bns_conf_zone *now = bns_conf_zone(conf, zone->text);
	if (now) {
		bns_gate_zone_keep(d->gate, zone);
		bns_members_yield(d->members, zone);
		bns_gate_zone_set_conf(zone, now);
		bns_daemon_follow_zone(d, zone);
	} else if (!bns_members_follow(d->members, zone) && !zone->leaving) {
		bns_gate_zone_remove(d->gate, zone, "configuration", bns_daemon_removed, d);
	}
}

static void follow_zones(struct bns_daemon *d, const struct bns_conf *conf)
{
	struct bns_diag diag = {0};
	for (struct bns_zone *z = bns_gate_zone_first(d->gate), *next; z; z = next) {
		next = z->next;
		follow_conf(d, z, conf);
	}
	for (size_t i = 0; i < conf->zone_count; i++) {
		uint8_t apex[BNS_NAME_MAX];
		if (bns_name_from_text(conf->zones[i].domain, NULL, apex, NULL))
			continue;
		if (!bns_gate_zone_find(d->gate, apex) && bns_daemon_add_zone(d, &conf->zones[i], &diag))
			bns_daemon_log_diag(BNS_LOG_ERR, &diag);
	}
}

static enum bns_error prepare_plugins(struct bns_daemon *d, const struct bns_conf *conf, struct bns_diag *diag)
{
	enum bns_error err = BNS_OK;
	for (size_t i = 0; i < conf->plugin_count && !err; i++)
		err = bns_plugins_prepare(d->plugins, conf->plugins[i].id, conf->plugins[i].options, diag);
	return err;
}

enum bns_error bns_daemon_reload(void *arg, struct bns_diag *diag)
{
	struct bns_daemon *d = arg;
	struct bns_conf *now;
	struct bns_answer_conf *answer = NULL;
	struct bns_daemon_tls tls = {0};
	char later[sizeof(diag->text)] = "";
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)bns_clock_mono_ms() * 1000);
	enum bns_error err = bns_conf_load(d->options->conf_path, &now, diag);
	if (!err) {
		bns_restart_needs(d->conf, now, later, sizeof(later));
		err = bns_daemon_load_tls(now, &tls, diag);
		if (!err)
			err = prepare_plugins(d, now, diag);
		if (!err)
			err = bns_daemon_answer_conf(d, now, &answer);
		if (err) {
			bns_plugins_drop(d->plugins);
			free(answer);
			bns_daemon_drop_tls(&tls);
			bns_conf_free(now);
		}
	}
	if (!err) {
		struct bns_conf *was = d->conf;
		d->conf = now;
		bns_plugins_apply(d->plugins, bns_restart_add,
				  &(struct bns_restart_list){.out = later, .cap = sizeof(later)});
		bns_log_set_format(now->log_format);
		bns_answer_conf_set(&d->answer_conf, answer);
		if (tls.server)
			bns_server_set_tls(d->server, tls.server);
		bns_gate_set_journal_depth(d->gate, now->journal_depth);
		bns_control_set_admin(d->control, now->control_admin, now->control_admin_count);
		bns_transfer_set_conf(d->transfer, now);
		bns_transfer_set_tls(d->transfer, tls.peers);
		bns_members_set_conf(d->members, now);
		follow_zones(d, now);
		bns_catalogs_refresh(d->catalogs);
		bns_gate_judge_held(d->gate);
		bns_loader_start(&d->loader);
		bns_conf_free(was);
		bns_log(BNS_LOG_NOTICE, "reloaded zones=%zu", bns_gate_zone_count(d->gate));
		if (*later)
			bns_log(BNS_LOG_WARN,
				"restart-needed scope=configuration in force with the next start only: %s", later);
		bns_diag_set(diag, NULL, 0, 0, "%s", later);
	}
	sd_notify(0, "READY=1");
	return err;
}
