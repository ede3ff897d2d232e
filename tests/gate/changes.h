/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes made up from a seed: zones with a link branding of every kind, a
 * policy for all of them, and versions in which lawful and unlawful things
 * happen to it, in many spellings.
 */
#ifndef BNS_TESTS_GATE_CHANGES_H
#define BNS_TESTS_GATE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANGES_ZONES    48
#define CHANGES_VERSIONS 5

struct drawn_zone {
	char name[64];
	char host[160], owner[160]; /* the branding's names, without final dot */
	bool is_written;            /* in the policy; else it is recognised at most */
	bool is_routed;             /* the policy says so */
	char *versions[CHANGES_VERSIONS];
	char *approved_id; /* of one of the versions, in the policy; NULL: none */
};

struct drawn_world {
	uint64_t state; /* of the dice */
	unsigned group;
	char *policy;
	struct drawn_zone zones[CHANGES_ZONES];
};

/* Each group has other defaults: the modes of on-change and on-first-load, learn, gate. */
#define CHANGES_GROUPS 8
void changes_draw(struct drawn_world *world, uint64_t seed, unsigned group);
void changes_free(struct drawn_world *world);

#endif
