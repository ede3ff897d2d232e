/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/passed.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "server/socket.h"

#define NAME_MAX_BYTES (BNS_ADDR_TEXT_MAX + 8)

enum bns_error bns_passed_take(struct bns_passed_list *passed)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	*passed = (struct bns_passed_list){0};
	if (count <= 0)
		return BNS_OK;
	passed->sockets = calloc((size_t)count, sizeof(*passed->sockets));
	for (int i = 0; i < count; i++) {
		if (passed->sockets)
			passed->sockets[passed->count++] =
				(struct bns_passed){.fd = SD_LISTEN_FDS_START + i, .name = names[i]};
		else
			free(names[i]);
	}
	free(names);
	return passed->sockets ? BNS_OK : BNS_ENOMEM;
}

/* What its keeper calls a socket; a colon isn't allowed in it. */
static const char *name_of(const union bns_addr *addr, enum bns_transport transport, char out[NAME_MAX_BYTES])
{
	char text[BNS_ADDR_TEXT_MAX];
	snprintf(out, NAME_MAX_BYTES, "%s-%s", transport == BNS_TRANSPORT_UDP ? "udp" : "tcp",
		 bns_addr_to_text(addr, text));
	for (char *c = out; *c; c++)
		if (*c == ':')
			*c = '_';
	return out;
}

/* Without a service manager, or where it keeps none, nothing comes of it. */
static void keep(const struct bns_passed_list *passed, const struct bns_server *server)
{
	union bns_addr addr;
	enum bns_transport transport;
	int fd;
	for (size_t i = 0; (fd = bns_server_socket(server, i, &addr, &transport)) >= 0; i++) {
		char name[NAME_MAX_BYTES];
		char state[NAME_MAX_BYTES + 32];
		if (bns_adopt_count(passed, &addr, transport) > 0)
			continue;
		snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s", name_of(&addr, transport, name));
		if (sd_pid_notify_with_fds(0, 0, state, &fd, 1) <= 0)
			return;
	}
}

/* What nobody reads takes queries and answers none. */
static void give_up(const struct bns_passed *p)
{
	char text[BNS_ADDR_TEXT_MAX] = "no network address";
	union bns_addr addr = {.sa.sa_family = AF_UNSPEC};
	if (bns_socket_bound(p->fd, &addr) == BNS_OK && (addr.sa.sa_family == AF_INET || addr.sa.sa_family == AF_INET6))
		bns_addr_to_text(&addr, text);
	bns_log(BNS_LOG_WARN,
		"a socket for %s (%s) was passed in that server.listen doesn't name: nothing is answered there; name "
		"it, or take it out of the socket unit",
		text, p->name);
	sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", p->name);
}

void bns_passed_settle(const struct bns_passed_list *passed, const struct bns_server *server)
{
	size_t adopted = 0;
	for (size_t i = 0; i < passed->count; i++) {
		adopted += passed->sockets[i].adopted;
		if (!passed->sockets[i].adopted)
			give_up(&passed->sockets[i]);
	}
	keep(passed, server);
	if (adopted > 0)
		bns_log(BNS_LOG_INFO, "sockets-passed count=%zu they are answered from, with what waited in them",
			adopted);
}

void bns_passed_free(struct bns_passed_list *passed)
{
	for (size_t i = 0; i < passed->count; i++) {
		close(passed->sockets[i].fd);
		free(passed->sockets[i].name);
	}
	free(passed->sockets);
	*passed = (struct bns_passed_list){0};
}
