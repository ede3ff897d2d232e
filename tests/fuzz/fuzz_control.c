/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket as a peer that may only read meets it: framing, JSON-RPC,
 * the table of verbs and what they answer, with a gate, a store and one served
 * zone behind them. The parameters of the other verbs are checked as well.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "control/session.h"
#include "fuzz.h"
#include "fuzz_zone.h"
#include "ldns_leaks.h"
#include "zone/load.h"

static uv_loop_t loop;
static struct bns_sessions sessions;
static struct bns_control_env env = {.loop = &loop};
static char folder[] = "/tmp/brandns-fuzz-XXXXXX";

static void remove_folder(void)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "brandnsd.lock"};
	char path[64];
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void on_served(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	(void)zone;
	FUZZ_REQUIRE(result->outcome == BNS_OUTCOME_SERVED);
	*(bool *)arg = true;
}

static void serve_zone(void)
{
	static const char text[] = "$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 1209600 300\n@ NS ns1\n"
				   "ns1 A 192.0.2.1\nurl1234 CNAME sendgrid.net.\n";
	static const uint8_t apex[] = "\7example\3com";
	static const struct bns_conf_settings settings;
	static const struct bns_conf_zone conf = {.domain = "example.com", .file = "/nowhere", .set = &settings};
	struct bns_submission sub = {.origin = BNS_ORIGIN_FILE, .source = "fuzz"};
	struct bns_zone *zone;
	struct bns_diag diag;
	bool done = false;
	FUZZ_REQUIRE(bns_gate_zone_add(env.gate, &conf, &zone, &diag) == BNS_OK);
	FUZZ_REQUIRE(bns_zone_parse(text, strlen(text), "fuzz", apex, &sub.contents, &diag) == BNS_OK);
	bns_gate_submit(env.gate, zone, &sub, on_served, &done);
	while (!done)
		uv_run(&loop, UV_RUN_ONCE);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct bns_gate_callbacks nobody;
	struct bns_diag diag;
	(void)argc;
	(void)argv;
	bns_log_set_level(BNS_LOG_CRIT);
	FUZZ_REQUIRE(mkdtemp(folder) && atexit(remove_folder) == 0);
	FUZZ_REQUIRE(uv_loop_init(&loop) == 0);
	FUZZ_REQUIRE(bns_store_open(folder, 16 << 20, &loop, &env.store, &diag) == BNS_OK);
	env.gate = bns_gate_new(&loop, bns_table_new(), env.store, NULL, &nobody);
	FUZZ_REQUIRE(env.gate);
	FUZZ_REQUIRE(bns_sessions_init(&sessions, &env) == BNS_OK);
	serve_zone();
	return 0;
}

/* Reads what has come, so that the session can go on writing. False: the session has closed. */
static bool drain(int fd)
{
	char buf[65536];
	ssize_t n;
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0);
	return n < 0 && errno == EAGAIN;
}

static void talk(const uint8_t *data, size_t size)
{
	struct bns_peer peer = {.uid = 65534, .gid = 65534, .by = "nobody(65534)"};
	int fds[2];
	size_t sent = 0;
	FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	bns_session_open(&sessions, fds[0], &peer);
	do {
		ssize_t n = sent < size ? send(fds[1], data + sent, size - sent, MSG_NOSIGNAL) : 0;
		sent += n > 0 ? (size_t)n : 0;
		if (sent == size)
			shutdown(fds[1], SHUT_WR);
		uv_run(&loop, UV_RUN_ONCE);
	} while (drain(fds[1]));
	close(fds[1]);
	while (sessions.count > 0)
		uv_run(&loop, UV_RUN_ONCE);
}

/* What a peer that may do more could send. */
static void check_params(const char *line, size_t len)
{
	struct bns_rpc_request request;
	enum bns_rpc_code code;
	struct bns_diag diag;
	json_t *params = NULL;
	if (bns_rpc_parse(line, len, &request, &code, &diag) == BNS_OK) {
		const struct bns_verb *verb = bns_verb_find(request.method);
		if (verb && verb->params && bns_params_check(verb->params, request.params, &params, &diag) == BNS_OK)
			FUZZ_REQUIRE(json_is_object(params));
		json_decref(params);
	}
	bns_rpc_request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	talk(data, size);
	check_params((const char *)data, end ? (size_t)(end - data) : size);
	return 0;
}
