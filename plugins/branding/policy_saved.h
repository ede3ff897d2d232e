/* SPDX-License-Identifier: BSD-3-Clause */
/* A large policy is read once, and found again by what it was read from. Thread: main loop. */
#ifndef BRANDING_POLICY_SAVED_H
#define BRANDING_POLICY_SAVED_H

#include <limits.h>

#include "branding.h"
#include "region.h"

/* Where a policy that must be read is to lie, to be saved then. */
struct lb_saving {
	struct lb_region *region; /* NULL: it isn't saved */
	struct lb_region_key key;
	size_t size;
	void *root;
	char file[PATH_MAX];
};

/* The policy of that file as it was saved, or NULL: it must be read, where `saving` says. */
struct lb_policy *lb_saved_policy(const struct lb *lb, const char *path, struct lb_saving *saving);

/* Saves what was read into `saving->region`, which is taken over; NULL when memory is short. */
struct lb_policy *lb_saving_end(const struct lb_policy *read, const char *path, struct lb_saving *saving);

/* Of a profile's file. */
bool lb_saved_profile_digest(const char *path, uint64_t digest[2]);

#endif
