/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/session.h"

#define ROUNDS_MAX 1000000 /* of the loop, until a test gives up waiting */

/* A set of sessions without a socket in the file system, and one peer of it. */
struct world {
	uv_loop_t loop;
	struct bns_control_env env;
	struct bns_sessions set;
	int fd; /* the peer's end */
	unsigned stops;
	char *got; /* what the peer has read */
	size_t got_len;
};

static void on_stop(void *arg)
{
	struct world *w = arg;
	w->stops++;
}

static int connect_as(struct world *w, uid_t uid, bool admin)
{
	int fds[2];
	struct bns_peer peer = {.uid = uid, .gid = uid, .admin = admin};
	snprintf(peer.by, sizeof(peer.by), "ops(%u)", (unsigned)uid);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	bns_session_open(&w->set, fds[0], &peer);
	return fds[1];
}

static struct world *open_world(bool admin)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->env = (struct bns_control_env){.loop = &w->loop, .arg = w, .stop = on_stop};
	assert_int_equal(bns_sessions_init(&w->set, &w->env), BNS_OK);
	w->fd = connect_as(w, 1000, admin);
	return w;
}

static void close_world(struct world *w)
{
	close(w->fd);
	bns_sessions_close(&w->set);
	while (uv_run(&w->loop, UV_RUN_NOWAIT))
		;
	bns_sessions_free(&w->set);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	free(w->got);
	free(w);
}

/* Reads what is there; false at the end of the connection. */
static bool read_some(struct world *w)
{
	char buf[65536];
	ssize_t n = read(w->fd, buf, sizeof(buf));
	if (n > 0) {
		w->got = realloc(w->got, w->got_len + (size_t)n + 1);
		assert_non_null(w->got);
		memcpy(w->got + w->got_len, buf, (size_t)n);
		w->got_len += (size_t)n;
		w->got[w->got_len] = '\0';
	}
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static size_t lines_got(const struct world *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->got_len; i++)
		n += w->got[i] == '\n';
	return n;
}

static void wait_for_lines(struct world *w, size_t lines)
{
	for (unsigned i = 0; i < ROUNDS_MAX && lines_got(w) < lines; i++) {
		uv_run(&w->loop, UV_RUN_NOWAIT);
		if (!read_some(w))
			break;
	}
	assert_true(lines_got(w) >= lines);
}

static void send_text(struct world *w, const char *text)
{
	assert_int_equal(write(w->fd, text, strlen(text)), strlen(text));
}

/* The answer number `index`, from 0. */
static json_t *answer(const struct world *w, size_t index)
{
	const char *line = w->got;
	for (size_t i = 0; i < index; i++)
		line = strchr(line, '\n') + 1;
	json_t *object = json_loadb(line, (size_t)(strchr(line, '\n') - line), 0, NULL);
	assert_non_null(object);
	return object;
}

static json_int_t error_code(const struct world *w, size_t index)
{
	json_t *object = answer(w, index);
	json_int_t code = json_integer_value(json_object_get(json_object_get(object, "error"), "code"));
	json_decref(object);
	return code;
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"verbs\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
		     "\"nope\"}\n"
		     "\n{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"events\"}\n{\"jsonrpc\":\"2.0\",");
	wait_for_lines(w, 3);
	send_text(w, "\"id\":4,\"method\":\"verbs\"}\n");
	wait_for_lines(w, 4);
	for (int i = 0; i < 4; i++) {
		json_t *object = answer(w, (size_t)i);
		assert_int_equal(json_integer_value(json_object_get(object, "id")), i + 1);
		json_decref(object);
	}
	assert_int_equal(lines_got(w), 4);
	close_world(w);
}

static void garbage_is_answered_and_the_session_goes_on(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	send_text(w, "GET / HTTP/1.1\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events\"}\n");
	wait_for_lines(w, 2);
	assert_int_equal(error_code(w, 0), BNS_RPC_PARSE);
	assert_int_equal(error_code(w, 1), 0);
	close_world(w);
}

static void unknown_method_gets_the_nearest_one(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"zone.relaod\"}\n");
	wait_for_lines(w, 1);
	assert_int_equal(error_code(w, 0), BNS_RPC_METHOD);
	assert_non_null(strstr(w->got, "did you mean \\\"zone.reload\\\"?"));
	close_world(w);
}

static void offline_verbs_are_no_methods(void **state)
{
	struct world *w = open_world(true);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"format\"}\n");
	wait_for_lines(w, 1);
	assert_int_equal(error_code(w, 0), BNS_RPC_METHOD);
	close_world(w);
}

static void who_is_no_admin_is_denied_what_changes_something(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}\n"
		     "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"held.approve\",\"params\":{\"id\":\"x\"}}\n");
	wait_for_lines(w, 2);
	assert_int_equal(error_code(w, 0), BNS_RPC_DENIED);
	assert_int_equal(error_code(w, 1), BNS_RPC_DENIED);
	assert_non_null(strstr(w->got, "denied"));
	assert_non_null(strstr(w->got, "ops(1000)"));
	assert_int_equal(w->stops, 0);
	close_world(w);
}

static void admin_stops_the_daemon_and_hears_of_it(void **state)
{
	struct world *w = open_world(true);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}\n");
	wait_for_lines(w, 1);
	assert_int_equal(w->stops, 1);
	assert_non_null(strstr(w->got, "\"stopping\":true"));
	close_world(w);
}

static void notification_gets_no_answer(void **state)
{
	struct world *w = open_world(true);
	(void)state;
	send_text(w,
		  "{\"jsonrpc\":\"2.0\",\"method\":\"stop\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"events\"}\n");
	wait_for_lines(w, 1);
	assert_int_equal(w->stops, 1);
	assert_non_null(strstr(w->got, "\"id\":2"));
	close_world(w);
}

static void answers_come_after_the_peer_has_sent_its_last(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events\"}\n");
	shutdown(w->fd, SHUT_WR);
	wait_for_lines(w, 1);
	for (unsigned i = 0; i < ROUNDS_MAX && w->set.count > 0; i++)
		uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_int_equal(w->set.count, 0);
	close_world(w);
}

static void memory_grows_only_with_what_has_come(void **state)
{
	struct world *w = open_world(false);
	char chunk[10000];
	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 3; i++)
		uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_true(w->set.buffered_bytes <= BNS_SESSION_BUFFER_FIRST);
	assert_int_equal(write(w->fd, chunk, sizeof(chunk)), sizeof(chunk));
	for (int i = 0; i < 10; i++)
		uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_in_range(w->set.buffered_bytes, sizeof(chunk), 4 * sizeof(chunk));
	close_world(w);
}

static void gigabyte_without_a_newline_is_cut_off_with_a_word(void **state)
{
	static char chunk[65536];
	struct world *w = open_world(false);
	size_t sent = 0;
	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	while (sent < 1u << 30) {
		ssize_t n = write(w->fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		uv_run(&w->loop, UV_RUN_NOWAIT);
		assert_true(w->set.buffered_bytes <= BNS_CONTROL_LINE_MAX + 1);
	}
	assert_true(sent > BNS_CONTROL_LINE_MAX && sent < BNS_CONTROL_LINE_MAX + (4u << 20));
	while (read_some(w) && lines_got(w) < 1)
		uv_run(&w->loop, UV_RUN_NOWAIT);
	assert_int_equal(error_code(w, 0), BNS_RPC_LINE_TOO_LONG);
	assert_int_equal(w->set.count, 0);
	assert_int_equal(w->set.buffered_bytes, 0);
	close_world(w);
}

static void peer_that_does_not_read_is_not_read_from(void **state)
{
	static const char request[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"verbs\"}\n";
	struct world *w = open_world(false);
	size_t requests = 0;
	unsigned refused = 0;
	(void)state;
	while (requests < 100000 && refused < 20) {
		ssize_t n = write(w->fd, request, sizeof(request) - 1);
		assert_true(n == (ssize_t)sizeof(request) - 1 || (n < 0 && errno == EAGAIN));
		refused = n < 0 ? refused + 1 : 0;
		requests += n > 0;
		uv_run(&w->loop, UV_RUN_NOWAIT);
	}
	assert_true(refused > 0);
	wait_for_lines(w, requests);
	assert_int_equal(lines_got(w), requests);
	close_world(w);
}

static json_t *event(const char *text)
{
	return json_pack("{s:s, s:s}", "kind", "held", "text", text);
}

static void subscriber_gets_the_past_then_the_new(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	bns_sessions_publish(&w->set, event("before"));
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}\n");
	wait_for_lines(w, 1);
	assert_non_null(strstr(w->got, "before"));
	bns_sessions_publish(&w->set, event("after"));
	wait_for_lines(w, 2);
	json_t *note = answer(w, 1);
	assert_string_equal(json_string_value(json_object_get(note, "method")), "event");
	assert_string_equal(json_string_value(json_object_get(json_object_get(note, "params"), "text")), "after");
	assert_null(json_object_get(note, "id"));
	json_decref(note);
	close_world(w);
}

static void who_did_not_subscribe_hears_nothing(void **state)
{
	struct world *w = open_world(false);
	(void)state;
	bns_sessions_publish(&w->set, event("quiet"));
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"verbs\"}\n");
	wait_for_lines(w, 1);
	assert_int_equal(lines_got(w), 1);
	assert_null(strstr(w->got, "quiet"));
	close_world(w);
}

static void subscriber_that_does_not_read_is_cut_off(void **state)
{
	struct world *w = open_world(false);
	char text[10000];
	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	send_text(w, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"events.subscribe\"}\n");
	wait_for_lines(w, 1);
	for (int i = 0; i < 1000 && w->set.count > 0; i++) {
		bns_sessions_publish(&w->set, event(text));
		uv_run(&w->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(w->set.count, 0);
	assert_true(json_array_size(w->set.events) <= BNS_EVENTS_KEPT);
	close_world(w);
}

static void one_user_cannot_take_every_connection(void **state)
{
	struct world *w = open_world(false);
	int fds[BNS_SESSIONS_PER_USER_MAX];
	(void)state;
	for (unsigned i = 0; i < BNS_SESSIONS_PER_USER_MAX; i++)
		fds[i] = connect_as(w, 1000, false);
	assert_int_equal(w->set.count, BNS_SESSIONS_PER_USER_MAX);
	char text[256];
	ssize_t n = read(fds[BNS_SESSIONS_PER_USER_MAX - 1], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "-32007"));
	int other = connect_as(w, 1001, false);
	assert_int_equal(w->set.count, BNS_SESSIONS_PER_USER_MAX + 1);
	for (unsigned i = 0; i < BNS_SESSIONS_PER_USER_MAX; i++)
		close(fds[i]);
	close(other);
	close_world(w);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as bns_control_open does */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(garbage_is_answered_and_the_session_goes_on),
		cmocka_unit_test(unknown_method_gets_the_nearest_one),
		cmocka_unit_test(offline_verbs_are_no_methods),
		cmocka_unit_test(who_is_no_admin_is_denied_what_changes_something),
		cmocka_unit_test(admin_stops_the_daemon_and_hears_of_it),
		cmocka_unit_test(notification_gets_no_answer),
		cmocka_unit_test(answers_come_after_the_peer_has_sent_its_last),
		cmocka_unit_test(memory_grows_only_with_what_has_come),
		cmocka_unit_test(gigabyte_without_a_newline_is_cut_off_with_a_word),
		cmocka_unit_test(peer_that_does_not_read_is_not_read_from),
		cmocka_unit_test(subscriber_gets_the_past_then_the_new),
		cmocka_unit_test(who_did_not_subscribe_hears_nothing),
		cmocka_unit_test(subscriber_that_does_not_read_is_cut_off),
		cmocka_unit_test(one_user_cannot_take_every_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
