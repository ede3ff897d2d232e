/* SPDX-License-Identifier: BSD-3-Clause */
#include "server/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES (4 << 20)
#define BACKLOG              1024
#define IPV6_MIN_MTU         1280
#define UDP_HEADERS          48 /* IPv6's and UDP's */

bool bns_socket_is_wildcard(const union bns_addr *addr)
{
	if (addr->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
	return addr->in4.sin_addr.s_addr == htonl(INADDR_ANY);
}

static const char *hint(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; another program listens there, stop it or choose another address or port";
	case EADDRNOTAVAIL:
		return "; this machine has no such address";
	case EACCES:
		return "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
	default:
		return "";
	}
}

static enum bns_error refuse(struct bns_diag *diag, const union bns_addr *addr, enum bns_transport transport, int err)
{
	static const char *const names[] = {"UDP", "TCP", "TLS"};
	char text[BNS_ADDR_TEXT_MAX];
	bns_diag_set(diag, NULL, 0, 0, "can't listen at %s (%s): %s%s", bns_addr_to_text(addr, text), names[transport],
		     strerror(err), hint(err));
	return BNS_EIO;
}

/* Nice to have: an old kernel or a container may refuse it, and service goes on. */
static void try_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static bool set_option(int fd, int level, int option)
{
	int on = 1;
	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* Answers may be fragmented, but no forged "packet too big" shall make them so. */
static bool set_udp_options(int fd, const union bns_addr *addr)
{
	if (addr->sa.sa_family == AF_INET6) {
		try_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
		try_option(fd, IPPROTO_IPV6, IPV6_MTU, IPV6_MIN_MTU);
		return !bns_socket_is_wildcard(addr) || set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	}
	try_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	return !bns_socket_is_wildcard(addr) || set_option(fd, IPPROTO_IP, IP_PKTINFO);
}

void bns_socket_set_payload(int fd, const union bns_addr *addr, size_t payload)
{
	const int discover = payload + UDP_HEADERS <= IPV6_MIN_MTU ? IP_PMTUDISC_PROBE : IP_PMTUDISC_OMIT;
	if (addr->sa.sa_family == AF_INET)
		try_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, discover);
}

/* An answer is written as a whole: nothing to wait for. */
static bool set_tcp_options(int fd)
{
	try_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return set_option(fd, SOL_SOCKET, SO_REUSEADDR);
}

static bool set_options(int fd, const union bns_addr *addr, enum bns_transport transport)
{
	return transport == BNS_TRANSPORT_UDP ? set_udp_options(fd, addr) : set_tcp_options(fd);
}

/* The receive buffer stays: who made the socket may have been allowed a larger one than we are. */
bool bns_socket_prepare(int fd, const union bns_addr *addr, enum bns_transport transport)
{
	int flags = fcntl(fd, F_GETFL);
	int wanted = transport == BNS_TRANSPORT_UDP ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return flags >= 0 && fcntl(fd, F_SETFL, wanted) == 0 && set_options(fd, addr, transport);
}

/* What can be set only while the socket isn't bound yet, and what is ours to set. */
static bool set_new_options(int fd, const union bns_addr *addr, enum bns_transport transport)
{
	if (transport == BNS_TRANSPORT_UDP)
		try_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
	if (addr->sa.sa_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
	return set_options(fd, addr, transport);
}

static int new_socket(const union bns_addr *addr, enum bns_transport transport)
{
	int type = transport == BNS_TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM | SOCK_NONBLOCK;
	return socket(addr->sa.sa_family, type | SOCK_CLOEXEC, 0);
}

enum bns_error bns_socket_open(const union bns_addr *addr, enum bns_transport transport, int *fd, struct bns_diag *diag)
{
	int s = new_socket(addr, transport);
	if (s < 0 || !set_new_options(s, addr, transport) || !set_option(s, SOL_SOCKET, SO_REUSEPORT) ||
	    bind(s, &addr->sa, bns_addr_len(addr)) != 0 ||
	    (transport != BNS_TRANSPORT_UDP && listen(s, BACKLOG) != 0)) {
		int err = errno;
		if (s >= 0)
			close(s);
		return refuse(diag, addr, transport, err);
	}
	*fd = s;
	return BNS_OK;
}

enum bns_error bns_socket_probe(const union bns_addr *addr, enum bns_transport transport, struct bns_diag *diag)
{
	int s = new_socket(addr, transport);
	enum bns_error err = BNS_OK;
	if (s < 0 || !set_new_options(s, addr, transport) || bind(s, &addr->sa, bns_addr_len(addr)) != 0)
		err = refuse(diag, addr, transport, errno);
	if (s >= 0)
		close(s);
	return err;
}

enum bns_error bns_socket_bound(int fd, union bns_addr *addr)
{
	socklen_t len = sizeof(*addr);
	return getsockname(fd, &addr->sa, &len) == 0 ? BNS_OK : BNS_EIO;
}

static void local_in4(const struct cmsghdr *c, union bns_addr *local)
{
	struct in_pktinfo info;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	local->in4.sin_family = AF_INET;
	local->in4.sin_addr = info.ipi_spec_dst;
}

/* The interface matters for link-local addresses. */
static void local_in6(const struct cmsghdr *c, union bns_addr *local)
{
	struct in6_pktinfo info;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	local->in6.sin6_family = AF_INET6;
	local->in6.sin6_addr = info.ipi6_addr;
	local->in6.sin6_scope_id = info.ipi6_ifindex;
}

void bns_socket_get_local(const struct msghdr *received, union bns_addr *local)
{
	/* CMSG_NXTHDR only reads, but says otherwise. */
	struct msghdr *m = (struct msghdr *)(uintptr_t)received;
	memset(local, 0, sizeof(*local));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			local_in4(c, local);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			local_in6(c, local);
	}
}

static void put_control(struct msghdr *sent, struct bns_socket_control *control, int level, int type, const void *data,
			size_t len)
{
	memset(control, 0, sizeof(*control));
	sent->msg_control = control->data;
	sent->msg_controllen = CMSG_SPACE(len);
	struct cmsghdr *c = CMSG_FIRSTHDR(sent);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
}

void bns_socket_set_local(struct msghdr *sent, struct bns_socket_control *control, const union bns_addr *local)
{
	sent->msg_control = NULL;
	sent->msg_controllen = 0;
	if (local->sa.sa_family == AF_INET) {
		const struct in_pktinfo info = {.ipi_spec_dst = local->in4.sin_addr};
		put_control(sent, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else if (local->sa.sa_family == AF_INET6) {
		struct in6_pktinfo info = {.ipi6_addr = local->in6.sin6_addr};
		if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = local->in6.sin6_scope_id;
		put_control(sent, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}
