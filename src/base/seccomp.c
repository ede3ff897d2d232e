/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/seccomp_lists.h"

/* Written once, by bns_seccomp_process, before threads narrow themselves. */
static atomic_int process_mode = BNS_SECCOMP_NO;
static _Thread_local bool thread_is_narrow;

/* One filter while it is put together: the first failure stays. */
struct building {
	scmp_filter_ctx ctx;
	bool log;
	int error;
};

bool bns_seccomp_is_built(void)
{
	return true;
}

static void keep(struct building *b, int code)
{
	if (code != 0 && b->error == 0)
		b->error = code;
}

static int number_of(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

/* Negative numbers are calls of other machines. */
static void allow_list(struct building *b, const char *const *names)
{
	for (; *names; names++)
		if (number_of(*names) >= 0)
			keep(b, seccomp_rule_add(b->ctx, SCMP_ACT_ALLOW, number_of(*names), 0));
}

static void forbid_list(struct building *b, const char *const *names, uint32_t action)
{
	for (; *names; names++)
		if (number_of(*names) >= 0)
			keep(b, seccomp_rule_add(b->ctx, b->log ? SCMP_ACT_LOG : action, number_of(*names), 0));
}

static void allow_where(struct building *b, const char *name, struct scmp_arg_cmp what)
{
	if (number_of(name) >= 0)
		keep(b, seccomp_rule_add_array(b->ctx, SCMP_ACT_ALLOW, number_of(name), 1, &what));
}

/* Nothing that was written becomes code. */
static void allow_memory(struct building *b)
{
	static const char *const names[] = {"mmap", "mmap2", "mprotect"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		allow_where(b, names[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static void allow_naming(struct building *b)
{
	static const int options[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_GET_DUMPABLE};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		allow_where(b, "prctl", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)options[i]));
}

/* A thread, not a process; glibc comes to clone once clone3, whose flags no filter sees, is unknown. */
static void allow_threads(struct building *b)
{
	allow_where(b, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}

static void allow_sockets(struct building *b)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		allow_where(b, "socket", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
}

static void fill_allowed(struct building *b, const struct bns_seccomp_list *list)
{
	for (size_t i = 0; list->allowed[i]; i++)
		allow_list(b, list->allowed[i]);
	allow_memory(b);
	allow_naming(b);
	/* abort() raises its signal in its own thread. */
	allow_where(b, "tgkill", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* To ask for a limit, not to set one. */
	allow_where(b, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0));
	if (list->threads)
		allow_threads(b);
	if (list->connects)
		allow_sockets(b);
}

static uint32_t default_action(const struct building *b, const struct bns_seccomp_list *list)
{
	if (list->deny)
		return SCMP_ACT_ALLOW;
	return b->log ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(ENOSYS);
}

static void fill(struct building *b, const struct bns_seccomp_list *list)
{
	/* Programs that others wrote try what they may not do, and live without it. */
	uint32_t action = list->deny ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS;
	/* In the log's mode both would be the default itself, and need no rule. */
	if (!b->log || list->deny)
		forbid_list(b, bns_seccomp_forbidden, action);
	if (list->deny)
		return;
	if (!b->log)
		forbid_list(b, bns_seccomp_running, action);
	fill_allowed(b, list);
}

/* 0, or a negative errno. */
static int enter(enum bns_seccomp_kind kind, enum bns_seccomp_mode mode, bool all_threads)
{
	const struct bns_seccomp_list *list = &bns_seccomp_lists[kind];
	struct building b = {.log = mode == BNS_SECCOMP_LOG};
	b.ctx = seccomp_init(default_action(&b, list));
	if (!b.ctx)
		return -ENOMEM;
	if (all_threads)
		keep(&b, seccomp_attr_set(b.ctx, SCMP_FLTATR_CTL_TSYNC, 1));
	/* A tree in place of a line of comparisons; an older library does without. */
	(void)seccomp_attr_set(b.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	fill(&b, list);
	if (b.error == 0)
		keep(&b, seccomp_load(b.ctx));
	seccomp_release(b.ctx);
	return b.error;
}

enum bns_error bns_seccomp_process(enum bns_seccomp_kind kind, enum bns_seccomp_mode mode, struct bns_diag *diag)
{
	if (mode == BNS_SECCOMP_NO)
		return BNS_OK;
	int code = enter(kind, mode, true);
	if (code != 0) {
		bns_diag_set(diag, NULL, 0, 0, "the kernel takes no filter of system calls (%s)", strerror(-code));
		return BNS_EDENIED;
	}
	atomic_store(&process_mode, (int)mode);
	return BNS_OK;
}

void bns_seccomp_thread(enum bns_seccomp_kind kind)
{
	int mode = atomic_load_explicit(&process_mode, memory_order_relaxed);
	if (thread_is_narrow || mode == BNS_SECCOMP_NO)
		return;
	thread_is_narrow = true;
	int code = enter(kind, (enum bns_seccomp_mode)mode, false);
	if (code != 0)
		bns_log(BNS_LOG_ERR, "a thread keeps the system calls of the whole process: %s", strerror(-code));
}
