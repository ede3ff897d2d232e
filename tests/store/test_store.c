/* SPDX-License-Identifier: BSD-3-Clause */
/* The store as its callers see it: reading, writing, order, what a full or broken one says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lmdb.h>

#include "base/buf.h"
#include "store/store.h"

#define MIB         ((uint64_t)1 << 20)
#define LARGE_BYTES ((size_t)16 << 20)

struct fixture {
	uv_loop_t loop;
	struct bns_store *store;
	struct bns_diag diag;
	char folder[64];
	char order[64]; /* one letter per callback */
	size_t called;
	enum bns_error err[16];
	char reason[16][256];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	snprintf(f->folder, sizeof(f->folder), "/tmp/brandns-store.XXXXXX");
	return !mkdtemp(f->folder) || uv_loop_init(&f->loop);
}

static void shut(struct fixture *f)
{
	if (!f->store)
		return;
	bns_store_close(f->store);
	f->store = NULL;
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void remove_files(const char *folder)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "brandnsd.lock"};
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	shut(f);
	int rc = uv_loop_close(&f->loop);
	remove_files(f->folder);
	free(f);
	return rc;
}

static void open_sized(struct fixture *f, uint64_t max_bytes)
{
	enum bns_error err = bns_store_open(f->folder, max_bytes, &f->loop, &f->store, &f->diag);
	if (err)
		fail_msg("%s: %s", bns_strerror(err), f->diag.text);
}

static void on_done(void *arg, enum bns_error err, const char *reason)
{
	struct fixture *f = arg;
	f->err[f->called] = err;
	snprintf(f->reason[f->called], sizeof(f->reason[0]), "%s", reason);
	f->called++;
}

static struct bns_store_txn *begin(struct fixture *f)
{
	struct bns_store_txn *txn = bns_store_begin(f->store);
	assert_non_null(txn);
	return txn;
}

static void put_text(struct bns_store_txn *txn, enum bns_store_db db, const char *key, const char *value)
{
	assert_int_equal(bns_store_put(txn, db, key, strlen(key), value, strlen(value)), BNS_OK);
}

/* The async handle keeps the loop alive while a commit is outstanding. */
static void commit_wait(struct fixture *f, struct bns_store_txn *txn)
{
	bns_store_commit(txn, on_done, f);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void store_text(struct fixture *f, enum bns_store_db db, const char *key, const char *value)
{
	struct bns_store_txn *txn = begin(f);
	put_text(txn, db, key, value);
	bns_store_commit(txn, NULL, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void assert_text(struct fixture *f, enum bns_store_db db, const char *key, const char *value)
{
	void *data = NULL;
	size_t len = 0;
	enum bns_error err = bns_store_get(f->store, db, key, strlen(key), &data, &len);
	if (!value) {
		assert_int_equal(err, BNS_ENOENT);
		return;
	}
	assert_int_equal(err, BNS_OK);
	assert_int_equal(len, strlen(value));
	assert_memory_equal(data, value, len);
	free(data);
}

static void values_survive_close_and_open(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "a", "one");
	put_text(txn, BNS_DB_PLUGIN, "a", "another database");
	put_text(txn, BNS_DB_META, "empty", "");
	commit_wait(f, txn);
	assert_int_equal(f->err[0], BNS_OK);
	assert_string_equal(f->reason[0], "");
	shut(f);

	open_sized(f, 16 * MIB);
	assert_text(f, BNS_DB_ZONE, "a", "one");
	assert_text(f, BNS_DB_PLUGIN, "a", "another database");
	assert_text(f, BNS_DB_META, "empty", "");
	assert_text(f, BNS_DB_ZONE, "b", NULL);
}

static void close_commits_what_is_queued_and_calls_back(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "a", "one");
	bns_store_commit(txn, on_done, f);
	bns_store_close(f->store);
	f->store = NULL;
	assert_int_equal(f->called, 1);
	assert_int_equal(f->err[0], BNS_OK);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	open_sized(f, 16 * MIB);
	assert_text(f, BNS_DB_ZONE, "a", "one");
}

static void commit_from(void *arg, enum bns_error err, const char *reason)
{
	struct fixture *f = arg;
	on_done(f, err, reason);
	bns_store_commit(begin(f), on_done, f);
}

static void commit_from_a_callback_of_close_is_canceled(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	bns_store_commit(begin(f), commit_from, f);
	shut(f);
	assert_int_equal(f->called, 2);
	assert_int_equal(f->err[1], BNS_ECANCELED);
	assert_string_equal(f->reason[1], "the store is closed");
}

static void delete_removes_and_missing_key_is_no_error(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	store_text(f, BNS_DB_ZONE, "a", "one");
	struct bns_store_txn *txn = begin(f);
	assert_int_equal(bns_store_del(txn, BNS_DB_ZONE, "a", 1), BNS_OK);
	assert_int_equal(bns_store_del(txn, BNS_DB_ZONE, "never", 5), BNS_OK);
	commit_wait(f, txn);
	assert_int_equal(f->err[0], BNS_OK);
	assert_text(f, BNS_DB_ZONE, "a", NULL);
}

static void dropped_transaction_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "a", "one");
	bns_store_drop(txn);
	store_text(f, BNS_DB_ZONE, "b", "two");
	assert_text(f, BNS_DB_ZONE, "a", NULL);
	assert_text(f, BNS_DB_ZONE, "b", "two");
}

static void key_of_512_octets_or_none_is_out_of_range(void **state)
{
	struct fixture *f = *state;
	uint8_t key[512] = {1};
	void *value;
	size_t len;
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	assert_int_equal(bns_store_put(txn, BNS_DB_PLUGIN, key, 512, "x", 1), BNS_ERANGE);
	assert_int_equal(bns_store_put(txn, BNS_DB_PLUGIN, key, 0, "x", 1), BNS_ERANGE);
	assert_int_equal(bns_store_put(txn, BNS_DB_PLUGIN, key, 511, "x", 1), BNS_OK);
	commit_wait(f, txn);
	assert_int_equal(bns_store_get(f->store, BNS_DB_PLUGIN, key, 512, &value, &len), BNS_ERANGE);
	assert_int_equal(bns_store_get(f->store, BNS_DB_PLUGIN, key, 511, &value, &len), BNS_OK);
	free(value);
}

static void last_put_of_a_key_wins_within_a_transaction(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "a", "one");
	assert_int_equal(bns_store_del(txn, BNS_DB_ZONE, "a", 1), BNS_OK);
	put_text(txn, BNS_DB_ZONE, "a", "two");
	commit_wait(f, txn);
	assert_text(f, BNS_DB_ZONE, "a", "two");
}

struct walk {
	char keys[256];
	size_t left;
};

static bool gather(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	struct walk *w = arg;
	(void)value;
	(void)len;
	for (size_t i = 0; i < key_len; i++)
		sprintf(w->keys + strlen(w->keys), key[i] == 0xff ? "!" : "%c", key[i]);
	strcat(w->keys, " ");
	return --w->left > 0;
}

static void assert_walk(struct fixture *f, const char *prefix, bool reverse, size_t limit, const char *expected)
{
	struct walk w = {.left = limit};
	assert_int_equal(bns_store_each(f->store, BNS_DB_VERSION, prefix, strlen(prefix), reverse, gather, &w), BNS_OK);
	assert_string_equal(w.keys, expected);
}

static void each_walks_a_prefix_in_both_directions(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	assert_walk(f, "", false, 99, "");
	assert_walk(f, "", true, 99, "");
	static const char *const keys[] = {"b1", "b", "a", "b2", "c", "b\xff", "\xff\xff", "\xff"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		store_text(f, BNS_DB_VERSION, keys[i], "x");
	assert_walk(f, "", false, 99, "a b b1 b2 b! c ! !! ");
	assert_walk(f, "", true, 99, "!! ! c b! b2 b1 b a ");
	assert_walk(f, "b", false, 99, "b b1 b2 b! ");
	assert_walk(f, "b", true, 99, "b! b2 b1 b ");
	assert_walk(f, "b\xff", true, 99, "b! ");
	assert_walk(f, "\xff", true, 99, "!! ! ");
	assert_walk(f, "c", true, 99, "c ");
	assert_walk(f, "d", false, 99, "");
	assert_walk(f, "d", true, 99, "");
	assert_walk(f, "b", false, 2, "b b1 ");
	assert_walk(f, "b", true, 1, "b! ");
}

struct letter {
	struct fixture *f;
	char letter;
};

static void on_letter(void *arg, enum bns_error err, const char *reason)
{
	struct letter *l = arg;
	(void)reason;
	assert_int_equal(err, BNS_OK);
	l->f->order[strlen(l->f->order)] = l->letter;
}

static void callbacks_come_in_the_order_of_commit(void **state)
{
	struct fixture *f = *state;
	struct letter letters[26];
	open_sized(f, 16 * MIB);
	for (size_t i = 0; i < 26; i++) {
		struct bns_store_txn *txn = begin(f);
		put_text(txn, BNS_DB_ZONE, "key", "value");
		letters[i] = (struct letter){f, (char)('a' + i)};
		bns_store_commit(txn, on_letter, &letters[i]);
		if (i % 9 == 8)
			uv_run(&f->loop, UV_RUN_DEFAULT);
	}
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_string_equal(f->order, "abcdefghijklmnopqrstuvwxyz");
}

static void more_than_one_group_of_changes_arrives_whole(void **state)
{
	struct fixture *f = *state;
	size_t count = 0;
	open_sized(f, 64 * MIB);
	for (uint32_t i = 0; i < 2500; i++) {
		uint8_t key[4];
		bns_put_u32(key, i);
		struct bns_store_txn *txn = begin(f);
		assert_int_equal(bns_store_put(txn, BNS_DB_ZONE, key, 4, key, 4), BNS_OK);
		bns_store_commit(txn, NULL, NULL);
	}
	uv_run(&f->loop, UV_RUN_DEFAULT);
	for (uint32_t i = 0; i < 2500; i++) {
		uint8_t key[4];
		void *value;
		size_t len;
		bns_put_u32(key, i);
		if (bns_store_get(f->store, BNS_DB_ZONE, key, 4, &value, &len) == BNS_OK) {
			count++;
			free(value);
		}
	}
	assert_int_equal(count, 2500);
}

/* How many transactions the file has seen. */
static size_t groups_of(const struct fixture *f)
{
	MDB_env *env;
	MDB_envinfo info;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, f->folder, MDB_RDONLY | MDB_NOLOCK, 0600), 0);
	assert_int_equal(mdb_env_info(env, &info), 0);
	mdb_env_close(env);
	return info.me_last_txnid;
}

/* The writer has time to begin with the first one. On a busy machine the second may come too late, but not each time.
 */
static void what_nobody_waits_for_is_synced_with_what_comes_next(void **state)
{
	struct fixture *f = *state;
	size_t groups = 2;
	open_sized(f, 16 * MIB);
	for (unsigned tries = 0; groups != 1 && tries < 200; tries++) {
		size_t before = groups_of(f);
		struct bns_store_txn *txn = begin(f);
		put_text(txn, BNS_DB_ZONE, "first", "told");
		bns_store_commit(txn, NULL, NULL);
		usleep(1000);
		txn = begin(f);
		put_text(txn, BNS_DB_ZONE, "second", "awaited");
		commit_wait(f, txn);
		groups = groups_of(f) - before;
	}
	assert_int_equal(groups, 1);
	assert_text(f, BNS_DB_ZONE, "first", "told");
	assert_text(f, BNS_DB_ZONE, "second", "awaited");
}

static struct bns_store_txn *large_change(struct fixture *f, const char *small_key)
{
	uint8_t *data = calloc(1, LARGE_BYTES);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, small_key, "small");
	assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, small_key, strlen(small_key), data, LARGE_BYTES), BNS_OK);
	free(data);
	return txn;
}

static struct bns_store_txn *small_change(struct fixture *f, const char *key)
{
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, key, "small");
	return txn;
}

/* One too large change between two small ones: they stand, it leaves nothing, and its reason is told. */
static void assert_only_the_large_one_fails(struct fixture *f, const char *reason)
{
	bns_store_commit(small_change(f, "before"), on_done, f);
	bns_store_commit(large_change(f, "large"), on_done, f);
	bns_store_commit(small_change(f, "after"), on_done, f);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->called, 3);
	assert_int_equal(f->err[0], BNS_OK);
	assert_int_equal(f->err[1], BNS_EFULL);
	assert_string_equal(f->reason[1], reason);
	assert_int_equal(f->err[2], BNS_OK);
	assert_text(f, BNS_DB_ZONE, "before", "small");
	assert_text(f, BNS_DB_ZONE, "large", NULL);
	assert_text(f, BNS_DB_ZONE, "after", "small");
}

static void change_beyond_max_size_fails_alone_and_says_why(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 2 * MIB);
	assert_only_the_large_one_fails(f, "database.max-size of 2M reached");
}

static void full_store_takes_changes_again_after_deletions(void **state)
{
	struct fixture *f = *state;
	static const char data[100000] = "x";
	char key[16];
	unsigned stored = 0;
	open_sized(f, 2 * MIB);
	do {
		struct bns_store_txn *txn = begin(f);
		snprintf(key, sizeof(key), "%u", stored);
		assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, key, strlen(key), data, sizeof(data)), BNS_OK);
		f->called = 0;
		commit_wait(f, txn);
	} while (f->err[0] == BNS_OK && ++stored < 100);
	assert_in_range(stored, 10, 30);
	uint64_t used_full, used, max;
	bns_store_usage(f->store, &used_full, &max);
	assert_int_equal(max, 2 * MIB);
	for (unsigned i = 0; i < 5; i++) {
		struct bns_store_txn *txn = begin(f);
		snprintf(key, sizeof(key), "%u", i);
		assert_int_equal(bns_store_del(txn, BNS_DB_VERSION, key, strlen(key)), BNS_OK);
		f->called = 0;
		commit_wait(f, txn);
		assert_int_equal(f->err[0], BNS_OK);
	}
	bns_store_usage(f->store, &used, &max);
	assert_true(used + 400000 < used_full);
	store_text(f, BNS_DB_ZONE, "a", "fits again");
	assert_text(f, BNS_DB_ZONE, "a", "fits again");
}

static void fill_disk(const char *folder)
{
	static const char data[4096] = "x";
	char path[128];
	snprintf(path, sizeof(path), "%s/filler", folder);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	while (write(fd, data, sizeof(data)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void full_disk_fails_one_change_and_says_which_disk(void **state)
{
	struct fixture *f = *state;
	char reason[128];
	if (geteuid() != 0 || mount("none", f->folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m"))
		skip();
	open_sized(f, 64 * MIB);
	snprintf(reason, sizeof(reason), "no space left on the disk of %s", f->folder);
	assert_only_the_large_one_fails(f, reason);
	shut(f);

	/* With not an octet left it still opens, reads, and says why it can't write. */
	fill_disk(f->folder);
	open_sized(f, 64 * MIB);
	assert_text(f, BNS_DB_ZONE, "after", "small");
	f->called = 0;
	commit_wait(f, large_change(f, "large"));
	assert_int_equal(f->err[0], BNS_EFULL);
	assert_string_equal(f->reason[0], reason);
	shut(f);
	assert_int_equal(umount(f->folder), 0);
}

static void second_opener_is_refused_with_the_holders_pid(void **state)
{
	struct fixture *f = *state;
	struct bns_store *second;
	char expected[128];
	open_sized(f, 16 * MIB);
	assert_int_equal(bns_store_open(f->folder, 16 * MIB, &f->loop, &second, &f->diag), BNS_EBUSY);
	snprintf(expected, sizeof(expected),
		 "another brandnsd (pid %ld) uses it; stop that one, or set database.storage elsewhere",
		 (long)getpid());
	assert_string_equal(f->diag.text, expected);
	assert_string_equal(f->diag.file, f->folder);
	shut(f);
	open_sized(f, 16 * MIB);
}

static void missing_folder_is_made_private_and_missing_parent_is_named(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	rmdir(f->folder);
	open_sized(f, 16 * MIB);
	assert_int_equal(stat(f->folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	struct bns_store *s;
	char deeper[128];
	snprintf(deeper, sizeof(deeper), "%s/no/folder", f->folder);
	assert_int_equal(bns_store_open(deeper, 16 * MIB, &f->loop, &s, &f->diag), BNS_ENOENT);
	assert_string_equal(f->diag.file, deeper);
	assert_string_equal(f->diag.text,
			    "the folder's parent does not exist; create it, or set database.storage elsewhere");
}

static void file_in_place_of_the_folder_is_refused(void **state)
{
	struct fixture *f = *state;
	struct bns_store *s;
	char path[128];
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(bns_store_open(path, 16 * MIB, &f->loop, &s, &f->diag), BNS_EINVAL);
	assert_non_null(strstr(f->diag.text, "not a folder"));
}

#define TEXT_OF_(number)  #number
#define TEXT_OF(number)   TEXT_OF_(number)
#define STORE_FORMAT_TEXT TEXT_OF(BNS_STORE_FORMAT)

static void newer_format_is_refused_with_both_versions(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	assert_text(f, BNS_DB_META, "format", STORE_FORMAT_TEXT);
	store_text(f, BNS_DB_META, "format", "7");
	shut(f);
	assert_int_equal(bns_store_open(f->folder, 16 * MIB, &f->loop, &f->store, &f->diag), BNS_EVERSION);
	assert_non_null(strstr(f->diag.text, "has format 7, this brandnsd knows up to " STORE_FORMAT_TEXT ";"));
	f->store = NULL;
}

static void assert_damaged(struct fixture *f)
{
	assert_int_equal(bns_store_open(f->folder, 16 * MIB, &f->loop, &f->store, &f->diag), BNS_EINVAL);
	assert_non_null(strstr(f->diag.text, "is damaged or not a database of brandnsd"));
	assert_non_null(strstr(f->diag.text, "move it away and start again"));
	f->store = NULL;
}

static void foreign_file_is_refused_with_the_way_out(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	FILE *file = fopen(path, "w");
	for (int i = 0; i < 2000; i++)
		fprintf(file, "this is no database %d\n", i);
	fclose(file);
	assert_damaged(f);
}

static void torn_file_is_refused_however_often_it_is_opened(void **state)
{
	struct fixture *f = *state;
	char path[128];
	static const char data[500000] = "x";
	struct stat st;
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	open_sized(f, 16 * MIB);
	struct bns_store_txn *txn = begin(f);
	assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, "a", 1, data, sizeof(data)), BNS_OK);
	commit_wait(f, txn);
	shut(f);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 100000), 0);
	assert_damaged(f);
	assert_damaged(f);
	assert_int_equal(truncate(path, 5000), 0);
	assert_damaged(f);
}

/* Larger than what is looked at in whole before it is used; a zone's record and a former version's are in it. */
static void write_large(struct fixture *f)
{
	static uint8_t data[MIB];
	open_sized(f, 64 * MIB);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "zone-marker", "one");
	put_text(txn, BNS_DB_VERSION, "version-marker", "two");
	for (unsigned i = 0; i < 34; i++)
		assert_int_equal(bns_store_put(txn, BNS_DB_JOURNAL, &i, sizeof(i), data, sizeof(data)), BNS_OK);
	commit_wait(f, txn);
	assert_int_equal(f->err[0], BNS_OK);
	shut(f);
}

/* Every page that has this key isn't what it was. */
static void spoil_pages(struct fixture *f, const char *key)
{
	static char page[4096];
	char path[128];
	unsigned count = 0;
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	int fd = open(path, O_RDWR);
	for (off_t at = 0; pread(fd, page, sizeof(page), at) == sizeof(page); at += (off_t)sizeof(page)) {
		if (!memmem(page, sizeof(page), key, strlen(key)))
			continue;
		assert_int_equal(pwrite(fd, "spoiled!", 8, at), 8);
		count++;
	}
	close(fd);
	assert_in_range(count, 1, 10);
}

static void large_file_is_used_while_the_rest_is_looked_at(void **state)
{
	struct fixture *f = *state;
	write_large(f);
	open_sized(f, 64 * MIB);
	assert_text(f, BNS_DB_ZONE, "zone-marker", "one");
	assert_text(f, BNS_DB_VERSION, "version-marker", "two");
	store_text(f, BNS_DB_VERSION, "version-marker", "three");
	assert_text(f, BNS_DB_VERSION, "version-marker", "three");
}

static void damage_in_a_large_files_rest_stops_changes_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	void *data;
	size_t len;
	write_large(f);
	spoil_pages(f, "version-marker");
	open_sized(f, 64 * MIB);
	assert_text(f, BNS_DB_ZONE, "zone-marker", "one");
	assert_int_equal(bns_store_get(f->store, BNS_DB_VERSION, "version-marker", 14, &data, &len), BNS_EIO);
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "zone-marker", "four");
	commit_wait(f, txn);
	assert_int_equal(f->err[1], BNS_EIO);
	assert_non_null(strstr(f->reason[1], "can't be written"));
	assert_text(f, BNS_DB_ZONE, "zone-marker", "one");
}

static void damage_in_what_a_large_file_is_needed_for_is_found_at_once(void **state)
{
	struct fixture *f = *state;
	write_large(f);
	spoil_pages(f, "zone-marker");
	assert_damaged(f);
}

static void file_without_its_unused_end_is_no_torn_one(void **state)
{
	struct fixture *f = *state;
	char path[128];
	static const char data[500000] = "x";
	struct stat st;
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	open_sized(f, 16 * MIB);
	/* Earlier commits leave free pages for the small writes of the last one. */
	for (int i = 0; i < 10; i++)
		store_text(f, BNS_DB_ZONE, "b", "one");
	/* Pages taken and given back in one transaction count, but are never written. */
	struct bns_store_txn *txn = begin(f);
	put_text(txn, BNS_DB_ZONE, "b", "two");
	assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, "a", 1, data, sizeof(data)), BNS_OK);
	assert_int_equal(bns_store_del(txn, BNS_DB_VERSION, "a", 1), BNS_OK);
	commit_wait(f, txn);
	shut(f);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 1, sizeof(data));
	open_sized(f, 16 * MIB);
	assert_text(f, BNS_DB_ZONE, "b", "two");
}

static void replaced_file_is_noticed(void **state)
{
	struct fixture *f = *state;
	char path[128], aside[128];
	snprintf(path, sizeof(path), "%s/data.mdb", f->folder);
	snprintf(aside, sizeof(aside), "%s/lock.mdb", f->folder);
	open_sized(f, 16 * MIB);
	assert_true(bns_store_intact(f->store));
	assert_int_equal(rename(path, aside), 0);
	assert_false(bns_store_intact(f->store));
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_false(bns_store_intact(f->store));
}

static void audit_goes_on_after_the_last_line_of_an_earlier_run(void **state)
{
	struct fixture *f = *state;
	for (int run = 0; run < 3; run++) {
		open_sized(f, 16 * MIB);
		struct bns_store_txn *txn = begin(f);
		assert_int_equal(bns_store_audit(f->store, txn, "{\"n\":1}"), BNS_OK);
		assert_int_equal(bns_store_audit(f->store, txn, "{\"n\":2}"), BNS_OK);
		commit_wait(f, txn);
		shut(f);
	}
	open_sized(f, 16 * MIB);
	for (uint64_t i = 0; i < 6; i++) {
		uint8_t key[8];
		void *value;
		size_t len;
		bns_put_u64(key, i);
		assert_int_equal(bns_store_get(f->store, BNS_DB_AUDIT, key, 8, &value, &len), BNS_OK);
		assert_int_equal(len, 7);
		assert_memory_equal(value, i % 2 ? "{\"n\":2}" : "{\"n\":1}", len);
		free(value);
	}
}

static bool has_line(struct fixture *f, uint64_t n)
{
	uint8_t key[8];
	void *value = NULL;
	size_t len;
	bns_put_u64(key, n);
	enum bns_error err = bns_store_get(f->store, BNS_DB_AUDIT, key, 8, &value, &len);
	free(value);
	return err == BNS_OK;
}

static void audit_does_not_grow_without_end(void **state)
{
	struct fixture *f = *state;
	open_sized(f, 16 * MIB);
	bns_store_set_audit_kept(f->store, 10);
	for (uint64_t n = 0; n < 25; n++) {
		struct bns_store_txn *txn = begin(f);
		assert_int_equal(bns_store_audit(f->store, txn, "{}"), BNS_OK);
		bns_store_commit(txn, NULL, NULL);
		uv_run(&f->loop, UV_RUN_DEFAULT);
		assert_true(has_line(f, n));
		assert_true(n < 10 || (!has_line(f, n - 10) && has_line(f, n - 9)));
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(values_survive_close_and_open),
		T(close_commits_what_is_queued_and_calls_back),
		T(commit_from_a_callback_of_close_is_canceled),
		T(delete_removes_and_missing_key_is_no_error),
		T(dropped_transaction_leaves_nothing),
		T(key_of_512_octets_or_none_is_out_of_range),
		T(last_put_of_a_key_wins_within_a_transaction),
		T(each_walks_a_prefix_in_both_directions),
		T(callbacks_come_in_the_order_of_commit),
		T(more_than_one_group_of_changes_arrives_whole),
		T(what_nobody_waits_for_is_synced_with_what_comes_next),
		T(change_beyond_max_size_fails_alone_and_says_why),
		T(full_store_takes_changes_again_after_deletions),
		T(full_disk_fails_one_change_and_says_which_disk),
		T(second_opener_is_refused_with_the_holders_pid),
		T(missing_folder_is_made_private_and_missing_parent_is_named),
		T(file_in_place_of_the_folder_is_refused),
		T(newer_format_is_refused_with_both_versions),
		T(foreign_file_is_refused_with_the_way_out),
		T(torn_file_is_refused_however_often_it_is_opened),
		T(file_without_its_unused_end_is_no_torn_one),
		T(large_file_is_used_while_the_rest_is_looked_at),
		T(damage_in_a_large_files_rest_stops_changes_and_nothing_else),
		T(damage_in_what_a_large_file_is_needed_for_is_found_at_once),
		T(replaced_file_is_noticed),
		T(audit_goes_on_after_the_last_line_of_an_earlier_run),
		T(audit_does_not_grow_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
