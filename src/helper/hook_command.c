/* SPDX-License-Identifier: BSD-3-Clause */
/* A command, with the event on its standard input, in a process group of its own that is killed at the deadline. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "helper/hook.h"

#define VARIABLE_MAX 320

/* Our environment and two variables; the array is the caller's to free. */
static char **environment_of(char *kind, char *zone)
{
	size_t count = 0;
	while (environ[count])
		count++;
	char **all = calloc(count + 3, sizeof(*all));
	if (!all)
		return NULL;
	memcpy(all, environ, count * sizeof(*all));
	all[count] = kind;
	all[count + 1] = zone;
	return all;
}

static int spawn(const struct bns_hook_settings *s, const struct bns_hook_event *e, int input, pid_t *pid)
{
	char kind[VARIABLE_MAX], zone[VARIABLE_MAX];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	snprintf(kind, sizeof(kind), "BRANDNS_EVENT=%s", e->kind);
	snprintf(zone, sizeof(zone), "BRANDNS_ZONE=%s", e->zone);
	char **environment = environment_of(kind, zone);
	if (!environment)
		return ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	/* Our own output is the daemon's. */
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	int error = posix_spawn(pid, s->command[0], &actions, &attributes, s->command, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(environment);
	return error;
}

/* Feeds it and waits for its end. False: the deadline has passed. */
static bool feed_and_wait(int process, int output, const struct bns_hook_event *e, uint64_t deadline_ms)
{
	size_t at = 0;
	for (;;) {
		uint64_t now_ms = bns_clock_mono_ms();
		struct pollfd fds[] = {{.fd = process, .events = POLLIN}, {.fd = output, .events = POLLOUT}};
		if (now_ms >= deadline_ms)
			break;
		if (poll(fds, 2, (int)(deadline_ms - now_ms)) < 0 && errno != EINTR)
			break;
		if (fds[0].revents) {
			if (output >= 0)
				close(output);
			return true;
		}
		if (!fds[1].revents)
			continue;
		ssize_t n = write(output, e->body + at, e->len - at);
		at += n > 0 ? (size_t)n : 0;
		if (at == e->len || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			close(output);
			output = -1;
		}
	}
	if (output >= 0)
		close(output);
	return false;
}

static bool judge(int status, bool in_time, const struct bns_hook_settings *s, char why[BNS_HOOK_WHY_MAX])
{
	if (!in_time)
		snprintf(why, BNS_HOOK_WHY_MAX, "it did not end within %.3g s and was killed",
			 (double)s->timeout_ms / 1000);
	else if (WIFSIGNALED(status))
		snprintf(why, BNS_HOOK_WHY_MAX, "it died by signal %d", WTERMSIG(status));
	else
		snprintf(why, BNS_HOOK_WHY_MAX, "it ended with exit status %d", WEXITSTATUS(status));
	return in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool bns_hook_command(const struct bns_hook_settings *s, const struct bns_hook_event *e, char why[BNS_HOOK_WHY_MAX])
{
	int ends[2], status = 0;
	pid_t pid;
	uint64_t deadline_ms = bns_clock_mono_ms() + (uint64_t)s->timeout_ms;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		snprintf(why, BNS_HOOK_WHY_MAX, "no pipe: %s", strerror(errno));
		return false;
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	int error = spawn(s, e, ends[0], &pid);
	close(ends[0]);
	if (error != 0) {
		close(ends[1]);
		snprintf(why, BNS_HOOK_WHY_MAX, "it can't be started: %s", strerror(error));
		return false;
	}
	int process = pidfd_open(pid, 0);
	bool in_time = feed_and_wait(process, ends[1], e, deadline_ms);
	kill(-pid, SIGKILL); /* and whoever it left behind */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (process >= 0)
		close(process);
	return judge(status, in_time, s, why);
}
