/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever a disk does to the file: it is refused with the way out, or what it hands out is what was stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

#define MAX_BYTES ((uint64_t)16 << 20)
#define VALUES    400
#define PAGE      4096
#define DAMAGES   240

struct fixture {
	uv_loop_t loop;
	char folder[64];
	char data_path[96];
	uint8_t *file; /* as it was written */
	size_t file_len;
	unsigned refused;
	unsigned opened;
	unsigned withheld; /* values that were not handed out */
};

static size_t value_of(unsigned i, uint8_t value[12000])
{
	size_t len = i % 20 == 0 ? 9000 + i : 20 + i;
	for (size_t at = 0; at < len; at++)
		value[at] = (uint8_t)(i * 31 + at * 7);
	return len;
}

static struct bns_store *open_store(struct fixture *f, enum bns_error expected)
{
	struct bns_store *s = NULL;
	struct bns_diag diag = {.text = ""};
	enum bns_error err = bns_store_open(f->folder, MAX_BYTES, &f->loop, &s, &diag);
	if (err && err != expected)
		fail_msg("%s: %s", bns_strerror(err), diag.text);
	if (err)
		assert_non_null(strstr(diag.text, "brandnsctl store check"));
	return s;
}

static void shut(struct fixture *f, struct bns_store *s)
{
	bns_store_close(s);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void put(struct fixture *f, struct bns_store *s, unsigned i, bool delete)
{
	uint8_t value[12000];
	char key[16];
	size_t n = (size_t)sprintf(key, "key%u", i);
	struct bns_store_txn *txn = bns_store_begin(s);
	assert_non_null(txn);
	if (delete)
		assert_int_equal(bns_store_del(txn, BNS_DB_VERSION, key, n), BNS_OK);
	else
		assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, key, n, value, value_of(i, value)), BNS_OK);
	bns_store_commit(txn, NULL, NULL);
	if (i % 50 == 49)
		uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void write_file(const struct fixture *f, const uint8_t *data, size_t len)
{
	int fd = open(f->data_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	bns_log_set_level((enum bns_log_level)0); /* damages are said, often */
	snprintf(f->folder, sizeof(f->folder), "/tmp/brandns-torn.XXXXXX");
	if (!mkdtemp(f->folder) || uv_loop_init(&f->loop))
		return 1;
	snprintf(f->data_path, sizeof(f->data_path), "%s/data.mdb", f->folder);
	struct bns_store *s = open_store(f, BNS_OK);
	for (unsigned i = 0; i < VALUES + 100; i++)
		put(f, s, i, false);
	for (unsigned i = VALUES; i < VALUES + 100; i++)
		put(f, s, i, true);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	shut(f, s);
	int fd = open(f->data_path, O_RDONLY);
	f->file = malloc(4 << 20);
	f->file_len = (size_t)read(fd, f->file, 4 << 20);
	return close(fd);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[96];
	int rc = uv_loop_close(&f->loop);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	rc |= system(command);
	free(f->file);
	free(f);
	return rc;
}

static void assert_nothing_false(struct fixture *f, struct bns_store *s)
{
	uint8_t expected[12000];
	for (unsigned i = 0; i < VALUES; i++) {
		char key[16];
		void *value;
		size_t len;
		enum bns_error err =
			bns_store_get(s, BNS_DB_VERSION, key, (size_t)sprintf(key, "key%u", i), &value, &len);
		f->withheld += err != BNS_OK;
		if (err)
			continue;
		assert_int_equal(len, value_of(i, expected));
		assert_memory_equal(value, expected, len);
		free(value);
	}
}

/* One sort of damage at one place. */
static void damage(uint8_t *file, size_t len, unsigned kind)
{
	size_t page = (size_t)rand() % (len / PAGE) * PAGE;
	size_t sector = page + (size_t)rand() % 8 * 512;
	switch (kind % 5) {
	case 0:
		for (size_t i = 0; i < PAGE; i++)
			file[page + i] = (uint8_t)rand();
		break;
	case 1:
		memset(file + page, 0, PAGE);
		break;
	case 2: /* a write that went elsewhere */
		memcpy(file + page, file + (size_t)rand() % (len / PAGE) * PAGE, PAGE);
		break;
	case 3:
		memset(file + sector, 0, 512);
		break;
	default:
		file[page + (size_t)rand() % PAGE] ^= (uint8_t)(1 << rand() % 8);
	}
}

static void no_damage_yields_a_false_value_or_ends_the_program(void **state)
{
	struct fixture *f = *state;
	uint8_t *file = malloc(f->file_len);
	srand(1);
	for (unsigned n = 0; n < DAMAGES; n++) {
		memcpy(file, f->file, f->file_len);
		damage(file, f->file_len, n);
		write_file(f, file, f->file_len);
		struct bns_store *s = open_store(f, BNS_EINVAL);
		f->refused += s == NULL;
		f->opened += s != NULL;
		if (!s)
			continue;
		assert_nothing_false(f, s);
		for (unsigned i = 0; i < 20; i++)
			put(f, s, (unsigned)rand() % VALUES, false);
		uv_run(&f->loop, UV_RUN_DEFAULT);
		assert_nothing_false(f, s);
		shut(f, s);
	}
	free(file);
	assert_true(f->refused > DAMAGES / 4);
	assert_true(f->opened > DAMAGES / 20);
	assert_true(f->withheld > 0);
}

static void file_cut_anywhere_is_refused_or_whole(void **state)
{
	struct fixture *f = *state;
	for (size_t len = 512; len < f->file_len; len += f->file_len / 60) {
		write_file(f, f->file, len);
		struct bns_store *s = open_store(f, BNS_EINVAL);
		if (!s)
			continue;
		f->withheld = 0;
		assert_nothing_false(f, s);
		assert_int_equal(f->withheld, 0);
		shut(f, s);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(no_damage_yields_a_false_value_or_ends_the_program),
		T(file_cut_anywhere_is_refused_or_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
