/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into the daemon by tests/fuzz/afl.sh: the first TCP client of the
 * daemon is this library, on a socket pair, and says what stands on standard
 * input, as AFL++ wants it. The process ends once the daemon has hung up or
 * has nothing more to answer.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60
#define INPUT_MAX   65536

static struct sockaddr_in door; /* where the daemon listens */
static struct sockaddr_in caller;
static atomic_int listening = -1;
static atomic_int paired = -1; /* the daemon's end */

static void *next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Says it all, hears it all, ends. */
static void *speak(void *arg)
{
	static char input[INPUT_MAX];
	char heard[4096];
	int fd = (int)(long)arg;
	ssize_t len = 0, n;
	while (len < INPUT_MAX && (n = read(STDIN_FILENO, input + len, (size_t)(INPUT_MAX - len))) > 0)
		len += n;
	for (ssize_t at = 0; at < len; at += n)
		if ((n = send(fd, input + at, (size_t)(len - at), MSG_NOSIGNAL)) <= 0)
			break;
	shutdown(fd, SHUT_WR);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	while (poll(&wait, 1, PATIENCE_MS) > 0 && recv(fd, heard, sizeof(heard), 0) > 0)
		;
	_exit(0);
}

/* Makes the daemon look at its door; what comes of it is thrown away. */
static void *knock(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)arg;
	if (fd < 0 || connect(fd, (const struct sockaddr *)&door, sizeof(door)) != 0)
		_exit(1);
	pause();
	return NULL;
}

static void begin(void *(*thread)(void *), void *arg)
{
	pthread_t id;
	if (pthread_create(&id, NULL, thread, arg) != 0)
		_exit(1);
}

int listen(int fd, int backlog)
{
	socklen_t len = sizeof(door);
	int code = ((int (*)(int, int))next_of("listen"))(fd, backlog);
	struct sockaddr_in at;
	if (code != 0 || atomic_load(&listening) >= 0 || getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
	    at.sin_family != AF_INET)
		return code;
	door = at;
	atomic_store(&listening, fd);
	begin(knock, NULL);
	return code;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int ends[2],
		real = ((int (*)(int, struct sockaddr *, socklen_t *, int))next_of("accept4"))(fd, addr, len, flags);
	struct sockaddr_storage local;
	socklen_t local_len = sizeof(local), caller_len = sizeof(caller);
	if (real < 0 || getsockname(real, (struct sockaddr *)&local, &local_len) != 0 || local.ss_family != AF_INET ||
	    atomic_load(&paired) >= 0)
		return real;
	if (getpeername(real, (struct sockaddr *)&caller, &caller_len) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		_exit(1);
	/* Its flags too, such as not to block. */
	if (dup3(ends[0], real, flags & SOCK_CLOEXEC) < 0)
		_exit(1);
	close(ends[0]);
	if (flags & SOCK_NONBLOCK && fcntl(real, F_SETFL, O_NONBLOCK) != 0)
		_exit(1);
	atomic_store(&paired, real);
	begin(speak, (void *)(long)ends[1]);
	return real;
}

int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return accept4(fd, addr, len, 0);
}

int getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	if (fd != atomic_load(&paired))
		return ((int (*)(int, struct sockaddr *, socklen_t *))next_of("getpeername"))(fd, addr, len);
	memcpy(addr, &caller, *len < sizeof(caller) ? *len : sizeof(caller));
	*len = sizeof(caller);
	return 0;
}

/* What a pair can't do, such as TCP_NODELAY, succeeds. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (fd == atomic_load(&paired))
		return 0;
	return ((int (*)(int, int, int, const void *, socklen_t))next_of("setsockopt"))(fd, level, name, value, len);
}
