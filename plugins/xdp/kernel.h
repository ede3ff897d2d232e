/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program and its maps in the kernel, and the interfaces it is attached
 * to. Attached by links: whatever becomes of the process, nothing of it stays.
 * Thread: main loop. `xdp_kernel_open` needs CAP_BPF, CAP_NET_ADMIN and
 * CAP_PERFMON; nothing after it needs a privilege or a system call.
 */
#ifndef XDP_KERNEL_H
#define XDP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared.h"

struct bpf_object;

/* answer.bpf.o as it is (object.c). */
extern const uint8_t xdp_object_begin[], xdp_object_end[];

enum xdp_mode {
	XDP_MODE_NATIVE,  /* in the driver, or not at all */
	XDP_MODE_GENERIC, /* behind it, in the stack: for drivers that can't, and slower */
	XDP_MODE_ANY,     /* native, else generic */
};

/* An interface above one that the program is attached to. */
struct xdp_vlan {
	char name[16];
	uint16_t id;
};

struct xdp_attached {
	char name[16];
	uint32_t index;
	uint8_t mac[6];
	bool generic;
	int link;
	struct xdp_vlan vlan[XDP_VLANS_MAX];
	size_t vlan_count;
};

struct xdp_kernel {
	struct bpf_object *object;
	int program;
	struct xdp_control *control;
	struct xdp_bucket *buckets;
	struct xdp_record *records;
	struct xdp_counts *counts;
	uint32_t bucket_count;
	uint32_t record_count;
	uint32_t core_count;
	struct xdp_attached attached[XDP_INTERFACES_MAX];
	size_t attached_count;
};

/* Loads the program with room for `names`; on failure `why` has a sentence. */
bool xdp_kernel_open(struct xdp_kernel *k, uint32_t names, char *why, size_t why_len);

/* "WHAT: No such device", and a hint where one helps. */
void xdp_kernel_say(char *why, size_t why_len, const char *what, int error);

/* In interface.c. On failure `why` has a sentence. */
bool xdp_kernel_attach(struct xdp_kernel *k, const char *interface, enum xdp_mode mode, char *why, size_t why_len);

/* Detaches, and frees everything. A zeroed one is allowed. */
void xdp_kernel_close(struct xdp_kernel *k);

/* Of all cores. */
void xdp_kernel_sum(const struct xdp_kernel *k, struct xdp_counts *sum);

/* What the maps take. */
uint64_t xdp_kernel_bytes(const struct xdp_kernel *k);

#endif
