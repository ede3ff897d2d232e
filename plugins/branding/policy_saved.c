/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A large policy as it was read, in a file of its own: reading YAML takes longer over a million brandings than a
 * restart may. The file is the memory that the policy lies in (region.h), and counts for the digests of the policy's
 * file, the profiles it names, and this very plugin. Whatever is changed later is copied out of it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "policy_saved.h"
#include "rules.h"

/* Smaller ones are read in no time. */
#define LARGE_BYTES 262144

/* What a policy takes in memory, of what its file does. */
#define ROOM_FACTOR 12
#define ROOM_BYTES  ((size_t)64 << 20)

struct saved {
	struct lb_policy policy;
	uintptr_t rules; /* where the table of rules was then */
};

/* Of a file's octets. */
static bool digest_file(const char *path, XXH128_hash_t *digest, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (data == MAP_FAILED)
		return false;
	*size = (size_t)st.st_size;
	*digest = XXH3_128bits(data, *size);
	munmap(data, *size);
	return true;
}

static bool key_of(const char *path, struct lb_region_key *key, size_t *size)
{
	XXH128_hash_t policy, plugin;
	Dl_info info;
	size_t plugin_size;

	if (!dladdr(lb_mode_words, &info) || !digest_file(info.dli_fname, &plugin, &plugin_size) ||
	    !digest_file(path, &policy, size))
		return false;
	*key = (struct lb_region_key){{policy.low64, policy.high64, plugin.low64, plugin.high64}};
	return true;
}

bool lb_saved_profile_digest(const char *path, uint64_t digest[2])
{
	XXH128_hash_t now;
	size_t size;

	if (!digest_file(path, &now, &size))
		return false;
	digest[0] = now.low64;
	digest[1] = now.high64;
	return true;
}

/* A provider's profile may have been replaced, or another one comes first now. */
static bool profiles_are_same(const struct lb *lb, const struct lb_policy *policy)
{
	for (const struct lb_profile *p = policy->profiles; p; p = p->next) {
		char path[PATH_MAX + 64];
		uint64_t digest[2];
		if (!lb_profile_find(lb, policy, p->name, path, sizeof(path)) || strcmp(path, p->path) != 0 ||
		    !lb_saved_profile_digest(path, digest) || memcmp(digest, p->digest, sizeof(digest)) != 0)
			return false;
	}
	return true;
}

/* What changes while it is in force: who permits what until when. */
static bool copy_changing(struct lb_policy *p, const struct saved *saved)
{
	struct lb_override *overrides = lb_pool_alloc(&p->pool, p->override_count * sizeof(*overrides) + 1);
	struct lb_approval *approvals = lb_pool_alloc(&p->pool, p->approval_count * sizeof(*approvals) + 1);

	if (!overrides || !approvals)
		return false;
	for (size_t i = 0; i < p->override_count; i++) {
		overrides[i] = p->overrides[i];
		size_t row = ((uintptr_t)overrides[i].rule - saved->rules) / sizeof(struct lb_rule);
		overrides[i].rule = &lb_rules[row];
	}
	if (p->approval_count > 0)
		memcpy(approvals, p->approvals, p->approval_count * sizeof(*approvals));
	p->overrides = overrides;
	p->approvals = approvals;
	return true;
}

/* Takes one use of the region over. */
static struct lb_policy *policy_in(struct lb_region *region)
{
	const struct saved *saved = lb_region_root(region);
	struct lb_policy *p = malloc(sizeof(*p));

	if (p) {
		*p = saved->policy;
		p->pool = (struct lb_pool){.region = NULL};
		p->region = region;
		if (copy_changing(p, saved))
			return p;
		lb_pool_free(&p->pool);
		free(p);
	}
	lb_region_drop(region);
	return NULL;
}

static struct lb_region *find(const struct lb *lb, const struct lb_region_key *key, const char *file)
{
	struct lb_region *region = lb->policy ? lb->policy->region : NULL;

	if (region && lb_region_is(region, key)) {
		lb_region_keep(region);
		return region;
	}
	return lb_region_map(key, file);
}

static bool file_of(const struct lb *lb, char *out, size_t cap)
{
	const char *folder = lb->host->cache_folder(lb->plugin);

	return folder && snprintf(out, cap, "%s/branding.policy", folder) < (int)cap;
}

struct lb_policy *lb_saved_policy(const struct lb *lb, const char *path, struct lb_saving *saving)
{
	struct stat st;
	struct lb_policy *p = NULL;

	*saving = (struct lb_saving){.region = NULL};
	if (stat(path, &st) || st.st_size < LARGE_BYTES || !file_of(lb, saving->file, sizeof(saving->file)) ||
	    !key_of(path, &saving->key, &saving->size))
		return NULL;
	struct lb_region *region = find(lb, &saving->key, saving->file);
	if (region)
		p = policy_in(region);
	if (p && profiles_are_same(lb, p))
		return p;
	lb_policy_free(p);
	saving->region = lb_region_new(&saving->key, ROOM_FACTOR * saving->size + ROOM_BYTES);
	if (saving->region)
		saving->root = lb_region_bytes(saving->region, sizeof(struct saved), alignof(struct saved));
	return NULL;
}

struct lb_policy *lb_saving_end(const struct lb_policy *read, const char *path, struct lb_saving *saving)
{
	struct lb_region_key now;
	struct saved *saved = saving->root;
	size_t size;

	saved->policy = *read;
	saved->policy.pool = (struct lb_pool){.region = NULL};
	saved->rules = (uintptr_t)lb_rules;
	/* It may have been written anew while it was read. */
	if (key_of(path, &now, &size) && memcmp(&now, &saving->key, sizeof(now)) == 0)
		lb_region_save(saving->region, saving->file);
	return policy_in(saving->region);
}
