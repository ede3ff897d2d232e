/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/restart.h"

#include <stdio.h>
#include <string.h>

struct list {
	char *out;
	size_t cap;
	size_t len;
};

static void add(struct list *l, bool differs, const char *what, const char *which)
{
	if (!differs || l->len >= l->cap)
		return;
	int n = snprintf(l->out + l->len, l->cap - l->len, "%s%s%s", l->len ? ", " : "", what, which);
	l->len += n > 0 ? (size_t)n : 0;
}

static bool same_addresses(const union bns_addr *a, size_t a_count, const union bns_addr *b, size_t b_count)
{
	return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof(*a)) == 0);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const struct bns_conf_plugin *plugin(const struct bns_conf *c, const char *id)
{
	for (size_t i = 0; i < c->plugin_count; i++)
		if (strcmp(c->plugins[i].id, id) == 0)
			return &c->plugins[i];
	return NULL;
}

/* Those that come or go. */
static void add_plugins(struct list *l, const struct bns_conf *was, const struct bns_conf *now)
{
	for (size_t i = 0; i < now->plugin_count; i++)
		add(l, !plugin(was, now->plugins[i].id), "plugin ", now->plugins[i].id);
	for (size_t i = 0; i < was->plugin_count; i++)
		add(l, !plugin(now, was->plugins[i].id), "plugin ", was->plugins[i].id);
}

char *bns_restart_needs(const struct bns_conf *was, const struct bns_conf *now, char *out, size_t cap)
{
	struct list l = {.out = out, .cap = cap};
	out[0] = '\0';
	add(&l, !same_addresses(was->listen, was->listen_count, now->listen, now->listen_count), "server.listen", "");
	add(&l, !same_addresses(was->listen_tls, was->listen_tls_count, now->listen_tls, now->listen_tls_count),
	    "server.listen-tls", "");
	add(&l, was->workers != now->workers, "server.workers", "");
	add(&l, !same_text(was->user, now->user), "server.user", "");
	add(&l, was->udp_max_payload != now->udp_max_payload, "server.udp-max-payload", "");
	add(&l, was->tcp_max_clients != now->tcp_max_clients, "server.tcp-max-clients", "");
	add(&l, was->tcp_idle_timeout_s != now->tcp_idle_timeout_s, "server.tcp-idle-timeout", "");
	add(&l, was->seccomp != now->seccomp, "server.seccomp", "");
	add(&l, !same_text(was->plugin_dir, now->plugin_dir), "server.plugin-dir", "");
	add(&l, !same_text(was->storage, now->storage), "database.storage", "");
	add(&l, was->max_size_bytes != now->max_size_bytes, "database.max-size", "");
	add(&l, !same_text(was->control_listen, now->control_listen), "control.listen", "");
	add_plugins(&l, was, now);
	return out;
}

void bns_restart_add(void *arg, const char *id, const char *option)
{
	struct bns_restart_list *to = arg;
	struct list l = {.out = to->out, .cap = to->cap, .len = strlen(to->out)};
	char which[128];
	snprintf(which, sizeof(which), "%s.%s", id, option);
	add(&l, true, "plugin ", which);
}
