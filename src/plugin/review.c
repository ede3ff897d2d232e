/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One review: every plugin with a `review` has a part in it, and the strictest
 * of them decides. Whatever goes wrong on the way is a hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plugin/internal.h"
#include "wire/name.h"

struct bns_review {
	struct bns_review_run *run;
	struct bns_plugin *plugin;
	uint64_t deadline_mono_ms;
	bool ended;
};

struct bns_review_run {
	struct bns_plugins *all;
	const struct bns_change *change;
	bns_review_done_fn done; /* NULL: called already */
	void *arg;
	struct bns_arena arena;
	struct bns_review_note *notes;
	size_t note_count, note_cap;
	struct bns_amendment *amendments;
	struct bns_plugin **amended_by; /* beside `amendments` */
	size_t amendment_count, amendment_cap;
	bool out_of_memory;
	bool timed_out;
	const char *approved_by, *approved_reason; /* NULL: nobody does */
	size_t pending; /* parts that haven't ended, and one while the plugins are being asked */
	size_t part_count;
	struct bns_review *parts;
	struct bns_review_run *next;
};

static void run_free(struct bns_review_run *run)
{
	bns_arena_free(&run->arena);
	free(run->notes);
	free(run->amendments);
	free(run->amended_by);
	free(run->parts);
	free(run);
}

static void unlink_run(struct bns_review_run **list, struct bns_review_run *run)
{
	while (*list && *list != run)
		list = &(*list)->next;
	if (*list)
		*list = run->next;
}

static enum bns_error grow(void **array, size_t *cap, size_t count, size_t size)
{
	if (count < *cap)
		return BNS_OK;
	size_t wider = *cap ? 2 * *cap : 8;
	void *moved = realloc(*array, wider * size);
	if (!moved)
		return BNS_ENOMEM;
	*array = moved;
	*cap = wider;
	return BNS_OK;
}

/* NULL stays NULL; a failed copy is remembered. */
static const char *copy_text(struct bns_review_run *run, const char *text)
{
	const char *copy = text ? bns_arena_strdup(&run->arena, text) : NULL;

	if (text && !copy)
		run->out_of_memory = true;
	return copy;
}

static const uint8_t *copy_bytes(struct bns_review_run *run, const uint8_t *data, size_t len)
{
	const uint8_t *copy = bns_arena_bytes(&run->arena, len + 1);

	if (!copy) {
		run->out_of_memory = true;
		return NULL;
	}
	if (len > 0)
		memcpy((uint8_t *)copy, data, len);
	return copy;
}

static enum bns_error add_note(struct bns_review_run *run, const char *plugin, const struct bns_note *note)
{
	void *notes = run->notes;

	if (grow(&notes, &run->note_cap, run->note_count, sizeof(*run->notes)) != BNS_OK) {
		run->out_of_memory = true;
		return BNS_ENOMEM;
	}
	run->notes = notes;
	struct bns_review_note *n = &run->notes[run->note_count++];
	*n = (struct bns_review_note){.note = *note, .plugin = plugin};
	n->note.rule = copy_text(run, note->rule ? note->rule : "");
	n->note.owner = note->owner ? copy_bytes(run, note->owner, bns_name_len(note->owner)) : run->change->zone;
	n->note.host = copy_text(run, note->host);
	n->note.role = copy_text(run, note->role);
	n->note.rdata = copy_text(run, note->rdata ? note->rdata : "");
	n->note.text = copy_text(run, note->text ? note->text : "");
	n->note.remedy = copy_text(run, note->remedy);
	return run->out_of_memory ? BNS_ENOMEM : BNS_OK;
}

/* A hold that is the program's own word. */
static void BNS_PRINTF(4, 5)
	add_hold(struct bns_review_run *run, const char *plugin, const uint8_t *owner, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	const struct bns_note note = {
		.verdict = BNS_VERDICT_HOLD,
		.fresh = true,
		.severity = 'C',
		.rule = "review",
		.owner = owner,
		.text = text,
		.remedy = "look at the change, then approve or reject it",
	};
	(void)!add_note(run, plugin, &note); /* out of memory is a hold of its own */
}

/* By the notes and amendments, whoever approves them. */
static enum bns_verdict verdict_of(const struct bns_review_run *run)
{
	enum bns_verdict worst = run->amendment_count > 0 ? BNS_VERDICT_AMEND : BNS_VERDICT_PASS;

	if (run->out_of_memory || run->timed_out)
		worst = BNS_VERDICT_HOLD;
	for (size_t i = 0; i < run->note_count; i++)
		if (run->notes[i].note.fresh && run->notes[i].note.verdict > worst)
			worst = run->notes[i].note.verdict;
	return worst;
}

/* Short of memory nobody knows what is approved. */
static bool is_approved(const struct bns_review_run *run, enum bns_verdict verdict)
{
	return run->approved_by && !run->out_of_memory && verdict > BNS_VERDICT_PASS && verdict < BNS_VERDICT_REFUSE;
}

static void call_done(struct bns_review_run *run)
{
	const enum bns_verdict verdict = verdict_of(run);
	const bool approved = is_approved(run, verdict);
	const struct bns_review_result result = {
		.verdict = approved ? BNS_VERDICT_PASS : verdict,
		.notes = run->notes,
		.note_count = run->note_count,
		.amendments = run->amendments,
		.amendment_count = approved ? 0 : run->amendment_count,
		.timed_out = run->timed_out,
		.approved_by = approved ? run->approved_by : NULL,
		.approved_reason = approved ? run->approved_reason : NULL,
	};
	bns_review_done_fn done = run->done;

	run->done = NULL;
	done(run->arg, &result);
	run->change = NULL;
}

static void part_ended(struct bns_review_run *run)
{
	if (--run->pending > 0)
		return;
	unlink_run(run->done ? &run->all->open : &run->all->overdue, run);
	if (run->done)
		call_done(run);
	run_free(run);
}

enum bns_error bns_review_note(struct bns_review *r, const struct bns_note *note)
{
	return r->ended || !r->run->done ? BNS_ECANCELED : add_note(r->run, r->plugin->id, note);
}

static struct bns_amendment *find_amendment(struct bns_review_run *run, const uint8_t *owner, uint16_t type)
{
	for (size_t i = 0; i < run->amendment_count; i++)
		if (run->amendments[i].type == type && bns_name_equal(run->amendments[i].owner, owner))
			return &run->amendments[i];
	return NULL;
}

static bool same_records(const struct bns_amendment *a, const struct bns_record *with, size_t count)
{
	if (a->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (a->with[i].ttl != with[i].ttl ||
		    !bns_rdata_equal(a->type, a->with[i].rdata, a->with[i].rdlen, with[i].rdata, with[i].rdlen))
			return false;
	return true;
}

static const struct bns_record *copy_records(struct bns_review_run *run, const uint8_t *owner, uint16_t type,
					     const struct bns_record *with, size_t count)
{
	struct bns_record *copy = bns_arena_alloc(&run->arena, (count + 1) * sizeof(*copy));

	if (!copy) {
		run->out_of_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		copy[i] = (struct bns_record){.owner = owner, .type = type, .ttl = with[i].ttl, .rdlen = with[i].rdlen};
		copy[i].rdata = copy_bytes(run, with[i].rdata, with[i].rdlen);
	}
	return copy;
}

static enum bns_error add_amendment(struct bns_review *r, const struct bns_amendment *amendment)
{
	struct bns_review_run *run = r->run;
	size_t cap = run->amendment_cap;
	void *amendments = run->amendments, *by = run->amended_by;

	if (grow(&amendments, &cap, run->amendment_count, sizeof(*run->amendments)) != BNS_OK)
		goto short_of_memory;
	run->amendments = amendments;
	cap = run->amendment_cap;
	if (grow(&by, &cap, run->amendment_count, sizeof(struct bns_plugin *)) != BNS_OK)
		goto short_of_memory;
	run->amended_by = by;
	run->amendment_cap = cap;
	run->amendments[run->amendment_count] = *amendment;
	run->amended_by[run->amendment_count++] = r->plugin;
	return run->out_of_memory ? BNS_ENOMEM : BNS_OK;

short_of_memory:
	run->out_of_memory = true;
	return BNS_ENOMEM;
}

enum bns_error bns_review_amend(struct bns_review *r, const uint8_t *owner, uint16_t type,
				const struct bns_record *with, size_t count)
{
	struct bns_review_run *run = r->run;

	if (r->ended || !run->done)
		return BNS_ECANCELED;
	if (!run->change->candidate || run->change->signed_zone) {
		add_hold(run, r->plugin->id, owner, "plugin '%s' would amend %s", r->plugin->id,
			 run->change->candidate ? "a signed zone, which would break its signatures" : "a removed zone");
		return BNS_EDENIED;
	}
	struct bns_amendment *former = find_amendment(run, owner, type);
	if (former && same_records(former, with, count))
		return BNS_OK;
	if (former && run->amended_by[former - run->amendments] != r->plugin) {
		add_hold(run, r->plugin->id, owner, "plugins '%s' and '%s' would amend the same records differently",
			 run->amended_by[former - run->amendments]->id, r->plugin->id);
		return BNS_EEXIST;
	}
	struct bns_amendment amendment = {.type = type, .count = count};
	amendment.owner = copy_bytes(run, owner, bns_name_len(owner));
	amendment.with = copy_records(run, amendment.owner, type, with, count);
	if (run->out_of_memory)
		return BNS_ENOMEM;
	if (!former)
		return add_amendment(r, &amendment);
	*former = amendment;
	return BNS_OK;
}

void bns_review_end(struct bns_review *r)
{
	if (r->ended)
		return;
	r->ended = true;
	part_ended(r->run);
}

static size_t count_reviewers(const struct bns_plugins *ps)
{
	size_t count = 0;

	for (const struct bns_plugin *p = ps->first; p; p = p->next)
		count += p->desc->review != NULL;
	return count;
}

static struct bns_review_run *run_new(struct bns_plugins *ps)
{
	struct bns_review_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->all = ps;
	bns_arena_init(&run->arena);
	run->part_count = count_reviewers(ps);
	run->parts = calloc(run->part_count + 1, sizeof(*run->parts));
	if (!run->parts) {
		run_free(run);
		return NULL;
	}
	return run;
}

enum bns_error bns_plugins_review(struct bns_plugins *ps, const struct bns_change *change, uint64_t deadline_mono_ms,
				  bns_review_done_fn done, void *arg)
{
	struct bns_review_run *run = run_new(ps);
	size_t i = 0;

	if (!run)
		return BNS_ENOMEM;
	run->change = change;
	run->done = done;
	run->arg = arg;
	/* The one more keeps the run alive until the last plugin was asked. */
	run->pending = run->part_count + 1;
	run->next = ps->open;
	ps->open = run;
	for (struct bns_plugin *p = ps->first; p; p = p->next) {
		if (!p->desc->review)
			continue;
		struct bns_review *part = &run->parts[i++];
		*part = (struct bns_review){.run = run, .plugin = p, .deadline_mono_ms = deadline_mono_ms};
		p->desc->review(p, change, part);
	}
	part_ended(run);
	return BNS_OK;
}

/* Calls `done` now; the run stays for the plugins that still hold their part of it. */
static void close_as_hold(struct bns_review_run *run, const char *why)
{
	struct bns_plugins *ps = run->all;

	run->timed_out = true;
	for (size_t i = 0; i < run->part_count; i++)
		if (!run->parts[i].ended)
			add_hold(run, run->parts[i].plugin->id, NULL, "plugin '%s' %s", run->parts[i].plugin->id, why);
	unlink_run(&ps->open, run);
	run->next = ps->overdue;
	ps->overdue = run;
	call_done(run);
}

void bns_review_approve(struct bns_review *r, const char *reason, const char *by)
{
	if (r->ended || !r->run->done)
		return;
	r->run->approved_by = copy_text(r->run, by);
	r->run->approved_reason = copy_text(r->run, reason);
}

void bns_review_extend(struct bns_review *r, uint64_t ms)
{
	uint64_t later = bns_clock_mono_ms() + ms;

	if (later > r->deadline_mono_ms)
		r->deadline_mono_ms = later;
}

static bool is_overdue(const struct bns_review_run *run, uint64_t mono_ms)
{
	for (size_t i = 0; i < run->part_count; i++)
		if (!run->parts[i].ended && run->parts[i].deadline_mono_ms <= mono_ms)
			return true;
	return false;
}

static struct bns_review_run *find_overdue(struct bns_plugins *ps, uint64_t mono_ms)
{
	struct bns_review_run *run = ps->open;

	while (run && !is_overdue(run, mono_ms))
		run = run->next;
	return run;
}

void bns_plugins_expire_reviews(struct bns_plugins *ps, uint64_t mono_ms)
{
	struct bns_review_run *run;

	bns_asks_expire(ps, mono_ms);
	/* `done` may begin or end other reviews: look from the start each time. */
	while ((run = find_overdue(ps, mono_ms)) != NULL)
		close_as_hold(run, "did not end its review in time");
}

void bns_reviews_abort(struct bns_plugins *ps)
{
	while (ps->open)
		close_as_hold(ps->open, "was closed before its review ended");
}

void bns_reviews_free(struct bns_plugins *ps)
{
	while (ps->overdue) {
		struct bns_review_run *next = ps->overdue->next;
		run_free(ps->overdue);
		ps->overdue = next;
	}
}
