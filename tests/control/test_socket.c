/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/admin.h"
#include "control/socket.h"

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/bns-socket-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void socket_is_open_to_everybody_whatever_the_umask(void **state)
{
	struct bns_socket_place place;
	struct bns_diag diag;
	struct stat st;
	int fd;
	mode_t before = umask(077);
	(void)state;
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_OK);
	assert_int_equal(umask(before), 077);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	close(fd);
}

static atomic_bool is_hammering;

/* What it makes while sockets are made is as its own umask says. */
static void *make_files(void *modes)
{
	char file[160];
	struct stat st;
	snprintf(file, sizeof(file), "%s/file", folder);
	while (atomic_load(&is_hammering)) {
		int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		*(mode_t *)modes |= st.st_mode;
		close(fd);
		unlink(file);
	}
	return NULL;
}

static void socket_opens_to_everybody_nothing_but_itself(void **state)
{
	struct bns_socket_place place;
	struct bns_diag diag;
	pthread_t maker;
	mode_t modes = 0, before = umask(022);
	int fd;
	(void)state;
	atomic_store(&is_hammering, true);
	assert_int_equal(pthread_create(&maker, NULL, make_files, &modes), 0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_OK);
		close(fd);
		bns_socket_remove(&place);
	}
	atomic_store(&is_hammering, false);
	pthread_join(maker, NULL);
	umask(before);
	assert_int_equal(modes & 0777, 0644);
}

static void dead_socket_is_replaced(void **state)
{
	struct bns_socket_place place;
	struct bns_diag diag;
	int fd;
	int peer;
	(void)state;
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_OK);
	close(fd);
	assert_int_equal(bns_socket_connect(path, &peer, &diag), BNS_ENOENT);
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_OK);
	assert_int_equal(bns_socket_connect(path, &peer, &diag), BNS_OK);
	close(peer);
	close(fd);
}

static void live_socket_is_an_error(void **state)
{
	struct bns_socket_place place;
	struct bns_diag diag = {.text = ""};
	int fd;
	int second;
	int peer;
	(void)state;
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_OK);
	assert_int_equal(bns_socket_listen(path, &second, &place, &diag), BNS_EBUSY);
	assert_non_null(strstr(diag.text, "another daemon"));
	assert_int_equal(bns_socket_connect(path, &peer, &diag), BNS_OK);
	close(peer);
	close(fd);
}

static void symbolic_link_is_not_followed(void **state)
{
	char target[160];
	struct bns_socket_place place;
	struct bns_diag diag = {.text = ""};
	struct stat st;
	int fd;
	(void)state;
	snprintf(target, sizeof(target), "%s/elsewhere", folder);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_EEXIST);
	assert_non_null(strstr(diag.text, "symbolic link"));
	assert_int_not_equal(stat(target, &st), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void file_in_the_way_stays(void **state)
{
	struct bns_socket_place place;
	struct bns_diag diag = {.text = ""};
	struct stat st;
	int fd;
	(void)state;
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(bns_socket_listen(path, &fd, &place, &diag), BNS_EEXIST);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void socket_of_a_successor_is_not_removed(void **state)
{
	struct bns_socket_place first;
	struct bns_socket_place second;
	struct bns_diag diag;
	struct stat st;
	int fd;
	int fd2;
	(void)state;
	assert_int_equal(bns_socket_listen(path, &fd, &first, &diag), BNS_OK);
	char moved[160];
	snprintf(moved, sizeof(moved), "%s/moved", folder);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(bns_socket_listen(path, &fd2, &second, &diag), BNS_OK);
	bns_socket_remove(&first);
	assert_int_equal(stat(path, &st), 0);
	bns_socket_remove(&second);
	assert_int_not_equal(stat(path, &st), 0);
	unlink(moved);
	close(fd);
	close(fd2);
}

static void path_too_long_is_named(void **state)
{
	char longest[200];
	struct bns_socket_place place;
	struct bns_diag diag = {.text = ""};
	int fd;
	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(bns_socket_listen(longest, &fd, &place, &diag), BNS_EINVAL);
	assert_non_null(strstr(diag.text, "107"));
}

static bool is_admin(const char *name, uid_t uid, gid_t gid)
{
	struct bns_admins admins = {.names = NULL};
	struct bns_peer peer;
	assert_int_equal(bns_admins_set(&admins, &name, name ? 1 : 0), BNS_OK);
	bns_peer_set(&peer, &admins, uid, gid);
	bns_admins_free(&admins);
	return peer.admin;
}

static void root_is_always_an_admin(void **state)
{
	(void)state;
	assert_true(is_admin(NULL, 0, 0));
	assert_true(is_admin("nobody", 0, 0));
	assert_false(is_admin(NULL, 4711, 4711));
	assert_false(is_admin("root", 4711, 4711));
}

static void users_and_groups_become_admins(void **state)
{
	const struct passwd *user = getpwnam("nobody");
	const struct group *group = getgrnam("daemon");
	(void)state;
	assert_non_null(user);
	assert_non_null(group);
	uid_t uid = user->pw_uid;
	assert_true(is_admin("nobody", uid, 4711));
	assert_true(is_admin("4711", 4711, 4711));
	assert_false(is_admin("4712", 4711, 4711));
	assert_true(is_admin("@daemon", 4711, group->gr_gid));
	assert_false(is_admin("@daemon", 4711, 4711));
	assert_false(is_admin("@no-such-group", 4711, 4711));
	assert_false(is_admin("no-such-user", 4711, 4711));
}

static void peer_is_known_by_its_credentials(void **state)
{
	struct bns_admins none = {.names = NULL};
	struct bns_peer peer;
	int fds[2];
	char number[32];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(bns_peer_of(fds[0], &none, &peer), BNS_OK);
	assert_int_equal(peer.uid, getuid());
	snprintf(number, sizeof(number), "(%u)", (unsigned)getuid());
	assert_non_null(strstr(peer.by, number));
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(socket_is_open_to_everybody_whatever_the_umask, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(socket_opens_to_everybody_nothing_but_itself, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(dead_socket_is_replaced, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(live_socket_is_an_error, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(symbolic_link_is_not_followed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(file_in_the_way_stays, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(socket_of_a_successor_is_not_removed, make_folder, remove_folder),
		cmocka_unit_test(path_too_long_is_named),
		cmocka_unit_test(root_is_always_an_admin),
		cmocka_unit_test(users_and_groups_become_admins),
		cmocka_unit_test(peer_is_known_by_its_credentials),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
