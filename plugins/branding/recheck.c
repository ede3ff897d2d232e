/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The round of checks. A pointer walks over all brandings at the speed that
 * takes it once around in the interval; nothing is kept of single ones but what
 * probes saw. So a restart begins with no crowd: the first round only makes up
 * for what is overdue, and is as long as that needs to be spread.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "life.h"
#include "seen.h"

#define AT_ONCE       4    /* checks on their way: the probe's threads must be free for candidates */
#define FIRST_ROUND_S 600  /* at least; and a second for each branding */
#define SECOND_LOOK_S 60   /* a failure that is new is looked at again before it counts */
#define SECOND_LOOKS  1024 /* that wait; more are believed at once */

/* One check, on its way or waiting for its second look. */
struct look {
	struct lb *lb;
	uint8_t host[BNS_NAME_MAX];
	uint8_t target[BNS_NAME_MAX];
	int64_t due_s; /* of the second look; 0: it is the first */
	struct look *next;
};

struct lb_recheck {
	uint64_t every_s;
	int64_t last_s; /* the last tick; 0: none */
	double credit;  /* places the pointer may move on */
	double pause;   /* credit that the next move costs: random, one on average */
	size_t at;      /* the place: brandings of the policy, then the memory's slots */
	bool went_round;
	unsigned open;
	struct look *again; /* in order of their time */
	unsigned again_count;
};

struct lb_recheck *lb_recheck_new(uint64_t every_s)
{
	struct lb_recheck *r = calloc(1, sizeof(*r));

	if (r)
		*r = (struct lb_recheck){.every_s = every_s, .pause = 1};
	return r;
}

void lb_recheck_set(struct lb_recheck *r, uint64_t every_s)
{
	r->every_s = every_s;
}

void lb_recheck_free(struct lb_recheck *r)
{
	while (r && r->again) {
		struct look *next = r->again->next;
		free(r->again);
		r->again = next;
	}
	free(r);
}

/* ---- one check ---- */

static uint64_t second_look_s(const struct lb_recheck *r)
{
	return r->every_s / 2 < SECOND_LOOK_S ? r->every_s / 2 : SECOND_LOOK_S;
}

/* A hiccup of our own network must not break all brandings at once. */
static bool wants_second_look(const struct lb_recheck *r, const struct look *l, const struct bns_answer *answer)
{
	const struct lb_seen *former = lb_seen_at(l->lb, l->host, l->target);

	return answer->evidence == BNS_EVIDENCE_BAD && l->due_s == 0 && r->again_count < SECOND_LOOKS &&
	       (!former || former->evidence == BNS_EVIDENCE_GOOD);
}

static void put_again(struct lb_recheck *r, struct look *l)
{
	struct look **link = &r->again;

	l->due_s = l->lb->host->now_s() + (int64_t)second_look_s(r);
	while (*link)
		link = &(*link)->next;
	l->next = NULL;
	*link = l;
	r->again_count++;
}

static void checked(void *arg, const struct bns_answer *answer)
{
	struct look *l = arg;
	struct lb_recheck *r = l->lb->recheck;

	lb_beyond_forget(l->lb);
	r->open--;
	if (wants_second_look(r, l, answer)) {
		put_again(r, l);
		return;
	}
	lb_check_took(l->lb, l->host, l->target, answer);
	free(l);
}

/* Takes `l` over. */
static void start(struct lb *lb, struct look *l)
{
	const uint8_t *apex;
	const struct bns_contents *zone = lb_served_zone(lb, l->host, &apex);

	lb->recheck->open++;
	if (zone && lb_check_ask(lb, l->host, zone, l->target, checked, l) != BNS_ANSWERER_NONE)
		return;
	lb->recheck->open--;
	free(l);
}

/* ---- whose turn it is ---- */

static size_t place_count(const struct lb *lb)
{
	return lb->policy->branding_count + (lb->memory.keys ? lb->memory.mask + 1 : 0);
}

static const uint8_t *host_at(const struct lb *lb, size_t place)
{
	const struct lb_memory_entry *entry;

	if (place < lb->policy->branding_count)
		return lb->policy->brandings[place].host;
	entry = lb->memory.values[place - lb->policy->branding_count];
	return entry && entry->learned && !lb_policy_find(lb, lb->policy, entry->names) ? entry->names : NULL;
}

/* Without a look at its zone, which would be copied for that. */
static bool is_due(const struct lb *lb, const uint8_t *host, int64_t now_s)
{
	const struct lb_recheck *r = lb->recheck;
	uint64_t fresh_s = r->went_round ? r->every_s / 2 : r->every_s;

	if (!host || lb_life_state(lb_life_get(lb, host)) < LB_IS_ROUTED)
		return false;
	int64_t last_s = lb_seen_last_s(lb, host);
	return now_s < last_s || (uint64_t)(now_s - last_s) >= fresh_s;
}

static uint64_t round_s(const struct lb_recheck *r, size_t places)
{
	uint64_t first_s = places > FIRST_ROUND_S ? places : FIRST_ROUND_S;

	return !r->went_round && first_s < r->every_s ? first_s : r->every_s;
}

static void walk(struct lb *lb, size_t places, int64_t now_s)
{
	struct lb_recheck *r = lb->recheck;

	while (r->credit >= r->pause && r->open < AT_ONCE) {
		r->credit -= r->pause;
		r->pause = 0.5 + arc4random_uniform(1024) / 1024.0;
		if (r->at >= places) {
			r->at = 0;
			r->went_round = true;
		}
		const uint8_t *host = host_at(lb, r->at++);
		struct look *l = is_due(lb, host, now_s) ? calloc(1, sizeof(*l)) : NULL;
		if (!l)
			continue;
		l->lb = lb;
		lb_name_lower(l->host, host);
		start(lb, l);
	}
}

static void look_again(struct lb *lb, int64_t now_s)
{
	struct lb_recheck *r = lb->recheck;

	while (r->again && r->again->due_s <= now_s && r->open < AT_ONCE) {
		struct look *l = r->again;
		r->again = l->next;
		r->again_count--;
		start(lb, l);
	}
}

void lb_recheck_tick(struct lb *lb, int64_t now_s)
{
	struct lb_recheck *r = lb->recheck;
	size_t places = place_count(lb);
	int64_t passed_s = r->last_s ? now_s - r->last_s : 0;

	r->last_s = now_s;
	look_again(lb, now_s);
	if (r->every_s == 0 || places == 0 || passed_s <= 0)
		return;
	r->credit += (double)places * (double)passed_s / (double)round_s(r, places);
	/* What couldn't be asked in time isn't made up for in a crowd. */
	double most = (double)places / (double)round_s(r, places) + 2;
	r->credit = r->credit < most ? r->credit : most;
	walk(lb, places, now_s);
}
