/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone/load_seen.h"

#include <time.h>
#include <xxhash.h>

#define NS_PER_S INT64_C(1000000000)

/* A file that changes again within its file system's tick looks the same: some count in 2 s. */
#define SETTLED_NS (3 * NS_PER_S)

static int64_t ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static int64_t wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return ns_of(&now);
}

bool bns_file_seen_stat(struct bns_file_seen *seen, const struct stat *st)
{
	int64_t mtime_ns = ns_of(&st->st_mtim), ctime_ns = ns_of(&st->st_ctim);
	bool same = seen->known && seen->dev == st->st_dev && seen->ino == st->st_ino &&
		    seen->size == (uint64_t)st->st_size && seen->mtime_ns == mtime_ns && seen->ctime_ns == ctime_ns;
	if (same && seen->settled)
		return true;
	int64_t now_ns = wall_ns();
	seen->dev = st->st_dev;
	seen->ino = st->st_ino;
	seen->size = (uint64_t)st->st_size;
	seen->mtime_ns = mtime_ns;
	seen->ctime_ns = ctime_ns;
	seen->settled = mtime_ns < now_ns - SETTLED_NS && ctime_ns < now_ns - SETTLED_NS;
	return false;
}

bool bns_file_seen_digest(struct bns_file_seen *seen, const char *data, size_t len)
{
	XXH128_hash_t now = XXH3_128bits(data, len);
	bool same = seen->known && seen->digest[0] == now.low64 && seen->digest[1] == now.high64;
	seen->digest[0] = now.low64;
	seen->digest[1] = now.high64;
	return same;
}
