/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions over UDP, faster than any server answers: each of a few sockets
 * keeps a window of them under way, received and sent in batches.
 *
 *     blast ADDRESS PORT FILE SECONDS
 *
 * FILE: messages, each behind its length in two octets, asked over and over.
 * Prints answers, lost questions (a window without an answer for 200 ms counts
 * as lost), seconds and the answers' octets.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define SOCKETS       8
#define WINDOW        64
#define ANSWER_BYTES  2048
#define BUFFER_BYTES  (4 << 20)
#define LOST_AFTER_MS 200

struct questions {
	unsigned char **messages;
	size_t count;
	size_t next;
};

struct client {
	int fd;
	unsigned under_way;
};

struct totals {
	uint64_t answers;
	uint64_t lost;
	uint64_t octets;
};

static unsigned char answers[WINDOW][ANSWER_BYTES];
static struct iovec in_data[WINDOW];
static struct iovec out_data[WINDOW];
static struct mmsghdr in[WINDOW];
static struct mmsghdr out[WINDOW];

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t frame_len(const unsigned char *frame)
{
	return (size_t)(frame[0] << 8 | frame[1]);
}

static int read_questions(const char *path, struct questions *q)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0)
		return -1;
	size_t size = (size_t)ftell(f);
	rewind(f);
	unsigned char *octets = malloc(size);
	q->messages = calloc(size / 2 + 1, sizeof(*q->messages));
	if (!octets || !q->messages || fread(octets, 1, size, f) != size)
		return -1;
	for (size_t at = 0; at + 2 <= size; at += 2 + frame_len(octets + at))
		q->messages[q->count++] = octets + at;
	return fclose(f) == 0 && q->count > 0 ? 0 : -1;
}

static int connect_to(const struct sockaddr_in *server)
{
	int bytes = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return fd >= 0 && connect(fd, (const struct sockaddr *)server, sizeof(*server)) == 0 ? fd : -1;
}

static void ask(struct client *c, struct questions *q)
{
	unsigned count = WINDOW - c->under_way;
	for (unsigned i = 0; i < count; i++) {
		unsigned char *frame = q->messages[q->next];
		q->next = q->next + 1 == q->count ? 0 : q->next + 1;
		out_data[i] = (struct iovec){.iov_base = frame + 2, .iov_len = frame_len(frame)};
	}
	int sent = count > 0 ? sendmmsg(c->fd, out, count, 0) : 0;
	c->under_way += sent > 0 ? (unsigned)sent : 0;
}

static int listen_to(struct client *c, struct totals *t)
{
	int received = recvmmsg(c->fd, in, WINDOW, MSG_DONTWAIT, NULL);
	for (int i = 0; i < received; i++)
		t->octets += in[i].msg_len;
	if (received <= 0)
		return 0;
	t->answers += (unsigned)received;
	c->under_way -= (unsigned)received < c->under_way ? (unsigned)received : c->under_way;
	return received;
}

/* Nobody has an answer: they come, or they are lost. */
static void wait_for_answers(struct client *clients, struct totals *t)
{
	struct pollfd readable[SOCKETS];
	for (unsigned i = 0; i < SOCKETS; i++)
		readable[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
	if (poll(readable, SOCKETS, LOST_AFTER_MS) != 0)
		return;
	for (unsigned i = 0; i < SOCKETS; i++) {
		t->lost += clients[i].under_way;
		clients[i].under_way = 0;
	}
}

static void blast(struct client *clients, struct questions *q, double end_s, struct totals *t)
{
	while (now_s() < end_s) {
		int received = 0;
		for (unsigned i = 0; i < SOCKETS; i++) {
			received += listen_to(&clients[i], t);
			ask(&clients[i], q);
		}
		if (received == 0)
			wait_for_answers(clients, t);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	struct client clients[SOCKETS] = {0};
	struct questions q = {0};
	struct totals t = {0};
	if (argc != 5 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1 || read_questions(argv[3], &q) != 0) {
		fputs("usage: blast ADDRESS PORT FILE SECONDS\n", stderr);
		return 1;
	}
	server.sin_port = htons((uint16_t)atoi(argv[2]));
	for (unsigned i = 0; i < SOCKETS; i++)
		if ((clients[i].fd = connect_to(&server)) < 0)
			return 1;
	for (unsigned i = 0; i < WINDOW; i++) {
		in_data[i] = (struct iovec){.iov_base = answers[i], .iov_len = ANSWER_BYTES};
		in[i].msg_hdr = (struct msghdr){.msg_iov = &in_data[i], .msg_iovlen = 1};
		out[i].msg_hdr = (struct msghdr){.msg_iov = &out_data[i], .msg_iovlen = 1};
	}
	double began_s = now_s();
	blast(clients, &q, began_s + atof(argv[4]), &t);
	printf("%llu %llu %.6f %llu\n", (unsigned long long)t.answers, (unsigned long long)t.lost, now_s() - began_s,
	       (unsigned long long)t.octets);
	return 0;
}
