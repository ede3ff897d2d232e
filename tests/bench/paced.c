/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions over UDP at a steady pace, each asked when it is due whether or not
 * the others were answered; how long an answer takes counts from then on.
 *
 *     paced ADDRESS PORT FILE SECONDS QUESTIONS_PER_SECOND
 *
 * FILE: messages, each behind its length in two octets, asked over and over.
 * Prints questions, answers, and the 50th, 99th, 99.9th percentile and the
 * maximum of their times in microseconds.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define IDS          65536
#define ANSWER_BYTES 2048
#define BUFFER_BYTES (4 << 20)
#define LATE_NS      1000000000 /* the last answers may take so long */

struct load {
	int fd;
	unsigned char *file;
	size_t size;
	size_t at;
	uint64_t due_ns[IDS]; /* by id; 0: answered */
	uint32_t *took_us;
	uint64_t asked;
	uint64_t answered;
};

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int read_file(const char *path, struct load *l)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0)
		return -1;
	l->size = (size_t)ftell(f);
	rewind(f);
	l->file = malloc(l->size + 1);
	return l->file && fread(l->file, 1, l->size, f) == l->size && l->size > 14 && fclose(f) == 0 ? 0 : -1;
}

static int connect_to(const char *host, int port)
{
	struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int bytes = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (fd < 0 || inet_pton(AF_INET, host, &server.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return connect(fd, (const struct sockaddr *)&server, sizeof(server)) == 0 ? fd : -1;
}

static void ask(struct load *l, uint64_t due_ns)
{
	unsigned char *frame = l->file + l->at;
	size_t len = (size_t)(frame[0] << 8 | frame[1]);
	uint16_t id = (uint16_t)l->asked++;
	frame[2] = (unsigned char)(id >> 8);
	frame[3] = (unsigned char)id;
	l->due_ns[id] = due_ns;
	(void)send(l->fd, frame + 2, len, 0);
	l->at += 2 + len;
	if (l->at + 2 > l->size)
		l->at = 0;
}

static void listen_to(struct load *l)
{
	unsigned char answer[ANSWER_BYTES];
	while (recv(l->fd, answer, sizeof(answer), 0) > 2) {
		unsigned id = (unsigned)(answer[0] << 8 | answer[1]);
		if (l->due_ns[id] == 0)
			continue;
		l->took_us[l->answered++] = (uint32_t)((now_ns() - l->due_ns[id]) / 1000);
		l->due_ns[id] = 0;
	}
}

static void wait_until(const struct load *l, uint64_t then_ns)
{
	uint64_t now = now_ns();
	uint64_t left_ns = then_ns > now ? then_ns - now : 0;
	struct timespec t = {.tv_sec = (time_t)(left_ns / 1000000000), .tv_nsec = (long)(left_ns % 1000000000)};
	struct pollfd readable = {.fd = l->fd, .events = POLLIN};
	(void)ppoll(&readable, 1, &t, NULL);
}

static void run(struct load *l, uint64_t count, uint64_t every_ns)
{
	uint64_t began_ns = now_ns();
	while (l->asked < count) {
		uint64_t next_ns = began_ns + l->asked * every_ns;
		if (next_ns <= now_ns())
			ask(l, next_ns);
		else
			wait_until(l, next_ns);
		listen_to(l);
	}
	uint64_t end_ns = now_ns() + LATE_NS;
	while (l->answered < l->asked && now_ns() < end_ns) {
		wait_until(l, end_ns);
		listen_to(l);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static unsigned percentile(const struct load *l, unsigned of_1000)
{
	size_t at = (size_t)(l->answered * of_1000 / 1000);
	return l->answered ? l->took_us[at < l->answered ? at : l->answered - 1] : 0;
}

int main(int argc, char **argv)
{
	static struct load l;
	uint64_t rate = argc == 6 ? (uint64_t)atoll(argv[5]) : 0;
	if (rate == 0 || read_file(argv[3], &l) != 0) {
		fputs("usage: paced ADDRESS PORT FILE SECONDS QUESTIONS_PER_SECOND\n", stderr);
		return 1;
	}
	uint64_t count = (uint64_t)(atof(argv[4]) * (double)rate);
	l.took_us = calloc(count + 1, sizeof(*l.took_us));
	l.fd = connect_to(argv[1], atoi(argv[2]));
	if (!l.took_us || l.fd < 0)
		return 1;
	(void)prctl(PR_SET_TIMERSLACK, 1);
	run(&l, count, 1000000000 / rate);
	qsort(l.took_us, l.answered, sizeof(*l.took_us), by_size);
	printf("%llu %llu %u %u %u %u\n", (unsigned long long)l.asked, (unsigned long long)l.answered,
	       percentile(&l, 500), percentile(&l, 990), percentile(&l, 999), percentile(&l, 1000));
	return 0;
}
