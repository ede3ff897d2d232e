/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/launcher.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launch.h"
#include "base/log.h"
#include "base/trusted.h"

struct launched {
	LIST_ENTRY(launched) next;
	uint32_t id;
	bns_launched_fn ended;
	void *arg;
};

struct bns_launcher {
	uv_process_t process;
	uv_poll_t poll;
	int fd;
	uint32_t last_id;
	bool gone; /* it has died */
	unsigned handles;
	LIST_HEAD(, launched) launched;
};

/* ---- where programs are ---- */

/* Installed beside the plugins; in a build tree the plugins are in a hidden folder below. */
static bool parent_of_hidden(const char *dir, char *parent, size_t cap)
{
	static const char hidden[] = "/.libs";
	size_t len = strlen(dir), tail = sizeof(hidden) - 1;
	if (len <= tail || strcmp(dir + len - tail, hidden) != 0)
		return false;
	snprintf(parent, cap, "%.*s", (int)(len - tail), dir);
	return true;
}

bool bns_launcher_find(const char *dir, const char *program, char *path, size_t cap)
{
	char parent[PATH_MAX];
	bool hidden = parent_of_hidden(dir, parent, sizeof(parent));
	if (hidden && snprintf(path, cap, "%s/%s", parent, program) < (int)cap && access(path, X_OK) == 0)
		return true;
	return snprintf(path, cap, "%s/%s", dir, program) < (int)cap && access(path, X_OK) == 0;
}

static bool find_launcher(const struct bns_plugins *ps, char *path, size_t cap)
{
	char dir[PATH_MAX];
	return bns_launcher_find(ps->dir, "launcher", path, cap) ||
	       bns_launcher_find(bns_plugins_default_dir(dir, sizeof(dir)), "launcher", path, cap);
}

/* ---- the end of programs, and its own ---- */

static void end_launched(struct launched *one, const char *how)
{
	LIST_REMOVE(one, next);
	one->ended(one->arg, how);
	free(one);
}

static void tell(const struct bns_launcher *l, const struct bns_launch_end *end)
{
	char how[96];
	if (end->error)
		snprintf(how, sizeof(how), "a start that failed: %s", strerror(end->error));
	else if (WIFSIGNALED(end->status))
		snprintf(how, sizeof(how), "signal %d (%s)", WTERMSIG(end->status), strsignal(WTERMSIG(end->status)));
	else
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(end->status));
	struct launched *one;
	LIST_FOREACH(one, &l->launched, next)
	{
		/* The one that is freed is taken off the list before; NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		if (one->id == end->id) {
			end_launched(one, how);
			return;
		}
	}
}

/* Without it nobody starts programs any more: what needs one is held until the daemon is started again. */
static void mourn(struct bns_launcher *l)
{
	if (l->gone)
		return;
	l->gone = true;
	uv_poll_stop(&l->poll);
	bns_log(BNS_LOG_CRIT, "the launcher of helper programs has ended: restart brandnsd");
	while (!LIST_EMPTY(&l->launched))
		/* As above; NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		end_launched(LIST_FIRST(&l->launched), "the launcher's end");
}

static void on_news(uv_poll_t *poll, int status, int events)
{
	struct bns_launcher *l = poll->data;
	struct bns_launch_end end;
	(void)events;
	for (;;) {
		ssize_t n = status < 0 ? 0 : recv(l->fd, &end, sizeof(end), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n != (ssize_t)sizeof(end)) {
			mourn(l);
			return;
		}
		tell(l, &end);
	}
}

static void closed(uv_handle_t *handle)
{
	struct bns_launcher *l = handle->data;
	if (--l->handles > 0)
		return;
	while (!LIST_EMPTY(&l->launched)) {
		struct launched *one = LIST_FIRST(&l->launched);
		LIST_REMOVE(one, next);
		free(one);
	}
	free(l);
}

void bns_launcher_close(struct bns_launcher *l)
{
	if (!l)
		return;
	uv_poll_stop(&l->poll);
	close(l->fd);
	uv_close((uv_handle_t *)&l->poll, closed);
	uv_close((uv_handle_t *)&l->process, closed);
}

/* ---- its start ---- */

static int spawn(struct bns_plugins *ps, struct bns_launcher *l, char *path, int theirs)
{
	char parent[PATH_MAX];
	char *args[] = {path, (char *)bns_seccomp_modes[ps->services.seccomp], ps->dir, NULL, NULL};
	if (parent_of_hidden(ps->dir, parent, sizeof(parent))) {
		args[2] = parent;
		args[3] = ps->dir;
	}
	uv_stdio_container_t stdio[] = {
		{.flags = UV_INHERIT_FD, .data.fd = theirs},
		{.flags = UV_IGNORE},
		{.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
	};
	const uv_process_options_t options = {.file = path, .args = args, .stdio = stdio, .stdio_count = 3};
	int code = uv_spawn(ps->services.loop, &l->process, &options);
	l->process.data = l;
	l->handles++;
	return code;
}

/* On failure `l` is gone, or will be once the loop has closed what was opened. */
static int open_both(struct bns_plugins *ps, struct bns_launcher *l, char *path)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		int error = errno > 0 ? -errno : UV_UNKNOWN;
		free(l);
		return error;
	}
	int code = uv_poll_init(ps->services.loop, &l->poll, ends[0]);
	if (code != 0) {
		close(ends[0]);
		close(ends[1]);
		free(l);
		return code;
	}
	l->fd = ends[0];
	l->poll.data = l;
	l->handles = 1;
	code = spawn(ps, l, path, ends[1]);
	close(ends[1]);
	if (code == 0)
		code = uv_poll_start(&l->poll, UV_READABLE, on_news);
	if (code != 0)
		bns_launcher_close(l);
	return code;
}

static enum bns_error check_program(const struct bns_plugins *ps, char *path, size_t cap, struct bns_diag *diag)
{
	enum bns_error err = find_launcher(ps, path, cap) ? bns_trusted_file(path, diag) : BNS_ENOENT;
	if (err && !diag->text[0])
		bns_diag_set(diag, NULL, 0, 0, "the program 'launcher' isn't in %s: install it beside the plugins",
			     ps->dir);
	return err;
}

enum bns_error bns_launcher_get(struct bns_plugins *ps, struct bns_launcher **out, struct bns_diag *diag)
{
	char path[PATH_MAX];
	*out = ps->launcher;
	if (ps->launcher)
		return BNS_OK;
	enum bns_error err = check_program(ps, path, sizeof(path), diag);
	if (err)
		return err;
	struct bns_launcher *l = calloc(1, sizeof(*l));
	if (!l)
		return BNS_ENOMEM;
	LIST_INIT(&l->launched);
	int code = open_both(ps, l, path);
	if (code != 0) {
		/* The loop frees it; NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		bns_diag_set(diag, NULL, 0, 0, "%s can't be started: %s", path, uv_strerror(code));
		return BNS_EIO;
	}
	/* It lives as long as the loop, and keeps nobody from ending. */
	uv_unref((uv_handle_t *)&l->process);
	uv_unref((uv_handle_t *)&l->poll);
	*out = ps->launcher = l;
	return BNS_OK;
}

/* ---- orders ---- */

static bool order(const struct bns_launcher *l, const struct bns_launch_order *o, const int *pipes)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {.room = {0}};
	struct iovec part = {(void *)(uintptr_t)o, sizeof(*o)};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	if (pipes) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(c), pipes, 2 * sizeof(int));
	}
	return sendmsg(l->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(*o);
}

enum bns_error bns_launcher_start(struct bns_launcher *l, const char *program, const int pipes[2],
				  bns_launched_fn ended, void *arg, uint32_t *id)
{
	struct bns_launch_order o = {.id = l->last_id + 1, .verb = BNS_LAUNCH_START};
	if (strlen(program) >= sizeof(o.name))
		return BNS_ERANGE;
	struct launched *one = calloc(1, sizeof(*one));
	if (!one)
		return BNS_ENOMEM;
	memcpy(o.name, program, strlen(program) + 1);
	if (l->gone || !order(l, &o, pipes)) {
		free(one);
		return BNS_EIO;
	}
	*id = l->last_id = o.id;
	*one = (struct launched){.id = o.id, .ended = ended, .arg = arg};
	LIST_INSERT_HEAD(&l->launched, one, next);
	return BNS_OK;
}

void bns_launcher_kill(struct bns_launcher *l, uint32_t id, int signal)
{
	const struct bns_launch_order o = {.id = id, .verb = BNS_LAUNCH_KILL, .signal = signal};
	/* One that can't be told has died, and so will what it started: their input ends. */
	(void)order(l, &o, NULL);
}

void bns_launcher_forget(struct bns_launcher *l, uint32_t id)
{
	struct launched *one;
	LIST_FOREACH(one, &l->launched, next)
	{
		if (one->id == id) {
			LIST_REMOVE(one, next);
			free(one);
			return;
		}
	}
}
