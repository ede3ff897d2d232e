/* SPDX-License-Identifier: BSD-3-Clause */
/* What an older brandnsd left is taken over whole, and a value the disk has changed is never handed out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define MIB ((uint64_t)1 << 20)

struct fixture {
	uv_loop_t loop;
	struct bns_store *store;
	struct bns_diag diag;
	char folder[64];
	char data_path[96];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	snprintf(f->folder, sizeof(f->folder), "/tmp/brandns-format.XXXXXX");
	if (!mkdtemp(f->folder))
		return 1;
	snprintf(f->data_path, sizeof(f->data_path), "%s/data.mdb", f->folder);
	return uv_loop_init(&f->loop);
}

static void shut(struct fixture *f)
{
	if (!f->store)
		return;
	bns_store_close(f->store);
	f->store = NULL;
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[96];
	shut(f);
	int rc = uv_loop_close(&f->loop);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	rc |= system(command);
	free(f);
	return rc;
}

static enum bns_error open_store(struct fixture *f, uint64_t max_bytes)
{
	return bns_store_open(f->folder, max_bytes, &f->loop, &f->store, &f->diag);
}

/* ---- a store as format 1 had it: values as they are ---- */

#define OLD_VALUES 300

static size_t old_value(unsigned i, char value[20000])
{
	size_t len = i % 10 == 0 ? 15000 : i;
	memset(value, 'a' + (int)(i % 26), len);
	return len;
}

static void put_old(MDB_txn *txn, const char *db, const void *key, size_t key_len, const void *value, size_t len)
{
	MDB_dbi dbi;
	MDB_val k = {key_len, (void *)(uintptr_t)key}, v = {len, (void *)(uintptr_t)value};
	assert_int_equal(mdb_dbi_open(txn, db, MDB_CREATE, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
}

static void make_old_store(struct fixture *f, const char *format)
{
	MDB_env *env;
	MDB_txn *txn;
	char key[16], value[20000];
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_mapsize(env, 16 * MIB), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 16), 0);
	assert_int_equal(mdb_env_open(env, f->folder, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	put_old(txn, "meta", "format", 6, format, strlen(format));
	for (unsigned i = 0; i < OLD_VALUES; i++) {
		snprintf(key, sizeof(key), "%u", i);
		put_old(txn, "version", key, strlen(key), value, old_value(i, value));
	}
	put_old(txn, "candidate", "a", 1, "{}", 2);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void assert_value(struct fixture *f, enum bns_store_db db, const char *key, const void *expected, size_t n)
{
	void *value;
	size_t len;
	assert_int_equal(bns_store_get(f->store, db, key, strlen(key), &value, &len), BNS_OK);
	assert_int_equal(len, n);
	assert_memory_equal(value, expected, n);
	free(value);
}

static void assert_old_values(struct fixture *f)
{
	char key[16], value[20000];
	for (unsigned i = 0; i < OLD_VALUES; i++) {
		snprintf(key, sizeof(key), "%u", i);
		size_t len = old_value(i, value);
		assert_value(f, BNS_DB_VERSION, key, value, len);
	}
	assert_value(f, BNS_DB_CANDIDATE, "a", "{}", 2);
}

static void store_of_format_1_is_taken_over_with_all_its_values(void **state)
{
	struct fixture *f = *state;
	make_old_store(f, "1");
	for (int run = 0; run < 2; run++) {
		assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
		assert_old_values(f);
		char format[4];
		assert_value(f, BNS_DB_META, "format", format, (size_t)sprintf(format, "%d", BNS_STORE_FORMAT));
		shut(f);
	}
}

static void no_room_for_the_new_format_leaves_the_old_one_whole(void **state)
{
	struct fixture *f = *state;
	make_old_store(f, "1");
	assert_int_equal(open_store(f, MIB / 2), BNS_EFULL);
	assert_non_null(strstr(f->diag.text, "database.max-size is too small"));
	assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
	assert_old_values(f);
}

static void store_whose_format_is_no_number_is_refused(void **state)
{
	struct fixture *f = *state;
	make_old_store(f, "1x");
	assert_int_equal(open_store(f, 16 * MIB), BNS_EINVAL);
	assert_non_null(strstr(f->diag.text, "brandnsctl store check"));
}

/* ---- a disk that forgets ---- */

static void put_text(struct fixture *f, enum bns_store_db db, const char *key, const char *value)
{
	struct bns_store_txn *txn = bns_store_begin(f->store);
	assert_non_null(txn);
	assert_int_equal(bns_store_put(txn, db, key, strlen(key), value, strlen(value)), BNS_OK);
	bns_store_commit(txn, NULL, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

/* Wherever these octets stand in the file, they become others. */
static void rot(struct fixture *f, const char *octets, const char *others)
{
	static uint8_t file[1 << 20];
	int fd = open(f->data_path, O_RDWR);
	ssize_t len = pread(fd, file, sizeof(file), 0);
	unsigned found = 0;
	assert_true(len > 0);
	for (uint8_t *at = file; (at = memmem(at, (size_t)(file + len - at), octets, strlen(octets))); at++, found++)
		memcpy(at, others, strlen(octets));
	assert_true(found > 0);
	assert_int_equal(pwrite(fd, file, (size_t)len, 0), len);
	close(fd);
}

static bool list_keys(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	(void)value;
	(void)len;
	strncat(arg, (const char *)key, key_len);
	return true;
}

static void changed_value_is_never_handed_out(void **state)
{
	struct fixture *f = *state;
	char keys[16] = "";
	void *value;
	size_t len;
	assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
	put_text(f, BNS_DB_VERSION, "a", "the first of three");
	put_text(f, BNS_DB_VERSION, "b", "what the disk will change");
	put_text(f, BNS_DB_VERSION, "c", "the last of three");
	shut(f);
	rot(f, "what the disk", "what thE disk");
	assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
	assert_int_equal(bns_store_get(f->store, BNS_DB_VERSION, "b", 1, &value, &len), BNS_EDAMAGED);
	assert_value(f, BNS_DB_VERSION, "a", "the first of three", 18);
	assert_int_equal(bns_store_each(f->store, BNS_DB_VERSION, NULL, 0, false, list_keys, keys), BNS_OK);
	assert_string_equal(keys, "ac");
	put_text(f, BNS_DB_VERSION, "b", "written anew");
	assert_value(f, BNS_DB_VERSION, "b", "written anew", 12);
}

static void value_under_a_changed_key_is_never_handed_out(void **state)
{
	struct fixture *f = *state;
	void *value;
	size_t len;
	assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
	put_text(f, BNS_DB_VERSION, "example.com", "its records");
	shut(f);
	rot(f, "example.com", "example.org");
	assert_int_equal(open_store(f, 16 * MIB), BNS_OK);
	assert_int_equal(bns_store_get(f->store, BNS_DB_VERSION, "example.org", 11, &value, &len), BNS_EDAMAGED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(store_of_format_1_is_taken_over_with_all_its_values),
		T(no_room_for_the_new_format_leaves_the_old_one_whole),
		T(store_whose_format_is_no_number_is_refused),
		T(changed_value_is_never_handed_out),
		T(value_under_a_changed_key_is_never_handed_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
