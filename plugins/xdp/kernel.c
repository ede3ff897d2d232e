/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tables.h"

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static size_t map_bytes(size_t value_size, uint32_t count)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = value_size * count;

	return (bytes + page - 1) / page * page;
}

static void *map_memory(const struct bpf_object *object, const char *name, size_t bytes)
{
	int fd = bpf_object__find_map_fd_by_name(object, name);
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static bool map_all(struct xdp_kernel *k)
{
	k->control = map_memory(k->object, "control", map_bytes(sizeof(*k->control), 1));
	k->buckets = map_memory(k->object, "buckets", map_bytes(sizeof(*k->buckets), k->bucket_count));
	k->records = map_memory(k->object, "records", map_bytes(sizeof(*k->records), k->record_count));
	k->counts = map_memory(k->object, "counts", map_bytes(sizeof(*k->counts), k->core_count));
	return k->control && k->buckets && k->records && k->counts;
}

static int set_size(struct bpf_object *object, const char *map, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map), entries);
}

void xdp_kernel_say(char *why, size_t why_len, const char *what, int error)
{
	const char *hint = error == EPERM || error == EACCES
				   ? ": it needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON at the start, as root has them"
				   : "";

	snprintf(why, why_len, "%s: %s%s", what, strerror(error), hint);
}

bool xdp_kernel_open(struct xdp_kernel *k, uint32_t names, char *why, size_t why_len)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = "brandns"};
	int cores = libbpf_num_possible_cpus();

	memset(k, 0, sizeof(*k));
	k->record_count = names;
	k->bucket_count = xdp_tables_buckets(names);
	k->core_count = cores > 0 ? (uint32_t)cores : 1;
	libbpf_set_print(be_silent);
	k->object = bpf_object__open_mem(xdp_object_begin, (size_t)(xdp_object_end - xdp_object_begin), &opts);
	if (!k->object) {
		xdp_kernel_say(why, why_len, "the kernel's program can't be read", errno);
		return false;
	}
	int err = set_size(k->object, "buckets", k->bucket_count);
	if (!err)
		err = set_size(k->object, "records", k->record_count);
	if (!err)
		err = set_size(k->object, "counts", k->core_count);
	if (!err)
		err = bpf_object__load(k->object);
	if (!err && !map_all(k))
		err = -errno;
	if (err) {
		xdp_kernel_say(why, why_len, "the kernel doesn't take the program (it needs Linux 5.18 or newer)",
			       -err);
		xdp_kernel_close(k);
		return false;
	}
	k->program = bpf_program__fd(bpf_object__find_program_by_name(k->object, "answer"));
	k->control->bucket_count = k->bucket_count;
	return true;
}

static void unmap(void *at, size_t bytes)
{
	if (at)
		munmap(at, bytes);
}

void xdp_kernel_close(struct xdp_kernel *k)
{
	while (k->attached_count > 0)
		close(k->attached[--k->attached_count].link);
	unmap(k->control, map_bytes(sizeof(*k->control), 1));
	unmap(k->buckets, map_bytes(sizeof(*k->buckets), k->bucket_count));
	unmap(k->records, map_bytes(sizeof(*k->records), k->record_count));
	unmap(k->counts, map_bytes(sizeof(*k->counts), k->core_count));
	bpf_object__close(k->object);
	memset(k, 0, sizeof(*k));
}

void xdp_kernel_sum(const struct xdp_kernel *k, struct xdp_counts *sum)
{
	uint64_t *to = (uint64_t *)sum;

	memset(sum, 0, sizeof(*sum));
	for (uint32_t core = 0; core < k->core_count; core++) {
		const uint64_t *from = (const uint64_t *)&k->counts[core];
		for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	}
}

uint64_t xdp_kernel_bytes(const struct xdp_kernel *k)
{
	return map_bytes(sizeof(*k->control), 1) + map_bytes(sizeof(*k->buckets), k->bucket_count) +
	       map_bytes(sizeof(*k->records), k->record_count) + map_bytes(sizeof(*k->counts), k->core_count) +
	       XDP_RATES * sizeof(uint64_t);
}
