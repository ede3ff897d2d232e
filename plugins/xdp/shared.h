/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the program in the kernel and the plugin share: arrays that both have
 * mapped, and one way to hash a name. The plugin's main loop alone writes, but
 * for what says otherwise; the kernel reads at any time, on any core.
 *
 *   buckets: seven places each, a place is a record's number and 32 bits of its
 *            name's hash. A name lies in its first bucket, or in its second one
 *            if the first was full (`overflow` stays set then).
 *   records: a name in lower case, padded with zeros, and what is answered there.
 *
 * A record that is being written has an odd generation, and another one after
 * that; a set of changes that belong together is framed by two steps of
 * xdp_control.version. A reader that meets either gives the question to the
 * daemon.
 */
#ifndef XDP_SHARED_H
#define XDP_SHARED_H

#include <linux/types.h>

#define XDP_NAME_MAX       63 /* octets of a name in wire form; the 64th tells the NS record from the apex */
#define XDP_NAME_WORDS     8
#define XDP_DATA_MAX       88 /* octets of records */
#define XDP_DATA_WORDS     (XDP_DATA_MAX / 8)
#define XDP_FIXUPS_MAX     6
#define XDP_LABELS_MAX     10
#define XDP_PLACES         7
#define XDP_ADDRESSES_MAX  16
#define XDP_INTERFACES_MAX 8
#define XDP_VLANS_MAX      16 /* of an interface */
#define XDP_OPT_MAX        40
#define XDP_OPT_WORDS      (XDP_OPT_MAX / 8)
#define XDP_RATES          65536

enum xdp_kind {
	XDP_KIND_PASS,    /* whatever is asked here or below is the daemon's */
	XDP_KIND_ALIAS,   /* `data` answers every type */
	XDP_KIND_NAME,    /* exists; types that aren't there are denied with the apex's SOA */
	XDP_KIND_APEX,    /* the same, and `data` is the negative SOA */
	XDP_KIND_APEX_NS, /* `data` answers NS at the apex */
};

struct xdp_record {
	__u32 generation;
	__u32 watched_s; /* the kernel's: when a CNAME question was passed up last */
	__u64 types;     /* bit t: type t is there; bit 63: some type from 63 on */
	__u8 kind;
	__u8 plain_below; /* what isn't there below is denied: no wildcard, cut or DNAME */
	__u8 name_len;
	__u8 data_len;
	__u8 answers; /* records in `data`, by section */
	__u8 additional;
	__u8 fixup_count;
	__u8 has_soa;                /* `data` with `soa_ttl` answers SOA */
	__u8 fixups[XDP_FIXUPS_MAX]; /* places in `data` of pointers into the apex name, as if it stood at 12 */
	__u8 pad[2];
	__u32 soa_ttl; /* network order */
	__u32 reserved;
	__u64 name[XDP_NAME_WORDS];
	__u64 data[XDP_DATA_WORDS];
};

struct xdp_bucket {
	__u32 overflow;
	__u32 pad;
	__u64 place[XDP_PLACES]; /* record << 32 | tag; 0: free */
};

struct xdp_address {
	__u8 address[16]; /* an IPv4 one in the first four */
	__u16 port;       /* network order */
	__u16 vlan;       /* the tag questions to it have; 0: any */
	__u8 is_ipv6;
	__u8 pad[3];
};

struct xdp_interface {
	__u32 index;
	__u8 mac[6];
	__u8 pad[2];
	__u32 vlan_count;
	__u16 vlan[XDP_VLANS_MAX]; /* that the stack takes from it */
};

struct xdp_opt {
	__u32 len;
	__u32 pad;
	__u64 data[XDP_OPT_WORDS];
};

struct xdp_control {
	__u64 version;  /* odd: zones are changing */
	__u64 seed;     /* of hashes */
	__u32 complete; /* every name that is served is here, or below one that is passed up */
	__u32 bucket_count;
	__u32 address_count;
	__u32 interface_count;
	__u32 watch_s; /* a name's CNAME questions are passed up once in so many seconds; 0: never */
	__u32 rate;    /* answers per second and network, before questions are passed up; 0: any number */
	__u32 sample;  /* one question in so many is passed up; 0: none */
	__u32 pad;
	struct xdp_opt opt; /* of an answer; DO as asked */
	struct xdp_opt opt_refused;
	struct xdp_address address[XDP_ADDRESSES_MAX];
	struct xdp_interface interface[XDP_INTERFACES_MAX];
};

/* Why a frame was answered, or passed up. Counted per core. */
#define XDP_REASONS(X)                                                                                                 \
	X(ANSWERED_ALIAS, "alias") /* answered by the kernel: a CNAME */                                               \
	X(ANSWERED_APEX, "apex")   /* SOA or NS of a zone */                                                           \
	X(ANSWERED_NODATA, "nodata")                                                                                   \
	X(ANSWERED_NXDOMAIN, "nxdomain")                                                                               \
	X(ANSWERED_REFUSED, "refused")                                                                                 \
	X(PASSED_FRAME, "frame")       /* no plain UDP question: fragments, options, a wrong checksum … */           \
	X(PASSED_MESSAGE, "message")   /* not one ordinary question */                                                 \
	X(PASSED_OPTION, "option")     /* EDNS with what isn't known to be harmless */                                 \
	X(PASSED_NAME, "name")         /* too long, or too many labels */                                              \
	X(PASSED_ZONE, "zone")         /* not compiled: signed, a wildcard, records of that type … */                \
	X(PASSED_CHANGING, "changing") /* met a change */                                                              \
	X(PASSED_WATCH, "watch")       /* shown to the daemon for the verify watch */                                  \
	X(PASSED_RATE, "rate")         /* the network asks too often */                                                \
	X(PASSED_SAMPLE, "sample")                                                                                     \
	X(PASSED_ROOM, "room") /* the frame couldn't grow */

enum xdp_reason {
#define X(name, word) XDP_##name,
	XDP_REASONS(X)
#undef X
		XDP_REASON_COUNT,
};

#define XDP_TYPES    72
#define XDP_TYPE_CAA 66 /* where the one type that is answered beyond 65 is counted */

/* Of one core, in cache lines of its own. Types and families are those of questions that were answered. */
struct xdp_counts {
	__u64 n[16]; /* by reason */
	__u64 type[XDP_TYPES];
	__u64 ipv6;
	__u64 pad[7];
};

#define XDP_FIRST_PASSED XDP_PASSED_FRAME

#define XDP_HASH_K1 0x9E3779B97F4A7C15ULL
#define XDP_HASH_K2 0xC2B2AE3D27D4EB4FULL

static inline __attribute__((always_inline)) __u64 xdp_hash_step(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * XDP_HASH_K1;
	return hash ^ (hash >> 29);
}

/* Of a name. Products of words that don't wait for each other; only the last step mixes. */
static inline __attribute__((always_inline)) __u64 xdp_hash(__u64 seed, const __u64 name[XDP_NAME_WORDS])
{
	__u64 sum = name[0] * 0xf03d70e0c4e794c5ULL + name[1] * 0x8a8483496c5940ddULL +
		    name[2] * 0xe02d98052beccd71ULL + name[3] * 0xd06579ad1cf7b1afULL +
		    name[4] * 0xb5e5167b9e2b6e07ULL + name[5] * 0xba4623e068a803f5ULL +
		    name[6] * 0xbb4bfec2c928914bULL + name[7] * 0xcb87653ec5ada5c1ULL;
	return xdp_hash_step(xdp_hash_step(seed, sum), sum >> 32);
}

static inline __attribute__((always_inline)) __u32 xdp_tag(__u64 hash)
{
	return (__u32)hash | 1;
}

/* From 0 to count - 1. */
static inline __attribute__((always_inline)) __u32 xdp_first_bucket(__u64 hash, __u32 count)
{
	return (__u32)(((hash >> 32) * count) >> 32);
}

static inline __attribute__((always_inline)) __u32 xdp_second_bucket(__u64 hash, __u32 count)
{
	hash = (hash ^ (hash >> 31)) * XDP_HASH_K2;
	return (__u32)(((hash >> 32) * count) >> 32);
}

#endif
