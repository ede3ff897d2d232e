/* SPDX-License-Identifier: BSD-3-Clause */
#include "resolve.h"

#include <string.h>

const struct bns_record *lb_node(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name,
				 size_t *count)
{
	return lb->host->find_node(zone, name, count);
}

const struct bns_record *lb_of_type(const struct bns_record *node, size_t count, uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (node[i].type == type)
			return &node[i];
	return NULL;
}

/* Is there a node at or below `name`? Descendants follow their ancestor in canonical order. */
static bool exists(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name)
{
	size_t low = 0, high = zone->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lb->host->name_compare(zone->records[middle].owner, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < zone->count && lb->host->name_in(zone->records[low].owner, name);
}

/* What stands above a name and takes it over: the highest zone cut or DNAME. */
static const struct bns_record *find_above(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name)
{
	const uint8_t *ancestors[BNS_LABELS_MAX + 1];
	unsigned depth = 0;

	for (const uint8_t *at = name;; at = lb_name_parent(at)) {
		ancestors[depth++] = at;
		if (lb_name_equal(at, zone->apex))
			break;
	}
	while (depth-- > 0) {
		bool is_apex = lb_name_equal(ancestors[depth], zone->apex);
		size_t count;
		const struct bns_record *node = lb_node(lb, zone, ancestors[depth], &count);
		const struct bns_record *taken = is_apex ? NULL : lb_of_type(node, count, BNS_TYPE_NS);
		if (!taken && depth > 0)
			taken = lb_of_type(node, count, BNS_TYPE_DNAME);
		if (taken)
			return taken;
	}
	return NULL;
}

/* The wildcard that answers for a name without a node (RFC 4592 §2.2.1), or NULL. */
static const struct bns_record *find_wildcard(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name,
					      size_t *count)
{
	static const uint8_t star[] = {1, '*', 0};
	uint8_t wildcard[BNS_NAME_MAX];
	const uint8_t *encloser = lb_name_parent(name);

	while (!lb_name_equal(encloser, zone->apex) && !exists(lb, zone, encloser))
		encloser = lb_name_parent(encloser);
	*count = 0;
	return lb_name_append(star, encloser, wildcard) ? lb_node(lb, zone, wildcard, count) : NULL;
}

static bool seen_before(const struct lb_path *path)
{
	for (unsigned i = 0; i < path->steps; i++)
		if (lb_name_equal(path->names[i], path->names[path->steps]))
			return true;
	return false;
}

/* Takes one step to the name in `target`; false where the chain ends. */
static bool follow(struct lb_path *path, const struct bns_record *rr, const uint8_t *target)
{
	if (path->steps == 0)
		path->first = rr;
	if (rr->ttl > path->ttl_max)
		path->ttl_max = rr->ttl;
	lb_name_lower(path->names[++path->steps], target);
	if (path->steps > LB_STEPS_MAX || seen_before(path)) {
		path->end = LB_END_LOOP;
		return false;
	}
	return true;
}

static bool step_dname(struct lb_path *path, const struct bns_record *dname)
{
	uint8_t target[BNS_NAME_MAX], end[BNS_NAME_MAX];

	lb_name_lower(end, dname->rdata);
	/* A result that is too long is YXDOMAIN (RFC 6672 §2.2): nothing there. */
	if (!lb_name_replace_end(path->names[path->steps], dname->owner, end, target)) {
		path->end = LB_END_NXDOMAIN;
		return false;
	}
	return follow(path, dname, target);
}

static bool step_node(struct lb_path *path, const struct bns_record *node, size_t count)
{
	const struct bns_record *cname = lb_of_type(node, count, BNS_TYPE_CNAME);

	if (cname)
		return follow(path, cname, cname->rdata);
	path->last = node;
	path->last_count = count;
	bool address = lb_of_type(node, count, BNS_TYPE_A) || lb_of_type(node, count, BNS_TYPE_AAAA);
	path->end = address ? LB_END_ADDRESS : LB_END_NODATA;
	return false;
}

/* What answers where there is no node: a wildcard, or nothing. */
static bool step_absent(const struct lb *lb, const struct bns_contents *zone, struct lb_path *path)
{
	const uint8_t *name = path->names[path->steps];
	size_t count;

	path->end = exists(lb, zone, name) ? LB_END_NODATA : LB_END_NXDOMAIN;
	if (path->end == LB_END_NODATA)
		return false;
	const struct bns_record *node = find_wildcard(lb, zone, name, &count);
	if (count == 0)
		return false;
	if (path->steps == 0) {
		path->by_wildcard = true;
		path->above = node->owner;
	}
	return step_node(path, node, count);
}

/* Behind a DNAME, or at a zone cut: the end, since the zone below isn't ours. */
static bool step_above(struct lb_path *path, const struct bns_record *above)
{
	if (path->steps == 0)
		path->above = above->owner;
	if (above->type == BNS_TYPE_DNAME) {
		path->by_dname |= path->steps == 0;
		return step_dname(path, above);
	}
	path->end = path->steps == 0 ? LB_END_HIDDEN : LB_END_OUTSIDE;
	path->zone = NULL;
	return false;
}

/* The zone to look in: the one in hand for its own names, else whichever is served. */
static const struct bns_contents *zone_at(const struct lb *lb, const struct bns_contents *judged,
					  const struct lb_path *path)
{
	const uint8_t *name = path->names[path->steps];

	/* A branding that another zone has taken over is judged by itself. */
	if (path->steps == 0 && lb->host->name_in(name, judged->apex))
		return judged;
	return lb_zone_of(lb, judged, name);
}

/* One look-up of names[steps]; true where a CNAME leads on. */
static bool step(const struct lb *lb, const struct bns_contents *judged, struct lb_path *path)
{
	const uint8_t *name = path->names[path->steps];
	size_t count;

	path->end = LB_END_OUTSIDE;
	const struct bns_contents *zone = path->zone = zone_at(lb, judged, path);
	if (!zone)
		return false;
	const struct bns_record *above = find_above(lb, zone, name);
	if (above)
		return step_above(path, above);
	const struct bns_record *node = lb_node(lb, zone, name, &count);
	return count > 0 ? step_node(path, node, count) : step_absent(lb, zone, path);
}

void lb_resolve(const struct lb *lb, const struct bns_contents *zone, const uint8_t *name, struct lb_path *path)
{
	path->steps = 0;
	path->by_wildcard = path->by_dname = false;
	path->above = NULL;
	path->first = path->last = NULL;
	path->last_count = 0;
	path->zone = NULL;
	path->ttl_max = 0;
	memcpy(path->names[0], name, lb_name_len(name));
	while (step(lb, zone, path))
		;
}
