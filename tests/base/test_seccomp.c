/* SPDX-License-Identifier: BSD-3-Clause */
/* What each kind of thread may still ask of the kernel; each answer is a child's, since a filter stays for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seccomp.h"

#define FINE  0
#define ODD   99 /* the filter itself could not be had */
#define DEATH (1000 + SIGSYS)

/* 0, or errno. */
typedef int (*attempt_fn)(void);

static void *narrow_and_try(void *arg)
{
	const int *kind = ((void **)arg)[0];
	attempt_fn *attempt = ((void **)arg)[1];
	bns_seccomp_thread((enum bns_seccomp_kind) * kind);
	return (void *)(intptr_t)(*attempt)();
}

/* In a thread of its own, under the process's filter, as in the daemon. */
static int try_in_thread(int kind, attempt_fn attempt)
{
	void *result = (void *)(intptr_t)ODD, *arg[] = {&kind, &attempt};
	pthread_t thread;
	if (pthread_create(&thread, NULL, narrow_and_try, arg) || pthread_join(thread, &result))
		return ODD;
	return (int)(intptr_t)result;
}

static bool is_threads(enum bns_seccomp_kind kind)
{
	return kind == BNS_SECCOMP_WORKER || kind == BNS_SECCOMP_STORE || kind == BNS_SECCOMP_POOL ||
	       kind == BNS_SECCOMP_RCU;
}

/* What the attempt said, or 1000 and the signal that the child died of. */
static int outcome_in(enum bns_seccomp_kind kind, enum bns_seccomp_mode mode, attempt_fn attempt)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct bns_diag diag = {0};
		struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		if (bns_seccomp_process(is_threads(kind) ? BNS_SECCOMP_DAEMON : kind, mode, &diag))
			_exit(ODD);
		_exit(is_threads(kind) ? try_in_thread((int)kind, attempt) : attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int outcome(enum bns_seccomp_kind kind, attempt_fn attempt)
{
	return outcome_in(kind, BNS_SECCOMP_YES, attempt);
}

/* ---- attempts ---- */

static int error_if(bool failed)
{
	return failed ? errno : FINE;
}

static int run_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int mount_something(void)
{
	return error_if(mount("none", "/nowhere-at-all", "tmpfs", 0, NULL) != 0);
}

static int become_somebody(void)
{
	return error_if(setuid(getuid()) != 0);
}

static int open_file(void)
{
	return error_if(open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
}

static int write_file(void)
{
	char path[] = "/tmp/brandns-seccomp-XXXXXX";
	int fd = mkstemp(path);
	return error_if(fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || unlink(path) != 0);
}

static int rename_file(void)
{
	rename("/nowhere-at-all/a", "/nowhere-at-all/b");
	return errno == ENOENT ? FINE : errno;
}

static int open_socket(void)
{
	return error_if(socket(AF_INET, SOCK_DGRAM, 0) < 0);
}

static int open_raw_packets(void)
{
	return error_if(socket(AF_PACKET, SOCK_RAW, 0) < 0);
}

static int allocate(void)
{
	char *p = malloc(64 << 20);
	p[0] = 'x';
	free(p);
	return FINE;
}

static int make_code(void)
{
	return error_if(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED);
}

static void *nothing(void *arg)
{
	return arg;
}

static int start_thread(void)
{
	pthread_t thread;
	int code = pthread_create(&thread, NULL, nothing, NULL);
	return code ? code : pthread_join(thread, NULL);
}

static int start_process(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	return error_if(child < 0);
}

static int signal_another(void)
{
	return error_if(kill(getppid(), 0) != 0);
}

static int abort_itself(void)
{
	abort();
}

static int wait_for_packets(void)
{
	char octet;
	recv(1000, &octet, 1, MSG_DONTWAIT);
	return errno == EBADF ? FINE : errno;
}

/* ---- kinds ---- */

static const enum bns_seccomp_kind own[] = {BNS_SECCOMP_DAEMON, BNS_SECCOMP_WORKER, BNS_SECCOMP_STORE,
					    BNS_SECCOMP_POOL,   BNS_SECCOMP_RCU,    BNS_SECCOMP_PROBE};
#define OWN (sizeof(own) / sizeof(own[0]))

static void running_a_program_ends_every_kind_of_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN; i++) {
		assert_int_equal(outcome(own[i], run_program), DEATH);
		assert_int_equal(outcome(own[i], mount_something), DEATH);
		assert_int_equal(outcome(own[i], become_somebody), DEATH);
	}
}

static void no_kind_of_ours_starts_processes_or_signals_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN; i++) {
		assert_int_equal(outcome(own[i], start_process), ENOSYS);
		assert_int_equal(outcome(own[i], signal_another), DEATH);
	}
}

static void no_kind_of_ours_makes_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN; i++)
		assert_int_equal(outcome(own[i], make_code), ENOSYS);
}

static void every_kind_allocates_and_can_abort(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN; i++) {
		assert_int_equal(outcome(own[i], allocate), FINE);
		assert_int_equal(outcome(own[i], abort_itself), 1000 + SIGABRT);
	}
}

static void the_main_loop_reads_writes_connects_and_starts_threads(void **state)
{
	(void)state;
	assert_int_equal(outcome(BNS_SECCOMP_DAEMON, open_file), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_DAEMON, write_file), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_DAEMON, open_socket), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_DAEMON, start_thread), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_DAEMON, open_raw_packets), ENOSYS);
}

static void a_worker_has_packets_and_neither_files_nor_new_sockets(void **state)
{
	(void)state;
	assert_int_equal(outcome(BNS_SECCOMP_WORKER, wait_for_packets), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_WORKER, open_file), ENOSYS);
	assert_int_equal(outcome(BNS_SECCOMP_WORKER, rename_file), ENOSYS);
	assert_int_equal(outcome(BNS_SECCOMP_WORKER, open_socket), ENOSYS);
	assert_int_not_equal(outcome(BNS_SECCOMP_WORKER, start_thread), FINE);
}

static void store_and_pool_have_files_and_no_network(void **state)
{
	static const enum bns_seccomp_kind kinds[] = {BNS_SECCOMP_STORE, BNS_SECCOMP_POOL};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(outcome(kinds[i], open_file), FINE);
		assert_int_equal(outcome(kinds[i], write_file), FINE);
		assert_int_equal(outcome(kinds[i], open_socket), ENOSYS);
		assert_int_equal(outcome(kinds[i], wait_for_packets), ENOSYS);
	}
}

static void the_thread_that_frees_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(outcome(BNS_SECCOMP_RCU, open_file), ENOSYS);
	assert_int_equal(outcome(BNS_SECCOMP_RCU, open_socket), ENOSYS);
}

static void a_prober_connects_and_reads_and_changes_no_file(void **state)
{
	(void)state;
	assert_int_equal(outcome(BNS_SECCOMP_PROBE, open_socket), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_PROBE, open_file), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_PROBE, start_thread), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_PROBE, rename_file), ENOSYS);
}

static void a_helper_runs_programs_and_administers_nothing(void **state)
{
	(void)state;
	assert_int_equal(outcome(BNS_SECCOMP_HELPER, run_program), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_HELPER, start_process), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_HELPER, write_file), FINE);
	assert_int_equal(outcome(BNS_SECCOMP_HELPER, mount_something), EPERM);
}

static void the_mode_log_refuses_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN; i++) {
		assert_int_equal(outcome_in(own[i], BNS_SECCOMP_LOG, run_program), FINE);
		assert_int_equal(outcome_in(own[i], BNS_SECCOMP_LOG, open_socket), FINE);
	}
}

static void the_mode_no_leaves_everything(void **state)
{
	(void)state;
	assert_int_equal(outcome_in(BNS_SECCOMP_WORKER, BNS_SECCOMP_NO, open_file), FINE);
	assert_int_equal(outcome_in(BNS_SECCOMP_DAEMON, BNS_SECCOMP_NO, run_program), FINE);
}

static void *open_when_told(void *arg)
{
	char octet;
	if (read(*(int *)arg, &octet, 1) != 1)
		return (void *)(intptr_t)ODD;
	return (void *)(intptr_t)open_raw_packets();
}

static int try_in_older_thread(void)
{
	struct bns_diag diag = {0};
	int ends[2];
	void *result;
	pthread_t thread;
	if (pipe(ends) || pthread_create(&thread, NULL, open_when_told, &ends[0]) ||
	    bns_seccomp_process(BNS_SECCOMP_DAEMON, BNS_SECCOMP_YES, &diag) || write(ends[1], "x", 1) != 1 ||
	    pthread_join(thread, &result))
		return ODD;
	return (int)(intptr_t)result;
}

static void threads_that_were_there_before_are_filtered_too(void **state)
{
	(void)state;
	assert_int_equal(outcome_in(BNS_SECCOMP_DAEMON, BNS_SECCOMP_NO, try_in_older_thread), ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(running_a_program_ends_every_kind_of_ours),
		cmocka_unit_test(no_kind_of_ours_starts_processes_or_signals_others),
		cmocka_unit_test(no_kind_of_ours_makes_code),
		cmocka_unit_test(every_kind_allocates_and_can_abort),
		cmocka_unit_test(the_main_loop_reads_writes_connects_and_starts_threads),
		cmocka_unit_test(a_worker_has_packets_and_neither_files_nor_new_sockets),
		cmocka_unit_test(store_and_pool_have_files_and_no_network),
		cmocka_unit_test(the_thread_that_frees_opens_nothing),
		cmocka_unit_test(a_prober_connects_and_reads_and_changes_no_file),
		cmocka_unit_test(a_helper_runs_programs_and_administers_nothing),
		cmocka_unit_test(the_mode_log_refuses_nothing),
		cmocka_unit_test(the_mode_no_leaves_everything),
		cmocka_unit_test(threads_that_were_there_before_are_filtered_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
