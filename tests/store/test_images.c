/* SPDX-License-Identifier: BSD-3-Clause */
/* Octets in mapped files: there again after a restart where they are whole, and their room given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "base/rcu.h"
#include "store/images.h"

#define LAYOUT 7
#define COUNT  3000

struct fixture {
	char folder[64];
	struct bns_images *im;
	const void *copies[COUNT];
	size_t recalled;
	size_t announced[2];
	unsigned skip_every; /* of those that are recalled; 0: none */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	strcpy(f->folder, "/tmp/brandns-images.XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	f->im = bns_images_open(f->folder, LAYOUT);
	return f->im ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[96];
	bns_images_close(f->im);
	bns_rcu_barrier();
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	int rc = system(command);
	free(f);
	return rc;
}

/* Number `i`, of some hundred octets. */
static size_t fill(unsigned i, uint8_t data[1200])
{
	size_t len = 700 + i % 500;
	memset(data, (int)(i % 251), len);
	memcpy(data, &i, sizeof(i));
	return len;
}

static void add_all(struct fixture *f)
{
	uint8_t data[1200];
	for (unsigned i = 0; i < COUNT; i++) {
		size_t len = fill(i, data);
		f->copies[i] = bns_images_add(f->im, data, len, bns_images_digest(data, len));
		assert_non_null(f->copies[i]);
		assert_true((uintptr_t)f->copies[i] % BNS_IMAGES_ALIGN == 0);
		assert_memory_equal(f->copies[i], data, len);
	}
}

static bool take(void *arg, const void *data, size_t len, uint64_t digest)
{
	struct fixture *f = arg;
	uint8_t expected[1200];
	unsigned i;
	memcpy(&i, data, sizeof(i));
	assert_true(i < COUNT);
	assert_int_equal(fill(i, expected), len);
	assert_memory_equal(data, expected, len);
	assert_true(digest == bns_images_digest(data, len));
	f->recalled++;
	if (f->skip_every && i % f->skip_every == 0)
		return false;
	f->copies[i] = data;
	return true;
}

static void ahead(void *arg, const void *data, size_t len, unsigned step)
{
	struct fixture *f = arg;
	uint8_t expected[1200];
	unsigned i;
	memcpy(&i, data, sizeof(i));
	assert_true(i < COUNT && step < 2);
	assert_int_equal(fill(i, expected), len);
	f->announced[step]++;
}

static void restart(struct fixture *f, uint64_t layout)
{
	bns_images_close(f->im);
	bns_rcu_barrier();
	memset(f->copies, 0, sizeof(f->copies));
	f->recalled = 0;
	f->im = bns_images_open(f->folder, layout);
	assert_non_null(f->im);
	memset(f->announced, 0, sizeof(f->announced));
	bns_images_recall(f->im, take, ahead, f);
	assert_in_range(f->announced[0], 0, f->announced[1]);
	assert_in_range(f->announced[1], 0, f->recalled);
}

static size_t file_count(const struct fixture *f)
{
	char path[96];
	size_t count = 0;
	snprintf(path, sizeof(path), "%s/images", f->folder);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		count += e->d_name[0] != '.';
	closedir(d);
	return count;
}

static void copies_are_there_after_a_restart(void **state)
{
	struct fixture *f = *state;
	add_all(f);
	restart(f, LAYOUT);
	assert_int_equal(f->recalled, COUNT);
	/* And what is added then lies beside them. */
	uint8_t data[1200];
	size_t len = fill(3, data);
	assert_non_null(bns_images_add(f->im, data, len, bns_images_digest(data, len)));
	restart(f, LAYOUT);
	assert_int_equal(f->recalled, COUNT + 1);
}

static void another_layout_is_not_taken(void **state)
{
	struct fixture *f = *state;
	add_all(f);
	restart(f, LAYOUT + 1);
	assert_int_equal(f->recalled, 0);
	assert_int_equal(file_count(f), 0);
}

static void a_damaged_copy_is_left_out_and_the_others_are_not(void **state)
{
	struct fixture *f = *state;
	char path[128];
	uint8_t octets[4096];
	add_all(f);
	snprintf(path, sizeof(path), "%s/images/00000000.images", f->folder);
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	/* A page in the middle is lost, and one octet elsewhere. */
	memset(octets, 0, sizeof(octets));
	assert_int_equal(pwrite(fd, octets, 4096, 65536), 4096);
	assert_int_equal(pwrite(fd, "\xff", 1, 200003), 1);
	close(fd);
	restart(f, LAYOUT);
	assert_in_range(f->recalled, COUNT - 10, COUNT - 3);
}

static void a_file_that_nobody_uses_goes(void **state)
{
	struct fixture *f = *state;
	uint64_t file_bytes, used_bytes;
	add_all(f);
	size_t before = file_count(f);
	assert_true(before > 1);
	for (unsigned i = 0; i < COUNT; i++)
		bns_images_drop(f->im, f->copies[i]);
	/* The last one is still written to. */
	assert_int_equal(file_count(f), 1);
	bns_images_usage(f->im, &file_bytes, &used_bytes);
	assert_true(used_bytes == 0);
}

static void move(void *arg, const void *data, size_t len, uint64_t digest)
{
	struct fixture *f = arg;
	unsigned i;
	memcpy(&i, data, sizeof(i));
	if (f->copies[i] != data)
		return;
	f->copies[i] = bns_images_add(f->im, data, len, digest);
	assert_non_null(f->copies[i]);
	bns_images_drop(f->im, data);
}

static void lost_room_is_given_back(void **state)
{
	struct fixture *f = *state;
	uint64_t file_bytes, used_bytes, before;
	/* Each version replaces the former one, but for some that stay, others each time. */
	add_all(f);
	for (unsigned round = 0; round < 20; round++) {
		const void *former[COUNT];
		memcpy(former, f->copies, sizeof(former));
		add_all(f);
		for (unsigned i = 0; i < COUNT; i++) {
			bool stays = i % 20 <= round;
			bns_images_drop(f->im, stays ? f->copies[i] : former[i]);
			if (stays)
				f->copies[i] = former[i];
		}
	}
	bns_images_usage(f->im, &before, &used_bytes);
	for (unsigned i = 0; i < 2000; i++)
		bns_images_tidy(f->im, 100, move, f);
	bns_images_usage(f->im, &file_bytes, &used_bytes);
	assert_true(file_bytes < before / 2);
	for (unsigned i = 0; i < COUNT; i++) {
		uint8_t data[1200];
		assert_memory_equal(f->copies[i], data, fill(i, data));
	}
	restart(f, LAYOUT);
	for (unsigned i = 0; i < COUNT; i++)
		assert_non_null(f->copies[i]);
}

static void a_full_disk_leaves_copies_in_memory(void **state)
{
	struct fixture *f = *state;
	struct rlimit former, tight = {400000, 400000};
	uint8_t data[1200];
	size_t len = fill(1, data), taken = 0;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &former), 0);
	tight.rlim_max = former.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	while (taken < 10000 && bns_images_add(f->im, data, len, bns_images_digest(data, len)))
		taken++;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &former), 0);
	assert_in_range(taken, 100, 9999);
	assert_null(bns_images_add(f->im, data, len, bns_images_digest(data, len)));
	/* It is tried again after a while. */
	bns_images_tidy(f->im, 1, move, f);
	assert_non_null(bns_images_add(f->im, data, len, bns_images_digest(data, len)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(copies_are_there_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_layout_is_not_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_copy_is_left_out_and_the_others_are_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_nobody_uses_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lost_room_is_given_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_copies_in_memory, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
