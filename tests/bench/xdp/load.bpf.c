/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions as frames, out of the kernel and back into it: `generate` runs
 * over live frames and sends one question after the other to the interface's
 * other end; `collect` stands at this end, counts answers and drops them.
 * So many questions and no more are on their way at any time.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "load.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct load_state);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct load_frame);
} frames SEC(".maps");

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct load_state *s = bpf_map_lookup_elem(&state, &zero);

	if (!s || s->sent - s->received >= s->window)
		return XDP_DROP;
	__u32 number = bpf_get_prandom_u32() % (s->count ? s->count : 1);
	struct load_frame *f = bpf_map_lookup_elem(&frames, &number);
	if (!f)
		return XDP_DROP;
	__u64 len = f->len;
	if (len < 60 || len > LOAD_FRAME_MAX)
		return XDP_DROP;
	long now = (long)ctx->data_end - (long)ctx->data;
	asm volatile("" : "+r"(now)); /* else clang subtracts from a pointer */
	if (bpf_xdp_adjust_tail(ctx, (int)((long)len - now)))
		return XDP_DROP;
	if (bpf_xdp_store_bytes(ctx, 0, f->data, len))
		return XDP_DROP;
	s->sent++;
	return bpf_redirect(s->interface, 0);
}

SEC("xdp")
int collect(struct xdp_md *ctx)
{
	const __u8 *data = (const void *)(long)ctx->data, *end = (const void *)(long)ctx->data_end;
	const struct ethhdr *eth = (const void *)data;
	const struct iphdr *ip = (const void *)(eth + 1);
	const struct udphdr *udp = (const void *)(ip + 1);
	__u32 zero = 0;
	struct load_state *s = bpf_map_lookup_elem(&state, &zero);

	if (!s || (const __u8 *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP ||
	    udp->source != bpf_htons(53))
		return XDP_PASS;
	s->received++;
	return XDP_DROP;
}

/* Sends every question back as it is: what any answer from here costs at least. */
SEC("xdp")
int flip(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((__u8 *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		__u16 *a = (__u16 *)eth->h_dest + i, *b = (__u16 *)eth->h_source + i, t = *a;
		*a = *b;
		*b = t;
	}
	__u32 address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	__u16 port = udp->source;
	udp->source = udp->dest;
	udp->dest = port;
	return XDP_TX;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
