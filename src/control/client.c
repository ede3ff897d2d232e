/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/socket.h"

struct bns_client {
	int fd;
	json_int_t id; /* of the last request */
	char *buffer;
	size_t len;
	size_t capacity;
	size_t scanned; /* octets known to hold no newline */
};

enum bns_error bns_client_open(const char *socket_path, unsigned timeout_s, struct bns_client **out,
			       struct bns_diag *diag)
{
	struct timeval limit = {.tv_sec = (time_t)timeout_s};
	struct bns_client *c = calloc(1, sizeof(*c));
	if (!c)
		return BNS_ENOMEM;
	enum bns_error err = bns_socket_connect(socket_path, &c->fd, diag);
	if (err != BNS_OK) {
		free(c);
		return err;
	}
	if (timeout_s > 0 && (setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
			      setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)) {
		bns_diag_set(diag, NULL, 0, 0, "can't limit the time to wait: %s", strerror(errno));
		bns_client_close(c);
		return BNS_EIO;
	}
	*out = c;
	return BNS_OK;
}

void bns_client_close(struct bns_client *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c->buffer);
	free(c);
}

static enum bns_error broken(struct bns_diag *diag, const char *what)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		bns_diag_set(diag, NULL, 0, 0, "the daemon didn't answer in time (see --timeout)");
		return BNS_ETIMEOUT;
	}
	bns_diag_set(diag, NULL, 0, 0, "%s: %s", what, strerror(errno));
	return BNS_EIO;
}

static enum bns_error send_all(struct bns_client *c, const char *line, size_t len, struct bns_diag *diag)
{
	while (len > 0) {
		ssize_t n = send(c->fd, line, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		/* A daemon that has cut us off has said why: that is in our own buffer still. */
		if (n < 0 && errno == EPIPE)
			return BNS_OK;
		if (n < 0)
			return broken(diag, "can't send to the daemon");
		line += n;
		len -= (size_t)n;
	}
	return BNS_OK;
}

static enum bns_error receive(struct bns_client *c, struct bns_diag *diag)
{
	if (c->len == c->capacity) {
		size_t want = c->capacity ? 2 * c->capacity : 65536;
		char *grown = realloc(c->buffer, want);
		if (!grown)
			return BNS_ENOMEM;
		c->buffer = grown;
		c->capacity = want;
	}
	ssize_t n = recv(c->fd, c->buffer + c->len, c->capacity - c->len, 0);
	if (n < 0 && errno == EINTR)
		return BNS_ECANCELED;
	if (n < 0)
		return broken(diag, "lost the daemon");
	if (n == 0) {
		bns_diag_set(diag, NULL, 0, 0, "the daemon has closed the connection");
		return BNS_EIO;
	}
	c->len += (size_t)n;
	return BNS_OK;
}

enum bns_error bns_client_next(struct bns_client *c, json_t **message, struct bns_diag *diag)
{
	json_error_t error;
	char *end;
	while (!(end = c->len > c->scanned ? memchr(c->buffer + c->scanned, '\n', c->len - c->scanned) : NULL)) {
		c->scanned = c->len;
		enum bns_error err = receive(c, diag);
		if (err != BNS_OK)
			return err;
	}
	size_t len = (size_t)(end - c->buffer);
	*message = json_loadb(c->buffer, len, 0, &error);
	c->len -= len + 1;
	c->scanned = 0;
	memmove(c->buffer, end + 1, c->len);
	if (*message)
		return BNS_OK;
	bns_diag_set(diag, NULL, 0, 0, "what answers at the control socket doesn't speak JSON-RPC: %s", error.text);
	return BNS_EIO;
}

/* Ours, or one that answers no request in particular: an error about the connection. */
static bool is_answer(const json_t *message, json_int_t id)
{
	const json_t *got = json_object_get(message, "id");
	return json_object_get(message, "error") ? !got || json_is_null(got) || json_integer_value(got) == id
						 : json_is_integer(got) && json_integer_value(got) == id;
}

enum bns_error bns_client_call(struct bns_client *c, const char *method, json_t *params, json_t **answer,
			       struct bns_diag *diag)
{
	size_t len = 0;
	char *line = bns_rpc_line(bns_rpc_request(method, params, ++c->id), &len);
	if (!line)
		return BNS_ENOMEM;
	enum bns_error err = send_all(c, line, len, diag);
	free(line);
	while (err == BNS_OK) {
		err = bns_client_next(c, answer, diag);
		if (err == BNS_ECANCELED)
			err = BNS_OK;
		else if (err == BNS_OK && is_answer(*answer, c->id))
			return BNS_OK;
		else if (err == BNS_OK)
			json_decref(*answer);
	}
	return err;
}
