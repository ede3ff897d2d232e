/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load OBJECT flip INTERFACE: questions there come back as they are, until it
 * is ended.
 * load OBJECT INTERFACE FRAMES SECONDS WINDOW: sends the frames of a file
 * (each struct load_frame) in random order into the other end of a veth pair,
 * and prints how many answers came back: "ANSWERS NANOSECONDS LOST".
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "load.h"

#define BATCH 64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void *map_of(const struct bpf_object *o, const char *name, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = bpf_object__find_map_fd_by_name(o, name);
	void *at = mmap(NULL, (bytes + page - 1) / page * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die(name);
	return at;
}

static int program(const struct bpf_object *o, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(o, name));
}

static void read_frames(struct load_frame *to, const char *path, size_t bytes)
{
	FILE *file = fopen(path, "rb");

	if (!file || fread(to, 1, bytes, file) != bytes)
		die(path);
	fclose(file);
}

static void wake(int number)
{
	(void)number;
}

/* Until the timer's signal: each call costs the kernel some 20 ms before its first frame. */
static void generate(int fd, double seconds)
{
	static uint8_t data[LOAD_FRAME_MAX];
	const struct itimerval timer = {
		.it_value = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)(seconds * 1e6) % 1000000}};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = 64, .repeat = INT32_MAX,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	setitimer(ITIMER_REAL, &timer, NULL);
	if (bpf_prog_test_run_opts(fd, &opts) && errno != EINTR)
		die("live frames");
}

static void attach(const struct bpf_object *o, const char *name, const char *interface)
{
	LIBBPF_OPTS(bpf_link_create_opts, drv, .flags = XDP_FLAGS_DRV_MODE);

	if (bpf_link_create(program(o, name), (int)if_nametoindex(interface), BPF_XDP, &drv) < 0)
		die(interface);
}

static int flip(const char *object, const char *interface)
{
	struct bpf_object *o = bpf_object__open(object);

	if (!o || bpf_object__load(o))
		die(object);
	attach(o, "flip", interface);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc == 4 && strcmp(argv[2], "flip") == 0)
		return flip(argv[1], argv[3]);

	if (argc != 6 || stat(argv[3], &st) != 0) {
		fprintf(stderr, "usage: load OBJECT INTERFACE FRAMES SECONDS WINDOW, or load OBJECT flip INTERFACE\n");
		return 1;
	}
	uint32_t count = (uint32_t)((size_t)st.st_size / sizeof(struct load_frame));
	struct bpf_object *o = bpf_object__open(argv[1]);
	if (!o || bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "frames"), count) || bpf_object__load(o))
		die(argv[1]);
	read_frames(map_of(o, "frames", (size_t)st.st_size), argv[3], (size_t)st.st_size);
	struct load_state *s = map_of(o, "state", sizeof(*s));
	s->count = count;
	s->window = (uint32_t)atoi(argv[5]);
	s->interface = if_nametoindex(argv[2]);
	attach(o, "collect", argv[2]);
	/* Whoever measures begins at the first line and ends at the second. */
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = wake}, NULL);
	generate(program(o, "generate"), 0.3);
	s->sent = s->received;
	puts("go");
	fflush(stdout);
	uint64_t first = s->received, begun = now_ns();
	generate(program(o, "generate"), atof(argv[4]));
	/* What came late of the first part isn't missing in the second. */
	uint64_t lost = s->sent > s->received ? s->sent - s->received : 0;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", (uint64_t)s->received - first, now_ns() - begun, lost);
	return 0;
}
