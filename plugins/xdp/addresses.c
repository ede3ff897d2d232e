/* SPDX-License-Identifier: BSD-3-Clause */
/* Where questions are taken: the addresses of server.listen, as frames have them. Thread: main loop. */
#include <ifaddrs.h>
#include <string.h>

#include "xdp.h"

/* The tag that frames to an interface's addresses have; 0: any, also for interfaces that aren't the program's. */
static uint16_t vlan_of(const struct xdp_kernel *k, const char *name)
{
	for (size_t i = 0; i < k->attached_count; i++)
		for (size_t n = 0; n < k->attached[i].vlan_count; n++)
			if (strcmp(k->attached[i].vlan[n].name, name) == 0)
				return k->attached[i].vlan[n].id;
	return 0;
}

static bool is_attached(const struct xdp_kernel *k, const char *name)
{
	for (size_t i = 0; i < k->attached_count; i++)
		if (strcmp(k->attached[i].name, name) == 0)
			return true;
	return vlan_of(k, name) != 0;
}

static const void *octets(const union bns_addr *addr)
{
	return addr->sa.sa_family == AF_INET6 ? (const void *)&addr->in6.sin6_addr : &addr->in4.sin_addr;
}

static size_t octet_count(const union bns_addr *addr)
{
	return addr->sa.sa_family == AF_INET6 ? 16 : 4;
}

static void add(struct xdp_control *c, const union bns_addr *addr, uint16_t port, uint16_t vlan)
{
	struct xdp_address *a = &c->address[c->address_count];

	if (c->address_count == XDP_ADDRESSES_MAX)
		return;
	a->is_ipv6 = addr->sa.sa_family == AF_INET6;
	a->port = port;
	a->vlan = vlan;
	memcpy(a->address, octets(addr), octet_count(addr));
	__atomic_store_n(&c->address_count, c->address_count + 1, __ATOMIC_RELEASE);
}

static bool is_any(const union bns_addr *addr)
{
	static const uint8_t any[16] = {0};

	return memcmp(octets(addr), any, octet_count(addr)) == 0;
}

/* Each address of the interfaces, where one listens at any. */
static void add_any(struct xdp_kernel *k, const struct ifaddrs *all, const union bns_addr *any, uint16_t port)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == any->sa.sa_family && is_attached(k, i->ifa_name))
			add(k->control, (const union bns_addr *)(const void *)i->ifa_addr, port,
			    vlan_of(k, i->ifa_name));
}

static void add_one(struct xdp_kernel *k, const struct ifaddrs *all, const union bns_addr *addr, uint16_t port)
{
	uint16_t vlan = 0;

	for (const struct ifaddrs *i = all; i && !vlan; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == addr->sa.sa_family &&
		    memcmp(octets((const union bns_addr *)(const void *)i->ifa_addr), octets(addr),
			   octet_count(addr)) == 0)
			vlan = vlan_of(k, i->ifa_name);
	add(k->control, addr, port, vlan);
}

void xdp_take_addresses(struct bns_plugin *p, struct xdp *x)
{
	struct ifaddrs *all = NULL;
	union bns_addr addr;

	(void)getifaddrs(&all);
	for (size_t i = 0; x->host->listening(p, i, &addr); i++) {
		uint16_t port = addr.sa.sa_family == AF_INET ? addr.in4.sin_port : addr.in6.sin6_port;
		if (is_any(&addr))
			add_any(&x->kernel, all, &addr, port);
		else
			add_one(&x->kernel, all, &addr, port);
	}
	freeifaddrs(all);
}
