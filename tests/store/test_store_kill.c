/* SPDX-License-Identifier: BSD-3-Clause */
/* What was acknowledged is there after kill -9, and nothing is there by half. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/store.h"

#define MAX_BYTES       ((uint64_t)256 << 20)
#define OUTSTANDING     20
#define ROUNDS          4
#define ACKS_BEFORE_END 150

struct child {
	struct bns_store *store;
	uint32_t next;
	uint32_t acknowledged;
	int pipe;
};

static void commit_next(struct child *c);

/* Callbacks come in the order of commit: the n-th one is for the n-th number. */
static void on_done(void *arg, enum bns_error err, const char *reason)
{
	struct child *c = arg;
	uint32_t number = c->acknowledged++;
	(void)reason;
	if (err || write(c->pipe, &number, sizeof(number)) != sizeof(number))
		_exit(3);
	commit_next(c);
}

static void commit_next(struct child *c)
{
	uint8_t key[4], value[3000] = {0};
	struct bns_store_txn *txn = bns_store_begin(c->store);
	bns_put_u32(key, c->next);
	bns_put_u32(value, c->next);
	c->next++;
	if (!txn || bns_store_put(txn, BNS_DB_ZONE, key, sizeof(key), "x", 1) ||
	    bns_store_put(txn, BNS_DB_VERSION, key, sizeof(key), value, sizeof(value)))
		_exit(4);
	bns_store_commit(txn, on_done, c);
}

static void run_child(const char *folder, uint32_t first, int pipe)
{
	struct child c = {.next = first, .acknowledged = first, .pipe = pipe};
	uv_loop_t loop;
	if (uv_loop_init(&loop) || bns_store_open(folder, MAX_BYTES, &loop, &c.store, NULL))
		_exit(2);
	for (int i = 0; i < OUTSTANDING; i++)
		commit_next(&c);
	uv_run(&loop, UV_RUN_DEFAULT);
	_exit(5);
}

/* Returns the first number that was not acknowledged. */
static uint32_t write_until_killed(const char *folder, uint32_t first)
{
	int ends[2], status;
	uint32_t number, next = first;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run_child(folder, first, ends[1]);
	}
	close(ends[1]);
	while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
		assert_int_equal(number, next);
		next++;
		if (next == first + ACKS_BEFORE_END)
			kill(pid, SIGKILL);
	}
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_true(next >= first + ACKS_BEFORE_END);
	return next;
}

static bool count_each(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	uint32_t *count = arg;
	assert_int_equal(key_len, 4);
	assert_int_equal(bns_get_u32(key), *count);
	if (len > 1)
		assert_int_equal(bns_get_u32(value), *count);
	++*count;
	return true;
}

/* Numbers without a gap, the same in both databases; returns how many. */
static uint32_t count_stored(const char *folder)
{
	struct bns_store *s;
	struct bns_diag diag = {0};
	uv_loop_t loop;
	uint32_t zones = 0, versions = 0;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(bns_store_open(folder, MAX_BYTES, &loop, &s, &diag), BNS_OK);
	assert_int_equal(bns_store_each(s, BNS_DB_ZONE, NULL, 0, false, count_each, &zones), BNS_OK);
	assert_int_equal(bns_store_each(s, BNS_DB_VERSION, NULL, 0, false, count_each, &versions), BNS_OK);
	assert_int_equal(zones, versions);
	bns_store_close(s);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return zones;
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
	char folder[] = "/tmp/brandns-kill.XXXXXX", command[64];
	uint32_t stored = 0;
	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t acknowledged = write_until_killed(folder, stored);
		stored = count_stored(folder);
		assert_true(stored >= acknowledged);
	}
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_acknowledged_survives_kill_9),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
