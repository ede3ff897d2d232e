/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "server/socket.h"

static int int_option(int fd, int level, int option, int missing)
{
	int value = missing;
	socklen_t len = sizeof(value);
	return getsockopt(fd, level, option, &value, &len) == 0 ? value : missing;
}

/* A connection, or a stream nobody listens on, is no listener. */
static bool is_for(int fd, const union bns_addr *addr, enum bns_transport transport)
{
	union bns_addr bound = {.sa.sa_family = AF_UNSPEC};
	int type = transport == BNS_TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	if (int_option(fd, SOL_SOCKET, SO_TYPE, -1) != type ||
	    (type == SOCK_STREAM && int_option(fd, SOL_SOCKET, SO_ACCEPTCONN, 0) != 1))
		return false;
	return bns_socket_bound(fd, &bound) == BNS_OK && bound.sa.sa_family == addr->sa.sa_family &&
	       bns_addr_port(&bound) == bns_addr_port(addr) && bns_addr_same_host(&bound, addr);
}

size_t bns_adopt_count(const struct bns_passed_list *passed, const union bns_addr *addr, enum bns_transport transport)
{
	size_t count = 0;
	for (size_t i = 0; i < passed->count; i++)
		count += is_for(passed->sockets[i].fd, addr, transport);
	return count;
}

static struct bns_passed *nth(struct bns_passed_list *passed, const union bns_addr *addr, enum bns_transport transport,
			      size_t n)
{
	for (size_t i = 0; i < passed->count; i++) {
		if (is_for(passed->sockets[i].fd, addr, transport) && n-- == 0)
			return &passed->sockets[i];
	}
	return NULL;
}

static enum bns_error refuse(struct bns_diag *diag, const union bns_addr *addr, const char *why)
{
	char text[BNS_ADDR_TEXT_MAX];
	bns_diag_set(diag, NULL, 0, 0, "the socket passed in for %s can't be used: %s", bns_addr_to_text(addr, text),
		     why);
	return BNS_EIO;
}

enum bns_error bns_adopt(struct bns_passed_list *passed, const union bns_addr *addr, enum bns_transport transport,
			 unsigned worker, int *fd, struct bns_diag *diag)
{
	struct bns_passed *p = nth(passed, addr, transport, worker % bns_adopt_count(passed, addr, transport));
	/* IPv4 clients would come with mapped addresses, which no access list names. */
	if (addr->sa.sa_family == AF_INET6 && bns_socket_is_wildcard(addr) &&
	    int_option(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0)
		return refuse(diag, addr, "it takes IPv4 too; its unit needs BindIPv6Only=ipv6-only");
	int s = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
	if (s < 0 || !bns_socket_prepare(s, addr, transport)) {
		int err = errno;
		if (s >= 0)
			close(s);
		return refuse(diag, addr, strerror(err));
	}
	p->adopted = true;
	*fd = s;
	return BNS_OK;
}
