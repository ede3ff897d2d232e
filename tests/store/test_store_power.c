/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Power cuts. This program's own write and sync calls stand before those of
 * the C library, and record what LMDB does to the file. The record is then
 * played up to every call, with what wasn't synced yet there, missing, torn
 * or in another order: the store must open, hold one of the versions that were
 * committed, whole, and none older than the last one that was acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "store/store.h"

#define MAX_BYTES ((uint64_t)16 << 20)
#define VERSIONS  40
#define KEPT      5
#define SECTOR    512
#define SHAPES    6 /* ways in which what isn't synced may have arrived */

/* ---- the recorder ---- */

enum call { WRITE, SYNC, CUT };

struct event {
	enum call call;
	bool synced; /* a write that is durable when it returns */
	size_t at;
	size_t len;
	uint8_t *data;
	uint32_t begun;        /* versions given to the store before this call */
	uint32_t acknowledged; /* and those it had called back for */
};

static struct event events[8192];
static size_t event_count;
static uint32_t begun, acknowledged;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool recording;
static bool fail_head_write; /* the next write of a head fails, as on a bad disk */

static bool is_data(int fd)
{
	char link[64], path[256] = "";
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	return n > 9 && strcmp(path + n - 9, "/data.mdb") == 0;
}

static void record(int fd, enum call call, size_t at, const void *data, size_t len)
{
	if (!recording || !is_data(fd))
		return;
	pthread_mutex_lock(&lock);
	struct event *e = &events[event_count++];
	*e = (struct event){.call = call, .at = at, .len = len, .begun = begun, .acknowledged = acknowledged};
	e->synced = fcntl(fd, F_GETFL) & O_DSYNC;
	if (data) {
		e->data = malloc(len);
		memcpy(e->data, data, len);
	}
	pthread_mutex_unlock(&lock);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (fail_head_write && at < 8192 && is_data(fd)) {
		fail_head_write = false;
		errno = EIO;
		return -1;
	}
	record(fd, WRITE, (size_t)at, data, len);
	return REAL(pwrite)(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	for (int i = 0; i < count; i++) {
		record(fd, WRITE, (size_t)at, parts[i].iov_base, parts[i].iov_len);
		at += (off_t)parts[i].iov_len;
	}
	return REAL(writev)(fd, parts, count);
}

int fdatasync(int fd)
{
	int rc = REAL(fdatasync)(fd);
	record(fd, SYNC, 0, NULL, 0);
	return rc;
}

int fsync(int fd)
{
	int rc = REAL(fsync)(fd);
	record(fd, SYNC, 0, NULL, 0);
	return rc;
}

int ftruncate(int fd, off_t len)
{
	record(fd, CUT, (size_t)len, NULL, 0);
	return REAL(ftruncate)(fd, len);
}

/* ---- what is stored ---- */

static size_t contents_of(uint32_t version, uint8_t out[16384])
{
	size_t len = 100 + version * 977 % 14000;
	memset(out, (int)version, len);
	bns_put_u32(out, version);
	return len;
}

static void on_done(void *arg, enum bns_error err, const char *reason)
{
	(void)reason;
	(void)arg;
	assert_int_equal(err, BNS_OK);
	pthread_mutex_lock(&lock);
	acknowledged++;
	pthread_mutex_unlock(&lock);
}

/* As the gate does it: the zone's record, its new version, the oldest one's end and a line of audit in one. */
static void commit_version(struct bns_store *s, uint32_t version)
{
	uint8_t key[4], old_key[4], contents[16384];
	struct bns_store_txn *txn = bns_store_begin(s);
	assert_non_null(txn);
	bns_put_u32(key, version);
	assert_int_equal(bns_store_put(txn, BNS_DB_ZONE, "zone", 4, key, 4), BNS_OK);
	assert_int_equal(bns_store_put(txn, BNS_DB_VERSION, key, 4, contents, contents_of(version, contents)), BNS_OK);
	assert_int_equal(bns_store_audit(s, txn, "{\"kind\":\"served\"}"), BNS_OK);
	if (version > KEPT) {
		bns_put_u32(old_key, version - KEPT);
		assert_int_equal(bns_store_del(txn, BNS_DB_VERSION, old_key, 4), BNS_OK);
	}
	pthread_mutex_lock(&lock);
	begun = version;
	pthread_mutex_unlock(&lock);
	bns_store_commit(txn, on_done, NULL);
}

static struct bns_store *open_store(uv_loop_t *loop, const char *folder)
{
	struct bns_store *s;
	struct bns_diag diag = {.text = ""};
	enum bns_error err = bns_store_open(folder, MAX_BYTES, loop, &s, &diag);
	if (err)
		fail_msg("%s: %s", bns_strerror(err), diag.text);
	return s;
}

static void shut(struct bns_store *s, uv_loop_t *loop)
{
	bns_store_close(s);
	uv_run(loop, UV_RUN_DEFAULT);
}

/* Alone, and in groups. */
static void record_changes(const char *folder)
{
	uv_loop_t loop;
	assert_int_equal(uv_loop_init(&loop), 0);
	recording = true;
	struct bns_store *s = open_store(&loop, folder);
	for (uint32_t version = 1; version <= VERSIONS; version++) {
		commit_version(s, version);
		if (version < VERSIONS / 2 || version % 4 == 0)
			uv_run(&loop, UV_RUN_DEFAULT);
	}
	shut(s, &loop);
	recording = false;
	assert_int_equal(acknowledged, VERSIONS);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- playing it again ---- */

struct disk {
	uint8_t *data;
	size_t len;
	size_t room;
};

static void apply(struct disk *d, const struct event *e, size_t from, size_t len)
{
	if (e->call == SYNC || len == 0)
		return;
	size_t end = e->call == CUT ? e->at : e->at + from + len;
	assert_true(end <= d->room);
	if (e->call == CUT || end > d->len)
		d->len = end;
	if (e->call == WRITE)
		memcpy(d->data + e->at + from, e->data + from, len);
}

/* Some of its sectors. */
static void apply_torn(struct disk *d, const struct event *e)
{
	for (size_t from = 0; from < e->len; from += SECTOR)
		if (rand() % 2)
			apply(d, e, from, e->len - from < SECTOR ? e->len - from : SECTOR);
}

/* What no sync has covered yet, from `first` to before `end`, as a disk may have it after the cut. */
static void apply_unsynced(struct disk *d, size_t first, size_t end, unsigned shape)
{
	for (size_t n = 0; n < end - first; n++) {
		const struct event *e = &events[shape == 5 ? end - 1 - n : first + n];
		if (e->synced && e->call == WRITE)
			continue; /* was applied as durable */
		if (shape == 1 || (shape == 2 && n % 2) || (shape == 3 && rand() % 2) || e->call == CUT)
			apply(d, e, 0, e->call == CUT ? 1 : e->len);
		else if (shape >= 4)
			apply_torn(d, e);
	}
}

static void make_file(const char *folder, size_t end, unsigned shape, struct disk *d)
{
	char path[128];
	size_t durable = 0;
	memset(d->data, 0, d->room);
	d->len = 0;
	for (size_t i = 0; i < end; i++)
		if (events[i].call == SYNC)
			durable = i + 1;
	for (size_t i = 0; i < end; i++)
		if (i < durable || (events[i].synced && i + 1 < end))
			apply(d, &events[i], 0, events[i].call == CUT ? 1 : events[i].len);
	apply_unsynced(d, durable, end, shape);
	/* The last call was cut short: a head is one sector, there or not. */
	if (end > durable && events[end - 1].synced && shape % 2)
		apply(d, &events[end - 1], 0, events[end - 1].len);
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, d->data, d->len), d->len);
	close(fd);
}

static uint32_t read_served(struct bns_store *s)
{
	void *value;
	size_t len;
	enum bns_error err = bns_store_get(s, BNS_DB_ZONE, "zone", 4, &value, &len);
	if (err == BNS_ENOENT)
		return 0;
	assert_int_equal(err, BNS_OK);
	assert_int_equal(len, 4);
	uint32_t served = bns_get_u32(value);
	free(value);
	return served;
}

static bool count_version(void *arg, const uint8_t *key, size_t key_len, const uint8_t *value, size_t len)
{
	uint8_t contents[16384];
	uint32_t *next = arg;
	assert_int_equal(key_len, 4);
	assert_int_equal(bns_get_u32(key), *next);
	assert_int_equal(len, contents_of(*next, contents));
	assert_memory_equal(value, contents, len);
	++*next;
	return true;
}

/* The versions are those that belong to the one that is served: no mixture of two times. */
static void assert_whole(const char *folder, uint32_t oldest, uint32_t newest)
{
	uv_loop_t loop;
	assert_int_equal(uv_loop_init(&loop), 0);
	struct bns_store *s = open_store(&loop, folder);
	uint32_t served = read_served(s);
	assert_in_range(served, oldest, newest);
	uint32_t next = served > KEPT ? served - KEPT + 1 : 1;
	assert_int_equal(bns_store_each(s, BNS_DB_VERSION, NULL, 0, false, count_version, &next), BNS_OK);
	assert_int_equal(next, served + 1);
	shut(s, &loop);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static char *make_folder(char *folder)
{
	struct stat st;
	bool memory = stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0;
	sprintf(folder, "%s/brandns-power.XXXXXX", memory ? "/dev/shm" : "/tmp");
	return mkdtemp(folder);
}

static void remove_folder(const char *folder)
{
	char command[96];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void power_cut_at_any_call_leaves_an_accepted_version_whole(void **state)
{
	char folder[64], replayed[64];
	size_t syncs = 0, first = 0;
	struct disk d = {.room = MAX_BYTES, .data = malloc(MAX_BYTES)};
	(void)state;
	assert_non_null(make_folder(folder));
	assert_non_null(make_folder(replayed));
	record_changes(folder);
	/* Before the first sync there was no store: nothing was acknowledged. */
	while (events[first].call != SYNC)
		first++;
	srand(1);
	for (size_t end = first + 1; end <= event_count; end++) {
		const struct event *last = &events[end - 1];
		syncs += last->call == SYNC || last->synced;
		/* Every way at the calls that decide; one elsewhere. */
		unsigned shapes = last->call == SYNC || last->synced ? SHAPES : 1;
		for (unsigned shape = 0; shape < shapes; shape++) {
			make_file(replayed, end, shapes == 1 ? (unsigned)end % SHAPES : shape, &d);
			assert_whole(replayed, last->acknowledged, last->begun);
		}
	}
	assert_true(syncs > VERSIONS);
	free(d.data);
	remove_folder(folder);
	remove_folder(replayed);
}

static void on_outcome(void *arg, enum bns_error err, const char *reason)
{
	(void)reason;
	*(enum bns_error *)arg = err;
}

static void failed_write_of_a_head_costs_one_change_only(void **state)
{
	char folder[64];
	uv_loop_t loop;
	enum bns_error outcome[2] = {BNS_OK, BNS_EBUSY};
	(void)state;
	assert_non_null(make_folder(folder));
	assert_int_equal(uv_loop_init(&loop), 0);
	struct bns_store *s = open_store(&loop, folder);
	for (unsigned i = 0; i < 2; i++) {
		struct bns_store_txn *txn = bns_store_begin(s);
		assert_int_equal(bns_store_put(txn, BNS_DB_ZONE, i ? "b" : "a", 1, "x", 1), BNS_OK);
		fail_head_write = i == 0;
		bns_store_commit(txn, on_outcome, &outcome[i]);
		uv_run(&loop, UV_RUN_DEFAULT);
	}
	assert_int_equal(outcome[0], BNS_EIO);
	assert_int_equal(outcome[1], BNS_OK);
	void *value;
	size_t len;
	assert_int_equal(bns_store_get(s, BNS_DB_ZONE, "b", 1, &value, &len), BNS_OK);
	free(value);
	shut(s, &loop);
	assert_int_equal(uv_loop_close(&loop), 0);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cut_at_any_call_leaves_an_accepted_version_whole),
		cmocka_unit_test(failed_write_of_a_head_costs_one_change_only),
	};
	bns_log_set_level(BNS_LOG_CRIT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
