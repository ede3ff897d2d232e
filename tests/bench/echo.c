/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a machine's sockets allow: a server that sends every datagram back with
 * QR set, by as few system calls as there can be. `echo ADDRESS PORT`
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BATCH          64
#define DATAGRAM_BYTES 1344 /* an odd number of cache lines */
#define RECEIVE_BYTES  (4 << 20)
#define FLAGS_OCTET    2
#define QR             0x80

static unsigned char octets[BATCH][DATAGRAM_BYTES];
static struct sockaddr_in clients[BATCH];
static struct iovec data[BATCH];
static struct mmsghdr messages[BATCH];

static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int bytes = RECEIVE_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? fd : -1;
}

static unsigned receive(int fd)
{
	for (unsigned i = 0; i < BATCH; i++) {
		data[i] = (struct iovec){.iov_base = octets[i], .iov_len = DATAGRAM_BYTES};
		messages[i].msg_hdr.msg_namelen = sizeof(clients[i]);
	}
	int received = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
	return received > 0 ? (unsigned)received : 0;
}

static void send_back(int fd, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		octets[i][FLAGS_OCTET] |= QR;
		data[i].iov_len = messages[i].msg_len;
	}
	for (unsigned sent = 0; sent < count;) {
		int n = sendmmsg(fd, messages + sent, count - sent, 0);
		sent += n > 0 ? (unsigned)n : 1;
	}
}

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open_socket(argv[1], argv[2]) : -1;
	if (fd < 0) {
		fputs("usage: echo ADDRESS PORT, an IPv4 address and a free port\n", stderr);
		return 1;
	}
	for (unsigned i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_name = &clients[i], .msg_iov = &data[i], .msg_iovlen = 1};
	for (;;)
		send_back(fd, receive(fd));
}
