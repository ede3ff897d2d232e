/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers questions where frames arrive. Whatever isn't surely what the daemon
 * would answer, octet by octet, is passed up to it.
 *
 *   frame → message → name in lower case → the longest known name → answer → back out
 *
 * Thread: any core's receive path; reads what the plugin writes (shared.h).
 */
#include "frame.h"

#define QUESTION_AT 12 /* where the name begins in a message */
#define FLAG_RD     0x0100
#define FLAG_AD     0x0020
#define FLAG_CD     0x0010
#define TYPE_NS     2
#define TYPE_CNAME  5
#define TYPE_SOA    6
#define TYPE_OPT    41
#define TYPE_DS     43
#define TYPE_HTTPS  65
#define TYPE_CAA    257
#define CLASS_IN    1
#define OPTION_ECS  8 /* RFC 7871: looked over by the daemon as well */
#define OPT_LEN     11
#define ECS_MAX     24
#define NO_ANSWER   (-1)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdp_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* the plugin says how many */
	__type(key, __u32);
	__type(value, struct xdp_bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* likewise */
	__type(key, __u32);
	__type(value, struct xdp_record);
} records SEC(".maps");

/* A row per core. The daemon reads it from memory, without a call that its filter would have to allow. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* likewise */
	__type(key, __u32);
	__type(value, struct xdp_counts);
} counts SEC(".maps");

/* Second and answers in it, of a network's share of the table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDP_RATES);
	__type(key, __u32);
	__type(value, __u64);
} rates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work);
} works SEC(".maps");

INLINE struct xdp_counts *counts_of_core(void)
{
	__u32 core = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&counts, &core);
}

INLINE int pass_up(enum xdp_reason reason)
{
	struct xdp_counts *row = counts_of_core();
	if (row)
		++row->n[within(reason, 15)];
	return XDP_PASS;
}

INLINE int send_back(const struct work *w, enum xdp_reason reason)
{
	struct xdp_counts *row = counts_of_core();
	if (!row)
		return XDP_TX;
	++row->n[within(reason, 15)];
	__u64 type = w->qtype;
	opaque(type);
	if (type > XDP_TYPE_CAA)
		type = XDP_TYPE_CAA;
	++row->type[type];
	row->ipv6 += w->is_ipv6;
	return XDP_TX;
}

/* ---- the frame ---- */

/* Where the IP header begins; 0: no unicast frame of ours. */
INLINE __u32 read_ethernet(const __u8 *data, const __u8 *end, const struct xdp_control *c, __u32 ifindex, __u16 *proto,
			   __u16 *vlan)
{
	const struct ethhdr *eth = (const void *)data;
	if (data + sizeof(*eth) + VLAN_LEN > end)
		return 0;
	const struct xdp_interface *in = our_interface(c, ifindex, eth->h_dest);
	if (!in)
		return 0;
	*vlan = 0;
	*proto = eth->h_proto;
	if (*proto != bpf_htons(ETH_P_8021Q) && *proto != bpf_htons(ETH_P_8021AD))
		return sizeof(*eth);
	*proto = *(const __u16 *)(data + sizeof(*eth) + 2);
	*vlan = bpf_ntohs(*(const __u16 *)(data + sizeof(*eth))) & 0xfff;
	return takes_vlan(in, *vlan) ? sizeof(*eth) + VLAN_LEN : 0;
}

INLINE bool read_ipv4(const struct iphdr *ip, const struct xdp_control *c, const struct udphdr *udp, __u16 vlan)
{
	const __u16 more_or_offset = bpf_htons(0x3fff);
	return ip->ihl == 5 && ip->version == 4 && !(ip->frag_off & more_or_offset) && ip->protocol == IPPROTO_UDP &&
	       ip->tot_len == bpf_htons(bpf_ntohs(udp->len) + sizeof(*ip)) && is_plain_ipv4(ip->saddr) &&
	       ip->saddr != ip->daddr && fold(sum_words(ip, sizeof(*ip) / 4)) == 0xffff && udp->check != 0 &&
	       is_served(c, false, &ip->daddr, udp->dest, vlan);
}

INLINE bool read_ipv6(const struct ipv6hdr *ip, const struct xdp_control *c, const struct udphdr *udp, __u16 vlan)
{
	return ip->version == 6 && ip->nexthdr == IPPROTO_UDP && ip->payload_len == udp->len &&
	       is_plain_ipv6(ip->saddr.s6_addr32) && !is_same_ipv6(&ip->saddr, &ip->daddr) && udp->check != 0 &&
	       is_served(c, true, ip->daddr.s6_addr32, udp->dest, vlan);
}

/* Finds the message of a UDP question to one of our addresses. */
INLINE bool read_headers(struct xdp_md *ctx, const struct xdp_control *c, struct work *w)
{
	const __u8 *data = (const void *)(long)ctx->data;
	const __u8 *end = (const void *)(long)ctx->data_end;
	__u16 proto, vlan;
	__u32 ip = read_ethernet(data, end, c, ctx->ingress_ifindex, &proto, &vlan);
	const struct udphdr *udp;
	bool fits;

	if (!ip)
		return false;
	if (proto == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ip4 = (const void *)(data + ip);
		udp = (const void *)(ip4 + 1);
		if ((const void *)(udp + 1) > (const void *)end)
			return false;
		fits = read_ipv4(ip4, c, udp, vlan);
		w->header_len = ip + sizeof(*ip4) + sizeof(*udp);
	} else if (proto == bpf_htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6 = (const void *)(data + ip);
		udp = (const void *)(ip6 + 1);
		if ((const void *)(udp + 1) > (const void *)end)
			return false;
		fits = read_ipv6(ip6, c, udp, vlan);
		w->header_len = ip + sizeof(*ip6) + sizeof(*udp);
	} else {
		return false;
	}
	w->is_ipv6 = proto == bpf_htons(ETH_P_IPV6);
	w->message_len = (__u32)bpf_ntohs(udp->len) - sizeof(*udp);
	return fits && udp->source != 0;
}

/* Of addresses, ports and lengths, as they stand before the message in `header`. */
INLINE __u64 pseudo_sum(const struct work *w, __u16 udp_len)
{
	__u64 sum = (__u64)bpf_htons(IPPROTO_UDP) + bpf_htons(udp_len);
	return sum + (w->is_ipv6 ? sum_words(w->header + IPV6_AT + 8, 8) : sum_words(w->header + IPV4_AT + 12, 2));
}

#define QUESTION_MAX (QUESTION_AT + XDP_NAME_MAX + 1 + 4 + OPT_LEN + ECS_MAX) /* 115 */
#define SUM_STEP     16

/* Of message[0, MESSAGE_MAX), behind whose end there are zeros. */
INLINE __u64 message_sum(const struct work *w, __u32 len)
{
	__u64 sum = 0;
	for (__u32 at = 0; at < MESSAGE_MAX; at += SUM_STEP) {
		if (at >= len)
			break;
		sum += sum_words(w->message + at, SUM_STEP / 4);
	}
	return sum;
}

/* Copies headers and message, and verifies the checksum over both. */
INLINE bool read_message(struct xdp_md *ctx, struct work *w)
{
	__u32 len = w->message_len;
	__u64 whole = w->header_len + len, *clear = (__u64 *)w->message;

	if (len < QUESTION_AT + 1 + 4 || len > QUESTION_MAX)
		return false;
#pragma unroll
	for (int i = 0; i < 128 / 8; i++)
		clear[i] = 0;
	opaque(whole);
	if (whole < 1 || whole > HEADER_MAX + 128)
		return false;
	if (bpf_xdp_load_bytes(ctx, 0, header_begin(w), whole))
		return false;
	const struct udphdr *udp = (const void *)(w->header + UDP_AT);
	__u64 sum = pseudo_sum(w, bpf_ntohs(udp->len)) + sum_words(udp, 2) + message_sum(w, w->message_len);
	return fold(sum) == 0xffff;
}

/* ---- the message ---- */

INLINE __u16 get16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

/* Where the name's labels begin, and how long it is. */
INLINE bool read_name(struct work *w)
{
	__u32 at = 0;
	for (__u32 i = 0; i <= XDP_LABELS_MAX; i++) {
		__u8 len = w->message[QUESTION_AT + within(at, 63)];
		w->label[within(i, 15)] = (__u8)at;
		if (len == 0) {
			w->name_len = at + 1;
			w->labels = i;
			return true;
		}
		at += 1 + len;
		if (len > 63 || at >= XDP_NAME_MAX)
			return false;
	}
	return false;
}

/* A to Z in eight octets at once: label lengths are below both. */
INLINE __u64 lower_case(__u64 word)
{
	const __u64 ones = 0x0101010101010101ULL;
	__u64 low = word & (ones * 0x7f);
	__u64 from_a = low + ones * (0x80 - 'A');
	__u64 above_z = low + ones * (0x80 - 'Z' - 1);
	__u64 upper = from_a & ~above_z & ~word & (ones * 0x80);
	return word | upper >> 2;
}

INLINE __u64 first_octets(__u64 word, int count)
{
	return count >= 8 ? word : count <= 0 ? 0 : word & ((1ULL << (8 * (__u32)count)) - 1);
}

INLINE void lower_name(struct work *w)
{
	const __u8 *from = w->message + QUESTION_AT;
	__u64 *to = (__u64 *)w->name;
	int len = (int)w->name_len;
#pragma unroll
	for (int i = 0; i < XDP_NAME_WORDS; i++)
		to[i] = first_octets(lower_case(*(const __u64 *)(from + 8 * i)), len - 8 * i);
}

/* An OPT of version 0 without options, or with the client's subnet alone. */
INLINE bool read_opt(struct work *w, __u32 at)
{
	const __u8 *opt = w->message + within(at, 127);
	__u16 flags = get16(opt + 7), len = get16(opt + 9);

	if (opt[0] != 0 || get16(opt + 1) != TYPE_OPT || opt[5] != 0 || opt[6] != 0 || flags & 0x7fff)
		return false;
	if (w->message_len != at + OPT_LEN + len)
		return false;
	if (len != 0 && (len < 8 || len > ECS_MAX || get16(opt + 11) != OPTION_ECS || get16(opt + 13) + 4 != len))
		return false;
	w->has_opt = 1;
	w->dnssec_ok = (__u8)(flags >> 15);
	return true;
}

INLINE bool is_answerable(__u16 type)
{
	return (type >= 1 && type < TYPE_OPT) || type == TYPE_DS || (type >= 64 && type <= TYPE_HTTPS) ||
	       type == TYPE_CAA;
}

/* XDP_REASON_COUNT: it is one ordinary question. */
INLINE enum xdp_reason read_question(struct work *w)
{
	__u16 flags = get16(w->message + 2);
	const __u64 counts_of_one = 0x0000000000000100ULL; /* QDCOUNT 1, no answers, no authority; little-endian */
	__u64 sections = *(const __u64 *)(w->message + 4);
	__u16 additional = get16(w->message + 10);

	if (flags & ~(FLAG_RD | FLAG_AD | FLAG_CD) || (sections & 0x0000ffffffffffffULL) != counts_of_one ||
	    additional > 1)
		return XDP_PASSED_MESSAGE;
	if (!read_name(w))
		return XDP_PASSED_NAME;
	__u32 end = QUESTION_AT + w->name_len;
	const __u8 *behind = w->message + within(end, 127);
	w->qtype = get16(behind);
	w->has_opt = w->dnssec_ok = 0;
	if (get16(behind + 2) != CLASS_IN || !is_answerable(w->qtype))
		return XDP_PASSED_MESSAGE;
	if (additional == 0 && w->message_len != end + 4)
		return XDP_PASSED_MESSAGE;
	if (additional == 1 && !read_opt(w, end + 4))
		return XDP_PASSED_OPTION;
	return XDP_REASON_COUNT;
}

/* ---- the tables ---- */

struct found {
	struct xdp_record *record;
	__u32 generation;
	bool unsure;
};

/* The place of that tag; 0: none. */
INLINE __u64 find_place(const struct xdp_bucket *b, __u32 tag)
{
	__u64 place = 0;
#pragma unroll
	for (int i = 0; i < XDP_PLACES; i++) {
		__u64 p = *(const volatile __u64 *)&b->place[i];
		place = (__u32)p == tag ? p : place;
	}
	return place;
}

/* A tag that fits another name, or a record that is being written, is left to the daemon. */
INLINE void look_at(__u64 place, const __u8 *name, struct found *f)
{
	__u32 number = (__u32)(place >> 32);
	struct xdp_record *r = bpf_map_lookup_elem(&records, &number);
	__u64 differ = 0;

	f->unsure = true;
	if (!r)
		return;
	f->generation = *(volatile __u32 *)&r->generation;
#pragma unroll
	for (int i = 0; i < XDP_NAME_WORDS; i++)
		differ |= *(volatile __u64 *)&r->name[i] ^ *(const __u64 *)(name + 8 * i);
	if (differ || f->generation & 1)
		return;
	f->unsure = false;
	f->record = r;
}

static __noinline int find_record(struct work *w, struct xdp_control *c, __u32 at, struct found *f)
{
	if (!w || !c || !f)
		return 0;
	const __u8 *name = w->name + within(at, 63);
	__u64 hash = xdp_hash(c->seed, (const __u64 *)name);
	__u32 number = xdp_first_bucket(hash, c->bucket_count);
	const struct xdp_bucket *b = bpf_map_lookup_elem(&buckets, &number);

	f->record = NULL;
	f->unsure = true;
	if (!b)
		return 0;
	__u64 place = find_place(b, xdp_tag(hash));
	if (!place && *(const volatile __u32 *)&b->overflow) {
		number = xdp_second_bucket(hash, c->bucket_count);
		b = bpf_map_lookup_elem(&buckets, &number);
		if (!b)
			return 0;
		place = find_place(b, xdp_tag(hash));
	}
	f->unsure = false;
	if (place)
		look_at(place, name, f);
	return 0;
}

/* ---- the answer ---- */

#define FLAG_QR        0x8000
#define FLAG_AA        0x0400
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* What goes behind the question; the records are in the message already. */
struct reply {
	__u16 flags; /* AA and RCODE */
	__u32 data_len;
	__u8 answers;
	__u8 authority;
	__u8 additional;
	const struct xdp_opt *opt;
};

INLINE void put16(__u8 *at, __u16 v)
{
	at[0] = (__u8)(v >> 8);
	at[1] = (__u8)v;
}

INLINE __u32 question_end(const struct work *w)
{
	return QUESTION_AT + w->name_len + 4;
}

/* A record's data, whole or not at all. */
INLINE bool copy_data(struct work *w, const struct found *f)
{
	const struct xdp_record *r = f->record;
	__u8 *to = w->message + within(question_end(w), 127);
#pragma unroll
	for (int i = 0; i < XDP_DATA_WORDS; i++)
		*(__u64 *)(to + 8 * i) = *(const volatile __u64 *)&r->data[i];
	return *(const volatile __u32 *)&r->generation == f->generation;
}

/* Pointers into the apex name, which stands `delta` octets further back than they think. */
INLINE void fix_pointers(struct work *w, const struct xdp_record *r, __u32 delta)
{
	__u8 *data = w->message + within(question_end(w), 127);
	for (int i = 0; i < XDP_FIXUPS_MAX; i++) {
		if (i >= r->fixup_count)
			break;
		__u8 *at = data + within(r->fixups[i], 127);
		put16(at, (__u16)(get16(at) + delta));
	}
}

INLINE void put_opt(struct work *w, const struct reply *reply, __u32 at)
{
	__u8 *to = w->message + within(at, 255);
#pragma unroll
	for (int i = 0; i < XDP_OPT_WORDS; i++)
		*(__u64 *)(to + 8 * i) = reply->opt->data[i];
	if (w->dnssec_ok)
		to[7] |= 0x80;
}

/* Returns its length. */
INLINE __u32 write_message(struct work *w, const struct reply *reply)
{
	__u32 end = question_end(w) + reply->data_len;
	__u16 asked = get16(w->message + 2);

	put16(w->message + 2, (__u16)(FLAG_QR | reply->flags | (asked & (FLAG_RD | FLAG_CD))));
	put16(w->message + 6, reply->answers);
	put16(w->message + 8, reply->authority);
	put16(w->message + 10, (__u16)(reply->additional + w->has_opt));
	if (w->has_opt) {
		put_opt(w, reply, end);
		end += reply->opt->len;
	}
	__u64 *behind = (__u64 *)(w->message + within(end, 255));
	behind[0] = behind[1] = 0;
	return end;
}

INLINE void swap(void *a, void *b, int words)
{
	__u16 *x = a, *y = b;
#pragma unroll
	for (int i = 0; i < words; i++) {
		__u16 t = x[i];
		x[i] = y[i];
		y[i] = t;
	}
}

INLINE void write_headers(struct work *w, __u32 len)
{
	struct ethhdr *eth = (void *)header_begin(w);
	struct udphdr *udp = (void *)(w->header + UDP_AT);
	__u16 udp_len = (__u16)(sizeof(*udp) + len);

	swap(eth->h_dest, eth->h_source, 3);
	swap(&udp->source, &udp->dest, 1);
	udp->len = bpf_htons(udp_len);
	udp->check = 0;
	if (w->is_ipv6) {
		struct ipv6hdr *ip = (void *)(w->header + IPV6_AT);
		swap(&ip->saddr, &ip->daddr, 8);
		*(__u32 *)ip = bpf_htonl(6U << 28); /* no class, no flow: those were the question's */
		ip->payload_len = udp->len;
		ip->hop_limit = 64;
	} else {
		struct iphdr *ip = (void *)(w->header + IPV4_AT);
		swap(&ip->saddr, &ip->daddr, 2);
		ip->tos = 0;
		ip->tot_len = bpf_htons((__u16)(udp_len + sizeof(*ip)));
		ip->id = 0;
		ip->frag_off = bpf_htons(0x4000); /* DF */
		ip->ttl = 64;
		ip->check = 0;
		ip->check = (__u16)~fold(sum_words(ip, sizeof(*ip) / 4));
	}
	__u16 check = (__u16)~fold(pseudo_sum(w, udp_len) + sum_words(udp, 2) + message_sum(w, len));
	udp->check = check ? check : 0xffff;
}

/* Some drivers leave no room behind a frame; then it grows at its head. */
INLINE bool resize(struct xdp_md *ctx, __u32 want)
{
	int more = (int)want - (int)bpf_xdp_get_buff_len(ctx);
	return more == 0 || bpf_xdp_adjust_tail(ctx, more) == 0 || (more > 0 && bpf_xdp_adjust_head(ctx, -more) == 0);
}

INLINE bool send(struct xdp_md *ctx, struct work *w, const struct reply *reply)
{
	__u32 len = write_message(w, reply);
	__u64 whole = w->header_len + len;

	write_headers(w, len);
	if (!resize(ctx, (__u32)whole))
		return false;
	opaque(whole);
	if (whole < 1 || whole > HEADER_MAX + MESSAGE_MAX)
		return false;
	return !bpf_xdp_store_bytes(ctx, 0, header_begin(w), whole);
}

/* ---- what is passed up although it could be answered ---- */

INLINE __u32 now_s(void)
{
	return (__u32)(bpf_ktime_get_coarse_ns() / 1000000000);
}

/* A verification at the ESP asks for CNAME by name; the daemon's plugin wants to see that it does. */
INLINE bool is_watched(const struct xdp_control *c, const struct work *w, struct xdp_record *r)
{
	if (w->qtype != TYPE_CNAME || !c->watch_s)
		return false;
	__u32 now = now_s();
	if (now - r->watched_s < c->watch_s)
		return false;
	r->watched_s = now;
	return true;
}

/* /24 and /56, as response rate limiting has them by default; networks that share a count only wait sooner. */
INLINE bool is_above_rate(const struct xdp_control *c, const struct work *w)
{
	const __u32 *ipv4 = (const void *)(w->header + IPV4_AT), *ipv6 = (const void *)(w->header + IPV6_AT);
	if (!c->rate)
		return false;
	__u64 network = w->is_ipv6 ? ((__u64)ipv6[2] << 32 | (ipv6[3] & bpf_htonl(0xffffff00)))
				   : ipv4[3] & bpf_htonl(0xffffff00);
	__u32 key = (__u32)(xdp_hash_step(c->seed, network) >> 40) % XDP_RATES;
	__u64 *cell = bpf_map_lookup_elem(&rates, &key);
	if (!cell)
		return true;
	__u64 second = (__u64)now_s() << 32;
	if ((*cell & ~0xffffffffULL) != second)
		*cell = second;
	return (__u32)__sync_fetch_and_add(cell, 1) >= c->rate;
}

INLINE bool is_sampled(const struct xdp_control *c)
{
	return c->sample && bpf_get_prandom_u32() % c->sample == 0;
}

/* ---- decisions ---- */

INLINE bool has_type(const struct xdp_record *r, __u16 type)
{
	return r->types >> (type < 63 ? type : 63) & 1;
}

/* What the names from the question's own up to its zone's apex have shown. */
struct walk {
	struct found at; /* where it ended: the name itself if that settles it, else the apex; record NULL: no zone's */
	__u32 label;     /* number of the label `at` begins with */
	bool met;        /* some name above or at the question's is known */
	bool exists;     /* the name itself */
	bool has_it;     /* with the type that was asked for */
	bool plain_below; /* the closest encloser's */
};

/* Other names than the question's only lead on to their apex. */
INLINE bool settles(const struct xdp_record *r, __u32 label)
{
	return r->kind == XDP_KIND_APEX || r->kind == XDP_KIND_PASS || (label == 0 && r->kind == XDP_KIND_ALIAS);
}

/* False: it can't be told now. */
INLINE bool walk_up(struct work *w, struct xdp_control *c, struct walk *k)
{
	for (__u32 i = 0; i <= XDP_LABELS_MAX; i++) {
		k->at.record = NULL;
		if (i > w->labels)
			break;
		find_record(w, c, w->label[within(i, 15)], &k->at);
		if (k->at.unsure)
			return false;
		const struct xdp_record *r = k->at.record;
		if (!r)
			continue;
		if (!k->met) {
			k->met = true;
			k->exists = i == 0;
			k->has_it = has_type(r, w->qtype);
			k->plain_below = r->plain_below;
		}
		k->label = i;
		if (settles(r, i))
			break;
	}
	return true;
}

/* With the SOA of the apex. */
INLINE enum xdp_reason deny(struct work *w, const struct xdp_control *c, struct walk *k, struct reply *reply)
{
	if (!c->complete)
		return XDP_PASSED_ZONE;
	if (k->exists ? k->has_it || w->qtype == TYPE_DS : !k->plain_below)
		return XDP_PASSED_ZONE;
	reply->data_len = k->at.record->data_len;
	reply->authority = 1;
	reply->flags = FLAG_AA | (k->exists ? 0 : RCODE_NXDOMAIN);
	if (!copy_data(w, &k->at))
		return XDP_PASSED_CHANGING;
	fix_pointers(w, k->at.record, w->label[within(k->label, 15)]);
	return k->exists ? XDP_ANSWERED_NODATA : XDP_ANSWERED_NXDOMAIN;
}

INLINE enum xdp_reason give(struct work *w, struct found *f, struct reply *reply, enum xdp_reason reason)
{
	reply->data_len = f->record->data_len;
	reply->answers = f->record->answers;
	reply->additional = f->record->additional;
	reply->flags = FLAG_AA;
	return copy_data(w, f) ? reason : XDP_PASSED_CHANGING;
}

INLINE enum xdp_reason give_soa(struct work *w, struct found *f, struct reply *reply)
{
	__u32 ttl = f->record->soa_ttl;
	reply->data_len = f->record->data_len;
	reply->answers = 1;
	reply->flags = FLAG_AA;
	if (!copy_data(w, f))
		return XDP_PASSED_CHANGING;
	*(__u32 *)(w->message + within(question_end(w), 127) + 6) = ttl;
	return XDP_ANSWERED_APEX;
}

INLINE enum xdp_reason give_ns(struct work *w, struct xdp_control *c, struct found *f, struct reply *reply)
{
	w->name[XDP_NAME_MAX] = 1;
	find_record(w, c, 0, f);
	w->name[XDP_NAME_MAX] = 0;
	if (f->unsure)
		return XDP_PASSED_CHANGING;
	return f->record ? give(w, f, reply, XDP_ANSWERED_APEX) : XDP_PASSED_ZONE;
}

INLINE enum xdp_reason refuse(struct work *w, const struct xdp_control *c, struct reply *reply)
{
	__u64 *behind = (__u64 *)(w->message + within(question_end(w), 127));
	if (!c->complete)
		return XDP_PASSED_ZONE;
#pragma unroll
	for (int i = 0; i < 6; i++)
		behind[i] = 0;
	reply->flags = RCODE_REFUSED;
	reply->opt = &c->opt_refused;
	return XDP_ANSWERED_REFUSED;
}

INLINE enum xdp_reason decide(struct work *w, struct xdp_control *c, struct reply *reply)
{
	struct walk k = {0};

	if (!walk_up(w, c, &k))
		return XDP_PASSED_CHANGING;
	struct xdp_record *r = k.at.record;
	if (!r)
		return k.met ? XDP_PASSED_ZONE : refuse(w, c, reply);
	if (r->kind == XDP_KIND_ALIAS && k.label == 0)
		return is_watched(c, w, r) ? XDP_PASSED_WATCH : give(w, &k.at, reply, XDP_ANSWERED_ALIAS);
	if (r->kind != XDP_KIND_APEX)
		return XDP_PASSED_ZONE;
	if (k.label == 0 && w->qtype == TYPE_SOA && r->has_soa)
		return give_soa(w, &k.at, reply);
	if (k.label == 0 && w->qtype == TYPE_NS)
		return give_ns(w, c, &k.at, reply);
	return deny(w, c, &k, reply);
}

/* ".frags": also where an interface is set up for jumbo frames, which come in several buffers. */
SEC("xdp.frags")
int answer(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct xdp_control *c = bpf_map_lookup_elem(&control, &zero);
	struct work *w = bpf_map_lookup_elem(&works, &zero);
	struct reply reply = {0};

	if (!c || !w)
		return XDP_PASS;
	if (!read_headers(ctx, c, w) || !read_message(ctx, w))
		return pass_up(XDP_PASSED_FRAME);
	enum xdp_reason reason = read_question(w);
	if (reason != XDP_REASON_COUNT)
		return pass_up(reason);
	if (is_sampled(c))
		return pass_up(XDP_PASSED_SAMPLE);
	lower_name(w);
	reply.opt = &c->opt;
	__u64 version = *(volatile __u64 *)&c->version;
	if (version & 1)
		return pass_up(XDP_PASSED_CHANGING);
	reason = decide(w, c, &reply);
	if (reason >= XDP_FIRST_PASSED)
		return pass_up(reason);
	/* Names that were there and names that weren't, the OPT too: it has to be one version that was seen. */
	if (*(volatile __u64 *)&c->version != version)
		return pass_up(XDP_PASSED_CHANGING);
	if (w->has_opt && !reply.opt->len)
		return pass_up(XDP_PASSED_OPTION);
	if (is_above_rate(c, w))
		return pass_up(XDP_PASSED_RATE);
	return send(ctx, w, &reply) ? send_back(w, reason) : pass_up(XDP_PASSED_ROOM);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
