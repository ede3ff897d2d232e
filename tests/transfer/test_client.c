/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_primary.h"
#include "transfer/transfer.h"

static const uint8_t apex[] = "\7example\3com";

/* The call has a loop of its own, so the primary runs in a process of its own. */
static pid_t primary_start(struct fake_primary *p)
{
	int told[2];
	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		uv_loop_t loop;
		signal(SIGPIPE, SIG_IGN);
		uv_loop_init(&loop);
		fake_primary_open(p, &loop);
		if (write(told[1], &p->addr, sizeof(p->addr)) != sizeof(p->addr))
			_exit(1);
		uv_run(&loop, UV_RUN_DEFAULT);
		_exit(0);
	}
	assert_int_equal(read(told[0], &p->addr, sizeof(p->addr)), sizeof(p->addr));
	close(told[0]);
	close(told[1]);
	return pid;
}

static void primary_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void client_fetches_a_finished_zone(void **state)
{
	(void)state;
	struct bns_tsig_key key = fake_key("k1", BNS_HMAC_SHA256, 5);
	struct fake_primary p = {.serial = 7, .records = 50, .per_message = 7, .key = &key};
	pid_t pid = primary_start(&p);
	struct bns_contents *c;
	struct bns_diag diag = {0};
	assert_int_equal(bns_axfr_fetch(&p.addr, apex, &key, NULL, &c, &diag), BNS_OK);
	assert_int_equal(c->serial, 7);
	assert_int_equal(c->count, 53);
	bns_contents_free(c);
	primary_stop(pid);
}

static void client_says_what_went_wrong(void **state)
{
	(void)state;
	struct fake_primary p = {.lie = FAKE_REFUSED, .serial = 7};
	pid_t pid = primary_start(&p);
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	assert_int_equal(bns_axfr_fetch(&p.addr, apex, NULL, NULL, &c, &diag), BNS_EDENIED);
	assert_null(c);
	assert_non_null(strstr(diag.text, "REFUSED"));
	assert_non_null(strstr(diag.text, "example.com"));
	primary_stop(pid);
}

static void client_says_when_nobody_listens(void **state)
{
	(void)state;
	struct fake_primary p = {.serial = 7};
	primary_stop(primary_start(&p));
	struct bns_contents *c = NULL;
	struct bns_diag diag = {0};
	assert_int_equal(bns_axfr_fetch(&p.addr, apex, NULL, NULL, &c, &diag), BNS_EIO);
	assert_non_null(strstr(diag.text, "connect"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_fetches_a_finished_zone),
		cmocka_unit_test(client_says_what_went_wrong),
		cmocka_unit_test(client_says_when_nobody_listens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
