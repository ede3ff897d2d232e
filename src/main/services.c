/* SPDX-License-Identifier: BSD-3-Clause */
/* What plugins may ask of the packet side. Thread: main loop. */
#include <sys/socket.h>

#include "answer/answer.h"
#include "base/rcu.h"
#include "main/daemon_internal.h"

/* From an address that nothing is counted or limited for. */
static size_t would_answer(void *arg, const uint8_t *query, size_t len, uint8_t *out, size_t cap)
{
	struct bns_daemon *d = arg;
	struct bns_answer_env env = d->env;
	struct bns_answer_counts counts = {0};
	union bns_addr client = {.in4 = {.sin_family = AF_INET, .sin_port = 0xffff}};
	size_t out_len;

	env.plugins = NULL;
	env.is_overheard = false;
	bns_rcu_online();
	enum bns_answer_action action =
		bns_answer(&env, query, len, &client, BNS_TRANSPORT_UDP, false, out, cap, &out_len, &counts);
	bns_rcu_offline();
	return action == BNS_ANSWER_SEND ? out_len : 0;
}

static bool listening(void *arg, size_t index, union bns_addr *addr)
{
	const struct bns_daemon *d = arg;

	if (index >= d->conf->listen_count)
		return false;
	bns_server_address(d->server, index, addr);
	return true;
}

struct bns_host_services bns_daemon_services(struct bns_daemon *d)
{
	struct bns_host_services services = bns_gate_host_services(&d->gate);

	services.loop = &d->loop;
	services.seccomp = d->conf->seccomp;
	services.cache_folder = d->conf->storage;
	bns_control_host_services(&d->control, &services);
	services.server_arg = d;
	services.would_answer = would_answer;
	services.listening = listening;
	return services;
}
