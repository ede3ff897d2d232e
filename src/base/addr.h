/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket addresses and prefixes as configuration writes them: 192.0.2.1@53, ::1@53, 192.0.2.0/24. Thread: any. */
#ifndef BNS_BASE_ADDR_H
#define BNS_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

/* Small enough to be copied; AF_INET or AF_INET6, never another family. */
union bns_addr {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

/* How a message comes and goes. */
enum bns_transport { BNS_TRANSPORT_UDP, BNS_TRANSPORT_TCP, BNS_TRANSPORT_TLS };

struct bns_prefix {
	union bns_addr addr;
	unsigned bits;
};

#define BNS_ADDR_TEXT_MAX 64

/* "ADDR", "ADDR@PORT"; `default_port` where none is written. */
enum bns_error bns_addr_from_text(const char *text, uint16_t default_port, union bns_addr *addr) BNS_MUST_CHECK;

/* "ADDR@PORT", as Knot writes it; returns `out`. */
char *bns_addr_to_text(const union bns_addr *addr, char out[BNS_ADDR_TEXT_MAX]);

socklen_t bns_addr_len(const union bns_addr *addr);
uint16_t bns_addr_port(const union bns_addr *addr);

/* Same family and host; ports are not compared. An IPv4-mapped IPv6 address equals its IPv4 one. */
bool bns_addr_same_host(const union bns_addr *a, const union bns_addr *b);

/* "ADDR" or "ADDR/BITS". */
enum bns_error bns_prefix_from_text(const char *text, struct bns_prefix *prefix) BNS_MUST_CHECK;
bool bns_prefix_covers(const struct bns_prefix *prefix, const union bns_addr *addr);

#endif
