/* SPDX-License-Identifier: BSD-3-Clause */
#include "main/loader.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

/* More make larger groups of what is synced together; further ones come in waves, which share the ways of many. */
#define IN_HAND_MAX   4000
#define WAVE          1000
#define TELL_EVERY_MS 5000

/* So many are told together, and what they took on their way is worth giving back. */
#define MANY 1000

struct bns_loading {
	STAILQ_ENTRY(bns_loading) next;
	uint8_t apex[];
};

void bns_loader_init(struct bns_loader *l, struct bns_gate *gate)
{
	*l = (struct bns_loader){.gate = gate};
	STAILQ_INIT(&l->waiting);
}

static void pump(struct bns_loader *l);

static void finish(struct bns_loader *l)
{
	bns_log(l->refused ? BNS_LOG_WARN : BNS_LOG_INFO,
		"zone files are read: %zu refused, %zu held, %zu with nothing new", l->refused, l->held, l->same);
	l->refused = l->held = l->same = 0;
	bns_gate_set_crowd(l->gate, false);
	if (l->progress.total >= MANY)
		bns_gate_give_back(l->gate);
	l->progress.total = 0;
	sd_notify(0, "STATUS=all zone files are read");
}

/* Many zones take their time: for who waits, in the log and in what systemd shows. */
static void tell(struct bns_loader *l)
{
	char text[BNS_PROGRESS_TEXT_MAX];
	if (!bns_progress_step(&l->progress, bns_clock_mono_ms()))
		return;
	bns_log(BNS_LOG_INFO, "%s", bns_progress_text(&l->progress, text));
	sd_notifyf(0, "STATUS=%s", text);
}

static void loaded(void *arg, struct bns_zone *zone, const struct bns_result *result)
{
	struct bns_loader *l = arg;
	(void)zone;
	l->in_hand--;
	tell(l);
	if (result->outcome == BNS_OUTCOME_HELD)
		l->held++;
	else if (result->outcome >= BNS_OUTCOME_REFUSED)
		l->refused++;
	else if (result->outcome == BNS_OUTCOME_NOTHING_NEW)
		l->same++;
	pump(l);
	if (l->in_hand == 0)
		finish(l);
}

static bool has_file(const struct bns_zone *zone)
{
	return zone->conf->file && !bns_zone_is_secondary(zone);
}

static struct bns_zone *take(struct bns_loader *l)
{
	struct bns_loading *first = STAILQ_FIRST(&l->waiting);
	struct bns_zone *zone = bns_gate_zone_find(l->gate, first->apex);
	STAILQ_REMOVE_HEAD(&l->waiting, next);
	free(first);
	return zone && has_file(zone) ? zone : NULL;
}

static void pump(struct bns_loader *l)
{
	if (l->pumping || !l->started || l->in_hand > IN_HAND_MAX - WAVE)
		return;
	l->pumping = true;
	while (l->in_hand < IN_HAND_MAX && !STAILQ_EMPTY(&l->waiting)) {
		struct bns_zone *zone = take(l);
		if (!zone)
			continue;
		l->in_hand++;
		bns_gate_load_file(l->gate, zone, loaded, l);
	}
	l->pumping = false;
}

void bns_loader_add(struct bns_loader *l, const struct bns_zone *zone)
{
	size_t len = bns_name_len(zone->apex);
	if (!has_file(zone))
		return;
	struct bns_loading *item = malloc(sizeof(*item) + len);
	if (!item) {
		bns_log(BNS_LOG_ERR, "zone=%s no memory to read its file; `zone reload` does it", zone->text);
		return;
	}
	memcpy(item->apex, zone->apex, len);
	if (l->progress.total++ == 0)
		bns_progress_begin(&l->progress, "zone files read", 1, TELL_EVERY_MS, TELL_EVERY_MS,
				   bns_clock_mono_ms());
	STAILQ_INSERT_TAIL(&l->waiting, item, next);
	if (l->progress.total >= MANY)
		bns_gate_set_crowd(l->gate, true);
	pump(l);
}

/* The beginning of a name as a number, which decides nearly every comparison. */
struct slot {
	uint64_t key;
	struct bns_loading *item;
};

static struct slot slot_of(struct bns_loading *item)
{
	uint8_t key[8] = {0};
	size_t len = bns_name_len(item->apex);
	memcpy(key, item->apex, len < sizeof(key) ? len : sizeof(key));
	return (struct slot){bns_get_u64(key), item};
}

static int compare_slots(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	if (a->key != b->key)
		return a->key > b->key ? 1 : -1;
	size_t a_len = bns_name_len(a->item->apex), b_len = bns_name_len(b->item->apex);
	int order = memcmp(a->item->apex, b->item->apex, a_len < b_len ? a_len : b_len);
	return order ? order : (a_len > b_len) - (a_len < b_len);
}

/*
 * In the order of the store's keys: those that are synced together lie
 * together there. Out of order, each would have a page of its own written
 * anew. Without memory for it they come as they are.
 */
static void sort_waiting(struct bns_loader *l)
{
	size_t count = 0, total = l->progress.total;
	struct slot *slots = total >= MANY ? malloc(total * sizeof(*slots)) : NULL;
	if (!slots)
		return;
	while (!STAILQ_EMPTY(&l->waiting)) {
		slots[count++] = slot_of(STAILQ_FIRST(&l->waiting));
		STAILQ_REMOVE_HEAD(&l->waiting, next);
	}
	qsort(slots, count, sizeof(*slots), compare_slots);
	for (size_t i = 0; i < count; i++)
		STAILQ_INSERT_TAIL(&l->waiting, slots[i].item, next);
	free(slots);
}

void bns_loader_start(struct bns_loader *l)
{
	sort_waiting(l);
	l->started = true;
	pump(l);
}

void bns_loader_stop(struct bns_loader *l)
{
	l->started = false;
}

void bns_loader_free(struct bns_loader *l)
{
	while (l->gate && !STAILQ_EMPTY(&l->waiting)) {
		struct bns_loading *first = STAILQ_FIRST(&l->waiting);
		STAILQ_REMOVE_HEAD(&l->waiting, next);
		free(first);
	}
}
