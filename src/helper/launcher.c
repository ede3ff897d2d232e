/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launcher: starts the helper programs for the daemon, which can start none
 * itself once its system calls are filtered. It is there before the filter,
 * holds no keys and no sockets but the one to the daemon (standard input), and
 * runs nothing but programs of the folders it was given:
 * launcher MODE FOLDER...   It ends with the daemon.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launch.h"
#include "base/log.h"
#include "base/seccomp.h"
#include "base/trusted.h"

#define HELPERS_MAX 64
#define PATH_BYTES  4096

extern char **environ;

static struct {
	const char *mode;
	char *const *folders;
	struct {
		uint32_t id;
		pid_t pid; /* 0: a free place */
	} helpers[HELPERS_MAX];
} launcher;

static void tell_end(uint32_t id, int error, int status)
{
	const struct bns_launch_end end = {.id = id, .error = error, .status = status};
	if (send(STDIN_FILENO, &end, sizeof(end), MSG_NOSIGNAL) != (ssize_t)sizeof(end))
		_exit(1);
}

/* A name never leads out of its folder. */
static bool find(const char *name, char path[PATH_BYTES])
{
	if (!*name || *name == '.' || strchr(name, '/'))
		return false;
	for (char *const *folder = launcher.folders; *folder; folder++) {
		snprintf(path, PATH_BYTES, "%s/%s", *folder, name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Signals as a program expects to find them. */
static int run(const char *path, const int pipes[2], pid_t *pid)
{
	char *argv[] = {(char *)path, (char *)launcher.mode, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&files) || posix_spawnattr_init(&how))
		return ENOMEM;
	posix_spawn_file_actions_adddup2(&files, pipes[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, pipes[1], STDOUT_FILENO);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	int error = posix_spawn(pid, path, &files, &how, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return error;
}

static int start(const struct bns_launch_order *order, const int pipes[2])
{
	char path[PATH_BYTES];
	struct bns_diag diag = {0};
	size_t place = 0;
	while (place < HELPERS_MAX && launcher.helpers[place].pid != 0)
		place++;
	if (place == HELPERS_MAX)
		return EAGAIN;
	if (!find(order->name, path))
		return ENOENT;
	if (bns_trusted_file(path, &diag)) {
		bns_log(BNS_LOG_ERR, "%s", diag.text);
		return EPERM;
	}
	launcher.helpers[place].id = order->id;
	int error = run(path, pipes, &launcher.helpers[place].pid);
	if (error)
		launcher.helpers[place].pid = 0;
	return error;
}

static void signal_helper(const struct bns_launch_order *order)
{
	for (size_t i = 0; i < HELPERS_MAX; i++)
		if (launcher.helpers[i].pid > 0 && launcher.helpers[i].id == order->id)
			kill(launcher.helpers[i].pid, order->signal);
}

static void obey(struct bns_launch_order *order, const int pipes[2])
{
	order->name[BNS_LAUNCH_NAME_MAX - 1] = '\0';
	if (order->verb == BNS_LAUNCH_KILL) {
		signal_helper(order);
		return;
	}
	int error = start(order, pipes);
	if (error)
		tell_end(order->id, error, 0);
}

/* False: the daemon has gone. */
static bool take_order(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct bns_launch_order order;
	struct iovec part = {&order, sizeof(order)};
	struct msghdr msg = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	int pipes[2] = {-1, -1};
	ssize_t n = recvmsg(STDIN_FILENO, &msg, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	const struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(pipes)))
		memcpy(pipes, CMSG_DATA(c), sizeof(pipes));
	if (n == (ssize_t)sizeof(order))
		obey(&order, pipes);
	for (size_t i = 0; i < 2; i++)
		if (pipes[i] >= 0)
			close(pipes[i]);
	return true;
}

static void bury(int signals)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;
	if (read(signals, &info, sizeof(info)) < 0)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < HELPERS_MAX; i++) {
			if (launcher.helpers[i].pid != pid)
				continue;
			launcher.helpers[i].pid = 0;
			tell_end(launcher.helpers[i].id, 0, status);
		}
	}
}

/* What ends the daemon ends its socket, and that ends us: a signal to the whole group is for others. */
static int watch_children(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE};
	sigset_t child;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	return signalfd(-1, &child, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	bns_log_open(BNS_LOG_STDERR, "launcher");
	if (argc < 3)
		return 2;
	launcher.mode = argv[1];
	launcher.folders = argv + 2;
	int signals = watch_children();
	bns_seccomp_program(BNS_SECCOMP_HELPER, argc, argv);
	struct pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	while (signals >= 0) {
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return 1;
		/* First who ended: a new one may have its number. */
		if (watched[1].revents)
			bury(signals);
		if (watched[0].revents && !take_order())
			return 0;
	}
	return 1;
}
