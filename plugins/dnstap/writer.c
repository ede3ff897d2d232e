/* SPDX-License-Identifier: BSD-3-Clause */
#include "writer.h"

#include <fcntl.h>
#include <fstrm.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dnstap.pb-c.h"

static const char version[] = "brandns " PACKAGE_VERSION;

#define CONTENT_TYPE "protobuf:dnstap.Dnstap"
#define FRAME_MAX    (DT_OCTETS_MAX + 1024)
#define IDLE_NS      20000000 /* between two looks at an empty ring */
#define REOPEN_S     2
#define STOP_MAX_S   2
#define FILE_MODE    0640 /* who asked what is nobody else's business */

struct dt_writer {
	struct dt_writer_conf *conf;
	_Atomic(struct dt_writer_conf *) next; /* to be taken up; NULL: none */
	struct dt_ring *ring;
	struct dt_writer_counts *counts;
	struct fstrm_writer *stream; /* NULL: not open */
	time_t opened_s;             /* or was tried to be */
	struct stat file;            /* the open file's */
	bool has_failed;             /* a file could not be written to: to begin it anew would lose what it holds */
	pthread_t thread;
	_Atomic bool is_stopping;
	uint8_t frame[FRAME_MAX];
};

struct dt_writer_conf *dt_writer_conf_new(const char *socket, const char *file, const char *identity)
{
	struct dt_writer_conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return NULL;
	conf->socket = strdup(socket);
	conf->file = strdup(file);
	conf->identity = strdup(identity);
	if (conf->socket && conf->file && conf->identity)
		return conf;
	dt_writer_conf_free(conf);
	return NULL;
}

void dt_writer_conf_free(struct dt_writer_conf *conf)
{
	if (!conf)
		return;
	free(conf->socket);
	free(conf->file);
	free(conf->identity);
	free(conf);
}

/* ---- the stream ---- */

static bool is_file(const struct dt_writer_conf *conf)
{
	return !conf->socket[0];
}

static struct fstrm_writer *stream_new(const struct dt_writer_conf *conf)
{
	struct fstrm_writer_options *options = fstrm_writer_options_init();
	struct fstrm_writer *stream = NULL;

	fstrm_writer_options_add_content_type(options, CONTENT_TYPE, sizeof(CONTENT_TYPE) - 1);
	if (!is_file(conf)) {
		struct fstrm_unix_writer_options *to = fstrm_unix_writer_options_init();
		fstrm_unix_writer_options_set_socket_path(to, conf->socket);
		stream = fstrm_unix_writer_init(to, options);
		fstrm_unix_writer_options_destroy(&to);
	} else {
		struct fstrm_file_options *to = fstrm_file_options_init();
		fstrm_file_options_set_file_path(to, conf->file);
		stream = fstrm_file_writer_init(to, options);
		fstrm_file_options_destroy(&to);
	}
	fstrm_writer_options_destroy(&options);
	return stream;
}

static void close_stream(struct dt_writer *w)
{
	if (w->stream)
		fstrm_writer_destroy(&w->stream);
	atomic_store(&w->counts->is_open, false);
}

/* libfstrm would make it with the mode of any file, and doesn't tell its descriptor. */
static bool make_file(struct dt_writer *w)
{
	int fd = open(w->conf->file, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	bool done = fd >= 0 && fstat(fd, &w->file) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* False where it was moved away, as who rotates files does. */
static bool is_in_place(const struct dt_writer *w)
{
	struct stat st;

	return stat(w->conf->file, &st) == 0 && st.st_dev == w->file.st_dev && st.st_ino == w->file.st_ino;
}

/* Is there somebody who listens? Tried again every few seconds. */
static bool open_stream(struct dt_writer *w)
{
	struct timespec now;

	if (w->stream || w->has_failed)
		return w->stream;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (w->opened_s != 0 && now.tv_sec < w->opened_s + REOPEN_S)
		return false;
	w->opened_s = now.tv_sec;
	if (is_file(w->conf) && !make_file(w))
		return false;
	w->stream = stream_new(w->conf);
	if (!w->stream || fstrm_writer_open(w->stream) != fstrm_res_success) {
		close_stream(w);
		return false;
	}
	atomic_store(&w->counts->is_open, true);
	return true;
}

/* ---- frames ---- */

static ProtobufCBinaryData octets(const void *data, size_t len)
{
	return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)(uintptr_t)data};
}

static void set_client(Dnstap__Message *m, const struct dt_record *r)
{
	static const Dnstap__SocketProtocol protocols[] = {[BNS_TRANSPORT_UDP] = DNSTAP__SOCKET_PROTOCOL__UDP,
							   [BNS_TRANSPORT_TCP] = DNSTAP__SOCKET_PROTOCOL__TCP,
							   [BNS_TRANSPORT_TLS] = DNSTAP__SOCKET_PROTOCOL__DOT};
	bool v4 = r->client.sa.sa_family == AF_INET;

	m->has_socket_family = m->has_socket_protocol = m->has_query_address = m->has_query_port = true;
	m->socket_family = v4 ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
	m->socket_protocol = protocols[r->transport];
	m->query_address = v4 ? octets(&r->client.in4.sin_addr, 4) : octets(&r->client.in6.sin6_addr, 16);
	m->query_port = ntohs(v4 ? r->client.in4.sin_port : r->client.in6.sin6_port);
	m->has_query_time_sec = m->has_query_time_nsec = true;
	m->query_time_sec = (uint64_t)r->at.tv_sec;
	m->query_time_nsec = (uint32_t)r->at.tv_nsec;
}

static void send_frame(struct dt_writer *w, Dnstap__Message *m)
{
	Dnstap__Dnstap d = DNSTAP__DNSTAP__INIT;

	d.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
	d.message = m;
	d.has_identity = w->conf->identity[0] != '\0';
	d.identity = octets(w->conf->identity, strlen(w->conf->identity));
	d.has_version = true;
	d.version = octets(version, strlen(version));
	/* Texts of the configuration may be as long as somebody wants. */
	if (dnstap__dnstap__get_packed_size(&d) > FRAME_MAX || !open_stream(w)) {
		atomic_fetch_add(&w->counts->lost, 1);
		return;
	}
	size_t len = dnstap__dnstap__pack(&d, w->frame);
	if (fstrm_writer_write(w->stream, w->frame, len) == fstrm_res_success) {
		atomic_fetch_add(&w->counts->written, 1);
		return;
	}
	close_stream(w);
	w->has_failed = is_file(w->conf);
	atomic_fetch_add(&w->counts->lost, 1);
}

static void send_record(struct dt_writer *w, const struct dt_record *r)
{
	Dnstap__Message m = DNSTAP__MESSAGE__INIT;

	set_client(&m, r);
	if (w->conf->queries) {
		m.type = DNSTAP__MESSAGE__TYPE__AUTH_QUERY;
		m.has_query_message = true;
		m.query_message = octets(r->octets, r->query_len);
		send_frame(w, &m);
	}
	if (!w->conf->responses || r->response_len == 0)
		return;
	m.type = DNSTAP__MESSAGE__TYPE__AUTH_RESPONSE;
	m.has_query_message = false;
	m.has_response_message = m.has_response_time_sec = m.has_response_time_nsec = true;
	m.response_message = octets(r->octets + r->query_len, r->response_len);
	m.response_time_sec = m.query_time_sec;
	m.response_time_nsec = m.query_time_nsec;
	send_frame(w, &m);
}

/* ---- the thread ---- */

static void send_all(struct dt_writer *w)
{
	const struct dt_record *r;

	while ((r = dt_ring_first(w->ring)) != NULL) {
		send_record(w, r);
		dt_ring_pop(w->ring);
	}
}

/* A reload that leaves socket and file as they are goes on with the stream: a file that is begun anew is an empty one.
 */
static bool goes_on(const struct dt_writer *w, const struct dt_writer_conf *next)
{
	return w->stream && strcmp(w->conf->socket, next->socket) == 0 && strcmp(w->conf->file, next->file) == 0 &&
	       (!is_file(next) || is_in_place(w));
}

static void take_conf(struct dt_writer *w)
{
	struct dt_writer_conf *next = atomic_exchange(&w->next, NULL);

	if (!next)
		return;
	send_all(w);
	if (!goes_on(w, next))
		close_stream(w);
	dt_writer_conf_free(w->conf);
	w->conf = next;
	w->opened_s = 0;
	w->has_failed = false;
}

static void *run(void *arg)
{
	static const struct timespec idle = {.tv_nsec = IDLE_NS};
	struct dt_writer *w = arg;

	while (!atomic_load(&w->is_stopping)) {
		take_conf(w);
		open_stream(w);
		send_all(w);
		nanosleep(&idle, NULL);
	}
	send_all(w);
	close_stream(w);
	return NULL;
}

enum bns_error dt_writer_start(struct dt_writer_conf *conf, struct dt_ring *ring, struct dt_writer_counts *counts,
			       struct dt_writer **out)
{
	struct dt_writer *w = calloc(1, sizeof(*w));
	sigset_t all, before;

	if (!w)
		return BNS_ENOMEM;
	w->conf = conf;
	w->ring = ring;
	w->counts = counts;
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (code != 0) {
		free(w);
		return BNS_ENOMEM;
	}
	*out = w;
	return BNS_OK;
}

void dt_writer_change(struct dt_writer *w, struct dt_writer_conf *conf)
{
	dt_writer_conf_free(atomic_exchange(&w->next, conf));
}

bool dt_writer_stop(struct dt_writer *w)
{
	struct timespec until;

	atomic_store(&w->is_stopping, true);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_MAX_S;
	if (pthread_timedjoin_np(w->thread, NULL, &until) != 0)
		return false;
	dt_writer_conf_free(w->conf);
	dt_writer_conf_free(atomic_load(&w->next));
	free(w);
	return true;
}
