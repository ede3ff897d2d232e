/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames, in the kernel: Ethernet with at most one VLAN tag, IPv4 or IPv6
 * without options, UDP. What the stack would look at twice is passed up.
 */
#ifndef XDP_FRAME_H
#define XDP_FRAME_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "shared.h"

#define INLINE      static __always_inline
#define VLAN_LEN    4
#define HEADER_MAX  72               /* Ethernet, one tag, IPv6, UDP, rounded up */
#define MESSAGE_MAX 256              /* of an answer, rounded up */
#define UDP_AT      (HEADER_MAX - 8) /* headers end where the message begins */
#define IPV4_AT     (UDP_AT - 20)
#define IPV6_AT     (UDP_AT - 40)

/* clang merges and reorders comparisons until no verifier can follow; it can't look behind this. */
#define opaque(x) asm volatile("" : "+r"(x))

/* An index with a bound that the verifier sees, whatever clang knows of it. */
INLINE __u32 within(__u32 index, __u32 mask)
{
	opaque(index);
	index &= mask;
	opaque(index);
	return index;
}

/* One frame on its way; one per core, since programs of one core don't interrupt each other here. */
struct work {
	__u8 header[HEADER_MAX];                  /* right before the message, as in the frame */
	__u8 message[MESSAGE_MAX + XDP_DATA_MAX]; /* the question, then the answer; room for stores beyond the end */
	__u8 name[2 * 64];                        /* in lower case; zeros behind it */
	__u8 label[16];                           /* where labels begin in it */
	__u32 header_len;
	__u32 message_len;
	__u32 name_len;
	__u32 labels;
	__u32 is_ipv6;
	__u16 qtype;
	__u8 has_opt;
	__u8 dnssec_ok;
};

INLINE __u8 *header_begin(struct work *w)
{
	return w->header + within(HEADER_MAX - w->header_len, 31);
}

/* NULL: not to us. */
INLINE const struct xdp_interface *our_interface(const struct xdp_control *c, __u32 ifindex, const __u8 *mac)
{
	for (int i = 0; i < XDP_INTERFACES_MAX; i++) {
		const struct xdp_interface *in = &c->interface[i];
		if (i < (int)c->interface_count && in->index == ifindex)
			return *(const __u32 *)mac == *(const __u32 *)in->mac &&
					       *(const __u16 *)(mac + 4) == *(const __u16 *)(in->mac + 4)
				       ? in
				       : NULL;
	}
	return NULL;
}

/* A tag of 0 is none (IEEE 802.1Q §6.9). */
INLINE bool takes_vlan(const struct xdp_interface *in, __u16 vlan)
{
	if (vlan == 0)
		return true;
	for (int i = 0; i < XDP_VLANS_MAX; i++)
		if (i < (int)in->vlan_count && in->vlan[i] == vlan)
			return true;
	return false;
}

INLINE bool is_served(const struct xdp_control *c, bool is_ipv6, const __u32 *dst, __u16 port, __u16 vlan)
{
	for (int i = 0; i < XDP_ADDRESSES_MAX; i++) {
		const struct xdp_address *a = &c->address[i];
		const __u32 *words = (const __u32 *)a->address;
		if (i >= (int)c->address_count)
			break;
		if (a->port != port || a->is_ipv6 != is_ipv6 || words[0] != dst[0] || (a->vlan && a->vlan != vlan))
			continue;
		if (!is_ipv6 || (words[1] == dst[1] && words[2] == dst[2] && words[3] == dst[3]))
			return true;
	}
	return false;
}

/* Sources that no answer may go to (RFC 6890): this host, loopback, multicast, reserved. */
INLINE bool is_plain_ipv4(__u32 source)
{
	__u8 first = (__u8)(bpf_ntohl(source) >> 24);
	return first != 0 && first != 127 && first < 224;
}

INLINE bool is_plain_ipv6(const __u32 *source)
{
	bool mapped_or_less = source[0] == 0 && source[1] == 0; /* ::, ::1, ::ffff:0:0/96 */
	return !mapped_or_less && (bpf_ntohl(source[0]) >> 24) != 0xff;
}

INLINE bool is_same_ipv6(const struct in6_addr *a, const struct in6_addr *b)
{
	const __u32 *x = a->s6_addr32, *y = b->s6_addr32;
	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

INLINE __u16 fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

INLINE __u64 sum_words(const void *data, int words)
{
	const __u32 *w = data;
	__u64 sum = 0;
#pragma unroll
	for (int i = 0; i < words; i++)
		sum += w[i];
	return sum;
}

#endif
