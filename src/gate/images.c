/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Images that lie in files (store/images.h). An image goes there as soon as it
 * is built, and the zone's record in the store has its digest: a copy whose
 * digest is another's, or that isn't whole, is none.
 */
#include "gate/work.h"

/* In a second: so many are moved to make room. */
#define MOVED_MAX 2000

void bns_gate_set_images(struct bns_gate *g, struct bns_images *images)
{
	g->images = images;
}

/* Any thread. */
void bns_image_keep(struct bns_gate *g, struct bns_image **img, uint64_t *digest)
{
	*digest = 0;
	if (!g->images)
		return;
	(*img)->is_mapped = true;
	uint64_t its_digest = bns_images_digest(*img, (*img)->size_bytes);
	const void *copy = bns_images_add(g->images, *img, (*img)->size_bytes, its_digest);
	(*img)->is_mapped = false;
	if (!copy)
		return;
	bns_image_free(*img);
	*img = (struct bns_image *)(uintptr_t)copy;
	*digest = its_digest;
}

void bns_image_drop(struct bns_gate *g, const struct bns_image *img)
{
	if (img && img->is_mapped && g->images)
		bns_images_drop(g->images, img);
}

enum bns_error bns_image_serve(struct bns_gate *g, struct bns_image *img, int64_t expires_s)
{
	const struct bns_image *former = bns_table_get(g->table, img->apex);
	bool former_is_mapped = former && former->is_mapped;
	enum bns_error err = bns_table_publish(g->table, img);
	if (err)
		return err;
	bns_table_set_expires(g->table, img->apex, expires_s);
	if (former_is_mapped)
		bns_image_drop(g, former);
	return BNS_OK;
}

void bns_image_withdraw(struct bns_gate *g, const uint8_t *apex)
{
	const struct bns_image *former = bns_table_get(g->table, apex);
	bool former_is_mapped = former && former->is_mapped;
	bns_table_withdraw(g->table, apex);
	if (former_is_mapped)
		bns_image_drop(g, former);
}

/* ---- the start ---- */

static bool is_image(const struct bns_image *img, size_t len)
{
	return len >= sizeof(*img) && img->size_bytes == len && img->is_mapped && img->state == BNS_IMAGE_SERVED &&
	       img->apex_len > 0 && offsetof(struct bns_image, apex) + img->apex_len <= len &&
	       bns_name_valid(img->apex, img->apex_len);
}

static bool recall_one(void *arg, const void *data, size_t len, uint64_t digest)
{
	struct bns_gate *g = arg;
	const struct bns_image *img = data;
	struct bns_zone *zone = NULL;
	if (is_image(img, len))
		zone = bns_registry_find_hashed(&g->registry, img->apex, img->apex_hash);
	if (!zone || !zone->record.has_version || zone->record.image_digest != digest ||
	    zone->state == BNS_IMAGE_SERVED || bns_start_has_expired(zone))
		return false;
	int64_t expires_s = bns_zone_is_secondary(zone) ? zone->record.expires_s : 0;
	if (bns_table_publish_new(g->table, (struct bns_image *)(uintptr_t)img, expires_s))
		return false;
	zone->state = BNS_IMAGE_SERVED;
	return true;
}

static void ask_ahead(void *arg, const void *data, size_t len, unsigned step)
{
	struct bns_gate *g = arg;
	const struct bns_image *img = data;
	if (len < sizeof(*img))
		return;
	if (step == 0) {
		bns_registry_ask_slot(&g->registry, img->apex_hash);
		return;
	}
	bns_registry_ask_zone(&g->registry, img->apex_hash);
	bns_table_ask_slot(g->table, img->apex_hash);
}

enum bns_error bns_images_bring_back(struct bns_gate *g)
{
	enum bns_error err = bns_table_reserve(g->table, g->registry.count);
	if (!err && g->images)
		bns_images_recall(g->images, recall_one, ask_ahead, g);
	return err;
}

/* ---- once a second ---- */

/* The zone's job may be reading it: then another time. */
static void move_one(void *arg, const void *data, size_t len, uint64_t digest)
{
	struct bns_gate *g = arg;
	const struct bns_image *img = data;
	struct bns_zone *zone = is_image(img, len) ? bns_gate_zone_find(g, img->apex) : NULL;
	if (!zone || zone->work->current || bns_table_get(g->table, img->apex) != img)
		return;
	const void *copy = bns_images_add(g->images, img, len, digest);
	int64_t expires_s = bns_zone_is_secondary(zone) ? zone->record.expires_s : 0;
	if (copy && bns_image_serve(g, (struct bns_image *)(uintptr_t)copy, expires_s))
		bns_images_drop(g->images, copy);
}

void bns_images_tick(struct bns_gate *g)
{
	if (g->images)
		bns_images_tidy(g->images, MOVED_MAX, move_one, g);
}
