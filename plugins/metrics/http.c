/* SPDX-License-Identifier: BSD-3-Clause */
#include "http.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "exposition.h"
#include "page.h"

#define CONNECTIONS_MAX  32
#define SILENCE_MAX_S    10
#define CONNECTION_MAX_S 60
#define CONNECTION_BYTES 16384
#define ROUNDS_MAX       256 /* of sending and receiving, before the main loop has its turn again */
#define KEPT_FOR_S       1
#define FIRST_MAX        1000000000 /* of brandings */

struct connection {
	int fd;
	int64_t since_s;
	struct connection *next, **link;
};

struct mt_http {
	struct mt *mt;
	struct MHD_Daemon *daemon;
	struct connection *connections;
	struct MHD_Response *exposition; /* the last one; NULL: none */
	int64_t exposition_s;
};

/* ---- answers ---- */

static struct MHD_Response *response_of(char *text, size_t len, const char *type)
{
	struct MHD_Response *r = text ? MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE) : NULL;

	if (!r) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	return r;
}

static struct MHD_Response *say(const char *text)
{
	char *copy = strdup(text);

	return response_of(copy, strlen(text), "text/plain; charset=utf-8");
}

static enum MHD_Result send_and_forget(struct MHD_Connection *c, unsigned status, struct MHD_Response *r)
{
	if (!r)
		return MHD_NO;
	enum MHD_Result result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

/* A flood of scrapes costs one a second. */
static enum MHD_Result send_exposition(struct mt_http *http, struct MHD_Connection *c)
{
	int64_t now_s = http->mt->host->now_s();
	size_t len = 0;

	if (http->exposition && now_s >= http->exposition_s && now_s < http->exposition_s + KEPT_FOR_S)
		return MHD_queue_response(c, MHD_HTTP_OK, http->exposition);
	char *text = mt_exposition(http->mt, &len);
	struct MHD_Response *fresh = response_of(text, len, MT_EXPOSITION_TYPE);
	if (!fresh)
		return MHD_NO;
	if (http->exposition)
		MHD_destroy_response(http->exposition);
	http->exposition = fresh;
	http->exposition_s = now_s;
	return MHD_queue_response(c, MHD_HTTP_OK, fresh);
}

/* ---- the status page ---- */

static struct MHD_Response *page_of(const struct mt_http *http, char *text, size_t len)
{
	char policy[MT_POLICY_MAX];
	struct MHD_Response *r = response_of(text, len, MT_PAGE_TYPE);

	if (!r)
		return NULL;
	MHD_add_response_header(r, "Content-Security-Policy", mt_page_policy(http->mt->nonce, policy));
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	return r;
}

static enum MHD_Result send_overview(struct mt_http *http, struct MHD_Connection *c)
{
	const char *first = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "first");
	unsigned long number = first ? strtoul(first, NULL, 10) : 0;
	size_t len = 0;
	char *text = mt_page_overview(http->mt, number < FIRST_MAX ? number : 0, &len);

	return send_and_forget(c, MHD_HTTP_OK, page_of(http, text, len));
}

/* No name is longer, and none is written with other octets than ASCII's. */
static void read_host(const char *given, char host[BNS_NAME_TEXT_MAX])
{
	snprintf(host, BNS_NAME_TEXT_MAX, "%s", given ? given : "");
	for (char *p = host; *p; p++)
		*p = (unsigned char)*p < 0x80 ? *p : '?';
}

static enum MHD_Result send_branding(struct mt_http *http, struct MHD_Connection *c)
{
	char host[BNS_NAME_TEXT_MAX];
	size_t len = 0;
	bool found;

	read_host(MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "host"), host);
	char *text = mt_page_branding(http->mt, host, &found, &len);

	return send_and_forget(c, found ? MHD_HTTP_OK : MHD_HTTP_NOT_FOUND, page_of(http, text, len));
}

/* ---- requests ---- */

/* The host of "name:port", "[::1]:port". False: too long to be one of ours. */
static bool host_of(const char *header, char *host, size_t cap)
{
	size_t len = header[0] == '[' ? strcspn(header, "]") : strcspn(header, ":");

	if (header[0] == '[') {
		header++;
		len -= len > 0;
	}
	if (len >= cap)
		return false;
	memcpy(host, header, len);
	host[len] = '\0';
	return true;
}

/*
 * A page of somebody else's may give its own name this address and read, in an
 * operator's browser, what is told here (DNS rebinding): a name must be ours.
 */
static bool is_meant(const struct mt_http *http, struct MHD_Connection *c)
{
	const struct mt_options *o = http->mt->options;
	const char *header = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	unsigned char address[sizeof(struct in6_addr)];
	char host[256];

	if (!header || o->listen[0] == '/')
		return true;
	if (!host_of(header, host, sizeof(host)))
		return false;
	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1 ||
	    strcasecmp(host, "localhost") == 0)
		return true;
	for (size_t i = 0; i < o->names.count; i++)
		if (strcasecmp(host, o->names.items[i]) == 0)
			return true;
	return false;
}

static enum MHD_Result refuse_method(struct MHD_Connection *c)
{
	struct MHD_Response *r = say("There is nothing to be changed here: GET and HEAD.\n");

	if (r)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	return send_and_forget(c, MHD_HTTP_METHOD_NOT_ALLOWED, r);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_len, void **context)
{
	struct mt_http *http = arg;

	(void)version;
	(void)upload;
	/* The first call comes with the headers: an answer now spares a body. */
	(void)upload_len;
	*context = http;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(c);
	if (!is_meant(http, c))
		return send_and_forget(c, MHD_HTTP_MISDIRECTED_REQUEST,
				       say("That isn't a name of this server; see the option 'names'.\n"));
	if (strcmp(url, "/metrics") == 0)
		return send_exposition(http, c);
	if (http->mt->options->status_page && strcmp(url, "/") == 0)
		return send_overview(http, c);
	if (http->mt->options->status_page && strcmp(url, "/branding") == 0)
		return send_branding(http, c);
	return send_and_forget(c, MHD_HTTP_NOT_FOUND, say("There are / and /metrics.\n"));
}

/* ---- connections ---- */

static void on_connection(void *arg, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
	struct mt_http *http = arg;
	struct connection *k = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED && (k = calloc(1, sizeof(*k))) != NULL) {
		const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		*k = (struct connection){.fd = info ? info->connect_fd : -1, .since_s = http->mt->host->now_s()};
		k->next = http->connections;
		k->link = &http->connections;
		if (k->next)
			k->next->link = &k->next;
		http->connections = k;
		*context = k;
	} else if (what == MHD_CONNECTION_NOTIFY_CLOSED && k) {
		*k->link = k->next;
		if (k->next)
			k->next->link = k->link;
		free(k);
	}
}

static void on_log(void *arg, const char *fmt, va_list args)
{
	struct mt_http *http = arg;
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	http->mt->host->log(http->mt->plugin, BNS_LOG_DEBUG, "http: %s", text);
}

/* ---- life ---- */

static void on_ready(struct bns_plugin *p)
{
	struct mt *mt = bns_host_of(p)->state(p);

	if (mt && mt->http)
		mt_http_ready(mt->http);
}

static enum bns_error watch(struct mt_http *http)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? http->mt->host->watch(http->mt->plugin, info->epoll_fd, on_ready) : BNS_EIO;
}

enum bns_error mt_http_open(struct mt *mt, int fd, struct mt_http **out, struct bns_diag *diag)
{
	struct mt_http *http = calloc(1, sizeof(*http));

	if (!http) {
		close(fd);
		return BNS_ENOMEM;
	}
	http->mt = mt;
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, http,
					MHD_OPTION_EXTERNAL_LOGGER, on_log, http, MHD_OPTION_LISTEN_SOCKET, fd,
					MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
					SILENCE_MAX_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
					MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
	if (!http->daemon) {
		close(fd);
		free(http);
		mt->host->diag(diag, NULL, 0, 0, "plugin 'metrics': libmicrohttpd didn't start at %s",
			       mt->options->listen);
		return BNS_EIO;
	}
	enum bns_error err = watch(http);
	if (err != BNS_OK)
		mt_http_close(http);
	else
		*out = http;
	return err;
}

void mt_http_close(struct mt_http *http)
{
	MHD_stop_daemon(http->daemon);
	if (http->exposition)
		MHD_destroy_response(http->exposition);
	free(http);
}

void mt_http_ready(struct mt_http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;

	/* What libmicrohttpd has read already, no descriptor tells of. */
	for (unsigned i = 0; i < ROUNDS_MAX && wait_ms == 0; i++) {
		MHD_run(http->daemon);
		if (MHD_get_timeout(http->daemon, &wait_ms) != MHD_YES)
			break;
	}
}

void mt_http_tick(struct mt_http *http, int64_t now_s)
{
	for (const struct connection *k = http->connections; k; k = k->next)
		if (k->fd >= 0 && now_s - k->since_s > CONNECTION_MAX_S)
			shutdown(k->fd, SHUT_RDWR);
	mt_http_ready(http);
}
