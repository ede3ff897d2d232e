/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Listening sockets, and the address a datagram was sent to: who was asked at
 * one address of many must answer from it. Thread: any.
 */
#ifndef BNS_SERVER_SOCKET_H
#define BNS_SERVER_SOCKET_H

#include <stdalign.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/error.h"

/* Room for one IP_PKTINFO or IPV6_PKTINFO. */
struct bns_socket_control {
	alignas(struct cmsghdr) unsigned char data[64];
};

/*
 * A socket on `addr`: for UDP a blocking one, else non-blocking and already
 * listening. Others with the same address may follow (SO_REUSEPORT).
 */
enum bns_error bns_socket_open(const union bns_addr *addr, enum bns_transport transport, int *fd,
			       struct bns_diag *diag) BNS_MUST_CHECK;

/* Refuses an address that another program answers at: SO_REUSEPORT would share its queries silently. */
enum bns_error bns_socket_probe(const union bns_addr *addr, enum bns_transport transport,
				struct bns_diag *diag) BNS_MUST_CHECK;

/* Makes a socket that somebody else bound to `addr` fit for a worker; errno where that fails. */
bool bns_socket_prepare(int fd, const union bns_addr *addr, enum bns_transport transport);

/*
 * Answers of up to `payload` octets will be sent. Where every path should take
 * them whole, they say so (RFC 9715 §3.1): no router fragments them, and the
 * kernel doesn't look for a number that their fragments would share.
 */
void bns_socket_set_payload(int fd, const union bns_addr *addr, size_t payload);

/* The address a socket is bound to. */
enum bns_error bns_socket_bound(int fd, union bns_addr *addr) BNS_MUST_CHECK;

/* Is it all of the machine's addresses? Then a datagram has to tell which one it was sent to. */
bool bns_socket_is_wildcard(const union bns_addr *addr);

/* Where a received datagram was sent to; family 0 where the socket doesn't tell (it has one address only). */
void bns_socket_get_local(const struct msghdr *received, union bns_addr *local);

/* Makes the datagram leave from `local`, unless that is unknown. `control` must live until it is sent. */
void bns_socket_set_local(struct msghdr *sent, struct bns_socket_control *control, const union bns_addr *local);

#endif
